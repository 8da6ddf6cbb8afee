"""parley demo: everything on one port, with SQLite and doubles of the messengers."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from bots.contract import SettingUp
from core.ids import AccountId, OperatorId
from core.roles import Role
from inbox.passwords import Passwords
from sandbox.app import build as build_sandbox
from sandbox.settings import Settings, ShopSettings
from server.commands.demo_messengers import ACCOUNTS, Tokens, accounts, doubles
from server.commands.loop import run_async
from server.commands.serve import start
from server.commands.terminal import Refused, say
from server.config import Config
from server.config_read import parse_config
from server.logs import set_up_logging
from server.running import PortTaken
from server.values import secret_of
from server.wiring import Parley
from storage.operators import Operator

_LOGIN = "anna"


@dataclass(frozen=True, slots=True)
class _Secrets:
    """Made once and kept beside the demo's data, so that links and sign-ins outlive a restart."""

    server: str
    shop: str
    hooks: str
    password: str
    tokens: Tokens


def demo(port: int, folder: Path) -> None:
    set_up_logging("WARNING")
    folder.mkdir(parents=True, exist_ok=True)
    known = _secrets(folder / "secrets.json")
    config = _config(port, folder, known)
    url = config.public_url

    def extend(_parley: Parley, app: web.Application) -> None:
        app.add_subapp("/sandbox", build_sandbox(_sandbox(url, folder, known)))

    async def started(parley: Parley) -> None:
        for account in config.accounts:
            bot = parley.bots[AccountId(account.id)]
            try:
                await bot.set_webhook(f"{url}/webhooks/{account.id}", secret_of(account))
            except SettingUp as error:
                say(f"the demo's {account.title} does not work: {error}")
        await _hire(parley, known.password)
        _welcome(url, folder, known)

    try:
        run_async(start(config, migrates=True, extend=extend, started=started))
    except PortTaken as error:
        raise Refused(
            f"{error}. Choose another: make demo PORT={port + 1 if port < 65535 else 8080}"
        ) from error


async def _hire(parley: Parley, password: str) -> None:
    """Make the operator of the demo, once."""
    async with parley.database.read() as tx:
        if await tx.operators.find(_LOGIN) is not None:
            return
    hashed = await Passwords().hash(password)
    now = parley.clock()
    id_ = OperatorId(parley.node.next_id(now))
    operator = Operator(id_, _LOGIN, "Anna", hashed, now, role=Role.ADMIN)
    async with parley.database.write() as tx:
        await tx.operators.add(operator)


def _secrets(file: Path) -> _Secrets:
    values = {
        "server": secrets.token_hex(32),
        "shop": secrets.token_hex(32),
        "hooks": secrets.token_hex(32),
        "webhook": secrets.token_hex(16),
        "bot": f"700100200:{secrets.token_hex(16)}",
        "vk": f"vk1.a.{secrets.token_urlsafe(32)}",
        "vk_secret": secrets.token_hex(16),
        "viber": "-".join(secrets.token_hex(8) for _ in range(3)),
        "max": secrets.token_urlsafe(48),
        "password": secrets.token_urlsafe(9),
    }
    if file.exists():
        try:
            # An earlier version knew fewer messengers: what it made stays.
            values |= json.loads(file.read_text())
        except (ValueError, TypeError):
            raise Refused(f"{file} cannot be read; `make demo-reset` begins anew") from None
    file.touch(mode=0o600)
    file.write_text(json.dumps(values))
    tokens = Tokens(**{name: values[name] for name in Tokens.__slots__})
    return _Secrets(values["server"], values["shop"], values["hooks"], values["password"], tokens)


def _config(port: int, folder: Path, known: _Secrets) -> Config:
    url = f"http://127.0.0.1:{port}"
    raw: dict[str, Any] = {
        "public_url": url,
        "listen": f"127.0.0.1:{port}",
        "database": f"sqlite:///{folder.resolve() / 'parley.db'}",
        "secret": known.server,
        "egress_allow": ["127.0.0.1"],
        "sites": [
            {
                "id": "shop",
                "name": "Tea & Leaf",
                "url": f"{url}/sandbox/shop",
                "timezone": "Europe/Moscow",
                "default_topics": ["orders"],
                "webhooks": [{"url": f"{url}/sandbox/shop/hooks", "secret": known.hooks}],
                "keys": [{"kid": "demo", "alg": "HS256", "secret": known.shop}],
            }
        ],
        "topics": [
            {
                "id": "orders",
                "class": "service",
                "title": {"en": "Order updates", "ru": "Статусы заказов"},
            },
            {
                "id": "promo",
                "class": "marketing",
                "title": {"en": "Offers", "ru": "Акции"},
                "consent": {
                    "en": "I agree to get Tea & Leaf’s offers here; I can leave at any time.",
                    "ru": "Согласен получать здесь акции Tea & Leaf; отписаться можно сразу.",
                },
            },
        ],
        "inbox": {"ask_after_days": 1},
        "media": {"store": str(folder.resolve() / "media")},
        "accounts": accounts(f"{url}/sandbox", known.tokens),
    }
    return parse_config(raw, folder / "demo", {})


def _sandbox(url: str, folder: Path, known: _Secrets) -> Settings:
    return Settings(
        base_url=f"{url}/sandbox",
        **doubles(known.tokens),
        state_file=folder / "sandbox.json",
        shop=ShopSettings(
            site="shop",
            kid="demo",
            secret=known.shop,
            go_url=f"{url}/go",
            go_account_urls={account: f"{url}/go/{account}" for account in ACCOUNTS},
            account_titles=ACCOUNTS,
            inbox_url=f"{url}/",
            hook_secret=known.hooks,
        ),
    )


def _welcome(url: str, folder: Path, known: _Secrets) -> None:
    say(
        f"""
  Parley's demo is running.

    the shop        {url}/sandbox/shop       order something and press Subscribe
    the phone       {url}/sandbox/phone      the messengers of the person who ordered
    the inbox       {url}/                   sign in as {_LOGIN} with {known.password}

  Stop it with Ctrl+C. Its data stays in {folder}; `make demo-reset` clears var/demo.
"""
    )
