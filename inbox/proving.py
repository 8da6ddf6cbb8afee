"""Proofs of who somebody is: the password, and the second factor. Both may be tried only slowly."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar

from aiohttp import web

from core.acts import ActRecord, By, Did
from inbox.cookies import Cookies
from inbox.journal import Journal
from inbox.passwords import Checked, Passwords, TooBusy
from inbox.rendering import Refused
from inbox.second_factor import Seal, recovery_digest, step_of
from inbox.tries import Measure, Tries
from storage.database import Database
from storage.operators import Operator
from storage.tx import Tx

T = TypeVar("T")
Then: TypeAlias = Callable[[Tx, Did], Awaitable[T]]
"""What follows a right code. It is told which of the two it was: SIGNED_IN by the app's."""
_MOST_NOTED = 100
"""Refusals that are written down in a quarter of an hour: guessing must not fill a disk."""


class Proving:
    """Counts in this process's memory: behind several processes each allows as much."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        passwords: Passwords,
        cookies: Cookies,
        seal: Seal,
        address_of: Callable[[web.Request], str],
    ) -> None:
        self.passwords = passwords
        self.seal = seal
        self.address_of = address_of
        self._database = database
        self._journal = journal
        self._cookies = cookies
        self._passwords_tried = Tries()
        self._codes_tried = Tries()
        self._noted = Measure(_MOST_NOTED)

    async def password(
        self, request: web.Request, login: str, given: str, operator: Operator | None
    ) -> Checked:
        """Whether it is theirs; None is nobody, whose password takes as long to be wrong.

        Raises Refused.
        """
        place, now = self._place(request, login), self._journal.clock()
        _require_time(self._passwords_tried.wait(*place, now))
        self._passwords_tried.count(*place, now)
        try:
            checked = await self.passwords.check(given, operator.password if operator else None)
        except TooBusy as error:
            self._passwords_tried.forgive(*place)
            raise Refused("busy_signing_in", 503, headers={"Retry-After": "5"}) from error
        if operator is not None and checked.is_right:
            self._passwords_tried.forgive(*place)
        else:
            await self._note(request, operator)
        return checked

    async def require_password(self, request: web.Request, operator: Operator, given: str) -> None:
        """Of somebody who is signed in. Raises Refused."""
        checked = await self.password(request, operator.login, given, operator)
        if not checked.is_right:
            raise Refused("not_your_password", 403)

    async def code(self, request: web.Request, operator: Operator, given: str, then: Then[T]) -> T:
        """Take a code of the app or a recovery code, and do what follows in one transaction.

        Raises Refused.
        """
        place, now = self._place(request, operator.login), self._journal.clock()
        _require_time(self._codes_tried.wait(*place, now))
        self._codes_tried.count(*place, now)
        async with self._database.write() as tx:
            taken = await self._take(tx, operator, given, now)
            if taken is not None:
                followed = await then(tx, taken)
            else:
                by = self.by(request, operator)
                await tx.acts.add_many([self._journal.act(by, Did.CODE_REFUSED)])
        if taken is None:
            raise Refused("wrong_code", 403)
        self._codes_tried.forgive(*place)
        return followed

    def by(self, request: web.Request, operator: Operator) -> By:
        return By(operator.id, operator.name or operator.login, self.address_of(request)[:64])

    async def _take(self, tx: Tx, operator: Operator, given: str, now: datetime) -> Did | None:
        digest = recovery_digest(given)
        if digest is not None:
            is_taken = await tx.operators.take_recovery_code(operator.id, digest)
            return Did.RECOVERY_CODE_USED if is_taken else None
        secret = self.seal.open(operator.id, operator.sealed)
        step = step_of(secret, given, now) if secret is not None else None
        if step is None or not await tx.operators.take_step(operator.id, step):
            return None
        return Did.SIGNED_IN

    async def _note(self, request: web.Request, operator: Operator | None) -> None:
        """Written alike whoever the login belongs to, so that time tells no logins.

        What was typed as a login is never kept: often enough it is a password.
        """
        now = self._journal.clock()
        if self._noted.wait("", now) is not None:
            return
        self._noted.count("", now)
        by = By(None, "", self.address_of(request)[:64])
        if operator is not None:
            by = self.by(request, operator)
        await self._write(self._journal.act(by, Did.SIGN_IN_REFUSED))

    async def _write(self, record: ActRecord) -> None:
        async with self._database.write() as tx:
            await tx.acts.add_many([record])

    def _place(self, request: web.Request, login: str) -> tuple[str, str, str]:
        return login, self.address_of(request), self._cookies.device(request, login)


def _require_time(wait: timedelta | None) -> None:
    if wait is not None:
        seconds = int(wait.total_seconds()) + 1
        raise Refused(
            "too_many_tries", 429, headers={"Retry-After": str(seconds)}, minutes=-(-seconds // 60)
        )
