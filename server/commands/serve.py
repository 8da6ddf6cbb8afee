"""parley serve."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bots.contract import SettingUp
from server.app import build_app
from server.clock import utc_now
from server.commands.terminal import give_up, run_async, say
from server.config import Config
from server.flow_files import FlowFiles, NoFlows, read_flows
from server.logs import set_up_logging
from server.node import TooManyNodes
from server.running import PortTaken, run
from server.values import limits_of, topics_of, vocabulary_of
from server.wiring import Parley, wire
from storage.errors import Unavailable, WrongSchema
from storage.open import open_database


def serve(config: Config) -> None:
    """Serve until stopped. Exits with 1 and a reason when it cannot start."""
    set_up_logging()
    run_async(start(config, migrates=False))


async def start(
    config: Config,
    *,
    migrates: bool,
    extend: Callable[[Parley, web.Application], None] | None = None,
    started: Callable[[Parley], Awaitable[None]] | None = None,
) -> None:
    """Open, wire, listen. `extend` may add to the application, `started` runs once it listens."""
    flows = load_flows(config)
    try:
        database = await open_database(config.database, migrates=migrates)
        parley = await wire(config, flows, database, utc_now)
        app = build_app(parley)
        if extend is not None:
            extend(parley, app)

        async def ready() -> None:
            if started is not None:
                await started(parley)

        await run(parley, app, ready)
    except (WrongSchema, Unavailable, PortTaken, TooManyNodes, SettingUp) as error:
        give_up(f"cannot start: {error}")


def load_flows(config: Config) -> FlowFiles:
    """The flows, or an exit with everything that is wrong with them."""
    try:
        files = read_flows(
            config.flows,
            topics_of(config),
            tuple(config.languages),
            vocabulary_of(config),
            limits_of(config),
        )
    except NoFlows as error:
        give_up(str(error))
    for problem in files.problems:
        say(str(problem))
    if files.errors:
        give_up(f"{len(files.errors)} problems in the flows; nothing was started")
    return files
