"""What became of a message, and what somebody agreed to or left, in a person's words."""

from collections.abc import Mapping
from typing import Any, assert_never

from core.consent import Act, Source
from core.languages import pick
from core.messages import Message, Status
from storage.consents import StoredRecord

_Texts = Mapping[str, Mapping[str, str]]

_STATUSES: _Texts = {
    Status.QUEUED: {"en": "waits to be sent", "ru": "ждёт отправки"},
    Status.SENDING: {"en": "being sent", "ru": "отправляется"},
    Status.SENT: {"en": "sent", "ru": "отправлено"},
    Status.DELIVERED: {"en": "delivered", "ru": "доставлено"},
    Status.READ: {"en": "read", "ru": "прочитано"},
    Status.UNKNOWN: {
        "en": "may not have arrived: the messenger gave no answer",
        "ru": "могло не дойти: мессенджер не ответил",
    },
}
_NOT_BROUGHT = {
    "en": "not delivered: {reason}",
    "ru": "не доставлено: {reason}",
}
_NOT_SENT = {"en": "not sent: {reason}", "ru": "не отправлено: {reason}"}
_PUT_OFF = {"en": "waits: {reason}", "ru": "ждёт: {reason}"}
_REASONS: _Texts = {
    "unsubscribed": {"en": "unsubscribed", "ru": "нет подписки"},
    "marketing_stopped": {"en": "they left all offers", "ru": "отписка от всех акций"},
    "answered": {"en": "they have answered already", "ru": "ответ уже есть"},
    "unreachable": {"en": "they cannot be reached", "ru": "человек недоступен"},
    "expired": {"en": "it came too late to be of use", "ru": "опоздало и уже ни к чему"},
    "stopped": {"en": "they left before it went out", "ru": "отписка пришла раньше"},
    "throttled": {
        "en": "the messenger asks us to slow down",
        "ru": "мессенджер просит слать медленнее",
    },
    "quiet_hours": {"en": "it is night where they are", "ru": "у человека ночь"},
    "stop_question_open": {
        "en": "they were asked whether to stop",
        "ru": "спросили, отписать ли; ответа нет",
    },
    "blocked": {"en": "they have blocked us", "ru": "нас заблокировали"},
    "blocked_here": {"en": "they are blocked by us", "ru": "человек заблокирован нами"},
    "operators_own": {
        "en": "this is an operator's own messenger",
        "ru": "это собственный мессенджер оператора",
    },
    "gone": {"en": "there is nobody at this address any more", "ru": "там больше никого нет"},
}
_NO_REASON = {"en": "the messenger refused it", "ru": "мессенджер отказал"}
_ENDS = (Status.FAILED, Status.SUPPRESSED, Status.CANCELLED)
_BAD = (Status.FAILED, Status.SUPPRESSED, Status.UNKNOWN)

_ACTS: _Texts = {
    Act.SUBSCRIBE: {"en": "{name} subscribed to {what}", "ru": "{name}: подписка на {what}"},
    Act.CONFIRM: {"en": "{name} confirmed {what}", "ru": "{name}: подтверждение, {what}"},
    Act.UNSUBSCRIBE: {"en": "{name} left {what}", "ru": "{name}: отписка от {what}"},
    Act.RESUBSCRIBE: {"en": "{name} came back to {what}", "ru": "{name}: возвращение, {what}"},
    Act.BLOCK: {"en": "{name} blocked us", "ru": "{name}: нас заблокировали"},
    Act.IMPORT: {
        "en": "An earlier consent to {what} was brought in",
        "ru": "Прежнее согласие перенесено: {what}",
    },
    Act.OUT_OF_ORDER: {
        "en": "A late word about {what} changed nothing: a STOP came after it",
        "ru": "Опоздавшее действие, {what}, ничего не изменило: СТОП пришёл позже",
    },
}
_WAYS: _Texts = {
    Source.LINK: {"en": "by a link", "ru": "по ссылке"},
    Source.KEYWORD: {"en": "with a word", "ru": "словом"},
    Source.BUTTON: {"en": "with a button", "ru": "кнопкой"},
    Source.WIDGET: {"en": "on the site", "ru": "на сайте"},
    Source.API: {"en": "through the shop’s system", "ru": "через систему магазина"},
    Source.IMPORT: {"en": "with a list", "ru": "списком"},
    Source.OPERATOR: {"en": "through an operator", "ru": "через оператора"},
    Source.PLATFORM: {"en": "in the messenger", "ru": "в мессенджере"},
    Source.FLOW: {"en": "in a dialogue", "ru": "в сценарии"},
    Source.PREFERENCES: {"en": "on the preferences page", "ru": "на странице настроек"},
}
_WROTE = {"en": "by writing “{words}”", "ru": "словом «{words}»"}
_TOPIC = {"en": "{title}", "ru": "«{title}»"}
_EVERYTHING = {"en": "everything", "ru": "всего"}


def status_words(message: Message, language: str) -> tuple[str, str]:
    """(what became of it, how it looks: "", "bad" or "waits"). Empty for one that came in."""
    status, error = message.status, message.error
    if status is Status.RECEIVED:
        return "", ""
    if status in _ENDS:
        words = pick(_NOT_SENT, language).format(reason=reason_words(error, language))
        return words, "bad" if status in _BAD else "waits"
    if status is Status.UNDELIVERED:
        return pick(_NOT_BROUGHT, language).format(reason=reason_words(error, language)), "bad"
    if status is Status.QUEUED and error:
        return pick(_PUT_OFF, language).format(reason=reason_words(error, language)), "waits"
    look = "bad" if status in _BAD else "waits" if status is Status.QUEUED else ""
    return pick(_STATUSES[status], language), look


def reason_words(error: str, language: str) -> str:
    """In our words where we have some; else the messenger's own."""
    code = error.partition(": ")[0]
    if code in _REASONS:
        return pick(_REASONS[code], language)
    return error or pick(_NO_REASON, language)


def consent_words(record: StoredRecord, name: str, title: str | None, language: str) -> str:
    """One sentence: "Anna left Offers by writing “STOP”". `title` None: every topic."""
    what = pick(_EVERYTHING, language)
    if title is not None:
        what = pick(_TOPIC, language).format(title=title)
    said = pick(_ACTS[record.act], language).format(name=name, what=what)
    match record.act:
        case Act.BLOCK | Act.IMPORT | Act.OUT_OF_ORDER:
            return said
        case Act.SUBSCRIBE | Act.CONFIRM | Act.UNSUBSCRIBE | Act.RESUBSCRIBE:
            return (
                f"{said} {_way(record, language)}"
                if language == "en"
                else (f"{said}, {_way(record, language)}")
            )
        case _:
            assert_never(record.act)


def _way(record: StoredRecord, language: str) -> str:
    written = evidence_text(record.evidence, "written")
    if record.source is Source.KEYWORD and written:
        return pick(_WROTE, language).format(words=written)
    return pick(_WAYS[record.source], language)


def evidence_text(evidence: Mapping[str, Any] | None, name: str) -> str:
    """A text of the evidence, "" where there is none; of a page its address."""
    value = (evidence or {}).get(name, "")
    if isinstance(value, Mapping):
        value = value.get("url", "")
    return value[:500] if isinstance(value, str) else ""
