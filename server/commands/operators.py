"""parley operators."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from core.acts import COMMAND_LINE, Did
from core.ids import OperatorId
from core.roles import Role
from inbox.journal import Journal, whom
from inbox.passwords import LONGEST, SHORTEST, Passwords, weakness
from inbox.people import LONGEST_LOGIN, LastAdmin, People, is_login
from server.commands.loop import run_async
from server.commands.opened import Opened, opened
from server.commands.terminal import Refused, ask_secret, load, say, table
from server.config import Config
from storage.operators import Operator
from storage.tx import Tx

_WEAK = {
    "password_short": f"a password has {SHORTEST} to {LONGEST} characters",
    "password_long": f"a password has {SHORTEST} to {LONGEST} characters",
    "password_is_login": "a password may not be the login",
    "password_usual": "this password is one of those that are guessed first; choose another",
}


def add(file: Path, login: str, name: str, role: str, from_stdin: bool) -> None:
    """Make an operator; the very first one is an administrator. Raises Refused.

    The password is typed twice, or read from a pipe. `role` "" is an operator's.
    """
    config = load(file)
    login = login.strip()
    if not is_login(login):
        raise Refused(f"a login has 1 to {LONGEST_LOGIN} characters and no spaces")
    wanted = _role(role) if role else None
    password = _password(login, from_stdin)
    made = run_async(_add(config, login, name.strip() or login, wanted, password))
    say(f"{made} {login} may sign in at {config.public_url.rstrip('/')}/")


def show(file: Path) -> None:
    """One line an operator: login, name, active or disabled, role, second factor on or off."""
    found = run_async(_all(load(file)))
    if not found:
        say("there are no operators yet; `parley operators add LOGIN` makes one")
    table(
        [
            (
                one.login,
                one.name,
                "disabled" if one.disabled_at else "active",
                one.role,
                "on" if one.has_second_factor else "off",
            )
            for one in found
        ]
    )


def disable(file: Path, login: str) -> None:
    """End their sessions and refuse their next sign-in. Raises Refused."""
    _do(file, login, lambda people, tx, one: people.disable(tx, one, COMMAND_LINE))
    say(f"operator {login} is disabled and signed out")


def enable(file: Path, login: str) -> None:
    """Let a disabled operator sign in again. Raises Refused."""
    _do(file, login, lambda people, tx, one: people.enable(tx, one, COMMAND_LINE))
    say(f"operator {login} may sign in again")


def set_role(file: Path, login: str, role: str) -> None:
    """Raises Refused."""
    wanted = _role(role)
    _do(file, login, lambda people, tx, one: people.set_role(tx, one, wanted, COMMAND_LINE))
    say(f"operator {login} is {wanted} from now on")


def reset_second_factor(file: Path, login: str) -> None:
    """For somebody without phone and recovery codes. Raises Refused."""
    _do(file, login, lambda people, tx, one: people.reset_second_factor(tx, one, COMMAND_LINE))
    say(f"operator {login} is signed out and gets in with the password alone")


def set_password(file: Path, login: str, from_stdin: bool) -> None:
    """Raises Refused."""
    load(file)
    hashed = run_async(Passwords().hash(_password(login, from_stdin)))
    _do(file, login, lambda people, tx, one: people.set_password(tx, one, hashed, COMMAND_LINE))
    say(f"operator {login} has a new password and is signed out")


def _role(given: str) -> Role:
    try:
        return Role(given)
    except ValueError:
        raise Refused(f"a role is one of {', '.join(Role)}; not {given!r}") from None


def _password(login: str, from_stdin: bool) -> str:
    """Asked for twice, or the first line of a pipe."""
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif not sys.stdin.isatty():
        raise Refused("no terminal to ask for the password on: pipe it and say --password-stdin")
    else:
        password = ask_secret("Password")
        if ask_secret("Once more") != password:
            raise Refused("the two passwords differ; nothing was done")
    if weak := weakness(password, login):
        raise Refused(_WEAK[weak])
    return password


async def _add(config: Config, login: str, name: str, role: Role | None, password: str) -> Role:
    hashed = await Passwords().hash(password)
    async with opened(config) as place, place.database.write() as tx:
        if role is None:
            # Somebody must be able to let the others in.
            role = Role.OPERATOR if await tx.operators.all() else Role.ADMIN
        id_ = OperatorId(place.new_id())
        operator = Operator(id_, login, name, hashed, place.now(), role=role)
        if not await tx.operators.add(operator):
            raise Refused(f"there is an operator {login!r} already")
        about = {**whom(operator), "role": role}
        act = _people(place).journal.act(COMMAND_LINE, Did.OPERATOR_ADDED, about)
        await tx.acts.add_many([act])
    return role


async def _all(config: Config) -> list[Operator]:
    async with opened(config) as place, place.database.read() as tx:
        return await tx.operators.all()


def _do(file: Path, login: str, act: Callable[[People, Tx, Operator], Awaitable[None]]) -> None:
    """Do it to the operator of this login. Raises Refused."""
    run_async(_to_one(load(file), login, act))


async def _to_one(
    config: Config, login: str, act: Callable[[People, Tx, Operator], Awaitable[None]]
) -> None:
    async with opened(config) as place, place.database.write() as tx:
        operator = await tx.operators.find(login)
        if operator is None:
            raise Refused(f"there is no operator {login!r}")
        try:
            await act(_people(place), tx, operator)
        except LastAdmin:
            raise Refused(
                f"{login} is the last administrator: first say "
                "`parley operators role LOGIN admin` for another"
            ) from None


def _people(place: Opened) -> People:
    return People(Journal(place.new_id, place.now))
