"""A Telegram bot as the rest of the sandbox knows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.delivery import Delivery
from sandbox.double import About, UnknownAct
from sandbox.fields import text_of, whole_number_of
from sandbox.people import Person
from sandbox.samples import Sample
from sandbox.sniff import mime_of
from sandbox.telegram import acts
from sandbox.telegram.bot import Bot
from sandbox.telegram.delivery import Execute, TelegramOutlet
from sandbox.telegram.methods_bot import commands_for
from sandbox.telegram.text import MOST_TEXT
from sandbox.telegram.view import bubble, rows
from sandbox.updates import Update, Updates
from sandbox.values import Json
from sandbox.view import Bubble, Command, Mode, Screen

_SENDS = (
    *("photo", "video", "voice", "audio", "video_note", "document"),
    *("location", "contact", "other_contact", "sticker", "album"),
)
_UPLOADED_AS = {"image/jpeg": "photo", "image/png": "photo", "video/mp4": "video"}


class TelegramAccount:
    def __init__(self, bot: Bot, execute: Execute) -> None:
        self.bot = bot
        self.about = About(
            channel="telegram",
            messenger="Telegram",
            id=str(bot.id),
            name=bot.told.username,
            title=bot.told.title,
            sends=_SENDS,
            most_text=MOST_TEXT,
        )
        outlet = TelegramOutlet(bot, execute)
        self.delivery = Delivery(outlet, sleep=bot.settings.sleep)
        bot.on_update = self.delivery.wake
        bot.on_webhook = self.delivery.restart

    @property
    def updates(self) -> Updates:
        return self.bot.updates

    async def act(self, person: Person, act: str, body: Json) -> Any:
        bot = self.bot
        match act:
            case "start":
                return acts.start(bot, person, text_of(body, "param"))
            case "say":
                return acts.say(bot, person, text_of(body, "text"))
            case "press" if "data" in body:
                message_id = whole_number_of(body, "message_id")
                return acts.press_data(bot, person, message_id, text_of(body, "data"))
            case "press":
                return acts.press(bot, person, whole_number_of(body, "message_id"), *_place(body))
            case "tap":
                return acts.tap(bot, person, *_place(body))
            case "send":
                return await self._send(person, body)
            case "edit":
                message_id = whole_number_of(body, "message_id")
                return acts.edit(bot, person, message_id, text_of(body, "text"))
            case "block":
                return acts.block(bot, person)
            case "unblock":
                return acts.unblock(bot, person)
            case _:
                raise UnknownAct(act)

    async def upload(self, person: Person, file: Sample) -> Any:
        kind = _UPLOADED_AS.get(mime_of(file.content), "document")
        return await acts.send_file(self.bot, person, kind, given=file)

    def permit(self, person: Person) -> None:
        self.bot.chat_with(person).started = True

    def chat(self, person: Person, after: int) -> Json:
        chat = self.bot.chat_with(person)
        return {
            "started": chat.started,
            "blocked": chat.blocked,
            "keyboard": chat.keyboard,
            "messages": [m for m in chat.messages.values() if m["message_id"] > after],
        }

    def has_answer(self, person: Person, after: int) -> bool:
        messages = self.bot.chat_with(person).messages.values()
        return any(m["message_id"] > after and m["from"]["id"] == self.bot.id for m in messages)

    def thread(self, person: Person, most: int) -> Sequence[Bubble]:
        chat = self.bot.chats.get(person.id)
        messages = list(chat.messages.values())[-most:] if chat else []
        return [bubble(self.bot.id, each) for each in messages]

    def screen(self, person: Person) -> Screen:
        return _screen(self.bot, person)

    def inject(self, body: Json, queue: str) -> Update:
        """Gets an id only where it has none."""
        given = body.get("update_id")
        update_id = given if isinstance(given, int) else self.updates.next_id
        kind = next((key for key in body if key != "update_id"), "")
        whole = {"update_id": update_id, **body}
        update = self.updates.add(kind, queue, whole, update_id=update_id)
        self.bot.woken()
        return update

    def reset(self) -> None:
        self.bot.forget()
        self.delivery.reset()

    async def _send(self, person: Person, body: Json) -> Any:
        match text_of(body, "kind"):
            case "contact":
                other = body.get("contact")
                given = other if isinstance(other, dict) else None
                return acts.share_contact(self.bot, person, given)
            case "other_contact":
                return acts.share_contact(self.bot, person, acts.ANOTHER)
            case "location":
                place = float(body.get("latitude", 55.75)), float(body.get("longitude", 37.61))
                return acts.share_location(self.bot, person, *place)
            case "album":
                kinds = body.get("kinds", ["photo", "photo"])
                return await acts.send_album(self.bot, person, [str(each) for each in kinds])
            case kind:
                caption = text_of(body, "caption")
                return await acts.send_file(self.bot, person, kind, caption=caption)


def _place(body: Json) -> tuple[int, int]:
    return whole_number_of(body, "row", 0), whole_number_of(body, "column", 0)


def _screen(bot: Bot, person: Person) -> Screen:
    chat = bot.chats.get(person.id)
    started = chat is not None and chat.started
    blocked = chat is not None and chat.blocked
    keyboard = (chat.keyboard if chat else None) or {}
    texts = bot.profile.description
    return Screen(
        Mode.BLOCKED if blocked else Mode.CHAT if started else Mode.START,
        keyboard=rows(keyboard.get("keyboard", [])),
        menu=tuple(
            Command(f"/{each['command']}", each["description"])
            for each in commands_for(bot, person.language_code)
        ),
        description=texts.get(person.language_code, "") or texts.get("", ""),
    )
