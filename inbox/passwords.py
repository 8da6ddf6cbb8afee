"""Operators' passwords: argon2id, off the loop, a few at a time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

T = TypeVar("T")
LONGEST = 1024
"""In characters. Nobody types more, and hashing it would cost us."""
_AT_ONCE = 2
_MOST_WAITING = 32


class TooBusy(Exception):
    """So many passwords are being checked that one more would wait for seconds."""

    code = "too_busy"


@dataclass(frozen=True, slots=True)
class Checked:
    """`rehashed` is to be stored where the old hash was made with weaker parameters."""

    is_right: bool
    rehashed: str | None = None


class Passwords:
    """A hash takes tens of milliseconds and 64 MiB with the parameters that ship."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """Raises TooBusy."""
        return await self._run(lambda: self._hasher.hash(password))

    async def check(self, password: str, stored: str | None) -> Checked:
        """Whether it is the one behind the `stored` hash.

        None is nobody's: it takes as long and is never right, so that time tells no logins.
        Raises TooBusy.
        """
        password = password[: LONGEST + 1]
        return await self._run(lambda: self._check(password, stored))

    def _check(self, password: str, stored: str | None) -> Checked:
        if self._nobody is None:
            self._nobody = self._hasher.hash("nobody's")
        try:
            self._hasher.verify(stored or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return Checked(is_right=False)
        if stored is None or len(password) > LONGEST:
            return Checked(is_right=False)
        if self._hasher.check_needs_rehash(stored):
            return Checked(is_right=True, rehashed=self._hasher.hash(password))
        return Checked(is_right=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= _MOST_WAITING:
            raise TooBusy
        self._waiting += 1
        try:
            async with self._room:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1
