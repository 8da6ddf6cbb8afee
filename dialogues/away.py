"""Telling who writes at night that nobody is at the desk, once a night."""

from dataclasses import replace
from datetime import datetime

from core.content import Content
from core.languages import pick
from dialogues.dossier import Dossier


def tell_if_away(dossier: Dossier, now: datetime) -> None:
    """Answer outside the working hours, in the contact's language. Whoever left hears nothing."""
    away, conversation = dossier.catalog.away, dossier.conversation
    if away is None or conversation is None or dossier.is_stopped:
        return
    hours = away.hours
    if hours.is_open(now):
        return
    told = conversation.away_told_at
    if told is not None and told >= hours.closed_since(now):
        return
    dossier.conversation = replace(conversation, away_told_at=now)
    dossier.say(Content(pick(away.text, dossier.locale, dossier.catalog.languages[0])), now)
