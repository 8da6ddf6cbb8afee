"""parley operators."""

import sys
from pathlib import Path

from core.ids import OperatorId
from inbox.passwords import LONGEST, Passwords
from server.commands.loop import run_async
from server.commands.opened import opened
from server.commands.terminal import Refused, ask_secret, load, say, table
from server.config import Config
from storage.operators import Operator

SHORTEST = 8


def add(file: Path, login: str, name: str, from_stdin: bool) -> None:
    """Make an operator. The password is typed twice, or read from a pipe. Raises Refused."""
    config = load(file)
    login = login.strip()
    if not login or len(login) > 120 or not login.isprintable() or " " in login:
        raise Refused("a login has 1 to 120 characters and no spaces")
    password = _password(from_stdin)
    run_async(_add(config, login, name.strip() or login, password))
    say(f"operator {login} may sign in at {config.public_url.rstrip('/')}/")


def show(file: Path) -> None:
    """One line an operator: login, name, active or disabled."""
    found = run_async(_all(load(file)))
    if not found:
        say("there are no operators yet; `parley operators add LOGIN` makes one")
    table([(one.login, one.name, "disabled" if one.disabled_at else "active") for one in found])


def disable(file: Path, login: str) -> None:
    """End their sessions and refuse their next sign-in. Raises Refused."""
    run_async(_disable(load(file), login))
    say(f"operator {login} is disabled and signed out")


def enable(file: Path, login: str) -> None:
    """Let a disabled operator sign in again. Raises Refused."""
    run_async(_enable(load(file), login))
    say(f"operator {login} may sign in again")


def set_password(file: Path, login: str, from_stdin: bool) -> None:
    """Raises Refused."""
    config = load(file)
    run_async(_set_password(config, login, _password(from_stdin)))
    say(f"operator {login} has a new password")


def _password(from_stdin: bool) -> str:
    """Asked for twice, or the first line of a pipe."""
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif not sys.stdin.isatty():
        raise Refused("no terminal to ask for the password on: pipe it and say --password-stdin")
    else:
        password = ask_secret("Password")
        if ask_secret("Once more") != password:
            raise Refused("the two passwords differ; nothing was done")
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refused(f"a password has {SHORTEST} to {LONGEST} characters")
    return password


async def _add(config: Config, login: str, name: str, password: str) -> None:
    hashed = await Passwords().hash(password)
    async with opened(config) as place:
        now = place.now()
        operator = Operator(OperatorId(place.new_id()), login, name, hashed, now)
        async with place.database.write() as tx:
            if not await tx.operators.add(operator):
                raise Refused(f"there is an operator {login!r} already")


async def _all(config: Config) -> list[Operator]:
    async with opened(config) as place, place.database.read() as tx:
        return await tx.operators.all()


async def _disable(config: Config, login: str) -> None:
    async with opened(config) as place, place.database.write() as tx:
        if not await tx.operators.disable(login, place.now()):
            raise Refused(f"there is no operator {login!r}")


async def _enable(config: Config, login: str) -> None:
    async with opened(config) as place, place.database.write() as tx:
        if not await tx.operators.enable(login):
            raise Refused(f"there is no operator {login!r}")


async def _set_password(config: Config, login: str, password: str) -> None:
    hashed = await Passwords().hash(password)
    async with opened(config) as place, place.database.write() as tx:
        operator = await tx.operators.find(login)
        if operator is None:
            raise Refused(f"there is no operator {login!r}")
        await tx.operators.set_password(operator.id, hashed)
