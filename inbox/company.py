"""Who else is in a conversation, in words."""

from inbox.language import sayer
from inbox.presence import Company
from inbox.thread_view import Onlooker


def told_company(company: Company, onlooker: Onlooker) -> dict[str, str]:
    """`words` is one sentence, "" where nobody else is here; `look` "typing", "here" or ""."""
    say = sayer(onlooker.language)
    for look, phrase, some in (
        ("typing", "is_typing", company.typing),
        ("here", "also_here", company.here),
    ):
        if some:
            names = ", ".join(onlooker.name(one) for one in some)
            return {"words": say(phrase, names=names, count=len(some)), "look": look}
    return {"words": "", "look": ""}
