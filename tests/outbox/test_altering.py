"""Answers that operators edit and delete: asked for, carried out once, shown when it is done."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from bots.contract import Part
from bots.telegram.limits import LIMITS
from core.acts import Did
from core.altering import Alteration, Altered, AlterOutcome, Unalterable, Why
from core.content import Content, Media, MediaKind, ref_of
from core.ids import AlterationId, MessageId, OperatorId, UserId
from core.inbound import (
    Blocked,
    ConversationAct,
    Inbound,
    OperatorActed,
    OperatorAltered,
    OperatorSaid,
)
from core.messages import Author, Message
from core.outcomes import MAX_ATTEMPTS, Refused, Throttled, Transient, Unknown, Unreachable
from dialogues.changes import Answer
from dialogues.intake import Intake
from storage.acts import Wanted
from storage.erasure import erase_person
from storage.operators import Operator
from tests.outbox.test_sender import Messenger, Outbox, outbox
from tests.world import ANNA, NOW, TG, World

__all__ = ["outbox"]
EDIT, DELETE = Alteration
PAVEL, RITA = OperatorId(7), OperatorId(8)
ASKED = MessageId(7000)


class Changeable(Messenger):
    """Keeps what it is asked to alter; `altering` says what comes of it, else all is taken."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, str, str]] = []
        self.altering: list[AlterOutcome | Exception] = []

    async def edit(self, user: UserId, external_id: str, part: Part) -> AlterOutcome:
        return await self._alter("edit", external_id, part.content.text)

    async def delete(self, user: UserId, external_id: str) -> AlterOutcome:
        return await self._alter("delete", external_id, "")

    async def _alter(self, act: str, external_id: str, text: str) -> AlterOutcome:
        async with self._came:
            self.asked.append((act, external_id, text))
            self.heard.append(f"{act} {text}".strip())
            self._came.notify_all()
        if self.hangs:
            await asyncio.Event().wait()
        outcome = self.altering.pop(0) if self.altering else Altered()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class Desk:
    """Pavel has answered Anna "We do", by one message that arrived."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self.world = outbox.world
        self.bot = Changeable()
        outbox.bot = self.bot

    async def answer(self, text: str = "We do", message: MessageId = ASKED, **more: object) -> None:
        content = Content(text, **more)  # type: ignore[arg-type]
        await self.world.tell(OperatorSaid(PAVEL, content, message))
        await self.world.deliver()
        async with self.world.database.write() as tx:
            await tx.leases.release_all(["test"], self.world.now)

    async def alter(
        self,
        act: Alteration,
        text: str = "",
        *,
        by: OperatorId = PAVEL,
        may_all: bool = False,
        message: MessageId = ASKED,
    ) -> str:
        id_ = AlterationId(next(self.world.numbers))
        event = OperatorAltered(message, act, by, id_, text, may_all)
        return (await self.world.tell(event)).status

    @asynccontextmanager
    async def works(self) -> AsyncIterator[None]:
        async with self.outbox.running():
            yield

    async def carries_out(self, *heard: str) -> None:
        """One process lives until the messenger has heard this."""
        async with self.works():
            await self.bot.hears(*heard)

    async def until(self, holds: Callable[[Message], bool]) -> None:
        async with self.works(), asyncio.timeout(10):
            while not holds(await self.message()):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def message(self, id_: MessageId = ASKED) -> Message:
        async with self.world.database.read() as tx:
            return (await tx.messages.find([id_]))[0]

    async def left(self) -> int:
        async with self.world.database.read() as tx:
            outlook = await tx.sends.outlook(TG, self.world.now)
            return int(outlook.alter_at is not None)

    async def acts(self) -> list[tuple[Did, str]]:
        async with self.world.database.read() as tx:
            found = await tx.acts.page(Wanted(), 50)
        kinds = (Did.ANSWER_EDITED, Did.ANSWER_DELETED)
        return [(one.act, one.by.name) for one in found if one.act in kinds]


@pytest.fixture
async def desk(outbox: Outbox) -> Desk:
    async with outbox.world.database.write() as tx:
        for id_, login in ((PAVEL, "pavel"), (RITA, "rita")):
            await tx.operators.add(Operator(id_, login, login.title(), "hash", NOW))
    made = Desk(outbox)
    await made.world.say("Do you have matcha?")
    await made.answer()
    return made


async def test_the_new_text_shows_when_the_messenger_has_it(desk: Desk) -> None:
    assert await desk.alter(EDIT, "We do not") == "taken"
    before = await desk.message()
    assert (before.content.text, before.edited_at) == ("We do", None)
    assert (before.altering, before.alter_error) == ("edit", "")
    desk.world.wait(minutes=1)
    await desk.carries_out("edit We do not")
    after = await desk.message()
    assert (after.content.text, after.edited_at) == ("We do not", desk.world.now)
    assert (after.altering, after.alter_error) == ("", "")
    assert await desk.acts() == [(Did.ANSWER_EDITED, "Pavel")]
    assert await desk.left() == 0


async def test_of_what_was_deleted_no_word_stays(desk: Desk) -> None:
    await desk.alter(EDIT, "We do not")
    await desk.carries_out("edit We do not")
    assert await desk.alter(DELETE) == "taken"
    assert (await desk.message()).removed_at is None
    await desk.carries_out("delete")
    gone = await desk.message()
    assert (gone.content, gone.removed_at) == (Content(), desk.world.now)
    async with desk.world.database.read() as tx:
        target = (await tx.alterations.targets([ASKED]))[ASKED]
    assert target.waiting is None
    assert (await desk.acts())[0] == (Did.ANSWER_DELETED, "Pavel")
    assert await desk.alter(DELETE) == "taken", "the same again changes nothing"
    assert await desk.alter(EDIT, "No") == Why.GONE
    assert await desk.left() == 0


async def test_a_file_goes_with_its_answer(desk: Desk) -> None:
    digest = (await desk.outbox.library.keep(_chunks(b"\x89PNG\r\n\x1a\n"))).digest
    photo = Media(MediaKind.PHOTO, ref_of(digest), "price.png")
    await desk.answer("See this", MessageId(7001), attachments=(photo,))
    assert await desk.alter(EDIT, "x", message=MessageId(7001)) == Why.HAS_FILES
    assert await desk.alter(DELETE, message=MessageId(7001)) == "taken"
    await desk.carries_out("delete")
    assert (await desk.message(MessageId(7001))).content == Content()
    async with desk.world.database.read() as tx:
        assert await tx.files.marks([MessageId(7001)]) == {}
        assert len(await tx.files.doomed(10)) == 1


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_the_same_edit_twice_is_asked_for_once(desk: Desk) -> None:
    for _ in range(2):
        assert await desk.alter(EDIT, "We do not") == "taken"
    await desk.carries_out("edit We do not")
    assert await desk.alter(EDIT, "We do not") == "taken"
    assert await desk.left() == 0
    assert len(desk.bot.asked) == 1


async def test_the_latest_wish_counts(desk: Desk) -> None:
    for text in ("One", "Two"):
        await desk.alter(EDIT, text)
    await desk.carries_out("edit Two")
    assert [text for _, _, text in desk.bot.asked] == ["Two"]
    await desk.alter(EDIT, "Three")
    await desk.alter(DELETE)
    await desk.carries_out("delete")
    assert (await desk.message()).removed_at is not None


@pytest.mark.parametrize(
    ("by", "may_all", "expected"),
    [
        pytest.param(PAVEL, False, "taken", id="who wrote it"),
        pytest.param(RITA, False, Why.NOT_YOURS, id="a colleague"),
        pytest.param(RITA, True, "taken", id="a supervisor"),
    ],
)
@pytest.mark.parametrize("act", list(Alteration))
async def test_who_may(
    desk: Desk, act: Alteration, by: OperatorId, *, may_all: bool, expected: str
) -> None:
    assert await desk.alter(act, "Other", by=by, may_all=may_all) == expected


@pytest.mark.parametrize(
    ("hours", "edit", "delete"),
    [
        pytest.param(47, "taken", "taken", id="in time"),
        pytest.param(48, "taken", Why.TOO_OLD, id="after two days Telegram deletes nothing"),
    ],
)
async def test_until_when(desk: Desk, hours: int, edit: str, delete: str) -> None:
    desk.world.wait(hours=hours)
    assert await desk.alter(DELETE) == delete
    assert await desk.alter(EDIT, "Other") == edit


async def test_where_the_messenger_cannot_nothing_is_queued(desk: Desk) -> None:
    accounts = dict(desk.world.catalog.accounts)
    none = replace(LIMITS, edits_for=timedelta(0), deletes_for=timedelta(0))
    accounts[TG] = replace(accounts[TG], limits=none)
    desk.world.catalog = replace(desk.world.catalog, accounts=accounts)
    assert await desk.alter(EDIT, "Other") == Why.UNABLE
    assert await desk.alter(DELETE) == Why.UNABLE
    assert await desk.left() == 0


async def test_what_is_no_answer_that_arrived_whole_is_left_alone(desk: Desk) -> None:
    theirs = next(m for m in await desk.world.messages() if m.content.text.startswith("Do you"))
    assert await desk.alter(DELETE, message=theirs.id, may_all=True) == "unknown"
    assert await desk.alter(DELETE, message=MessageId(1), may_all=True) == "unknown"
    await desk.world.tell(OperatorSaid(PAVEL, Content("Later"), MessageId(7002)))
    assert await desk.alter(EDIT, "x", message=MessageId(7002)) == Why.NOT_SENT
    await desk.answer("word " * 1500, MessageId(7003))
    assert await desk.alter(EDIT, "x", message=MessageId(7003)) == Why.IN_PARTS
    assert await desk.alter(DELETE, message=MessageId(7003)) == Why.IN_PARTS
    assert await desk.alter(EDIT, "word " * 1500) == Why.TOO_LONG
    await desk.world.say("STOP")
    ours = next(m for m in await desk.world.messages() if m.author is Author.SYSTEM)
    assert await desk.alter(DELETE, message=ours.id, may_all=True) == "unknown"


async def test_after_a_stop_nothing_is_edited_and_what_was_said_can_be_taken_back(
    desk: Desk,
) -> None:
    await desk.world.say("STOP")
    assert await desk.alter(EDIT, "Come back") == Why.STOPPED
    assert await desk.alter(DELETE) == "taken"


async def test_after_a_block_likewise(desk: Desk) -> None:
    await desk.world.tell(Blocked())
    assert await desk.alter(EDIT, "Come back") == Why.BLOCKED
    assert await desk.alter(DELETE) == "taken"


async def test_whom_operators_have_blocked_nothing_new_is_said(desk: Desk) -> None:
    await desk.world.tell(OperatorActed(ConversationAct.BLOCK, PAVEL))
    assert await desk.alter(EDIT, "And another thing") == Why.BLOCKED_HERE
    assert await desk.alter(DELETE) == "taken"


async def test_a_stop_that_comes_before_the_claim_wins(desk: Desk) -> None:
    await desk.alter(EDIT, "We do not")
    await desk.world.say("STOP")
    await desk.until(lambda one: bool(one.alter_error))
    message = await desk.message()
    assert (message.content.text, message.alter_error) == ("We do", "stopped")
    assert desk.bot.asked == []
    assert await desk.left() == 0


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        pytest.param(Unalterable(Why.TOO_OLD, "400 late"), "too_old: 400 late", id="too old"),
        pytest.param(Unalterable(Why.GONE), "gone", id="gone"),
        pytest.param(Refused("400 no"), "refused: 400 no", id="in its own words"),
    ],
)
async def test_a_refusal_is_told_and_the_old_text_stays(
    desk: Desk, outcome: AlterOutcome, error: str
) -> None:
    desk.bot.altering = [outcome]
    await desk.alter(EDIT, "We do not")
    await desk.carries_out("edit We do not")
    message = await desk.message()
    assert (message.content.text, message.altering, message.edited_at) == ("We do", "edit", None)
    assert message.alter_error == error
    assert await desk.acts() == []
    assert await desk.left() == 0
    assert await desk.alter(EDIT, "We do not") == "taken", "one may try again"
    assert (await desk.message()).alter_error == ""


async def test_whom_the_messenger_calls_blocked_is_so_from_then_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def submit(_: Intake, inbounds: Sequence[Inbound]) -> Sequence[Answer]:
        return await desk.world.receive(*inbounds)

    monkeypatch.setattr(Intake, "submit", submit)
    desk.bot.altering = [Unreachable("403 by the user")]
    await desk.alter(EDIT, "We do not")
    await desk.carries_out("edit We do not")
    message = await desk.message()
    assert (message.content.text, message.alter_error) == ("We do", "blocked: 403 by the user")
    assert not (await desk.world.address()).is_reachable


async def test_too_fast_is_done_later_and_costs_no_attempt(desk: Desk) -> None:
    desk.bot.altering = [Throttled(timedelta(seconds=9))] * (MAX_ATTEMPTS + 2)
    await desk.alter(EDIT, "We do not")
    for _ in range(MAX_ATTEMPTS + 3):
        async with desk.works():
            await desk.bot.hears("edit We do not")
        desk.bot.heard.clear()
        desk.world.wait(seconds=10)
    assert (await desk.message()).content.text == "We do not"


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        pytest.param(Unknown("cut"), "no_answer: cut", id="no answer came"),
        pytest.param(ValueError("a mistake"), "no_answer: ValueError", id="the bot breaks"),
        pytest.param(Transient("down"), "refused: down", id="the messenger is unwell"),
    ],
)
async def test_what_may_have_been_done_is_done_again_and_in_the_end_told(
    desk: Desk, outcome: AlterOutcome | Exception, error: str
) -> None:
    desk.bot.altering = [outcome] * MAX_ATTEMPTS
    await desk.alter(DELETE)
    for _ in range(MAX_ATTEMPTS):
        assert (await desk.message()).alter_error == ""
        await desk.carries_out("delete")
        desk.bot.heard.clear()
        desk.world.wait(minutes=6)
    message = await desk.message()
    assert (message.content.text, message.alter_error) == ("We do", error)
    assert len(desk.bot.asked) == MAX_ATTEMPTS
    assert await desk.left() == 0


async def test_a_process_that_dies_loses_nothing(desk: Desk) -> None:
    await desk.alter(EDIT, "We do not")
    await desk.outbox.dies_with_a_send_under_way("edit We do not")
    async with desk.world.database.write() as tx:
        await tx.leases.release_all(["dead"], desk.world.now)
    desk.bot.heard.clear()
    await desk.outbox.goes_on(times=1)
    assert desk.bot.heard == ["answer 0"], "what another has under way is left alone"
    desk.world.wait(minutes=2)
    desk.bot.heard.clear()
    await desk.carries_out("edit We do not")
    assert (await desk.message()).content.text == "We do not"


async def test_an_edit_asked_for_while_one_is_under_way_comes_after_it(desk: Desk) -> None:
    await desk.alter(EDIT, "One")
    await desk.outbox.dies_with_a_send_under_way("edit One")
    assert await desk.alter(EDIT, "Two") == "taken"
    desk.world.wait(minutes=2)
    desk.bot.heard.clear()
    await desk.carries_out("edit One", "edit Two")
    message = await desk.message()
    assert (message.content.text, message.altering) == ("Two", "")


async def test_whoever_is_erased_meanwhile_stays_erased(desk: Desk) -> None:
    await desk.alter(EDIT, "We do not")
    await desk.outbox.dies_with_a_send_under_way("edit We do not")
    contact = (await desk.world.address()).contact
    async with desk.world.database.write() as tx:
        await erase_person(tx, contact, desk.world.numbers, desk.world.now)
    assert await desk.left() == 0
    assert (await desk.message()).content.text == ""


async def test_search_finds_what_it_says_now(desk: Desk, world: World) -> None:
    async with world.database.write() as tx:
        mark = ASKED + 1
        await tx.search.move(mark)
        await tx.search.add([(ASKED, (await world.address(ANNA)).id, ["we", "do"])])
    await desk.alter(EDIT, "We do not")
    await desk.carries_out("edit We do not")
    async with world.database.read() as tx:
        unread = await tx.search.unread(mark, 10)
    assert [(one.id, one.text) for one in unread] == [(ASKED, "We do not")]
