"""parley rejected: events that could not be taken, and another try with them."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

from bots.contract import Unparsable
from bots.table import MESSENGERS
from core.channels import Channel
from dialogues.catalog import Catalog
from dialogues.receive import receive
from flows.language import Flow
from server.commands import flow_reading
from server.commands.loop import run_async
from server.commands.opened import Opened, opened
from server.commands.terminal import Refused, load, say, table
from server.config import Config
from server.values import catalog_of
from storage.database import Database
from storage.errors import Contended, Unavailable
from storage.events import Rejected

_PAGE = 100
_TRIES = 3


def show_all(file: Path) -> None:
    """One line an event: id, when, account, the platform's event id, what went wrong."""
    found = run_async(_all(load(file)))
    if not found:
        say("nothing is put aside")
    table(
        [
            (
                str(one.id),
                f"{one.at:%Y-%m-%dT%H:%M:%SZ}",
                one.account,
                one.key or "-",
                one.error,
            )
            for one in found
        ]
    )


def show(file: Path, id_: str) -> None:
    """The raw body to stdout, all else to stderr. It may hold what a contact wrote."""
    one = run_async(_find(load(file), id_))
    retried = f", taken by a retry {one.retried_at:%Y-%m-%d %H:%M} UTC" if one.retried_at else ""
    say(
        f"account {one.account}, event {one.key or 'unknown'}, {one.at:%Y-%m-%d %H:%M} UTC{retried}"
    )
    say(one.error)
    sys.stdout.flush()
    sys.stdout.buffer.write(one.body + b"\n")
    sys.stdout.buffer.flush()


def retry(file: Path, id_: str, everything: bool) -> None:
    """Take it, or all, through the same code as a webhook. Raises Refused where one fails."""
    if bool(id_) == everything:
        raise Refused("say which: an ID of `parley rejected list`, or --all")
    config = load(file)
    flows = flow_reading.read_sound(config).flows
    run_async(_retry(config, flows, id_))


async def _all(config: Config) -> list[Rejected]:
    async with opened(config) as place:
        return [one async for one in _pages(place.database)]


async def _pages(database: Database) -> AsyncIterator[Rejected]:
    after = 0
    while True:
        async with database.read() as tx:
            page = await tx.events.rejected(after, _PAGE)
        for one in page:
            yield one
        if len(page) < _PAGE:
            return
        after = page[-1].id


async def _find(config: Config, id_: str) -> Rejected:
    async with opened(config) as place:
        return await _found(place.database, id_)


async def _found(database: Database, id_: str) -> Rejected:
    number = int(id_) if id_.isascii() and id_.isdigit() else 2**63
    async with database.read() as tx:
        one = await tx.events.find_rejected(number) if number < 2**63 else None
    if one is None:
        raise Refused(f"nothing is put aside under {id_!r}; `parley rejected list` shows what is")
    return one


async def _retry(config: Config, flows: tuple[Flow, ...], id_: str) -> None:
    catalog = catalog_of(config, flows)
    async with opened(config) as place:
        if id_:
            one = await _found(place.database, id_)
            if one.retried_at is not None:
                raise Refused(f"{id_} was taken already, {one.retried_at:%Y-%m-%d %H:%M} UTC")
            chosen = [one]
        else:
            chosen = [one async for one in _pages(place.database)]
        failed = 0
        for one in chosen:
            problem = await _take(place, catalog, flows, one)
            failed += bool(problem)
            say(f"{one.id}: {problem or 'taken'}")
    if failed:
        raise Refused(f"{failed} of {len(chosen)} still cannot be taken; they stay put aside")


async def _take(place: Opened, catalog: Catalog, flows: tuple[Flow, ...], one: Rejected) -> str:
    """What is wrong with it, "" when it was taken: then it is marked in the same transaction."""
    account = catalog.accounts.get(one.account)
    if account is None:
        return f"the account {one.account!r} is not configured any more"
    parse = MESSENGERS[Channel(account.channel)].incoming.parse
    try:
        inbounds = parse(one.account, one.body, one.at)
    except Unparsable as error:
        return f"not understood: {error}"
    sources = [(flow.name, flow.version, flow.source) for flow in flows]
    for _ in range(_TRIES):
        now = place.now()
        try:
            async with place.database.write() as tx:
                await tx.flows.keep(sources, now)
                await receive(tx, inbounds, catalog, place.new_ids(), now)
                await tx.events.mark_retried(one.id, now)
            return ""
        except Contended:
            continue
        except Unavailable:
            raise
        except Exception as error:
            # Not the error's text: it may hold what the contact wrote.
            return type(error).__name__
    return "the database is busy; try again"
