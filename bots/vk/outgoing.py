"""Everything that one VK community of ours asks of the API. Importing it takes seconds."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from bots.contract import (
    Bot,
    BotSettings,
    File,
    Identity,
    Part,
    SettingUp,
    Take,
    Uploaded,
    WebhookStatus,
)
from bots.vk import polling, setting_up, uploads
from bots.vk.errors import FAILURES, of_altering
from bots.vk.requests import Unsendable, deletion_of, edit_of
from bots.vk.sending import send_all
from bots.vk.session import Client
from core.altering import Altered, AlterOutcome
from core.content import MediaKind
from core.ids import UserId
from core.outcomes import Outcome, Refused

_TOKEN = re.compile(r"[!-~]{1,1000}")
"""What may stand in a header."""
_ACKNOWLEDGE_SECONDS: Final = 8.0
_MOST_SNACKBAR: Final = 90


class VkBot(Bot):
    """One community: translates and nothing else. It never tries again: the outbox decides."""

    def __init__(self, settings: BotSettings) -> None:
        if not _TOKEN.fullmatch(settings.token):
            raise SettingUp("a VK community's token stands in its settings: Working with API")
        self._settings = settings
        self.client = Client(settings.token, settings.api_url, settings.proxy)

    async def send(self, user: UserId, part: Part) -> Outcome:
        """Send one message. VK shows it once however often it comes with this `random_id`."""
        (outcome,) = await send_all(self.client.call, [(user, part)])
        return outcome

    async def send_together(self, sends: Sequence[tuple[UserId, Part]]) -> Sequence[Outcome]:
        """One request for the same message to many, one `execute` for different ones."""
        return await send_all(self.client.call, sends)

    async def edit(self, user: UserId, external_id: str, part: Part) -> AlterOutcome:
        """Give a text another wording; VK takes the same one again."""
        try:
            fields = edit_of(user, external_id, part.content)
        except Unsendable as error:
            return Refused(f"not sendable by VK: {error}")
        return await self._alter("messages.edit", fields)

    async def delete(self, user: UserId, external_id: str) -> AlterOutcome:
        """Take a message back for both; one that is gone already is as good as done."""
        try:
            fields = deletion_of(user, external_id)
        except Unsendable as error:
            return Refused(f"not sendable by VK: {error}")
        return await self._alter("messages.delete", fields)

    async def _alter(self, method: str, fields: dict[str, Any]) -> AlterOutcome:
        try:
            await self.client.call(method, fields)
        except FAILURES as failure:
            return of_altering(failure, is_deletion=method == "messages.delete")
        return Altered()

    async def upload(self, user: UserId, kind: MediaKind, file: File) -> Uploaded | Outcome:
        """Pictures become photos, voice a voice message, everything else a document."""
        return await uploads.upload(self.client, user, kind, file)

    async def acknowledge(self, press: str, text: str) -> None:
        """Answer a press; without a text the button only ceases to turn. Good for a minute."""
        user, _, rest = press.partition(":")
        peer, _, event = rest.partition(":")
        if not event:
            return
        shown = json.dumps({"type": "show_snackbar", "text": text[:_MOST_SNACKBAR]})
        fields = {"event_id": event, "user_id": user, "peer_id": peer}
        if text:
            fields["event_data"] = shown
        try:
            await self.client.call("messages.sendMessageEventAnswer", fields, _ACKNOWLEDGE_SECONDS)
        except FAILURES:
            return

    async def identify(self) -> Identity:
        """Which community the token belongs to. Raises SettingUp."""
        return await setting_up.identify(self.client.call, self._settings.group)

    async def set_webhook(self, url: str, secret: str) -> None:
        """Let VK call `url`, with every kind of event that we read. Raises SettingUp."""
        await setting_up.set_webhook(self.client.call, self._settings.group, url, secret)

    async def webhook_status(self, expected_url: str) -> WebhookStatus:
        """Raises SettingUp."""
        return await setting_up.webhook_status(self.client.call, self._settings.group, expected_url)

    async def keep_webhook(self, url: str, secret: str) -> WebhookStatus:
        """Set it anew where VK has given up calling it. Raises SettingUp."""
        return await setting_up.keep_webhook(self.client.call, self._settings.group, url, secret)

    async def poll(self, take: Take, place: str = "") -> None:
        """Fetch events for ever, from the `place` on: VK does not remember what was taken."""
        await polling.poll(self.client, self._settings, place, take)

    async def close(self) -> None:
        await self.client.transport.close()


def make(settings: BotSettings) -> Bot:
    """A bot for this community; no connection is made yet. Raises SettingUp."""
    return VkBot(settings)
