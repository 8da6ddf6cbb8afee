"""Parley itself as a server to measure: the same update advances a flow and queues an answer."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.rigs.load import Target
from benchmarks.rigs.process import SECRET, TOKEN, free_port, rig, running

_CONFIG = """
public_url = "http://127.0.0.1:{port}"
listen = "127.0.0.1:{port}"
database = "{database}"
secret = "0123456789abcdef0123456789abcdef"
flows = "flows"
trusted_proxies = 1

[inbox]
# A load is a flood.
flood_messages = 0

[[sites]]
id = "shop"
name = "Example shop"
origins = ["https://shop.example.com"]
timezone = "Europe/Moscow"
default_topics = ["orders"]
keys = [{{ kid = "2026-11", alg = "HS256", secret = "0123456789abcdef0123456789abcdef" }}]

[[topics]]
id = "orders"
class = "service"
title = {{ en = "Order updates", ru = "Статусы заказов" }}

[[accounts]]
id = "shop-tg"
channel = "telegram"
token = "{token}"
username = "shop_bot"
webhook_secret = "{secret}"
receive = "webhook"
api_url = "{api_url}"
{more}
"""
_FLOW = """
flow: rating
title: {en: Rating, ru: Оценка}
topic: orders
enter:
  - on: message
steps:
  rate:
    ask: {en: "How did you like the set?", ru: "Как вам набор?"}
    answer: text
    save: rating
    next: why
  why:
    ask:
      en: "Why so, {{ contact.first_name or 'dear friend' }}?"
      ru: "Почему, {{ contact.first_name or 'друг' }}?"
    answer: text
    save: reason
    next: rate
"""
"""Every text after the first advances it by one step and queues one answer."""


@contextlib.contextmanager
def start_parley(database_url: str) -> Iterator[Target]:
    """`parley serve` on this database. Raises ServerFailed.

    Queued answers leave at Telegram's pace, meanwhile, to a Bot API that always says yes.
    """
    port = free_port()
    with rig("bot_api", port), serving(database_url, f"http://127.0.0.1:{port}") as target:
        yield target


@contextlib.contextmanager
def serving(database_url: str, api_url: str, more: str = "", flow: str = _FLOW) -> Iterator[Target]:
    """`parley serve` with this Bot API; `more` are lines for the account. Raises ServerFailed."""
    with TemporaryDirectory() as folder:
        port = free_port()
        config = Path(folder, "parley.toml")
        values = {"port": port, "database": database_url, "token": TOKEN, "secret": SECRET}
        config.write_text(_CONFIG.format(**values, api_url=api_url, more=more))
        Path(folder, "flows").mkdir()
        Path(folder, "flows", "rating.yaml").write_text(flow)
        command = [sys.executable, "-m", "server", "serve", "--config", str(config)]
        with running(command, port) as pid:
            yield Target(
                f"http://127.0.0.1:{port}/webhooks/shop-tg",
                pid,
                {"X-Telegram-Bot-Api-Secret-Token": SECRET},
                database_url,
            )
