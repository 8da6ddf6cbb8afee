"""What administrators do with operators, from the pages and from the command line alike.

Each takes the open transaction first and writes its line of the audit log there. Sooner or later
the last administrator would be disabled by mistake: that is decided under a lock.
"""

from dataclasses import dataclass

from core.acts import By, Did
from core.ids import OperatorId
from core.roles import Role
from inbox.journal import Journal, whom
from storage.operators import Operator
from storage.tx import Tx

LONGEST_LOGIN = 120
LONGEST_NAME = 80


class LastAdmin(Exception):
    """Nobody else could let people in: first make another operator an administrator."""

    code = "last_admin"


def is_login(text: str) -> bool:
    return 1 <= len(text) <= LONGEST_LOGIN and text.isprintable() and " " not in text


@dataclass(frozen=True, slots=True)
class People:
    journal: Journal

    async def set_role(self, tx: Tx, one: Operator, role: Role, by: By) -> None:
        """Raises LastAdmin."""
        if role is not Role.ADMIN:
            await _require_another_admin(tx, one.id)
        await tx.operators.set_role(one.id, role)
        about = {**whom(one), "was": one.role, "role": role}
        await tx.acts.add_many([self.journal.act(by, Did.ROLE_CHANGED, about)])

    async def disable(self, tx: Tx, one: Operator, by: By) -> None:
        """Also ends their sessions, and forgets their mailbox: whoever comes back gives it anew.
        Raises LastAdmin."""
        await _require_another_admin(tx, one.id)
        await tx.operators.disable(one.login, self.journal.clock())
        await tx.wishes.forget_email(one.id)
        await self._tell(tx, by, Did.OPERATOR_DISABLED, one)

    async def enable(self, tx: Tx, one: Operator, by: By) -> None:
        await tx.operators.enable(one.login)
        await self._tell(tx, by, Did.OPERATOR_ENABLED, one)

    async def end_sessions(self, tx: Tx, one: Operator, by: By, but: str = "") -> None:
        """`but` is the digest of the one that stays."""
        await tx.sign_ins.end_all(one.id, but)
        await self._tell(tx, by, Did.SESSIONS_ENDED, one)

    async def reset_second_factor(self, tx: Tx, one: Operator, by: By) -> None:
        """For those who lost their phone and their codes: what they have left is the password."""
        await tx.operators.set_second_factor(one.id, "")
        await tx.sign_ins.end_all(one.id)
        await self._tell(tx, by, Did.SECOND_FACTOR_RESET, one)

    async def set_password(self, tx: Tx, one: Operator, hashed: str, by: By, but: str = "") -> None:
        """Whoever knew the old one is out: every session ends but that with this digest."""
        await tx.operators.set_password(one.id, hashed)
        await tx.sign_ins.end_all(one.id, but)
        await self._tell(tx, by, Did.PASSWORD_CHANGED, one)

    async def _tell(self, tx: Tx, by: By, did: Did, one: Operator) -> None:
        await tx.acts.add_many([self.journal.act(by, did, whom(one))])


async def _require_another_admin(tx: Tx, operator: OperatorId) -> None:
    if await tx.operators.lock_admins() == {operator}:
        raise LastAdmin
