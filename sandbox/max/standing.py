"""How a dialog begins, rests and ends."""

from __future__ import annotations

import re
from typing import Final

from sandbox.double import ActRefused
from sandbox.max.acts import dialog_of, open_dialog
from sandbox.max.bot import Bot
from sandbox.max.dialog import Dialog
from sandbox.people import Person
from sandbox.values import Json

# A longer or stranger parameter of a link is dropped in silence.
_PARAM: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_MUTED_SECONDS: Final = 3600


def start(bot: Bot, person: Person, param: str = "") -> None:
    """Press Start, which a new dialog and a link with a parameter show.

    Whether the platform tells of a second start of the same dialog is not documented; the double
    does. To be sure that nobody relies on it, a test just leaves the act out.
    """
    dialog = dialog_of(bot, person)
    if dialog.is_started and not dialog.is_suspended and not param:
        raise ActRefused("this dialog has begun: only a link shows Start again")
    dialog.is_started, dialog.is_suspended = True, False
    bot.tell(dialog, "state")
    _emit(bot, dialog, "bot_started", payload=param if _PARAM.fullmatch(param) else None)


def stop(bot: Bot, person: Person) -> None:
    dialog = _begun(bot, person)
    dialog.is_suspended = True
    bot.tell(dialog, "state")
    _emit(bot, dialog, "bot_stopped")


def restart(bot: Bot, person: Person) -> None:
    if not dialog_of(bot, person).is_suspended:
        raise ActRefused("the bot is not stopped")
    start(bot, person)


def clear(bot: Bot, person: Person) -> None:
    """Forget the messages on this side; the dialog goes on."""
    dialog = _begun(bot, person)
    _forget_messages(bot, dialog)
    _emit(bot, dialog, "dialog_cleared")


def delete(bot: Bot, person: Person) -> None:
    """Delete the dialog: it begins anew with Start."""
    dialog = dialog_of(bot, person)
    if not dialog.is_started:
        raise ActRefused("there is no dialog")
    _forget_messages(bot, dialog)
    dialog.is_started = dialog.is_suspended = False
    bot.tell(dialog, "state")
    _emit(bot, dialog, "dialog_removed")


def mute(bot: Bot, person: Person) -> None:
    until = bot.now_ms + _MUTED_SECONDS * 1000
    _emit(bot, _begun(bot, person), "dialog_muted", muted_until=until)


def unmute(bot: Bot, person: Person) -> None:
    _emit(bot, _begun(bot, person), "dialog_unmuted")


def _begun(bot: Bot, person: Person) -> Dialog:
    dialog = open_dialog(bot, person)
    if not dialog.is_started:
        raise ActRefused("there is no dialog")
    return dialog


def _forget_messages(bot: Bot, dialog: Dialog) -> None:
    for mid in dialog.messages:
        bot.tell(dialog, "gone", id=mid)
    dialog.messages.clear()


def _emit(bot: Bot, dialog: Dialog, kind: str, **more: object) -> None:
    person = bot.people.get(dialog.person_id)
    assert person is not None, "a dialog has its person"
    about: Json = {"chat_id": dialog.chat_id, "user": bot.sender(person), **more}
    bot.emit(kind, person, about)
