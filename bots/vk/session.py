"""vkbottle's API over our transport: it prepares the requests, the answers stay raw."""

from typing import Any, Final

from bots.transport import Answer, NoAnswer, ProxyRefused, Transport
from bots.vk.answers import object_in, refusal_in
from bots.vk.errors import Refusal
from bots.vk.library import API
from bots.vk.limits import API_VERSION

_API = "https://api.vk.com"
SECONDS: Final = 15.0


class Client(API):
    """Calls methods of VK's API; one request for one call, whatever comes back.

    vkbottle's own sending is left out: it puts the token into the URL, logs what was said, and
    repeats for ever what is not answered in JSON.
    """

    def __init__(self, token: str, api_url: str, proxy: str) -> None:
        """Opens no connection. Raises SettingUp for a bad proxy."""
        super().__init__(token)
        self._headers = {"Authorization": f"Bearer {token}"}
        self._methods = _methods_url(api_url)
        self.transport = Transport(proxy)

    async def request(
        self, method: str, data: dict[str, Any], version: str | None = None
    ) -> dict[str, Any]:
        """VK's whole answer, `response` in it. Raises Refusal, NotSent, NoAnswer."""
        return await self.call(method, data)

    async def call(
        self, method: str, data: dict[str, Any], seconds: float | None = None
    ) -> dict[str, Any]:
        """The same with a time limit of one's own."""
        form = await self.validate_request(dict(data))
        try:
            answer = await self.transport.ask(
                "POST",
                self._methods + method,
                data={**{name: str(value) for name, value in form.items()}, "v": API_VERSION},
                headers=self._headers,
                seconds=seconds or SECONDS,
            )
        except ProxyRefused as error:
            raise Refusal(error.status, is_vk=False) from None
        return _answer(answer)


def _answer(answer: Answer) -> dict[str, Any]:
    found = object_in(answer.body)
    if found is not None and (refusal := refusal_in(found.get("error"))):
        raise refusal
    is_good = 200 <= answer.status < 300
    if found is not None and "response" in found and is_good:
        return found
    if is_good:
        raise NoAnswer("the answer is not one of VK's API")
    raise Refusal(answer.status, is_vk=False)


def _methods_url(api_url: str) -> str:
    base = (api_url or _API).rstrip("/")
    return base + "/" if base.endswith("/method") else base + "/method/"
