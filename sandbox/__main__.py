"""Runs the sandbox alone: `python -m sandbox --port 9001`."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from aiohttp import web

from sandbox.app import build
from sandbox.settings import BotSettings, MaxSettings, Settings, ViberSettings, VkSettings

_VK, _VIBER, _MAX = "ID:NAME:TOKEN", "URI:TOKEN", "ID:NICK:TOKEN"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="Doubles of messengers with a phone page."
    )
    parser.add_argument("--port", type=int, default=9001)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--token", default="700:sandbox-token", help="Telegram; empty for no bot")
    parser.add_argument("--username", default="demo_shop_bot", help="the Telegram bot's user name")
    parser.add_argument("--title", default="Demo shop", help="the name of all bots on the phone")
    parser.add_argument("--vk", metavar=_VK, help="a community of VK")
    parser.add_argument("--viber", metavar=_VIBER, help="a bot of Viber")
    parser.add_argument("--max", metavar=_MAX, help="a bot of MAX")
    parser.add_argument("--no-limits", action="store_true", help="switch the rate limits off")
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep chats over restarts")
    given = parser.parse_args(arguments)
    try:
        settings = _settings(given)
    except ValueError as error:
        parser.error(str(error))
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    try:
        web.run_app(
            build(settings), host=given.host, port=given.port, access_log=None, print=_announce
        )
    except OSError as error:
        parser.exit(1, f"cannot listen on {given.host}:{given.port}: {error.strerror}\n")
    return 0


def _settings(given: argparse.Namespace) -> Settings:
    title: str = given.title
    return Settings(
        base_url=f"http://{given.host}:{given.port}",
        bots=(BotSettings.of(given.token, given.username, title),) if given.token else (),
        vk_groups=tuple(
            VkSettings(token, int(group_id), name, title)
            for group_id, name, token in _parts("--vk", given.vk, _VK)
        ),
        viber_bots=tuple(
            ViberSettings(token, name, title)
            for name, token in _parts("--viber", given.viber, _VIBER)
        ),
        max_bots=tuple(
            MaxSettings(token, int(bot_id), name, title)
            for bot_id, name, token in _parts("--max", given.max, _MAX)
        ),
        limits=not given.no_limits,
        state_file=given.state,
    )


def _parts(option: str, given: str | None, shape: str) -> list[list[str]]:
    """One account in the parts that `shape` names, or none. The words of an error hide them all."""
    if given is None:
        return []
    parts = given.split(":", shape.count(":"))
    is_number = parts[0].isdecimal() or not shape.startswith("ID:")
    if len(parts) <= shape.count(":") or not all(parts) or not is_number:
        raise ValueError(f"{option}: expected {shape}")
    return [parts]


def _announce(words: str) -> None:
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    sys.exit(main())
