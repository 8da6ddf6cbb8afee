"""Everything that one Telegram account of ours asks of the Bot API. Importing it takes seconds."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from aiogram import Bot as Client
from aiogram.methods import AnswerCallbackQuery, DeleteMessage, GetFile, TelegramMethod
from aiogram.utils.token import TokenValidationError

from bots.contract import (
    Bot,
    BotSettings,
    File,
    FileGone,
    Identity,
    MenuEntry,
    Part,
    SettingUp,
    Take,
    WebhookStatus,
)
from bots.telegram import polling, setting_up
from bots.telegram.attached import attached, names_of
from bots.telegram.errors import FAILURES, of_altering, outcome_of
from bots.telegram.requests import Unsendable, edit_of, request_of
from bots.telegram.session import Session
from bots.transport import TRANSPORT_ERRORS, words_of
from core.altering import Altered, AlterOutcome
from core.content import Media
from core.ids import UserId
from core.outcomes import Outcome, Refused, Sent

SEND_SECONDS: Final = 15.0
_FILE_SECONDS: Final = 23.0
_ACKNOWLEDGE_SECONDS: Final = 8.0
_FETCH_SECONDS: Final = 60.0
MOST_BYTES: Final = 20 * 2**20
"""The Bot API gives no larger file to a bot."""
_CHUNK = 65_536


class TelegramBot(Bot):
    """One account: translates and nothing else. It never tries again: the outbox decides."""

    def __init__(self, settings: BotSettings) -> None:
        self._settings = settings
        self._session = Session(settings.api_url, settings.proxy)
        try:
            self._client = Client(settings.token, session=self._session)
        except TokenValidationError:
            raise SettingUp(
                "a Telegram token looks like 123456:ABC-DEF…; @BotFather shows it"
            ) from None

    async def send(self, user: UserId, part: Part) -> Outcome:
        """Send one platform message. Telegram has no idempotency: `random_id` is not used."""
        try:
            content, file = attached(part)
            request = request_of(int(user), content)
        except (ValueError, Unsendable) as error:
            # pydantic's ValidationError is a ValueError, and its text quotes the message.
            reason = str(error) if isinstance(error, Unsendable) else type(error).__name__
            return Refused(f"not sendable by Telegram: {reason}")
        try:
            result = await self.call(request, _FILE_SECONDS if file else SEND_SECONDS, file)
        except FAILURES as failure:
            return outcome_of(failure)
        return Sent(_message_id(result), names_of(result, part))

    async def edit(self, user: UserId, external_id: str, part: Part) -> AlterOutcome:
        """Give a text another wording; Telegram's "is not modified" is as good as done."""
        try:
            request = edit_of(int(user), int(external_id), part.content)
        except (ValueError, Unsendable) as error:
            reason = str(error) if isinstance(error, Unsendable) else type(error).__name__
            return Refused(f"not sendable by Telegram: {reason}")
        return await self._alter(request)

    async def delete(self, user: UserId, external_id: str) -> AlterOutcome:
        """Take a message back for both; one that is gone already is as good as done."""
        try:
            request = DeleteMessage(chat_id=int(user), message_id=int(external_id))
        except ValueError as error:
            return Refused(f"not sendable by Telegram: {type(error).__name__}")
        return await self._alter(request)

    async def _alter(self, request: TelegramMethod[Any]) -> AlterOutcome:
        try:
            await self.call(request)
        except FAILURES as failure:
            return of_altering(failure)
        return Altered()

    async def call(
        self, method: TelegramMethod[Any], seconds: float = SEND_SECONDS, file: File | None = None
    ) -> Any:
        """Call a method of the Bot API. Raises one of `bots.telegram.errors.FAILURES`."""
        return await self._session.call(self._client, method, seconds, file)

    async def acknowledge(self, press: str, text: str) -> None:
        """Answer a press. After some seconds Telegram wants it no more ("query is too old")."""
        request = AnswerCallbackQuery(callback_query_id=press, text=text[:200] or None)
        try:
            await self.call(request, _ACKNOWLEDGE_SECONDS)
        except FAILURES:
            return

    async def fetch(self, media: Media) -> AsyncIterator[bytes]:
        """Open a file that came in. Raises FileGone, here and while reading."""
        if media.ref.startswith(("http://", "https://")):
            raise FileGone("it is not a file of Telegram's")
        try:
            file = await self.call(GetFile(file_id=media.ref))
        except FAILURES as failure:
            raise FileGone(f"Telegram does not give this file: {failure}") from failure
        path = file.get("file_path") if isinstance(file, dict) else None
        size = file.get("file_size") if isinstance(file, dict) else None
        if not isinstance(path, str) or (isinstance(size, int) and size > MOST_BYTES):
            raise FileGone("Telegram does not give this file: it is too large")
        return self._download(path)

    async def _download(self, path: str) -> AsyncIterator[bytes]:
        url = self._session.api.file_url(self._client.token, path)
        total = 0
        try:
            async with self._session.get(url, _FETCH_SECONDS) as answer:
                if answer.status != 200:
                    raise FileGone(f"Telegram answered {answer.status}")
                async for chunk in answer.content.iter_chunked(_CHUNK):
                    total += len(chunk)
                    if total > MOST_BYTES:
                        raise FileGone("the file is larger than Telegram said")
                    yield chunk
        except TRANSPORT_ERRORS as error:
            # The error's text may hold the URL, and with it the token.
            raise FileGone(words_of(error)) from None

    async def identify(self) -> Identity:
        """Who the token belongs to. Raises SettingUp."""
        return await setting_up.identify(self.call)

    async def set_webhook(self, url: str, secret: str) -> None:
        """Let Telegram call `url`, with all kinds of updates that we read. Raises SettingUp."""
        await setting_up.set_webhook(self.call, url, secret)

    async def webhook_status(self, expected_url: str) -> WebhookStatus:
        """Raises SettingUp."""
        return await setting_up.webhook_status(self.call, expected_url)

    async def set_menu(
        self, entries: Mapping[str, Sequence[MenuEntry]], description: Mapping[str, str]
    ) -> None:
        """Commands, the menu button that shows them, and the description. Raises SettingUp."""
        await setting_up.set_menu(self.call, entries, description)

    async def poll(self, take: Take, place: str = "") -> None:
        """Fetch updates for ever. Telegram itself knows what was confirmed: no place is kept."""
        await polling.poll(self.call, self._settings.account, take)

    async def close(self) -> None:
        await self._session.close()


def make(settings: BotSettings) -> Bot:
    """A bot for this account; no connection is made yet. Raises SettingUp for a bad token."""
    return TelegramBot(settings)


def _message_id(result: Any) -> str:
    """ "" where Telegram said ok and no id can be read: it is sent all the same."""
    found = result.get("message_id") if isinstance(result, dict) else None
    return str(found) if type(found) is int else ""
