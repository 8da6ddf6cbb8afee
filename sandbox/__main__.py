"""Runs the sandbox alone: `python -m sandbox --port 9001`."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from aiohttp import web

from sandbox.app import build
from sandbox.settings import BotSettings, Settings


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A Telegram Bot API double with a phone page."
    )
    parser.add_argument("--port", type=int, default=9001)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--token", default="700:sandbox-token", help="the bot's token")
    parser.add_argument("--username", default="demo_shop_bot", help="the bot's user name")
    parser.add_argument("--title", default="Demo shop", help="the bot's name on the phone")
    parser.add_argument("--no-limits", action="store_true", help="switch the rate limits off")
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep chats over restarts")
    given = parser.parse_args(arguments)
    try:
        bot = BotSettings.of(given.token, given.username, given.title)
    except ValueError as error:
        parser.error(f"--token: {error}")
    settings = Settings(
        base_url=f"http://{given.host}:{given.port}",
        bots=(bot,),
        limits=not given.no_limits,
        state_file=given.state,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    try:
        web.run_app(
            build(settings), host=given.host, port=given.port, access_log=None, print=_announce
        )
    except OSError as error:
        parser.exit(1, f"cannot listen on {given.host}:{given.port}: {error.strerror}\n")
    return 0


def _announce(words: str) -> None:
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    sys.exit(main())
