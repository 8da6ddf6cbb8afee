"""What the operators' pages say."""

from collections.abc import Mapping

PHRASES: Mapping[str, Mapping[str, str]] = {
    # Times.
    "now": {"en": "now", "ru": "сейчас"},
    "a_moment": {"en": "<1 min", "ru": "<1 мин"},
    "minutes": {"en": "{n} min", "ru": "{n} мин"},
    "hours": {"en": "{n} h", "ru": "{n} ч"},
    "days": {"en": "{n} d", "ru": "{n} дн."},
    # The frame.
    "inbox": {"en": "Inbox", "ru": "Входящие"},
    "sign_out": {"en": "Sign out", "ru": "Выйти"},
    "skip": {"en": "Skip to the conversation", "ru": "К переписке"},
    "language": {"en": "Language", "ru": "Язык"},
    # Signing in.
    "sign_in": {"en": "Sign in", "ru": "Войти"},
    "sign_in_title": {"en": "Sign in to the inbox", "ru": "Вход во входящие"},
    "login": {"en": "Login", "ru": "Логин"},
    "password": {"en": "Password", "ru": "Пароль"},
    "wrong_password": {
        "en": "This login and password do not belong together.",
        "ru": "Такой пары логина и пароля нет.",
    },
    "disabled": {
        "en": "This sign-in has been closed. Ask whoever runs this server to open it again.",
        "ru": "Этот вход закрыт. Попросите того, кто ведёт сервер, открыть его снова.",
    },
    "too_many_tries": {
        "en": "That was tried too often. Try again in {minutes} min.",
        "ru": "Слишком много попыток. Попробуйте снова через {minutes} мин.",
    },
    "busy_signing_in": {
        "en": "Many people are signing in just now. Try again in a few seconds.",
        "ru": "Сейчас входит много людей. Попробуйте через несколько секунд.",
    },
    "no_account": {
        "en": "No sign-in yet? Whoever runs this server makes one with "
        "“parley operators add”.",
        "ru": "Ещё нет входа? Его делает тот, кто ведёт сервер, командой "
        "«parley operators add».",
    },
    "signed_out_title": {"en": "You are signed out", "ru": "Вы вышли"},
    "signed_out": {
        "en": "You are signed out. What you were writing is kept in this browser.",
        "ru": "Вы вышли. То, что вы писали, сохранено в этом браузере.",
    },
    # Lists.
    "open": {"en": "Open", "ru": "Открытые"},
    "mine": {"en": "Mine", "ru": "Мои"},
    "unassigned": {"en": "Nobody’s", "ru": "Ничьи"},
    "closed": {"en": "Closed", "ru": "Закрытые"},
    "conversations": {"en": "Conversations", "ru": "Переписки"},
    "filters": {"en": "Which conversations", "ru": "Какие переписки"},
    "later_ones": {"en": "The latest", "ru": "Последние"},
    "more": {"en": "Show earlier ones", "ru": "Показать более ранние"},
    "unread": {"en": "{n} unread", "ru": "непрочитанных: {n}"},
    "waits": {"en": "waiting", "ru": "ждёт"},
    "is_blocked": {"en": "cannot be reached", "ru": "недоступен"},
    "none_open_title": {"en": "Nobody is waiting", "ru": "Никто не ждёт"},
    "none_open": {
        "en": "When somebody writes what no dialogue expects, or asks for a person, "
        "the conversation appears here by itself.",
        "ru": "Когда кто-то напишет то, чего не ждёт ни один сценарий, или попросит позвать "
        "человека, переписка появится здесь сама.",
    },
    "none_mine_title": {"en": "Nothing is yours now", "ru": "У вас пока ничего"},
    "none_mine": {
        "en": "Open a conversation and press “Take it” to have it here.",
        "ru": "Откройте переписку и нажмите «Взять себе», тогда она будет здесь.",
    },
    "none_unassigned_title": {"en": "Everything is taken", "ru": "Всё разобрано"},
    "none_unassigned": {
        "en": "Open conversations that nobody has taken would be here.",
        "ru": "Здесь были бы открытые переписки, которые никто не взял.",
    },
    "none_closed_title": {"en": "Nothing is closed yet", "ru": "Пока ничего не закрыто"},
    "none_closed": {
        "en": "Conversations that are finished stay here and open again when the person writes.",
        "ru": "Законченные переписки остаются здесь и откроются снова, когда человек напишет.",
    },
    "no_text": {"en": "(no text)", "ru": "(без текста)"},
    "you": {"en": "You", "ru": "Вы"},
    "bot": {"en": "Bot", "ru": "Бот"},
    "shop_api": {"en": "Shop", "ru": "Магазин"},
    "an_operator": {"en": "An operator", "ru": "Оператор"},
    "pick_title": {"en": "Choose a conversation", "ru": "Выберите переписку"},
    "pick": {
        "en": "It opens here, with all that was said and who the person is.",
        "ru": "Она откроется здесь: всё, что было сказано, и кто этот человек.",
    },
    # A thread.
    "back": {"en": "Back to the list", "ru": "К списку"},
    "about": {"en": "About the person", "ru": "О человеке"},
    "back_to_thread": {"en": "Back to the conversation", "ru": "К переписке"},
    "take": {"en": "Take it", "ru": "Взять себе"},
    "let_go": {"en": "Let it go", "ru": "Отпустить"},
    "has_it": {"en": "{name} has it", "ru": "ведёт {name}"},
    "you_have_it": {"en": "you have it", "ru": "ведёте вы"},
    "nobody_has_it": {"en": "nobody has it", "ru": "никто не ведёт"},
    "close": {"en": "Close", "ru": "Закрыть"},
    "reopen": {"en": "Open again", "ru": "Открыть снова"},
    "give_back": {"en": "Let the bot speak again", "ru": "Вернуть слово боту"},
    "read": {"en": "Mark as read", "ru": "Отметить прочитанным"},
    "is_closed": {"en": "closed", "ru": "закрыта"},
    "older": {"en": "Show earlier messages", "ru": "Показать ранее"},
    "newer": {"en": "To the latest messages", "ru": "К последним сообщениям"},
    "beginning": {"en": "This is where it began.", "ru": "Здесь всё началось."},
    "handed_over": {
        "en": "The bot keeps silent here until you close this or let it speak again.",
        "ru": "Бот здесь молчит, пока вы не закроете переписку или не вернёте ему слово.",
    },
    "note": {"en": "Handed over: {note}", "ru": "Передано: {note}"},
    "likely_stop": {
        "en": "{name} may want to leave and was asked. Until they answer, nothing that we start "
        "ourselves is sent; your answers are.",
        "ru": "{name}: похоже на просьбу отписаться, мы спросили. До ответа сами мы ничего "
        "не шлём; ваши ответы уходят.",
    },
    "messages": {"en": "Messages", "ru": "Сообщения"},
    "new_below": {"en": "New messages below", "ru": "Ниже новые сообщения"},
    "edited": {"en": "edited", "ru": "изменено"},
    "removed": {"en": "removed by the contact", "ru": "удалено собеседником"},
    "show_all": {"en": "Show all", "ru": "Показать целиком"},
    "pressed_start": {"en": "{name} pressed Start", "ru": "{name}: нажата кнопка «Старт»"},
    "came_by_link": {"en": "{name} came by a link", "ru": "{name}: переход по ссылке"},
    "answer": {"en": "Your answer", "ru": "Ваш ответ"},
    "answer_hint": {"en": "Write to {name} …", "ru": "Написать: {name} …"},
    "send": {"en": "Send", "ru": "Отправить"},
    "send_hint": {
        "en": "Enter sends, Shift+Enter starts a line",
        "ru": "Enter отправляет, Shift+Enter переносит строку",
    },
    "unreachable": {
        "en": "{name} has blocked us or is gone, so nothing can be sent. "
        "When they write again, you can answer here.",
        "ru": "{name}: нас заблокировали, или аккаунта больше нет, отправить ничего нельзя. "
        "Когда человек напишет снова, здесь можно будет ответить.",
    },
    "empty_answer": {"en": "Write something first.", "ru": "Сначала напишите что-нибудь."},
    "too_long_answer": {
        "en": "That is more than 40,000 characters. Send it in parts.",
        "ru": "Это больше 40 000 знаков. Отправьте по частям.",
    },
    "attach": {"en": "Attach files", "ru": "Приложить файлы"},
    "attached": {"en": "What goes with it", "ru": "Что приложено"},
    "detach": {"en": "Remove {file}", "ru": "Убрать {file}"},
    "too_many_files": {
        "en": "At most {most} files go in one answer. Send the rest in another.",
        "ru": "В одном ответе не больше {most} файлов. Остальные отправьте следующим.",
    },
    "too_large_file": {
        "en": "“{file}” is larger than {most} MB, which is the most this server takes.",
        "ru": "«{file}» больше {most} МБ, а это предел для этого сервера.",
    },
    "empty_file": {"en": "“{file}” is empty.", "ru": "«{file}»: файл пустой."},
    "choose_again": {
        "en": "Nothing was sent; choose the files again.",
        "ru": "Ничего не отправлено; выберите файлы снова.",
    },
    "file_not_kept": {
        "en": "The server could not keep the file, so nothing was sent. Try again in a minute.",
        "ru": "Сервер не смог сохранить файл, ничего не отправлено. Попробуйте через минуту.",
    },
    "key_reused": {
        "en": "The earlier answer from this page was sent already, see above. "
        "Press Send to send this one too.",
        "ru": "Прежний ответ с этой страницы уже отправлен, он выше. "
        "Нажмите «Отправить», чтобы отправить и этот.",
    },
    "being_sent": {"en": "being sent", "ru": "отправляется"},
    "not_taken": {
        "en": "Not sent: the server did not answer. Press Send to try again; "
        "it cannot go out twice.",
        "ru": "Не отправлено: сервер не ответил. Нажмите «Отправить» ещё раз; "
        "дважды оно не уйдёт.",
    },
    "live": {"en": "Live", "ru": "На связи"},
    "not_live": {
        "en": "Not connected; trying again. New messages appear when it works.",
        "ru": "Нет связи, пробуем снова. Новые сообщения появятся, когда она вернётся.",
    },
    # Attachments.
    "photo": {"en": "Photo", "ru": "Фото"},
    "video": {"en": "Video", "ru": "Видео"},
    "document": {"en": "File", "ru": "Файл"},
    "voice": {"en": "Voice message", "ru": "Голосовое сообщение"},
    "audio": {"en": "Audio", "ru": "Аудио"},
    "sticker": {"en": "Sticker", "ru": "Стикер"},
    "location": {"en": "A place on the map", "ru": "Место на карте"},
    "card": {"en": "Contact", "ru": "Контакт"},
    "own_phone": {"en": "their own number", "ru": "свой номер"},
    "elsewhere": {"en": "opens on another site", "ru": "откроется на другом сайте"},
    "download": {"en": "Download", "ru": "Скачать"},
    "file_failed": {
        "en": "{kind}: it could not be fetched. Try again",
        "ru": "{kind}: не удалось получить. Попробовать снова",
    },
    "file_waits": {"en": "being fetched from the messenger …", "ru": "загружаем из мессенджера …"},
    "file_missing": {
        "en": "the messenger did not give it to us",
        "ru": "мессенджер его не отдал",
    },
    "try_again": {"en": "Try again", "ru": "Попробовать снова"},
    "file_gone_title": {"en": "This file is not there any more", "ru": "Этого файла больше нет"},
    "file_gone": {
        "en": "The messenger does not give it to us: it is too large, or too long ago. "
        "Ask the person to send it again.",
        "ru": "Мессенджер его не отдаёт: он слишком большой или слишком давний. "
        "Попросите прислать его ещё раз.",
    },
    # The person.
    "addresses": {"en": "Where we can write", "ru": "Где можно писать"},
    "reachable": {"en": "can be written to", "ru": "можно писать"},
    "not_reachable": {"en": "cannot be reached", "ru": "написать нельзя"},
    "stopped_since": {"en": "left everything", "ru": "отписка от всего"},
    "last_wrote": {"en": "last wrote", "ru": "писали нам"},
    "orders": {"en": "Orders", "ru": "Заказы"},
    "no_orders": {"en": "We know of none.", "ru": "Нам о них не известно."},
    "order": {"en": "Order {number}", "ru": "Заказ {number}"},
    "subscriptions": {"en": "Subscriptions", "ru": "Подписки"},
    "no_subscriptions": {"en": "None yet.", "ru": "Пока нет."},
    "state_pending": {"en": "asked, not answered yet", "ru": "спросили, ответа нет"},
    "state_subscribed": {"en": "subscribed", "ru": "есть подписка"},
    "state_unsubscribed": {"en": "left", "ru": "отписка"},
    "consents": {"en": "Consent history", "ru": "История согласий"},
    "no_consents": {"en": "Nothing is recorded yet.", "ru": "Пока записей нет."},
    "consents_more": {
        "en": "The latest {n}; the API gives all of them.",
        "ru": "Последние {n}; все отдаёт API.",
    },
    "words_shown": {"en": "Words shown: “{words}”", "ru": "Показанный текст: «{words}»"},
    "words_written": {"en": "Written: “{words}”", "ru": "Написано: «{words}»"},
    "on_page": {"en": "Page: {page}", "ru": "Страница: {page}"},
    "erased": {"en": "the evidence was erased", "ru": "подробности стёрты"},
    "flows": {"en": "Running dialogue", "ru": "Идущий сценарий"},
    "no_flows": {"en": "None.", "ru": "Нет."},
    "flow_step": {"en": "step “{step}”", "ru": "шаг «{step}»"},
    "session_asking": {"en": "waits for an answer", "ru": "ждёт ответа"},
    "session_queued": {"en": "waits for its turn to ask", "ru": "ждёт очереди спросить"},
    "session_waiting": {"en": "waits for a time", "ru": "ждёт времени"},
    "session_calling": {"en": "asks the shop’s server", "ru": "спрашивает сервер магазина"},
    "until": {"en": "until", "ru": "до"},
    "tags": {"en": "Tags", "ru": "Метки"},
    "attributes": {"en": "What else is known", "ru": "Что ещё известно"},
    "customer": {"en": "Customer {customer}", "ru": "Покупатель {customer}"},
    "their_time": {"en": "Time zone {timezone}", "ru": "Часовой пояс {timezone}"},
    # When something is wrong.
    "to_inbox": {"en": "To the inbox", "ru": "К входящим"},
    "lost_title": {"en": "There is no such conversation", "ru": "Такой переписки нет"},
    "lost": {
        "en": "The link may be old, or cut off when it was copied.",
        "ru": "Ссылка, возможно, старая или скопирована не целиком.",
    },
    "stale_title": {
        "en": "This page was open too long",
        "ru": "Страница была открыта слишком долго",
    },
    "stale": {
        "en": "You signed in anew since, so nothing was done. Go back, reload it and try again.",
        "ru": "С тех пор вы вошли заново, поэтому ничего не сделано. Вернитесь, обновите "
        "страницу и попробуйте снова.",
    },
    "bad_form_title": {
        "en": "That did not come from this page",
        "ru": "Это пришло не с этой страницы",
    },
    "bad_form": {
        "en": "Nothing was done. Go to the inbox and try again there.",
        "ru": "Ничего не сделано. Перейдите к входящим и попробуйте там.",
    },
    "broken_off_title": {"en": "The connection broke off", "ru": "Связь прервалась"},
    "broken_off": {
        "en": "It broke off before everything had come, so nothing was done. Go back and try "
        "again.",
        "ru": "Она прервалась раньше, чем всё дошло, ничего не сделано. Вернитесь и попробуйте "
        "снова.",
    },
    "busy_title": {"en": "One moment", "ru": "Одну минуту"},
    "busy": {
        "en": "The server cannot do this right now, and nothing was done. "
        "Try again in a few seconds.",
        "ru": "Сервер сейчас не может этого сделать, ничего не изменено. Попробуйте через "
        "несколько секунд.",
    },
}  # fmt: skip
