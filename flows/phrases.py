"""What Parley says where a flow leaves it unsaid, by language."""

from collections.abc import Mapping

from core.languages import Localized
from flows.asks import AnswerKind
from flows.language import AskStep

CHOOSE: Localized = {
    "en": "Please tap one of the buttons, or write what it says.",
    "ru": "Нажмите, пожалуйста, одну из кнопок или напишите то, что на ней.",
}
_OTHERWISE: Mapping[AnswerKind, Localized] = {
    AnswerKind.TEXT: {"en": "Please write it in words.", "ru": "Напишите, пожалуйста, словами."},
    AnswerKind.NUMBER: {"en": "Please write a number.", "ru": "Напишите, пожалуйста, число."},
    AnswerKind.EMAIL: {
        "en": "This does not look like an e-mail address. It is written as name@example.com.",
        "ru": "Это не похоже на адрес почты. Он пишется так: name@example.com.",
    },
    AnswerKind.PHONE: {
        "en": "This does not look like a phone number. Please write it with the country code: +44…",
        "ru": "Это не похоже на номер телефона. Напишите его с кодом страны: +7…",
    },
    AnswerKind.DATE: {
        "en": "Please write a date, such as 25.12.2026 or 25 December.",
        "ru": "Напишите, пожалуйста, дату, например 25.12.2026 или 25 декабря.",
    },
    AnswerKind.LOCATION: {
        "en": "Please send your location: with the button, or from the paperclip menu.",
        "ru": "Отправьте, пожалуйста, геопозицию: кнопкой или через меню со скрепкой.",
    },
    AnswerKind.FILE: {
        "en": "Please send a photo or a file.",
        "ru": "Пришлите, пожалуйста, фото или файл.",
    },
    AnswerKind.CONTACT: {
        "en": "Please share your own number with the button.",
        "ru": "Поделитесь, пожалуйста, своим номером с помощью кнопки.",
    },
}
SHARE_CONTACT: Localized = {"en": "Share my number", "ru": "Отправить мой номер"}
SHARE_LOCATION: Localized = {"en": "Share my location", "ru": "Отправить геопозицию"}
HANDED_OVER: Localized = {
    "en": "I will pass this on to a person. They will answer you here.",
    "ru": "Передам это человеку. Вам ответят здесь же.",
}


def otherwise(step: AskStep) -> Localized:
    """What to say to an answer that does not fit."""
    return step.otherwise.say or (CHOOSE if step.is_choice else _OTHERWISE[step.kind])
