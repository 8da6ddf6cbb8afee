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
SHORTEST = 10
_FEWEST_DIFFERENT = 5
_USUAL = frozenset(
    """
    1234567890 0123456789 12345678910 123456789a 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc qazwsxedc1
    qwertyuiop qwertyuiop1 qwerty1234 qwerty12345 qwerty123456 1234qwerty 12345qwert 123qwe123qwe
    asdfghjkl1 zxcvbnm123 password12 password123 password1234 password12345 passw0rd123 p@ssw0rd123
    password01 mypassword newpassword changeme123 changemenow letmein123 welcome123 welcome1234
    iloveyou12 iloveyou123 adminadmin admin12345 admin123456 administrator operator123 parley1234
    parleyparley superadmin test123456 testtest12 temp123456 sunshine12 princess12 football12
    baseball12 superman12 trustno1trustno1 abcdefghij abcd123456 abc1234567 aa12345678 a123456789
    йцукенгшщз йцукен1234 йцукен12345 пароль1234 пароль12345 парольпароль приветпривет
    qwertyqwerty 1234512345 1122334455 0987654321 9876543210 12341234123 spring2026 summer2026
    autumn2026 winter2026
    """.split()  # noqa: SIM905  # Easier to read and to add to than quotes and commas.
)
"""Of those that are guessed first, the ones that are long enough."""
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


def weakness(password: str, *names: str) -> str | None:
    """The phrase that says why this may not be one's password; None when it may.

    `names` are the login and whatever else stands where anybody can read it.
    """
    if len(password) < SHORTEST:
        return "password_short"
    if len(password) > LONGEST:
        return "password_long"
    plain = password.casefold()
    if plain in {name.casefold() for name in names}:
        return "password_is_login"
    if plain in _USUAL or len(set(plain)) < _FEWEST_DIFFERENT:
        return "password_usual"
    return None


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
