"""What a server writes to its log: what happened, never who wrote what, and no secrets."""

import json
from pathlib import Path

import aiohttp

from tests.journeys.servers import (
    SECRET,
    SITE_SECRET,
    TOKEN,
    configure,
    parley,
    sandbox,
)
from tests.ports import free_port
from tests.server.parley import Shell

_HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
_PHONE, _TEXT, _NAME = "+79990001122", "MARK-of-a-text", "MARK-of-a-name"


def _update(number: int, **message: object) -> dict[str, object]:
    person = {"id": 5550001, "is_bot": False, "first_name": _NAME, "language_code": "en"}
    chat = {"id": 5550001, "type": "private", "first_name": _NAME}
    common = {"message_id": number, "date": 1_795_000_000, "from": person, "chat": chat}
    return {"update_id": number, "message": common | message}


async def test_a_log_tells_no_secret_no_phone_and_no_text(sqlite_url: str, tmp_path: Path) -> None:
    card = {"phone_number": _PHONE, "first_name": _NAME, "user_id": 5550001}
    async with sandbox(tmp_path, "--no-limits") as double:
        port = free_port()
        file = configure(tmp_path, sqlite_url, double.url, port)
        shell = Shell(tmp_path, {})
        token = shell.process("token", "--site", "shop", "--customer", "7", "--order", "1042")
        server = await parley(file, port, tmp_path)
        try:
            async with aiohttp.ClientSession() as client:
                hook = f"{server.url}/webhooks/shop-tg"
                for body in (_update(1, text=_TEXT), _update(2, contact=card)):
                    async with client.post(hook, json=body, headers=_HEADERS) as answer:
                        assert answer.status == 200
                broken = b'{"update_id": 3, "message": {"text": "' + _TEXT.encode()
                async with client.post(hook, data=broken, headers=_HEADERS) as answer:
                    assert answer.status == 200
                async with client.post(hook, json=_update(4, text=_TEXT)) as answer:
                    assert answer.status == 401
                for query in (token.out.strip(), token.out.strip() + "x"):
                    url = f"{server.url}/go/shop-tg?token={query}"
                    async with client.get(url, allow_redirects=False) as answer:
                        assert answer.status in (302, 400, 401, 403)
        finally:
            assert await server.terminate() == 0
    log = server.log.read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    assert {"serving", "event not understood", "webhook without proof", "stopped"} <= {
        line["message"] for line in lines
    }
    secrets = (TOKEN, TOKEN.partition(":")[2], SECRET, SITE_SECRET, token.out.strip()[:60])
    for mark in (*secrets, _PHONE, _PHONE[1:], _TEXT, _NAME):
        assert mark not in log
