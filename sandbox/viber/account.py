"""A bot of Viber as the rest of the sandbox knows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.delivery import Delivery
from sandbox.double import About, UnknownAct
from sandbox.fields import text_of, whole_number_of
from sandbox.people import Person
from sandbox.samples import Sample
from sandbox.sniff import mime_of
from sandbox.updates import Update, Updates
from sandbox.values import Json
from sandbox.viber import acts, standing
from sandbox.viber.bot import Bot
from sandbox.viber.content import MOST_TEXT
from sandbox.viber.outlet import DEADLINE_SECONDS, WebhookOutlet, Welcome
from sandbox.viber.view import bubble, is_shown, rows
from sandbox.view import Bubble, Mode, Screen

_UPLOADED_AS = {"image/jpeg": "photo", "image/png": "photo", "video/mp4": "video"}


class ViberAccount:
    def __init__(self, bot: Bot, welcome: Welcome) -> None:
        self.bot = bot
        self.about = About(
            channel="viber",
            messenger="Viber",
            id=bot.id,
            name=bot.told.name,
            title=bot.told.title,
            sends=("photo", "video", "document", "location", "contact", "other_contact", "sticker"),
            acts=("read", "subscribe", "switch_off", "switch_on"),
            can_edit=False,
            follows_links=True,
            most_text=MOST_TEXT,
        )
        self.delivery = Delivery(
            WebhookOutlet(bot, welcome),
            sleep=bot.settings.sleep,
            deadline_seconds=DEADLINE_SECONDS,
        )
        bot.on_update = self.delivery.wake
        bot.on_webhook = self.delivery.restart

    @property
    def updates(self) -> Updates:
        return self.bot.updates

    async def act(self, person: Person, act: str, body: Json) -> Any:
        bot = self.bot
        match act:
            case "start" | "follow":
                return acts.open_chat(bot, person, text_of(body, "param"))
            case "say":
                return acts.say(bot, person, text_of(body, "text"))
            case "press":
                number = whole_number_of(body, "message_id")
                return acts.press(bot, person, number, *_place(body))
            case "tap":
                return acts.tap(bot, person, *_place(body))
            case "send":
                return await self._send(person, body)
            case "subscribe" | "unblock":
                return standing.subscribe(bot, person)
            case "unsubscribe" | "block":
                return standing.unsubscribe(bot, person)
            case "read":
                return standing.read(bot, person)
            case "switch_off":
                return standing.switch_off(bot, person)
            case "switch_on":
                return standing.switch_on(bot, person)
            case "fail":
                words = text_of(body, "description", "failure description")
                return standing.fail(bot, person, whole_number_of(body, "message_id", 0), words)
            case _:
                raise UnknownAct(act)

    async def upload(self, person: Person, file: Sample) -> Any:
        kind = _UPLOADED_AS.get(mime_of(file.content), "document")
        return await acts.send_file(self.bot, person, kind, given=file)

    def permit(self, person: Person) -> None:
        chat = self.bot.chat_with(person)
        chat.is_open = chat.is_subscribed = True

    def chat(self, person: Person, after: int) -> Json:
        chat = self.bot.chat_with(person)
        return {
            "user_id": chat.user_id,
            "started": chat.is_subscribed,
            "blocked": chat.has_left,
            "off": chat.is_off,
            "keyboard": chat.keyboard,
            "messages": [each for number, each in chat.records.items() if number > after],
        }

    def has_answer(self, person: Person, after: int) -> bool:
        chat = self.bot.seen_chat(person)
        records = chat.records.items() if chat is not None else ()
        return any(number > after and each["out"] for number, each in records)

    def thread(self, person: Person, most: int) -> Sequence[Bubble]:
        chat = self.bot.seen_chat(person)
        shown = [each for each in chat.records.values() if is_shown(each)] if chat else []
        return [bubble(each) for each in shown[-most:]]

    def screen(self, person: Person) -> Screen:
        chat = self.bot.seen_chat(person)
        if chat is None or not chat.is_open:
            return Screen(Mode.START)
        mode = Mode.BLOCKED if chat.has_left else Mode.CHAT
        return Screen(mode, keyboard=rows(chat.keyboard))

    def inject(self, body: Json, queue: str) -> Update:
        return self.updates.add(str(body.get("event", "")), queue, body)

    def reset(self) -> None:
        self.bot.forget()
        self.delivery.reset()

    async def _send(self, person: Person, body: Json) -> Any:
        match text_of(body, "kind"):
            case "location":
                place = float(body.get("latitude", 55.75)), float(body.get("longitude", 37.61))
                return acts.share_location(self.bot, person, *place)
            case "contact":
                return acts.share_contact(self.bot, person)
            case "other_contact":
                return acts.share_contact(self.bot, person, dict(acts.ANOTHER))
            case kind:
                caption = text_of(body, "caption")
                return await acts.send_file(self.bot, person, kind, text=caption)


def _place(body: Json) -> tuple[int, int]:
    return whole_number_of(body, "row", 0), whole_number_of(body, "column", 0)
