"""What a contact wrote → the value that a question wanted, or nothing if it does not fit."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from core.content import ContactCard, Content, Location, Media, MediaKind
from core.people import Json
from flows.asks import AnswerKind, Number
from flows.dates import parse_date
from flows.language import AskStep

LONGEST = 4000
_NUMBER = re.compile(r"[-+]?\d{1,15}(\.\d{1,9})?")
_SPACES = re.compile("[\\s\u00a0\u202f]")
_REGIONS: Mapping[str, str] = {
    "ru": "RU", "uk": "UA", "be": "BY", "kk": "KZ", "uz": "UZ", "hy": "AM", "ka": "GE",
    "az": "AZ", "ky": "KG", "tg": "TJ", "de": "DE", "fr": "FR", "es": "ES", "it": "IT",
    "pt": "PT", "pl": "PL", "tr": "TR", "nl": "NL", "cs": "CZ", "he": "IL", "ja": "JP",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fits:
    value: Json


def read(step: AskStep, content: Content, locale: str, now: datetime) -> Fits | None:
    """The value, or None where the answer does not fit. `now` is on the contact's clock."""
    text = content.text.strip()
    match step.kind:
        case AnswerKind.TEXT:
            return Fits(text[:LONGEST]) if text else None
        case AnswerKind.NUMBER:
            bounds = step.answer if isinstance(step.answer, Number) else None
            return _number(text, bounds)
        case AnswerKind.EMAIL:
            return _email(text)
        case AnswerKind.PHONE:
            return _card_phone(content, locale) or _phone(text, locale)
        case AnswerKind.CONTACT:
            return _card_phone(content, locale, only_own=True)
        case AnswerKind.DATE:
            day = parse_date(text, locale, now.date())
            return Fits(day.isoformat()) if day else None
        case AnswerKind.LOCATION:
            return _location(content)
        case AnswerKind.FILE:
            return _file(content)


def _number(text: str, bounds: Number | None) -> Fits | None:
    bare = _SPACES.sub("", text).replace(",", ".")
    if not _NUMBER.fullmatch(bare):
        return None
    number = float(bare)
    if bounds is not None:
        low = -math.inf if bounds.min is None else bounds.min
        high = math.inf if bounds.max is None else bounds.max
        if not low <= number <= high:
            return None
    return Fits(int(bare) if "." not in bare else number)


def _email(text: str) -> Fits | None:
    if len(text) > 254:
        return None
    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return None
    return Fits(found.normalized)


def _phone(text: str, locale: str) -> Fits | None:
    if len(text) > 40:
        return None
    try:
        number = phonenumbers.parse(text, region(locale))
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return Fits(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def region(locale: str) -> str | None:
    """The country whose numbers are meant where no country code is written."""
    language, _, rest = locale.replace("_", "-").partition("-")
    country = rest.rpartition("-")[2].upper()
    return country if len(country) == 2 else _REGIONS.get(language.lower())


def _card_phone(content: Content, locale: str, *, only_own: bool = False) -> Fits | None:
    """The phone of a card. `only_own`: one that the platform vouches for, nobody else's."""
    for card in content.attachments:
        if isinstance(card, ContactCard) and (card.own or not only_own):
            # Telegram sends the number with its country code and mostly without the plus.
            international = card.phone if card.phone.startswith("+") else f"+{card.phone}"
            return _phone(international, locale) or _phone(card.phone, locale)
    return None


def _location(content: Content) -> Fits | None:
    for place in content.attachments:
        if isinstance(place, Location):
            return Fits({"latitude": place.latitude, "longitude": place.longitude})
    return None


def _file(content: Content) -> Fits | None:
    for media in content.attachments:
        if isinstance(media, Media) and media.kind is not MediaKind.STICKER:
            return Fits(
                {
                    "kind": str(media.kind),
                    "ref": media.ref,
                    "name": media.name,
                    "mime": media.mime,
                    "size": media.size,
                }
            )
    return None
