"""Checks of `reply_markup`: inline keyboards, reply keyboards, their removal and forced replies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from sandbox.telegram.errors import ApiError, bad_request
from sandbox.values import Json

# No number is documented; about 100 buttons and 8 in a row work in practice.
MOST_BUTTONS = 100
MOST_IN_ROW = 8
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_STYLES = {"danger", "success", "primary"}
_INLINE_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)


@dataclass(frozen=True, slots=True)
class InlineKeyboard:
    rows: list[list[Json]]

    def as_json(self) -> Json:
        return {"inline_keyboard": self.rows}


@dataclass(frozen=True, slots=True)
class ReplyKeyboard:
    json: Json


@dataclass(frozen=True, slots=True)
class RemoveKeyboard:
    pass


@dataclass(frozen=True, slots=True)
class ForceReply:
    pass


Markup = InlineKeyboard | ReplyKeyboard | RemoveKeyboard | ForceReply | None


def read_markup(value: object, *, local_urls: bool) -> Markup:
    """The checked markup; None when none was given. Raises ApiError."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in value:
        rows = [
            [_inline_button(each, local_urls=local_urls) for each in row]
            for row in _rows(value["inline_keyboard"], "inline keyboard")
        ]
        return InlineKeyboard(rows) if rows else None
    if "keyboard" in value:
        return ReplyKeyboard(_reply_keyboard(value))
    if value.get("remove_keyboard"):
        return RemoveKeyboard()
    if value.get("force_reply"):
        return ForceReply()
    if not value:
        return None
    raise bad_request("can't parse reply markup: unknown kind of markup")


def _rows(value: object, what: str) -> list[list[object]]:
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise bad_request(f"can't parse {what} markup JSON object: expected an Array of Arrays")
    if any(len(row) > MOST_IN_ROW for row in value) or sum(map(len, value)) > MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    return [row for row in value if row]


def _inline_button(value: object, *, local_urls: bool) -> Json:
    if not isinstance(value, dict):
        raise bad_request("can't parse inline keyboard button: expected an Object")
    text = value.get("text")
    if not isinstance(text, str):
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    if not text.strip():
        raise bad_request("can't parse inline keyboard button: Button text must be non-empty")
    actions = [name for name in _INLINE_ACTIONS if name in value]
    if not actions:
        raise bad_request("can't parse inline keyboard button: text buttons are unallowed")
    if len(actions) > 1:
        raise bad_request("BUTTON_TYPE_INVALID")
    _check_style(value)
    match actions[0]:
        case "callback_data":
            _check_data(value["callback_data"])
        case "url":
            return {**value, "url": _check_url(value["url"], local_urls=local_urls)}
        case "copy_text":
            copied = value["copy_text"]
            if not isinstance(copied, dict) or not 1 <= len(str(copied.get("text", ""))) <= 256:
                raise bad_request("BUTTON_COPY_TEXT_INVALID")
    return value


def _check_data(data: object) -> None:
    if not isinstance(data, str) or not 1 <= len(data.encode("utf-8", "surrogatepass")) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")


def _check_url(url: object, *, local_urls: bool) -> str:
    wrong = _url_error(url if isinstance(url, str) else "", local_urls=local_urls)
    if wrong:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: {wrong}")
    return str(url) if "://" in str(url) else f"http://{url}"


def _url_error(url: str, *, local_urls: bool) -> str:
    if url.startswith("tg://"):
        return ""
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:(?!\d)", url) and not re.match(r"(?i)https?://", url):
        return "Unsupported URL protocol"
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return "Wrong port number specified in the URL"
    if not host:
        return "URL host is empty"
    if local_urls and host in _LOCAL:
        return ""
    wrong = re.search(r"[\s<>\"]", url) or "." not in host or host in _LOCAL
    return "Wrong HTTP URL" if wrong else ""


def _check_style(value: Json) -> None:
    if "style" in value and value["style"] not in _STYLES:
        raise bad_request("BUTTON_STYLE_INVALID")


def _reply_keyboard(value: Json) -> Json:
    rows = []
    for row in _rows(value["keyboard"], "reply keyboard"):
        rows.append([_reply_button(each) for each in row])
    if not rows:
        raise _reply_error("keyboard must be non-empty")
    hint = value.get("input_field_placeholder", "")
    if not isinstance(hint, str) or len(hint) > 64:
        raise _reply_error("input_field_placeholder must have 1-64 characters")
    return {**value, "keyboard": rows}


def _reply_button(value: object) -> Json:
    button = {"text": value} if isinstance(value, str) else value
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise _reply_error('can\'t find field "text"')
    if not button["text"].strip():
        raise _reply_error("button text must be non-empty")
    _check_style(button)
    return button


def _reply_error(words: str) -> ApiError:
    return bad_request(f"can't parse reply keyboard markup JSON object: {words}")
