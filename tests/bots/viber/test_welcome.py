"""What rides in the answer to a request: a welcome where the chat was opened, else nothing."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bots.contract import Gate, Welcome
from bots.table import MESSENGERS
from core.channels import Channel
from core.ids import AccountId

INCOMING = MESSENGERS[Channel.VIBER].incoming
PAYLOADS = Path(__file__).parent / "payloads"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
GATE = Gate(
    "token",
    name="Чайная",
    welcomes={"": Welcome("Hello", "Start"), "ru": Welcome("Здравствуйте", "Начать")},
)


def answer_to(body: bytes, gate: Gate = GATE) -> str:
    inbounds = INCOMING.parse(AccountId("shop-viber"), body, NOW)
    return INCOMING.answer(body, inbounds, gate)


def opened_in(language: str) -> bytes:
    fields = json.loads((PAYLOADS / "conversation_started.json").read_bytes())
    fields["user"]["language"] = language
    return json.dumps(fields).encode()


def test_an_opened_chat_is_greeted_with_a_start_button() -> None:
    assert json.loads(answer_to(opened_in("ru"))) == {
        "min_api_version": 4,
        "sender": {"name": "Чайная"},
        "type": "text",
        "text": "Здравствуйте",
        "keyboard": {
            "Type": "keyboard",
            "DefaultHeight": False,
            "Buttons": [
                {
                    "Columns": 6,
                    "Rows": 1,
                    "Text": "Начать",
                    "ActionType": "reply",
                    "ActionBody": "parley/start",
                    "Silent": True,
                }
            ],
        },
    }
    assert INCOMING.answer_type == "application/json"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        pytest.param("ru", "Здравствуйте", id="a language that we have"),
        pytest.param("ru-RU", "Здравствуйте", id="the same with a country"),
        pytest.param("RU_ru", "Здравствуйте", id="the same written otherwise"),
        pytest.param("fi", "Hello", id="any other"),
        pytest.param("", "Hello", id="none"),
    ],
)
def test_the_welcome_speaks_the_language_of_the_person(language: str, text: str) -> None:
    assert json.loads(answer_to(opened_in(language)))["text"] == text


def test_a_redelivery_gets_the_same_welcome() -> None:
    assert answer_to(opened_in("ru")) == answer_to(opened_in("ru"))


def test_the_welcome_tells_nothing_of_the_link() -> None:
    assert "promo_42" not in answer_to(opened_in("ru"))


@pytest.mark.parametrize("name", ["text", "subscribed", "delivered", "client_status"])
def test_any_other_event_is_answered_with_nothing(name: str) -> None:
    assert answer_to((PAYLOADS / f"{name}.json").read_bytes()) == ""


def test_the_call_that_tries_a_webhook_is_answered_with_nothing() -> None:
    assert answer_to(b'{"event":"webhook","timestamp":1,"message_token":1}') == ""


def test_without_words_there_is_no_welcome() -> None:
    assert answer_to(opened_in("ru"), Gate("token", name="Чайная")) == ""
