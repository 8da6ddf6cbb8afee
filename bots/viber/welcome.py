"""What greets a person who opened the chat: it rides in the answer to Viber's own request."""

import json
from collections.abc import Sequence

from bots.contract import Gate
from bots.viber.keyboard import SILENT_VERSION, start_keyboard
from core.inbound import Inbound, Opened


def answer(_body: bytes, inbounds: Sequence[Inbound], gate: Gate) -> str:
    """A message with a Start button where the chat was opened, "" for everything else.

    It is the only one that Viber lets us send before the person subscribes. It knows nothing but
    the person's language: no order, and the same again for a redelivery.
    """
    opened = next((inbound for inbound in inbounds if isinstance(inbound.event, Opened)), None)
    if opened is None:
        return ""
    locale = opened.profile.locale if opened.profile else ""
    welcome = gate.welcomes.get(_language(locale)) or gate.welcomes.get("")
    if welcome is None:
        return ""
    message = {
        "min_api_version": SILENT_VERSION,
        "sender": {"name": gate.name},
        "type": "text",
        "text": welcome.text,
        "keyboard": start_keyboard(welcome.start),
    }
    return json.dumps(message, ensure_ascii=False)


def _language(locale: str) -> str:
    return locale.replace("_", "-").partition("-")[0].lower()
