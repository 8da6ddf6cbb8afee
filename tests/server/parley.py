"""The command line as a person has it: a folder with a parley.toml, an environment, a pipe."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from typer.testing import CliRunner

from server.__main__ import app

SERVER_SECRET = "server-secret-0123456789-0123456789-0123"
SHOP_SECRET = "shop-secret-0123456789-0123456789-012345"
BOT_TOKEN = "700100200:AAtoken_for_tests_only"
SHOP = """
# The shop's server.
public_url = "https://chat.example.com"   # behind our proxy
database = "{database}"
secret = "${{PARLEY_SECRET}}"

[[sites]]
id = "shop"
name = "Example shop"
default_topics = ["orders"]
keys = [{{ kid = "2026-11", alg = "HS256", secret = "${{SHOP_SECRET}}" }}]

[[topics]]
id = "orders"
class = "service"
title = {{ en = "Order updates", ru = "Статусы заказов" }}

[[topics]]
id = "promo"
class = "marketing"
title = {{ en = "Offers", ru = "Акции" }}
consent = {{ en = "I agree to get offers.", ru = "Согласие получать акции." }}
"""
ACCOUNT = """
[[accounts]]
id = "shop-tg"
channel = "telegram"
token = "${BOT_TOKEN}"
username = "shop_bot"
webhook_secret = "secret-of-the-webhook"
"""
ENVIRONMENT = {
    "PARLEY_SECRET": SERVER_SECRET,
    "SHOP_SECRET": SHOP_SECRET,
    "BOT_TOKEN": BOT_TOKEN,
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a command left behind."""

    code: int
    out: str
    err: str


@dataclass
class Shell:
    """`run` calls a command with this folder's parley.toml. A traceback fails the test."""

    folder: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))

    @property
    def file(self) -> Path:
        return self.folder / "parley.toml"

    def configure(self, more: str = ACCOUNT, database: str = "sqlite:///var/parley.db") -> None:
        self.file.write_text(SHOP.format(database=database) + more, encoding="utf-8")

    def run(self, *arguments: str, stdin: str = "") -> Told:
        given = [*arguments, "--config", str(self.file)]
        result = CliRunner().invoke(app, given, input=stdin, env=self.environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Told(result.exit_code, result.stdout, result.stderr)

    def process(self, *arguments: str, stdin: bytes = b"") -> Told:
        """The same in a process of its own, as `parley` really runs."""
        result = subprocess.run(
            [sys.executable, "-m", "server", *arguments, "--config", str(self.file)],
            input=stdin,
            capture_output=True,
            env={**os.environ, **self.environment},
            timeout=60,
            check=False,
        )
        return Told(result.returncode, result.stdout.decode(), result.stderr.decode())
