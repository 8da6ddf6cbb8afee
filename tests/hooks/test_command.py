"""`parley hooks test`, and the documents' own way of checking a signature."""

import asyncio
import base64
import re
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from core.hooks import secret_bytes, sign
from server.clock import utc_now
from tests.hooks.shop import Shop, verified
from tests.server.parley import Shell

ROOT = Path(__file__).parents[2]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def shell(tmp_path: Path, shop: Shop) -> Shell:
    shell = Shell(tmp_path)
    shell.configure()
    text = shell.file.read_text(encoding="utf-8")
    hook = f'webhooks = [{{ url = "{shop.url}", secret = "{SECRET}" }}]\n\n[[topics]]'
    text = text.replace("[[topics]]", hook, 1)
    shell.file.write_text(f'egress_allow = ["127.0.0.1"]\n{text}', encoding="utf-8")
    return shell


async def test_a_test_is_sent_signed_and_its_answer_told(shell: Shell, shop: Shop) -> None:
    told = await asyncio.to_thread(shell.process, "hooks", "test", "shop")
    assert (told.code, told.out.split("\t")[0]) == (0, "204")
    (request,) = shop.requests
    assert verified(request, secret_bytes(SECRET))["data"]["site"] == "shop"
    shop.answer = lambda _: web.Response(status=500, text="Boom")
    told = await asyncio.to_thread(shell.process, "hooks", "test", "shop")
    assert told.code == 1
    assert told.out.startswith("500\t")
    assert "Boom" in told.err
    assert "1 of 1 did not take it" in told.err


async def test_a_site_that_is_not_there_is_told(shell: Shell) -> None:
    told = await asyncio.to_thread(shell.process, "hooks", "test", "nowhere")
    assert told.code == 1
    assert "there is no site 'nowhere'; configured: shop" in told.err


def test_the_python_example_takes_what_we_sign_and_nothing_else() -> None:
    text = (ROOT / "docs" / "webhooks-out.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```py\n(.*?)^```", text, re.M | re.S)
    made: dict[str, Any] = {}
    exec(example, made)  # noqa: S102  # The page's own text.
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    body = b'{"type": "test"}'
    headers = sign([b"another secret of this shop", key], "evt_1", utc_now(), body)
    assert made["is_ours"](headers, body, SECRET)
    assert not made["is_ours"](headers, body + b" ", SECRET)
    assert not made["is_ours"](headers | {"webhook-id": "evt_2"}, body, SECRET)
    old = headers | {"webhook-timestamp": str(int(time.time()) - 600)}
    assert not made["is_ours"](old, body, SECRET)
