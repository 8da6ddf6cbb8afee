"""A MAX bot as the rest of the sandbox knows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.delivery import Delivery
from sandbox.double import About, UnknownAct
from sandbox.fields import text_of, whole_number_of
from sandbox.max import acts, standing
from sandbox.max.bot import Bot
from sandbox.max.outlet import DEADLINE_SECONDS, WebhookOutlet
from sandbox.max.sending import MOST_TEXT
from sandbox.max.view import bubble
from sandbox.people import Person
from sandbox.samples import Sample
from sandbox.sniff import mime_of
from sandbox.updates import Update, Updates
from sandbox.values import Json
from sandbox.view import Bubble, Command, Mode, Screen

_SENDS = (
    *("photo", "video", "voice", "document"),
    *("location", "contact", "other_contact", "sticker"),
)
_UPLOADED_AS = {"image/jpeg": "photo", "image/png": "photo", "video/mp4": "video"}


class MaxAccount:
    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.about = About(
            channel="max",
            messenger="MAX",
            id=str(bot.id),
            name=bot.told.name,
            title=bot.told.title,
            sends=_SENDS,
            acts=("mute", "unmute", "clear", "delete"),
            most_text=MOST_TEXT,
        )
        self.delivery = Delivery(
            WebhookOutlet(bot), sleep=bot.settings.sleep, deadline_seconds=DEADLINE_SECONDS
        )
        bot.on_update = self.delivery.wake

    @property
    def updates(self) -> Updates:
        return self.bot.updates

    async def act(self, person: Person, act: str, body: Json) -> Any:
        bot = self.bot
        match act:
            case "start":
                return standing.start(bot, person, text_of(body, "param"))
            case "say":
                return acts.say(bot, person, text_of(body, "text"), text_of(body, "reply_to"))
            case "press" if "data" in body:
                return acts.press_payload(bot, person, _mid(body), text_of(body, "data"))
            case "press":
                row, column = whole_number_of(body, "row", 0), whole_number_of(body, "column", 0)
                return acts.press(bot, person, _mid(body), row, column)
            case "send":
                kind, text = text_of(body, "kind"), text_of(body, "caption")
                return await acts.send(bot, person, body, kind, text)
            case "edit":
                return acts.edit(bot, person, _mid(body), text_of(body, "text"))
            case "remove":
                return acts.remove(bot, person, _mid(body))
            case _:
                return self._change(person, act)

    async def upload(self, person: Person, file: Sample) -> Any:
        kind = _UPLOADED_AS.get(mime_of(file.content), "document")
        return await acts.send_file(self.bot, person, kind, given=file)

    def permit(self, person: Person) -> None:
        self.bot.dialog_with(person).is_started = True

    def chat(self, person: Person, after: int) -> Json:
        """Each message has its `number` in the dialog beside the platform's own fields."""
        dialog = self.bot.dialog_with(person)
        return {
            "chat_id": dialog.chat_id,
            "started": dialog.is_started,
            "blocked": dialog.is_suspended,
            "messages": [
                {"number": each.number, **each.message}
                for each in dialog.messages.values()
                if each.number > after
            ],
        }

    def has_answer(self, person: Person, after: int) -> bool:
        messages = self.bot.dialog_with(person).messages.values()
        return any(each.number > after and each.sender_id == self.bot.id for each in messages)

    def thread(self, person: Person, most: int) -> Sequence[Bubble]:
        dialog = self.bot.dialogs.get(person.id)
        if dialog is None:
            return []
        return [
            bubble(self.bot.id, dialog, each) for each in list(dialog.messages.values())[-most:]
        ]

    def screen(self, person: Person) -> Screen:
        dialog, profile = self.bot.dialogs.get(person.id), self.bot.profile
        mode = Mode.START
        if dialog is not None and dialog.is_started:
            mode = Mode.BLOCKED if dialog.is_suspended else Mode.CHAT
        return Screen(
            mode,
            menu=tuple(
                Command(f"/{each['name']}", each["description"] or "")
                for each in profile["commands"]
            ),
            description=profile["description"] or "",
        )

    def inject(self, body: Json, queue: str) -> Update:
        """Goes to the first webhook, or waits for one."""
        kind = str(body.get("update_type", ""))
        return self.updates.add(kind, queue, body)

    def reset(self) -> None:
        self.bot.forget()
        self.delivery.reset()

    def _change(self, person: Person, act: str) -> Any:
        match act:
            case "block":
                return standing.stop(self.bot, person)
            case "unblock":
                return standing.restart(self.bot, person)
            case "clear":
                return standing.clear(self.bot, person)
            case "delete":
                return standing.delete(self.bot, person)
            case "mute":
                return standing.mute(self.bot, person)
            case "unmute":
                return standing.unmute(self.bot, person)
            case _:
                raise UnknownAct(act)


def _mid(body: Json) -> str:
    """The `mid` that an act names."""
    return text_of(body, "message_id")
