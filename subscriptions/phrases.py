"""What the pages for visitors say, and the words of consent where a topic has none of its own."""

from collections.abc import Mapping

PHRASES: Mapping[str, Mapping[str, str]] = {
    "choose_title": {
        "en": "Where shall we write to you?",
        "ru": "Куда вам писать?",
    },
    "about_order": {"en": "About order {number}", "ru": "О заказе {number}"},
    "open": {"en": "Open {title}", "ru": "Открыть {title}"},
    "scan": {
        "en": "On a computer: scan the code with your phone’s camera.",
        "ru": "С компьютера: наведите камеру телефона на код.",
    },
    "then_start": {
        "en": "Then press Start. You can leave at any time with one word: STOP.",
        "ru": "Затем нажмите «Старт». Отписаться можно в любой момент одним словом: СТОП.",
    },
    "refused_title": {
        "en": "This link does not work any more",
        "ru": "Эта ссылка больше не работает",
    },
    "busy_title": {"en": "One moment", "ru": "Одну минуту"},
    "why_expired": {
        "en": "It has expired. Go back to the shop’s page, reload it and try again.",
        "ru": "Её срок истёк. Вернитесь на страницу магазина, обновите её и попробуйте снова.",
    },
    "why_other": {
        "en": "The shop’s page sent something we cannot trust, so nothing of your order is shown.",
        "ru": "Страница магазина прислала то, чему нельзя доверять, поэтому заказ не показан.",
    },
    "why_too_many": {
        "en": "That was tried very often. Wait ten minutes and try again.",
        "ru": "Слишком много попыток. Подождите десять минут и попробуйте снова.",
    },
    "why_busy": {
        "en": "The server is busy. Try again in a few seconds.",
        "ru": "Сервер занят. Попробуйте через несколько секунд.",
    },
    "why_missing": {
        "en": "It came without the shop’s token. Go back to the shop’s page and press its button.",
        "ru": "Она пришла без ключа магазина. Вернитесь на страницу магазина и нажмите кнопку там.",
    },
    "plain_start": {
        "en": "You can still write to us, without the order:",
        "ru": "Написать нам можно и так, без заказа:",
    },
    "press_agrees": {
        "en": "By pressing a button you agree to get these messages: {titles}.",
        "ru": "Нажимая кнопку, вы соглашаетесь получать сообщения: {titles}.",
    },
    "can_leave": {
        "en": "You can leave at any time with one word: STOP.",
        "ru": "Отписаться можно в любой момент одним словом: СТОП.",
    },
    "box_agrees": {
        "en": "I agree to get these messages: {title}. I can leave at any time.",
        "ru": "Хочу получать сообщения: {title}. Отписаться можно в любой момент.",
    },
    "lost_title": {"en": "There is no such messenger here", "ru": "Такого мессенджера здесь нет"},
    "lost_text": {"en": "These are the ones we use:", "ru": "Мы пишем вот сюда:"},
}
