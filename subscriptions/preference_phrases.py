"""What the page of a person's preferences says."""

from collections.abc import Mapping

PHRASES: Mapping[str, Mapping[str, str]] = {
    "title": {"en": "What we may write to you about", "ru": "О чём вам писать"},
    "about": {
        "en": "Tick what you want to get in each messenger, and save.",
        "ru": "Отметьте, что присылать в каждый мессенджер, и сохраните.",
    },
    "service": {"en": "service", "ru": "служебное"},
    "marketing": {"en": "advertising", "ru": "реклама"},
    "pending": {
        "en": "We are waiting for your Yes in the messenger.",
        "ru": "Ждём вашего «Да» в мессенджере.",
    },
    "agree": {"en": "By ticking it you agree: {words}", "ru": "Отмечая, вы соглашаетесь: {words}"},
    "no_words": {
        "en": "We will ask for your Yes in the messenger.",
        "ru": "Спросим ваше «Да» в мессенджере.",
    },
    "save": {"en": "Save", "ru": "Сохранить"},
    "saved": {"en": "Saved.", "ru": "Сохранено."},
    "leave": {"en": "Leave everything", "ru": "Отписаться от всего"},
    "leave_about": {
        "en": "We will write nothing more by ourselves, in none of these messengers, "
        "and confirm it there once.",
        "ru": "Мы больше ничего не напишем сами ни в один из этих мессенджеров "
        "и один раз подтвердим это там.",
    },
    "left": {
        "en": "Done: we write nothing more by ourselves. You can tick something again at any time.",
        "ru": "Готово: сами мы больше не пишем. Отметить что-нибудь снова можно в любой момент.",
    },
    "changed": {
        "en": "This page has changed while it was open, so nothing was saved. "
        "Look at it once more, please.",
        "ru": "Пока страница была открыта, она изменилась, поэтому ничего не сохранено. "
        "Посмотрите её, пожалуйста, ещё раз.",
    },
    "not_all": {
        "en": "Not everything could be saved. What is ticked below is how it stands now.",
        "ru": "Сохранить удалось не всё. Ниже отмечено то, что действует сейчас.",
    },
    "nothing": {
        "en": "We write to you in no messenger, so there is nothing to choose here.",
        "ru": "Мы не пишем вам ни в один мессенджер, поэтому выбирать здесь нечего.",
    },
    "expired_title": {
        "en": "This link does not work any more",
        "ru": "Эта ссылка больше не работает",
    },
    "expired": {
        "en": "It was good for some months. A newer message has a new one; or write STOP in the "
        "messenger to leave everything.",
        "ru": "Она действовала несколько месяцев. В более новом сообщении есть новая; "
        "или напишите в мессенджере СТОП, чтобы отписаться от всего.",
    },
    "bad_title": {"en": "This link is not right", "ru": "Ссылка неверна"},
    "bad": {
        "en": "Perhaps it was cut off. Open it from the message once more, or write STOP in the "
        "messenger to leave everything.",
        "ru": "Возможно, она обрезана. Откройте её из сообщения ещё раз или напишите "
        "в мессенджере СТОП, чтобы отписаться от всего.",
    },
    "wait_title": {"en": "One moment", "ru": "Одну минуту"},
    "too_many": {
        "en": "That was tried very often. Wait ten minutes and try again.",
        "ru": "Слишком много попыток. Подождите десять минут и попробуйте снова.",
    },
    "busy": {
        "en": "The server is busy, and nothing was saved. Try again in a few seconds.",
        "ru": "Сервер занят, ничего не сохранено. Попробуйте через несколько секунд.",
    },
}
