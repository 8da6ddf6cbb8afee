"""Lines of the audit log in words."""

from collections import defaultdict
from datetime import datetime

from core.acts import COMMAND_LINE, ActRecord, Did
from core.roles import Role
from inbox.language import exact, sayer


def actor_words(record: ActRecord, language: str) -> str:
    by = record.by
    if by == COMMAND_LINE:
        return sayer(language)("by_command_line")
    if record.act in _BY_ITSELF and by.operator is None:
        return by.name or "Parley"
    return by.name or sayer(language)("by_nobody")


def kind_words(did: Did, language: str) -> str:
    """As it stands in the list to choose from."""
    return sayer(language)(f"kind_{did}")


def act_words(record: ActRecord, language: str) -> str:
    """What they did, as it follows their name."""
    say = sayer(language)
    about = defaultdict(str, record.about)
    return say(
        f"did_{record.act}",
        whom=about["whom"] or say("somebody"),
        was=role_words(about["was"], language),
        role=role_words(about["role"], language),
        left=about["left"],
        contact=str(record.contact or ""),
        reason=_reason(about["reason"], language),
        until=_until(about["until"], language),
        account=about["account"],
        browser=about["browser"] or say("some_browser"),
        many=about["many"],
        name=about["name"] or about["topic"] or about["flow"],
        other=about["other"],
        deed=say(f"deed_{about['deed']}", what=about["what"]) if about["deed"] else "",
    )


def thread_words(record: ActRecord, language: str) -> str:
    """The whole sentence, as it stands in a thread."""
    if record.by.operator is None:
        say = sayer(language)
        about = defaultdict(str, record.about)
        until = _until(about["until"], language)
        return (
            say(f"by_itself_{record.act}", whom=about["whom"], until=until, many=about["many"])
            if record.act in _BY_ITSELF
            else say("by_shop", what=act_words(record, language))
        )
    return f"{actor_words(record, language)} {act_words(record, language)}"


_BY_ITSELF = (Did.WOKEN, Did.ASSIGNED, Did.ESCALATED, Did.MUTED)


def _reason(reason: str, language: str) -> str:
    return f" ({sayer(language)(f'reason_{reason}')})" if reason else ""


def _until(text: str, language: str) -> str:
    return exact(datetime.fromisoformat(text), language) if text else ""


def role_words(role: str, language: str) -> str:
    return sayer(language)(f"role_{role}") if role in list(Role) else role
