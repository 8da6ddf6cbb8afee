"""What the server itself says, in every language that ships."""

from collections.abc import Mapping

from core.languages import pick

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "welcome": {
        "en": "Hello! Press Start, and we can write to you here.",
        "ru": "Здравствуйте! Нажмите «Начать», и мы сможем писать вам сюда.",
    },
    "welcome_start": {"en": "Start", "ru": "Начать"},
    "stopped": {
        "en": "Done: you will get nothing more here{topics}. To come back, write START.",
        "ru": "Готово: больше ничего сюда не придёт{topics}. Чтобы вернуться, напишите СТАРТ.",
    },
    "stopped_topics": {"en": " ({titles})", "ru": " ({titles})"},
    "elsewhere": {
        "en": "Still on elsewhere: {titles}.",
        "ru": "В других мессенджерах остаётся: {titles}.",
    },
    "stopped_again": {
        "en": "You are unsubscribed already. To come back, write START.",
        "ru": "Вы уже отписаны. Чтобы вернуться, напишите СТАРТ.",
    },
    "left_topic": {
        "en": "Done: no more “{titles}” here. To have it back, write START {topic}.",
        "ru": "Готово: «{titles}» больше не придёт. Чтобы вернуть, напишите СТАРТ {topic}.",
    },
    "back": {
        "en": "Welcome back. You get again: {titles}.",
        "ru": "С возвращением. Вы снова получаете: {titles}.",
    },
    "back_nothing": {
        "en": "Welcome back. You are not subscribed to anything yet.",
        "ru": "С возвращением. Пока вы ни на что не подписаны.",
    },
    "subscribed": {"en": "Subscribed: {titles}.", "ru": "Вы подписаны: {titles}."},
    "likely_stop": {
        "en": "Shall we stop writing to you? Until you answer, we send nothing of our own.",
        "ru": "Перестать вам писать? Пока вы не ответите, сами мы ничего не пришлём.",
    },
    "likely_yes": {"en": "Yes, write no more", "ru": "Да, больше не писать"},
    "likely_no": {"en": "No, go on", "ru": "Нет, всё в порядке"},
    "go_on": {"en": "All right, we go on as before.", "ru": "Хорошо, всё остаётся как было."},
    "ask_back": {
        "en": "Good to see you. You had unsubscribed. What shall we send again?",
        "ru": "Рады видеть вас. Вы отписывались. Что присылать снова?",
    },
    "confirm": {
        "en": "Do you want to get “{titles}” here?",
        "ru": "Хотите получать «{titles}» здесь?",
    },
    "yes": {"en": "Yes", "ru": "Да"},
    "no": {"en": "No", "ru": "Нет"},
    "undo": {"en": "Undo", "ru": "Вернуть"},
    "stale": {
        "en": "This button belongs to an earlier question.",
        "ru": "Эта кнопка от прежнего вопроса.",
    },
    "alerts_linked": {
        "en": "Alerts from the inbox will come here. To end them, write STOP.",
        "ru": "Сюда будут приходить уведомления из панели оператора. Чтобы отключить их, "
        "напишите СТОП.",
    },
    "alerts_only": {
        "en": "Only alerts from the inbox come here, and nobody reads what you write. "
        "Write STOP to end them; after that you can write to us as anybody can.",
        "ru": "Сюда приходят только уведомления из панели оператора, ответы здесь никто не "
        "читает. Чтобы отключить их, напишите СТОП; после этого сюда можно писать как обычно.",
    },
    "alerts_ended": {
        "en": "Done: no more alerts here. You can link this messenger again on your page.",
        "ru": "Готово: уведомления сюда больше не придут. Подключить мессенджер снова можно на "
        "своей странице.",
    },
    "not_understood": {"en": "Nothing changed.", "ru": "Ничего не изменилось."},
    "other_customer": {
        "en": "This person brought a link that was made for another customer ({customer}).",
        "ru": "Человек пришёл по ссылке, сделанной для другого клиента ({customer}).",
    },
}


def say(name: str, locale: str, **values: str) -> str:
    """The server's text of that name with its values put in as they are."""
    return pick(_TEXTS[name], locale).format(**values)


def labels() -> list[str]:
    """Every text that stands on a button."""
    return [
        text
        for name in ("likely_yes", "likely_no", "yes", "no", "undo")
        for text in _TEXTS[name].values()
    ]
