"""parley serve."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from bots.contract import SettingUp
from server.app import build_app
from server.commands.flow_reading import read_sound
from server.commands.loop import run_async
from server.commands.terminal import Refused, load
from server.config import Config
from server.logs import set_up_logging
from server.node import TooManyNodes
from server.running import PortTaken, require_free, run
from server.timekeeping import Clock
from server.wiring import Parley, wire
from storage.errors import Contended, Unavailable, WrongSchema
from storage.open import open_database


def serve(file: Path) -> None:
    """Serve until stopped. Raises Refused when it cannot start."""
    config = load(file)
    set_up_logging()
    try:
        run_async(start(config, migrates=False))
    except PortTaken as error:
        advice = "choose another in `listen` or `metrics_listen`"
        raise Refused(f"cannot start: {error}; {advice}") from error


async def start(
    config: Config,
    *,
    migrates: bool,
    extend: Callable[[Parley, web.Application], None] | None = None,
    started: Callable[[Parley], Awaitable[None]] | None = None,
) -> None:
    """Open, wire, listen. `extend` may add to the application, `started` runs once it listens.

    Raises:
        Refused: it cannot start.
        PortTaken: the same; who chose the port knows how another one is chosen.
    """
    flows = read_sound(config)
    for place in (config.listen, config.metrics_listen):
        if place:
            require_free(place)
    try:
        database = await open_database(config.database, migrates=migrates)
        clock = Clock()
        await clock.agree(database)
        parley = await wire(config, flows, database, clock)
        app = build_app(parley)
        if extend is not None:
            extend(parley, app)

        async def ready() -> None:
            if started is not None:
                await started(parley)

        await run(parley, app, ready)
    except Unavailable as error:
        raise Refused(f"cannot start: the database does not answer: {error}") from error
    except (WrongSchema, Contended, TooManyNodes, SettingUp) as error:
        raise Refused(f"cannot start: {error}") from error
