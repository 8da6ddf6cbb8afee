"""One part of a message → the one call of the Bot API that sends it."""

from collections.abc import Sequence
from typing import Any, TypeAlias, assert_never

from aiogram.methods import (
    EditMessageText,
    SendAudio,
    SendContact,
    SendDocument,
    SendLocation,
    SendMessage,
    SendPhoto,
    SendSticker,
    SendVideo,
    SendVoice,
    TelegramMethod,
)
from aiogram.types import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    MessageEntity,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from bots.keyboard import rows_of
from bots.telegram.limits import LIMITS
from bots.telegram.spans import entities_of
from core.content import (
    AskContactButton,
    AskLocationButton,
    Button,
    ContactCard,
    Content,
    Location,
    Media,
    MediaKind,
    PressButton,
    UrlButton,
)

Markup: TypeAlias = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Unsendable(Exception):
    """The part is not one message of Telegram's: a mistake of ours."""


def request_of(chat: int, content: Content) -> TelegramMethod[Any]:
    """The call that sends this part. Raises Unsendable."""
    content = _with_links_in_text(content)
    markup = _markup(content)
    match content.attachments:
        case ():
            return SendMessage(
                chat_id=chat,
                text=content.text,
                entities=_entities(content),
                link_preview_options=_NO_PREVIEW,
                reply_markup=markup,
            )
        case (Media() as media,) if media.kind is not MediaKind.STICKER:
            return _captioned(chat, media, content, markup)
        case (attachment,) if not content.text:
            return _bare(chat, attachment, markup)
        case _:
            raise Unsendable("one Telegram message cannot carry this text and these attachments")


def edit_of(chat: int, message: int, content: Content) -> EditMessageText:
    """The call that gives a text which was sent this wording. Raises Unsendable."""
    if content.attachments or content.buttons or not content.text:
        raise Unsendable("only a bare text can be edited")
    return EditMessageText(
        chat_id=chat,
        message_id=message,
        text=content.text,
        entities=_entities(content),
        link_preview_options=_NO_PREVIEW,
    )


def _captioned(
    chat: int, media: Media, content: Content, markup: Markup | None
) -> TelegramMethod[Any]:
    about: dict[str, Any] = {
        "chat_id": chat,
        "caption": content.text or None,
        "caption_entities": _entities(content),
        "reply_markup": markup,
    }
    match media.kind:
        case MediaKind.PHOTO:
            return SendPhoto(photo=media.ref, **about)
        case MediaKind.VIDEO:
            return SendVideo(video=media.ref, **about)
        case MediaKind.DOCUMENT:
            return SendDocument(document=media.ref, **about)
        case MediaKind.VOICE:
            return SendVoice(voice=media.ref, **about)
        case MediaKind.AUDIO:
            return SendAudio(audio=media.ref, **about)
        case MediaKind.STICKER:
            raise Unsendable("a sticker has no caption")
        case _:
            assert_never(media.kind)


def _bare(
    chat: int, attachment: Media | Location | ContactCard, markup: Markup | None
) -> TelegramMethod[Any]:
    match attachment:
        case Location(latitude, longitude):
            return SendLocation(
                chat_id=chat, latitude=latitude, longitude=longitude, reply_markup=markup
            )
        case ContactCard(phone, name):
            return SendContact(
                chat_id=chat, phone_number=phone, first_name=name or phone, reply_markup=markup
            )
        case Media(_, ref):
            return SendSticker(chat_id=chat, sticker=ref, reply_markup=markup)
        case _:
            assert_never(attachment)


def _entities(content: Content) -> list[MessageEntity] | None:
    found = entities_of(content.text, content.spans)
    return [MessageEntity.model_validate(entity) for entity in found] or None


def _asks(buttons: Sequence[Button]) -> bool:
    return any(isinstance(button, AskContactButton | AskLocationButton) for button in buttons)


def _with_links_in_text(content: Content) -> Content:
    """A keyboard that asks for a phone or a place cannot hold links: they stand in the text."""
    if not _asks(content.buttons):
        return content
    links = [button for button in content.buttons if isinstance(button, UrlButton)]
    if not links:
        return content
    lines = [content.text, *(f"{button.label}: {button.url}" for button in links)]
    return Content(
        text="\n".join(filter(None, lines)),
        spans=content.spans,
        attachments=content.attachments,
        buttons=tuple(button for button in content.buttons if not isinstance(button, UrlButton)),
    )


def _markup(content: Content) -> Markup | None:
    if not content.buttons:
        return ReplyKeyboardRemove(remove_keyboard=True) if content.clears_keyboard else None
    rows = rows_of(content.buttons, LIMITS.buttons_in_row)
    if _asks(content.buttons):
        return ReplyKeyboardMarkup(
            keyboard=[[_reply_button(button) for button in row] for row in rows],
            one_time_keyboard=True,
            resize_keyboard=True,
        )
    return InlineKeyboardMarkup(
        inline_keyboard=[[_inline_button(button) for button in row] for row in rows]
    )


def _inline_button(button: Button) -> InlineKeyboardButton:
    match button:
        case PressButton(label, value):
            return InlineKeyboardButton(text=label, callback_data=value)
        case UrlButton(label, url):
            return InlineKeyboardButton(text=label, url=url)
        case AskContactButton() | AskLocationButton():
            raise Unsendable("a button that asks cannot stand under a message")
        case _:
            assert_never(button)


def _reply_button(button: Button) -> KeyboardButton:
    match button:
        case AskContactButton(label):
            return KeyboardButton(text=label, request_contact=True)
        case AskLocationButton(label):
            return KeyboardButton(text=label, request_location=True)
        case PressButton(label):
            # It comes back as a text, the label: typed answers match labels too.
            return KeyboardButton(text=label)
        case UrlButton():
            raise Unsendable("a link cannot stand on a reply keyboard")
        case _:
            assert_never(button)
