"""Everything that one MAX account of ours asks of the Bot API."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bots.contract import (
    Bot,
    BotSettings,
    File,
    Identity,
    MenuEntry,
    Part,
    SettingUp,
    Take,
    Uploaded,
    WebhookStatus,
)
from bots.fields import Fields, hint
from bots.max import polling, setting_up, uploads
from bots.max.api import Api
from bots.max.errors import FAILURES, of_altering, outcome_of
from bots.max.requests import Json, Unsendable, body_of
from core.altering import Altered, AlterOutcome
from core.content import MediaKind
from core.ids import UserId
from core.outcomes import Outcome, Refused, Sent

SEND_SECONDS: Final = 15.0
_TOKEN = re.compile(r"[!-~]{1,1000}")
"""What may stand in a header."""
_ACKNOWLEDGE_SECONDS: Final = 8.0
_NOTICE = 200
_MOST_MID = 80


class MaxBot(Bot):
    """One account: translates and nothing else. It never tries again: the outbox decides."""

    def __init__(self, settings: BotSettings) -> None:
        if not _TOKEN.fullmatch(settings.token):
            raise SettingUp("a MAX token is one long word: business.max.ru shows it")
        self._settings = settings
        self._api = Api(settings)

    async def send(self, user: UserId, part: Part) -> Outcome:
        """Send one message. MAX has no idempotency: `random_id` is not used."""
        if not user.isascii() or not user.isdigit():
            return Refused("not sendable by MAX: the address is no number")
        try:
            body = body_of(part.content)
        except Unsendable as error:
            return Refused(f"not sendable by MAX: {error}")
        query = {"user_id": user, "disable_link_preview": "true"}
        try:
            answer = await self._api.call(
                "POST", "/messages", query=query, fields=body, seconds=SEND_SECONDS
            )
        except FAILURES as failure:
            return outcome_of(failure)
        return Sent(_mid(answer))

    async def edit(self, user: UserId, external_id: str, part: Part) -> AlterOutcome:
        """Give a text another wording; MAX takes the same one again."""
        if part.content.attachments or part.content.buttons:
            return Refused("not sendable by MAX: only a bare text can be edited")
        try:
            body = body_of(part.content)
        except Unsendable as error:
            return Refused(f"not sendable by MAX: {error}")
        return await self._alter("PUT", external_id, body)

    async def delete(self, user: UserId, external_id: str) -> AlterOutcome:
        """Take a message back for both; one that is gone already is as good as done."""
        return await self._alter("DELETE", external_id)

    async def _alter(self, method: str, mid: str, body: Json | None = None) -> AlterOutcome:
        query = {"message_id": mid}
        try:
            await self._api.call(method, "/messages", query=query, fields=body)
        except FAILURES as failure:
            return of_altering(failure, is_deletion=method == "DELETE")
        return Altered()

    async def upload(self, user: UserId, kind: MediaKind, file: File) -> Uploaded | Outcome:
        """Bring a file to MAX, where it serves for everybody."""
        return await uploads.upload(self._api, kind, file)

    async def acknowledge(self, press: str, text: str) -> None:
        """Show a notice to whoever pressed. Without one MAX wants no answer at all."""
        if not text:
            return
        try:
            await self._api.call(
                "POST",
                "/answers",
                query={"callback_id": press},
                fields={"notification": text[:_NOTICE]},
                seconds=_ACKNOWLEDGE_SECONDS,
            )
        except FAILURES:
            return

    async def identify(self) -> Identity:
        """Who the token belongs to. Raises SettingUp."""
        return await setting_up.identify(self._api)

    async def set_webhook(self, url: str, secret: str) -> None:
        """Let MAX call `url`, and no other. Raises SettingUp."""
        await setting_up.set_webhook(self._api, url, secret)

    async def webhook_status(self, expected_url: str) -> WebhookStatus:
        """Raises SettingUp."""
        return await setting_up.webhook_status(self._api, expected_url)

    async def keep_webhook(self, url: str, secret: str) -> WebhookStatus:
        """Set the webhook again where MAX dropped it. Raises SettingUp."""
        return await setting_up.keep_webhook(self._api, url, secret)

    async def set_menu(
        self, entries: Mapping[str, Sequence[MenuEntry]], description: Mapping[str, str]
    ) -> None:
        """The commands and the description, of one language. Raises SettingUp."""
        await setting_up.set_menu(self._api, entries, description)

    async def poll(self, take: Take, place: str = "") -> None:
        """Fetch updates for ever, from the `place` on: without one MAX tells each only once."""
        await polling.poll(self._api, self._settings.account, place, take)

    async def close(self) -> None:
        await self._api.close()


def make(settings: BotSettings) -> Bot:
    """A bot for this account; no connection is made yet. Raises SettingUp for a bad token."""
    return MaxBot(settings)


def _mid(answer: Fields) -> str:
    """ "" where MAX took the message and no id can be read: it is sent all the same."""
    message: Any = answer.get("message")
    body: Any = message.get("body") if isinstance(message, dict) else None
    return hint(body, "mid", _MOST_MID) if isinstance(body, dict) else ""
