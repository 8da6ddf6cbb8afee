"""What the widget says beside the words of consent; a shop's page may put its own instead."""

from collections.abc import Mapping

WIDGET_PHRASES: Mapping[str, Mapping[str, str]] = {
    "title": {"en": "Updates in your messenger", "ru": "Сообщения в вашем мессенджере"},
    "launch": {"en": "Get updates", "ru": "Получать сообщения"},
    "close": {"en": "Close", "ru": "Закрыть"},
    "subscribe": {"en": "Get updates in {title}", "ru": "Получать в {title}"},
    "one_moment": {"en": "One moment", "ru": "Одну минуту"},
    "scan": {
        "en": "Point your phone’s camera at the code, then press Start in {title}.",
        "ru": "Наведите камеру телефона на код, затем нажмите «Старт» в {title}.",
    },
    "code": {"en": "A QR code that opens {title}", "ru": "QR-код, открывающий {title}"},
    "opening": {
        "en": "{title} opens now. Press Start there.",
        "ru": "Открываем {title}. Нажмите там «Старт».",
    },
    "open": {"en": "Open {title} here", "ru": "Открыть {title} здесь"},
    "not_open": {"en": "{title} has not opened?", "ru": "{title} не открывается?"},
    "app": {"en": "Open the app", "ru": "Открыть приложение"},
    "copy": {"en": "Copy the link", "ru": "Скопировать ссылку"},
    "copied": {"en": "The link is copied", "ru": "Ссылка скопирована"},
    "share": {"en": "Send me the link", "ru": "Отправить себе ссылку"},
    "another": {"en": "Another messenger", "ru": "Другой мессенджер"},
    "allow": {
        "en": "Allow messages right here, or open {title}:",
        "ru": "Разрешите сообщения прямо здесь или откройте {title}:",
    },
    "waiting": {"en": "Waiting for your Start", "ru": "Ждём, когда вы нажмёте «Старт»"},
    "started": {"en": "We are in touch in {title}", "ru": "Мы на связи в {title}"},
    "pending": {
        "en": "One step is left: answer Yes in {title}",
        "ru": "Остался один шаг: ответьте «Да» в {title}",
    },
    "subscribed": {"en": "You are subscribed in {title}", "ru": "Вы подписаны в {title}"},
    "on": {"en": "You get our messages in {title}.", "ru": "Вы получаете наши сообщения: {title}."},
    "change": {"en": "Change", "ru": "Изменить"},
    "expired": {
        "en": "This code is too old. Choose the messenger again.",
        "ru": "Код устарел. Выберите мессенджер ещё раз.",
    },
    "failed": {
        "en": "That did not work just now. Try again in a moment.",
        "ru": "Сейчас не получилось. Попробуйте ещё раз чуть позже.",
    },
    "rate_limited": {
        "en": "That was tried very often. Wait ten minutes and try again.",
        "ru": "Слишком много попыток. Подождите десять минут и попробуйте снова.",
    },
    "words_changed": {
        "en": "The words above have changed. Please look at them once more.",
        "ru": "Текст выше изменился. Прочитайте его, пожалуйста, ещё раз.",
    },
}
