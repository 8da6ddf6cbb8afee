"""What landing pages say around an operator's own words."""

from collections.abc import Mapping

PHRASES: Mapping[str, Mapping[str, str]] = {
    "you_get": {"en": "What you will get", "ru": "Что будет приходить"},
    "you_may": {"en": "If you like", "ru": "По желанию"},
    "agree_to": {"en": "I want to get: {title}", "ru": "Хочу получать: {title}"},
    "where": {"en": "Where shall we write to you?", "ru": "Куда вам писать?"},
    "go_on": {"en": "Open {title}", "ru": "Открыть {title}"},
    "then_start": {
        "en": "The messenger opens; press Start there. "
        "You can leave at any time with one word: STOP.",
        "ru": "Откроется мессенджер: нажмите в нём «Старт». "
        "Отписаться можно в любой момент одним словом: СТОП.",
    },
    "on_phone": {
        "en": "Rather on the phone? Scan this code with its camera: the same page opens there.",
        "ru": "Удобнее в телефоне? Наведите камеру на код: там откроется эта же страница.",
    },
    "code_of": {"en": "QR code of {url}", "ru": "QR-код страницы {url}"},
    "changed": {
        "en": "This page has changed while it was open. Look at it once more, please.",
        "ru": "Пока страница была открыта, она изменилась. Посмотрите её, пожалуйста, ещё раз.",
    },
    "over_title": {"en": "This page is closed", "ru": "Эта страница закрыта"},
    "over": {
        "en": "It is not used any more. You can still write to us:",
        "ru": "Ею больше не пользуются. Написать нам по-прежнему можно:",
    },
    "no_page_title": {"en": "There is no such page", "ru": "Такой страницы нет"},
    "no_page": {
        "en": "Perhaps a letter of the address is wrong. You can write to us as well:",
        "ru": "Возможно, в адресе ошибка. Написать нам можно и так:",
    },
    "wait_title": {"en": "One moment", "ru": "Одну минуту"},
    "too_many": {
        "en": "That was tried very often. Wait ten minutes and try again, or just write to us:",
        "ru": "Слишком много попыток. Подождите десять минут и попробуйте снова "
        "или просто напишите нам:",
    },
    "busy": {
        "en": "The server is busy. Try again in a few seconds, or just write to us:",
        "ru": "Сервер занят. Попробуйте через несколько секунд или просто напишите нам:",
    },
    "languages": {"en": "Language", "ru": "Язык"},
}
