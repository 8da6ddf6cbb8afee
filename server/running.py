"""Running it: listen, work, and stop gracefully when told to."""

import asyncio
import errno
import gc
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import timedelta

from aiohttp import web

from dialogues.clockwork import tidy
from media.store import StoreFailed
from server.health import Metrics
from server.node import RENEW_EVERY, leave, renew
from server.polling import poll, polled
from server.wiring import Parley
from storage.errors import Contended, Unavailable
from storage.listening import Listener

log = logging.getLogger(__name__)

_GRACE = 10.0
_TIDY_EVERY = 600.0
# An 8 KiB token rides in the query: aiohttp's own limit would refuse it, and echo it.
_LONGEST_LINE = 32 * 1024


class PortTaken(Exception):
    """Another program listens there, or we may not; the text says which port it is."""

    code = "port_taken"


def require_free(place: str) -> None:
    """Raises PortTaken now rather than after the messengers' libraries, which take seconds."""
    host, _, port = place.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), int(port)))
        except OSError as error:
            raise _taken(place, error) from error


async def run(
    parley: Parley, app: web.Application, started: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is in hand, within 10 s.

    `started` is awaited once the port is open.

    Raises:
        PortTaken: nothing was started.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    runners: list[web.AppRunner] = []
    _spare_collector()
    try:
        runners.append(await _listen(app, parley.config.listen))
        if parley.config.metrics_listen:
            runners.append(await _listen(Metrics(parley).app(), parley.config.metrics_listen))
        await _work(parley, runners, stop, started)
    finally:
        for runner in runners:
            await runner.cleanup()
        for bot in parley.bots.values():
            await bot.close()
        await parley.fetching.close()
        await parley.egress.close()
        await parley.reaching.push.egress.close()
        await leave(parley.node, parley.database)
        await parley.database.close()
    log.info("stopped")


def _spare_collector() -> None:
    """Look for garbage among what comes from now on, and not after every 700 objects.

    400,000 objects of the libraries stay for ever: looking through them took 0.7 s, in which
    nobody was answered. A batch of the intake makes thousands, and frees them without help.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


async def _work(
    parley: Parley,
    runners: list[web.AppRunner],
    stop: asyncio.Event,
    started: Callable[[], Awaitable[None]] | None,
) -> None:
    async with asyncio.TaskGroup() as group:
        intake = group.create_task(parley.intake.run())
        senders = [group.create_task(sender.run()) for sender in parley.senders.values()]
        loops = [
            group.create_task(work)
            for work in (
                parley.timers.run(),
                parley.calls.run(),
                parley.acknowledger.run(),
                parley.collector.run(),
                parley.indexer.run(),
                parley.bulk.run(),
                parley.desk.run(),
                parley.alerting.run(),
                parley.watcher.run(),
                parley.counting.run(),
                _renew(parley),
                _tidy(parley),
                *_listening(parley),
                *_polling(parley),
            )
        ]
        log.info("serving", extra={"listen": parley.config.listen, "accounts": len(parley.bots)})
        if started is not None:
            await started()
        await stop.wait()
        log.info("stopping")
        parley.is_stopping = True
        for sender in parley.senders.values():
            sender.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                for runner in runners:
                    await runner.cleanup()
                for task in loops:
                    task.cancel()
                intake.cancel()
                await parley.intake.drain()
                await asyncio.wait(senders)
        for task in (intake, *loops, *senders):
            task.cancel()


async def _listen(app: web.Application, place: str) -> web.AppRunner:
    host, _, port = place.rpartition(":")
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=3.0,
        max_line_size=_LONGEST_LINE,
        max_field_size=_LONGEST_LINE,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host.strip("[]") or None, int(port), backlog=1024).start()
    except OSError as error:
        await runner.cleanup()
        raise _taken(place, error) from error
    return runner


def _taken(place: str, error: OSError) -> PortTaken:
    if error.errno == errno.EADDRINUSE:
        return PortTaken(f"port {place.rpartition(':')[2]} is taken by another program")
    return PortTaken(f"cannot listen on {place}: {error.strerror}")


def _polling(parley: Parley) -> list[Coroutine[None, None, None]]:
    return [
        poll(account, parley.bots[account], parley.webhooks, parley.database)
        for account in polled(parley.config)
    ]


def _listening(parley: Parley) -> list[Coroutine[None, None, None]]:
    """Hearing of other processes, where the database can tell of them."""
    if not parley.database.is_postgres:
        return []
    url = parley.config.database_listen or parley.config.database
    return [Listener(url, parley.heard).run()]


async def _renew(parley: Parley) -> None:
    while True:
        await asyncio.sleep(RENEW_EVERY)
        await parley.clock.agree(parley.database)
        await renew(parley.node, parley.database, parley.clock)


async def _tidy(parley: Parley) -> None:
    keep_acts = timedelta(days=parley.config.inbox.audit_days)
    while True:
        await asyncio.sleep(_TIDY_EVERY)
        try:
            await tidy(parley.database, parley.clock(), keep_acts)
            await parley.library.tidy()
        except (Unavailable, Contended, StoreFailed) as error:
            log.warning("tidying waits", extra={"error": type(error).__name__})
