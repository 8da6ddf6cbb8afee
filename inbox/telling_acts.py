"""Lines of the audit log in words."""

from collections import defaultdict

from core.acts import COMMAND_LINE, ActRecord, Did
from core.roles import Role
from inbox.language import sayer


def actor_words(record: ActRecord, language: str) -> str:
    by = record.by
    if by == COMMAND_LINE:
        return sayer(language)("by_command_line")
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
    )


def role_words(role: str, language: str) -> str:
    return sayer(language)(f"role_{role}") if role in list(Role) else role
