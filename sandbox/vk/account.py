"""A VK community as the rest of the sandbox knows it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sandbox.delivery import Delivery
from sandbox.double import About, ActRefused, UnknownAct
from sandbox.fields import text_of, whole_number_of
from sandbox.people import Person
from sandbox.samples import Sample
from sandbox.sniff import mime_of
from sandbox.updates import Update, Updates
from sandbox.values import Json
from sandbox.view import Bubble, Mode, Screen
from sandbox.vk import acts, standing
from sandbox.vk.group import Group
from sandbox.vk.outlet import DEADLINE_SECONDS, CallbackOutlet
from sandbox.vk.people import peer_of
from sandbox.vk.sending import MOST_TEXT
from sandbox.vk.view import bubble, rows

_UPLOADED_AS = {"image/jpeg": "photo", "image/png": "photo"}


class VkAccount:
    def __init__(self, group: Group) -> None:
        self.group = group
        self.about = About(
            channel="vk",
            messenger="VK",
            id=str(group.id),
            name=group.told.name,
            title=group.told.title,
            sends=("photo", "video", "voice", "document", "location", "sticker"),
            acts=("read", "join", "leave"),
            follows_links=True,
            most_text=MOST_TEXT,
        )
        self.delivery = Delivery(
            CallbackOutlet(group), sleep=group.settings.sleep, deadline_seconds=DEADLINE_SECONDS
        )
        group.on_update = self.delivery.wake

    @property
    def updates(self) -> Updates:
        return self.group.updates

    async def act(self, person: Person, act: str, body: Json) -> Any:
        group = self.group
        match act:
            case "start":
                ref, source = text_of(body, "param"), text_of(body, "source")
                return acts.start(group, person, ref, source)
            case "follow":
                return acts.follow(group, person, text_of(body, "param"), text_of(body, "source"))
            case "say":
                return acts.say(group, person, text_of(body, "text"))
            case "press" if "data" in body:
                payload = json.loads(text_of(body, "data"))
                return acts.press_payload(group, person, _message(body), payload)
            case "press":
                return acts.press(group, person, _message(body), *_place(body))
            case "tap":
                return acts.tap(group, person, *_place(body))
            case "send":
                return await self._send(person, body)
            case "edit":
                return acts.edit(group, person, _message(body), text_of(body, "text"))
            case "allow" | "unblock":
                return standing.allow(group, person, text_of(body, "key"))
            case "deny" | "block":
                return standing.deny(group, person)
            case _:
                return self._act_rarely(person, act, body)

    async def upload(self, person: Person, file: Sample) -> Any:
        kind = _UPLOADED_AS.get(mime_of(file.content), "document")
        return await acts.send_file(self.group, person, kind, given=file)

    def permit(self, person: Person) -> None:
        self.group.dialogue_with(person).is_allowed = True

    def chat(self, person: Person, after: int) -> Json:
        dialogue = self.group.dialogue_with(person)
        return {
            "peer_id": dialogue.peer_id,
            "started": dialogue.is_allowed,
            "blocked": dialogue.is_denied,
            "keyboard": dialogue.keyboard,
            "messages": [each for number, each in dialogue.messages.items() if number > after],
        }

    def has_answer(self, person: Person, after: int) -> bool:
        dialogue = self.group.dialogue_with(person)
        return any(number > after and m["out"] for number, m in dialogue.messages.items())

    def thread(self, person: Person, most: int) -> Sequence[Bubble]:
        dialogue = self.group.dialogues.get(peer_of(person))
        if dialogue is None:
            return []
        return [bubble(dialogue, each) for each in list(dialogue.messages.values())[-most:]]

    def screen(self, person: Person) -> Screen:
        dialogue = self.group.dialogues.get(peer_of(person))
        if dialogue is None or not (dialogue.messages or dialogue.is_denied):
            return Screen(Mode.START)
        mode = Mode.BLOCKED if dialogue.is_denied else Mode.CHAT
        return Screen(mode, keyboard=rows(dialogue.keyboard or {}))

    def inject(self, body: Json, queue: str) -> Update:
        return self.updates.add(str(body.get("type", "")), queue, body)

    def reset(self) -> None:
        self.group.forget()
        self.delivery.reset()

    def _act_rarely(self, person: Person, act: str, body: Json) -> Any:
        """The acts that only VK knows."""
        group, admin = self.group, whole_number_of(body, "admin_id", standing.ADMIN)
        match act:
            case "join":
                return standing.join(group, person)
            case "leave":
                return standing.leave(group, person)
            case "read":
                return standing.read(group, person)
            case "type":
                return standing.type_text(group, person)
            case "react":
                reaction = whole_number_of(body, "reaction_id", 1)
                return standing.react(group, person, _message(body), reaction)
            case "admin_reply":
                return standing.admin_reply(group, person, text_of(body, "text"), admin)
            case "ban":
                return standing.ban(group, person, admin)
            case "unban":
                return standing.unban(group, person, admin)
            case _:
                raise UnknownAct(act)

    async def _send(self, person: Person, body: Json) -> Any:
        match text_of(body, "kind"):
            case "location":
                place = float(body.get("latitude", 55.75)), float(body.get("longitude", 37.61))
                return acts.share_location(self.group, person, *place)
            case "contact" | "other_contact":
                raise ActRefused("VK has no contact cards")
            case kind:
                text = text_of(body, "caption")
                return await acts.send_file(self.group, person, kind, text=text)


def _message(body: Json) -> int:
    """The `conversation_message_id` that an act names."""
    return whole_number_of(body, "message_id")


def _place(body: Json) -> tuple[int, int]:
    return whole_number_of(body, "row", 0), whole_number_of(body, "column", 0)
