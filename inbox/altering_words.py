"""What can be done with an answer that was sent, and what became of it: in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.altering import Alteration, Target, Why, is_theirs, until
from core.ids import OperatorId
from core.messages import Message
from core.roles import Role
from dialogues.catalog import Account
from inbox.language import sayer
from inbox.rights import Right, may
from storage.conversations import Listed


@dataclass(frozen=True, slots=True)
class May:
    """Until when one can; afterwards, or where `until` is None, `why` not."""

    until: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Alterable:
    edit: May
    delete: May


def about(listed: Listed, account: Account | None) -> dict[str, object]:
    """The values of the phrases about altering."""
    return {
        "name": listed.name,
        "messenger": account.title if account else "",
        "most": account.limits.text if account else 0,
        "reason": "",
    }


def whole(phrase: str, values: Mapping[str, object], language: str) -> str:
    return sayer(language)(phrase, **values)


def alterable(
    target: Target | None,
    listed: Listed,
    account: Account | None,
    operator: OperatorId,
    role: Role,
    language: str,
) -> Alterable | None:
    """What the menu of a bubble offers; None where there is no menu."""
    if target is None or account is None or target.message.removed_at is not None:
        return None
    if not is_theirs(target, operator, may_all=may(role, Right.ALTER_OTHERS)):
        return None
    found = {act: until(act, target, account.limits) for act in Alteration}
    if set(found.values()) == {Why.NOT_SENT}:
        return None
    values = about(listed, account)

    def shown(act: Alteration) -> May:
        last = found[act]
        is_known = isinstance(last, Why)
        why = sayer(language)(f"alter_why_{last if is_known else Why.TOO_OLD}", **values)
        return May(None if isinstance(last, Why) else last, why)

    return Alterable(shown(Alteration.EDIT), shown(Alteration.DELETE))


def altering_words(message: Message, listed: Listed, account: Account | None, language: str) -> str:
    """What is under way, or why it was not done; "" where nothing was asked."""
    if not message.altering:
        return ""
    say = sayer(language)
    if not message.alter_error:
        return say(f"altering_{message.altering}")
    code, _, reason = message.alter_error.partition(": ")
    why = Why(code) if code in list(Why) else Why.REFUSED
    values = {**about(listed, account), "reason": reason or code}
    words = say(f"alter_why_{why}", **values)
    return say(f"not_altered_{message.altering}", why=words)
