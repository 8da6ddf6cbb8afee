"""A button was pressed: one of the server's own, or one of a flow's question."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from core.consent import Source
from core.content import Content
from core.ids import TopicId
from core.inbound import Pressed
from core.languages import pick
from core.people import Json
from core.topics import SubscriptionState
from dialogues import buttons, consenting, flowing, texts
from dialogues.changes import Acknowledge
from dialogues.dossier import Dossier
from flows.buttons import FlowButton
from flows.buttons import decode as flow_button
from flows.happenings import Chosen, Trigger
from flows.session import Session


def pressed(dossier: Dossier, event: Pressed, at: datetime, now: datetime) -> None:
    """Carry out what the button says, and let the messenger know that it was heard."""
    notice = ""
    consent = buttons.decode(event.value)
    flow = flow_button(event.value)
    if consent is not None:
        notice = _consent_button(dossier, consent, event, at, now)
    elif flow is not None:
        notice = _flow_button(dossier, flow, event, now)
    else:
        notice = flowing.stale_notice(dossier)
    if consent is None and dossier.is_unheard(now):
        notice = ""
    if event.press:
        dossier.changes.acknowledges.append(Acknowledge(dossier.account.id, event.press, notice))
    elif notice:
        # The messenger shows nothing at the button itself.
        dossier.say(Content(notice), now)


def _flow_button(dossier: Dossier, button: FlowButton, event: Pressed, now: datetime) -> str:
    session = dossier.sessions.get(button.session)
    if session is None:
        return flowing.stale_notice(dossier)
    label = _label(session, button)
    if dossier.is_unheard(now):
        dossier.heard(Content(text=label), event.external_id, now)
        return ""
    if dossier.is_silenced:
        # The operator sees what was pressed; the bot keeps still.
        dossier.heard(Content(text=label), event.external_id, now)
        dossier.open_conversation(now)
        return ""
    if button.generation == session.generation and label:
        dossier.heard(Content(text=label), event.external_id, now)
    chosen = Chosen(button.generation, button.option)
    return "" if flowing.walk(dossier, session, chosen, now) else flowing.stale_notice(dossier)


def _label(session: Session, button: FlowButton) -> str:
    is_known = 0 <= button.option < len(session.options)
    return session.options[button.option].label if is_known else ""


def _consent_button(
    dossier: Dossier,
    button: buttons.ConsentButton,
    event: Pressed,
    at: datetime,
    now: datetime,
) -> str:
    evidence: dict[str, Json] = {"pressed": event.value, "message": event.external_id}
    done = True
    match button:
        case buttons.StopButton(None):
            consenting.stop(dossier, Source.BUTTON, at, now, evidence)
        case buttons.StopButton(topic):
            assert topic is not None
            consenting.stop_topic(dossier, topic, Source.BUTTON, at, now, evidence)
        case buttons.Undo(stop, stamp):
            done = dossier.address.stop == stop and stamp == consenting.stamp_of(dossier)
            if done:
                # The button itself proves that it came after its STOP, whatever the clock says.
                consenting.start(dossier, Source.BUTTON, _after_stop(dossier, at), now, evidence)
        case buttons.Back(stop, cls, stamp):
            when = _after_stop(dossier, at)
            done = stamp == consenting.stamp_of(dossier) and consenting.start_class(
                dossier, stop, cls, when, now, evidence
            )
            if done:
                flowing.enter(dossier, Trigger.RESUBSCRIBED, now)
        case buttons.ConfirmTopic(topic, answer, stamp):
            # A No is heard at any time, a Yes only while it is still asked.
            is_asked = stamp == consenting.stamp_of(dossier) and _is_pending(dossier, topic)
            done = is_asked or not answer
            if done:
                words = _words_of(dossier, topic)
                consenting.confirm(dossier, topic, answer, at, now, {**evidence, "words": words})
        case buttons.LikelyAnswer(is_stop):
            # Whoever says Yes means it, whenever they say it.
            done = is_stop or dossier.address.held_since is not None
            if is_stop:
                consenting.stop(dossier, Source.KEYWORD, at, now, evidence)
            elif done:
                dossier.address = replace(dossier.address, held_since=None)
                text = texts.say("go_on", dossier.locale)
                dossier.say(Content(text), now)
        case _:
            assert_never(button)
    return "" if done else flowing.stale_notice(dossier)


def _after_stop(dossier: Dossier, at: datetime) -> datetime:
    stopped_at = dossier.address.stopped_at
    return max(at, stopped_at + timedelta(microseconds=1)) if stopped_at else at


def _is_pending(dossier: Dossier, topic: TopicId) -> bool:
    row = dossier.subscriptions.get(topic)
    return row is not None and row.state is SubscriptionState.PENDING


def _words_of(dossier: Dossier, topic: TopicId) -> str:
    known = dossier.catalog.topics.get(topic)
    return pick(known.consent, dossier.locale) if known and known.consent else ""
