"""Links on their way into the database: whatever waits goes in one transaction."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from core.channels import Channel
from core.tokens import Link
from storage.database import Database
from storage.errors import BadData, Contended, Unavailable
from storage.tx import Tx

log = logging.getLogger(__name__)
_MOST_WAITING = 1000
_MOST_AT_ONCE = 200


class Replayed(Exception):
    """Somebody has come by this token on this channel already."""

    code = "replayed"


@dataclass(frozen=True, slots=True)
class _Wish:
    """Links of one token. `fresh_on`: not if somebody came by the token there."""

    links: Sequence[Link]
    fresh_on: Channel | None
    done: "asyncio.Future[None]"


class LinkKeeper:
    """A durable commit costs an fsync, whatever it holds: under load many links share one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Wish] = []
        self._task: asyncio.Task[None] | None = None

    async def keep(self, links: Sequence[Link], *, fresh_on: Channel | None = None) -> None:
        """Return once they are stored.

        Raises:
            Replayed: the token was used on that channel, and nothing was stored.
            Contended, BadData, Unavailable: nothing was stored either.
        """
        if len(self._waiting) >= _MOST_WAITING:
            raise Unavailable("too many links wait to be stored")
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(_Wish(links, fresh_on, done))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        await done

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting[:_MOST_AT_ONCE]
                del self._waiting[:_MOST_AT_ONCE]
                await self._store(batch)
        finally:
            self._task = None

    async def _store(self, batch: Sequence[_Wish]) -> None:
        try:
            refused = await self._database.transact(lambda tx: _write(tx, batch))
        except BadData as error:
            if len(batch) == 1:
                _settle(batch[0], error)
            else:
                # One of them: whose it is shows when each is alone.
                for wish in batch:
                    await self._store([wish])
        except (Unavailable, Contended) as error:
            for wish in batch:
                _settle(wish, error)
        except Exception as error:
            log.exception("links were not stored")
            for wish in batch:
                _settle(wish, error)
        else:
            for number, wish in enumerate(batch):
                _settle(wish, Replayed() if number in refused else None)


async def _write(tx: Tx, batch: Sequence[_Wish]) -> set[int]:
    """Which of the batch were not stored, since their token was used."""
    asked = [wish.links[0].claims for wish in batch if wish.fresh_on is not None]
    used = await tx.links.used((claims.site, claims.token) for claims in asked)
    refused = {
        number
        for number, wish in enumerate(batch)
        if wish.fresh_on is not None
        and (wish.links[0].claims.site, wish.links[0].claims.token, wish.fresh_on) in used
    }
    kept = [wish.links for number, wish in enumerate(batch) if number not in refused]
    await tx.links.add([link for links in kept for link in links])
    return refused


def _settle(wish: _Wish, error: Exception | None) -> None:
    if wish.done.done():  # Whoever asked has gone.
        return
    if error is None:
        wish.done.set_result(None)
    else:
        wish.done.set_exception(error)
