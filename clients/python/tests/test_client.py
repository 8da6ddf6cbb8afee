"""Calls of the API: what is sent, what comes back, what is tried again."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from parley_client import AsyncParley, Claims, Order, Parley, Refused, Unreachable

URL = "https://chat.example.com"
TAKEN = {"started": [{"flow": "order-followup", "address": "1", "account": "shop-tg"}], "sent": []}
Answers = Callable[[httpx.Request], httpx.Response]


def answering(*answers: httpx.Response | Exception) -> tuple[list[httpx.Request], Answers]:
    """A server that says these things in turn, and what it was asked."""
    asked: list[httpx.Request] = []
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        said = left.pop(0)
        if isinstance(said, Exception):
            raise said
        return said

    return asked, answer


def client(answer: Answers) -> Parley:
    return Parley(URL + "/", "parley_key", "shop", transport=httpx.MockTransport(answer))


def body(request: httpx.Request) -> Any:
    return json.loads(request.content)


def busy() -> httpx.Response:
    return httpx.Response(503, headers={"Retry-After": "0"})


def test_an_event_is_told_with_the_key_that_makes_it_one() -> None:
    asked, answer = answering(httpx.Response(202, json=TAKEN))
    with client(answer) as parley:
        taken = parley.event(
            "order.paid", key="order-1042-paid", customer=7, order=Order(id=1042, status="paid")
        )
    assert not taken.is_repeated
    assert taken.started[0]["flow"] == "order-followup"
    assert asked[0].headers["Authorization"] == "Bearer parley_key"
    assert str(asked[0].url) == f"{URL}/api/v1/events"
    assert body(asked[0]) == {
        "site": "shop",
        "name": "order.paid",
        "key": "order-1042-paid",
        "customer": "7",
        "order": {"id": "1042", "status": "paid"},
        "data": {},
    }


def test_the_same_key_again_is_told_apart() -> None:
    _, answer = answering(httpx.Response(200, json=TAKEN))
    with client(answer) as parley:
        assert parley.event("order.paid", key="k", customer=7).is_repeated


def test_a_call_without_an_answer_is_tried_again_and_is_the_same_call() -> None:
    asked, answer = answering(busy(), busy(), httpx.Response(202, json=TAKEN))
    with client(answer) as parley:
        parley.event("order.paid", key="k", customer=7)
    assert len(asked) == 3
    assert len({one.content for one in asked}) == 1


def test_it_gives_up_after_some_tries() -> None:
    asked, answer = answering(busy(), busy(), busy(), busy(), busy())
    with client(answer) as parley, pytest.raises(Unreachable, match="503"):
        parley.event("order.paid", key="k", customer=7)
    assert len(asked) == 4


def test_a_server_that_is_down_is_unreachable() -> None:
    _, answer = answering(httpx.ConnectError("refused"))
    parley = Parley(URL, "k", "shop", tries=1, transport=httpx.MockTransport(answer))
    with pytest.raises(Unreachable, match="refused"):
        parley.links()


def test_no_is_said_once_with_its_reason() -> None:
    error = {"error": {"code": "not_found", "message": "no such customer", "details": []}}
    asked, answer = answering(httpx.Response(404, json=error))
    with client(answer) as parley, pytest.raises(Refused, match="no such customer") as refused:
        parley.event("order.paid", key="k", customer=7)
    assert (refused.value.status, refused.value.code) == (404, "not_found")
    assert len(asked) == 1


def test_a_page_of_a_proxy_is_no_answer_of_ours() -> None:
    _, answer = answering(httpx.Response(200, text="<html>Welcome to nginx"))
    with client(answer) as parley, pytest.raises(Refused, match="not JSON"):
        parley.links(Claims(customer=7))


def test_the_key_follows_no_redirect() -> None:
    asked, answer = answering(httpx.Response(302, headers={"Location": "https://evil.example"}))
    with client(answer) as parley, pytest.raises(Refused):
        parley.links()
    assert len(asked) == 1


async def test_asyncio_has_the_same() -> None:
    asked, answer = answering(busy(), httpx.Response(202, json=TAKEN))
    async with AsyncParley(URL, "k", "shop", transport=httpx.MockTransport(answer)) as parley:
        assert (await parley.event("order.paid", key="k", customer=7)).started
    assert len(asked) == 2
