"""What a message of the bot may contain, and to whom it may go."""

from __future__ import annotations

from typing import Any, Final

import aiohttp

from sandbox.max.attachments import check_attachments, resolve
from sandbox.max.bot import Bot
from sandbox.max.call import Call, text_in
from sandbox.max.dialog import Dialog
from sandbox.max.errors import invalid, no_chat, not_found, suspended
from sandbox.max.markup import parse
from sandbox.max.people import person_id_of
from sandbox.values import Json

MOST_TEXT: Final = 4000
_FORMATS: Final = {"html", "markdown"}
_LINKS: Final = {"reply", "forward"}


def dialog_named(bot: Bot, call: Call) -> Dialog:
    """The dialog that user_id or chat_id names, open or not. Raises ApiError."""
    by_user, by_chat = call.number("user_id", 0), call.number("chat_id", 0)
    if bool(by_user) == bool(by_chat):
        raise invalid("either user_id or chat_id must be given")
    return known(bot, by_user or person_id_of(by_chat))


def known(bot: Bot, person_id: int) -> Dialog:
    """The dialog with a person who started the bot. Raises ApiError."""
    dialog, person = bot.dialogs.get(person_id), bot.people.get(person_id)
    if dialog is None or person is None or person.deactivated or not dialog.is_started:
        raise no_chat()
    return dialog


def admit(bot: Bot, dialog: Dialog) -> None:
    """Let a bot write only to those who let it. Raises ApiError."""
    if dialog.is_suspended:
        raise suspended()


async def content_of(
    bot: Bot, dialog: Dialog, body: Json, http: aiohttp.ClientSession, old: Json | None = None
) -> Json:
    """text, markup, attachments and link of a message; `old` is the body that an edit replaces.

    In an edit, what is absent or null stays as it was, and [] takes all attachments away.
    """
    if not isinstance(body.get("notify", True), bool):
        raise invalid("notify: must be true or false")
    style = text_in(body, "format", 20) or ""
    if style and style not in _FORMATS:
        raise invalid("format: must be html or markdown")
    content = {name: old[name] for name in ("text", "markup", "attachments")} if old else {}
    # The schema measures the text as it was sent, marks and tags included.
    text = text_in(body, "text", MOST_TEXT)
    if text is not None:
        content["text"], content["markup"] = parse(text, style)
    link = _link(bot, dialog, body.get("link"))
    given = body.get("attachments")
    checked = None if given is None else check_attachments(bot, given)
    told = content.get("attachments", []) if checked is None else checked
    if not _says_something(content.get("text"), told, link):
        raise invalid("text: a message must not be empty")
    if checked is not None:
        content["attachments"] = await resolve(bot, checked, http)
    return {**content, "link": link}


def _says_something(text: str | None, attachments: list[Json], link: Json | None) -> bool:
    if (text or "").strip() or (link is not None and link["type"] == "forward"):
        return True
    return any(each["type"] != "inline_keyboard" for each in attachments)


def _link(bot: Bot, dialog: Dialog, given: Any) -> Json | None:
    """The message that this one answers or forwards, in it."""
    match given:
        case None:
            return None
        case {"type": str(kind), "mid": str(mid)} if kind in _LINKS:
            found = bot.find(mid)
        case _:
            raise invalid("link: has a type, reply or forward, and a mid")
    if found is None or (kind == "reply" and found[0] is not dialog):
        raise not_found("link: there is no such message")
    return linked(kind, found[1].message)


def linked(kind: str, message: Json) -> Json:
    """A message inside of another."""
    return {
        "type": kind,
        "sender": message["sender"],
        "chat_id": message["recipient"]["chat_id"],
        "message": message["body"],
    }
