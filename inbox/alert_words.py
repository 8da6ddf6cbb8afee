"""What an alert says. Who wrote, and what, only in notifications of those who want it there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.alerts import Alert, Kind, Waiting
from core.ids import ConversationId
from core.messages import Direction, Message
from inbox.catalogues import LANGUAGES
from inbox.language import Say, sayer
from inbox.pushing import Notification
from inbox.thread_view import preview

_MOST_LINES = 10
_MANY = "many"
_LIST = "/inbox?state=open&order=waiting"


@dataclass(frozen=True, slots=True)
class Said:
    """By whom and what was last said in a conversation."""

    name: str
    message: Message | None


@dataclass(frozen=True, slots=True)
class Words:
    """How alerts are told to one operator: where our pages are, what the accounts are called."""

    language: str
    public_url: str
    accounts: Mapping[str, str]

    def notification(
        self, alert: Alert, now: datetime, said: Mapping[ConversationId, Said] | None = None
    ) -> Notification:
        """`said` is given for operators who want to read it on their lock screen."""
        say = sayer(self.language)
        is_urgent = alert.kind is not Kind.LATE
        if len(alert.about) > 1:
            body = say(f"alert_{alert.kind}_many", count=len(alert.about))
            return Notification("Parley", body, _LIST, _MANY, self.language, is_urgent)
        [one] = alert.about
        title, body = self._account(one), say("alert_message")
        known = (said or {}).get(one.conversation)
        if known is not None:
            title = f"{known.name} · {title}"
            message = known.message
            if message is not None and message.direction is Direction.IN:
                body = preview(message, self.language)
        if alert.kind is not Kind.MESSAGE:
            body = say(f"alert_{alert.kind}", waited=_span(now - one.since, say))
        path = _path(one)
        return Notification(title, body, path, f"c{one.conversation}", self.language, is_urgent)

    def text(self, alert: Alert, now: datetime) -> str:
        """One line and one link a conversation."""
        say = sayer(self.language)
        lines = []
        for one in alert.about[:_MOST_LINES]:
            waited = _span(now - one.since, say)
            told = say(f"alert_{alert.kind}", waited=waited)
            lines.append(f"{self._account(one)}: {told}\n{self.public_url}{_path(one)}")
        left = len(alert.about) - len(lines)
        if left:
            lines.append(f"{say('alert_more', count=left)}\n{self.public_url}{_LIST}")
        return "\n\n".join(lines)

    def mail(self, alert: Alert, now: datetime) -> tuple[str, str]:
        """(subject, text)."""
        say = sayer(self.language)
        subject = f"Parley: {say(f'alert_{alert.kind}_many', count=len(alert.about))}"
        why = say("alert_why", url=f"{self.public_url}/me/alerts")
        return subject, f"{self.text(alert, now)}\n\n{why}\n"

    def _account(self, one: Waiting) -> str:
        return self.accounts.get(one.account, one.account)


def spoken(*wanted: str) -> str:
    """The first of these languages that pages speak."""
    return next((one for one in wanted if one in LANGUAGES), "en")


def _path(one: Waiting) -> str:
    return f"/inbox/{one.conversation}"


def _span(waited: timedelta, say: Say) -> str:
    minutes = int(waited.total_seconds() // 60)
    if minutes < 60:
        return say("minutes", n=max(minutes, 1))
    return say("hours", n=minutes // 60) if minutes < 48 * 60 else say("days", n=minutes // 1440)
