"""The sender's loop: whatever goes wrong with one send, the others go, and no one goes twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from bots.contract import Bot, File, Part, Uploaded
from bots.telegram.limits import LIMITS
from core.channels import MediaWay
from core.content import Content, Media, MediaKind, ref_of
from core.ids import MessageId, SendId, UserId
from core.messages import Author, Direction, Message, MessageClass, Status
from core.outcomes import Outcome, Refused, Sent, Throttled, Unknown
from dialogues.intake import Intake
from media.library import Library, NotFetched
from media.public import PublicFiles
from media.store import Store
from outbox.files import OutgoingFiles
from outbox.sender import Sender, SenderSettings
from outbox.transmitting import Transmitter
from storage.database import Database
from storage.sends import NewSend
from storage.tx import Tx
from tests.world import ANNA, BORIS, ORDERS, PROMO, TG, World, claims

T = TypeVar("T")
FAST = replace(LIMITS, account_per_second=1000, address_per_second=1000)
REPLY, SERVICE, MARKETING = MessageClass
TOPICS = {REPLY: None, SERVICE: ORDERS, MARKETING: PROMO}


class Messenger(Bot):
    """Takes everything, unless it is told otherwise; `heard` are the texts that reached it."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.outcomes: dict[str, Outcome | Exception] = {}
        self.uploaded: Callable[[], None] = lambda: None
        self.hangs = False
        self._came = asyncio.Condition()

    async def send(self, user: UserId, part: Part) -> Outcome:
        text = part.content.text
        async with self._came:
            self.heard.append(text)
            self._came.notify_all()
        if self.hangs:
            await asyncio.Event().wait()
        outcome = self.outcomes.get(text, Sent(str(len(self.heard))))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def upload(self, user: UserId, kind: MediaKind, file: File) -> Uploaded:
        self.uploaded()
        return Uploaded("photo-1_2")

    async def hears(self, *texts: str, seconds: float = 10) -> None:
        """Wait until these have come, in whatever order, however often."""
        async with asyncio.timeout(seconds), self._came:
            await self._came.wait_for(lambda: set(texts) <= set(self.heard))

    identify = set_webhook = webhook_status = close = None  # type: ignore[assignment]


class Faulty(Database):
    """Fails at the next transaction with `fault`, once. `done` is set after each other one."""

    fault: Exception | None = None

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.done = asyncio.Event()

    async def transact(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        if (fault := self.fault) is not None:
            self.fault = None
            raise fault
        try:
            return await super().transact(work)
        finally:
            self.done.set()


class Outbox:
    """One account's queue and messenger, and the processes that send for it."""

    def __init__(self, world: World, database: Faulty, folder: Path) -> None:
        self.world = world
        self.database = database
        self.bot = Messenger()
        self.recorded = asyncio.Event()
        self.limits = FAST
        store = Store(str(folder), {})
        self.library = Library(database, store, _nothing, self.now, most_bytes=10_000)

    def now(self) -> datetime:
        return self.world.now

    def sender(self, owner: str = "one", bot: Bot | None = None) -> Sender:
        world, bot = self.world, bot or self.bot
        public = PublicFiles(self.library, "s" * 32, "https://chat.example.com", self.now)
        files = OutgoingFiles(TG, self.limits, bot, self.library, public, self.database, self.now)
        intake = Intake(
            self.database, world.catalog, lambda _: next(world.numbers), self.now, lambda _: None
        )
        return Sender(
            SenderSettings(TG, owner, self.limits),
            Transmitter(TG, bot, files, self.now),
            self.database,
            intake,
            self.now,
            lambda _: self.recorded.set(),
        )

    @asynccontextmanager
    async def running(self, owner: str = "one", bot: Bot | None = None) -> AsyncIterator[Sender]:
        """Until the block ends; then what is under way is finished and recorded."""
        sender = self.sender(owner, bot)
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            task = group.create_task(sender.run())
            yield sender
            sender.stop()
            await task

    async def goes_on(self, *, times: int, minutes: int = 0) -> None:
        """So often, with this time between, a process sends what it may, and stops."""
        for number in range(times):
            await self.queue(f"answer {number}", BORIS)
            async with self.running():
                await self.bot.hears(f"answer {number}")
            self.world.wait(minutes=minutes)

    async def dies_with_a_send_under_way(self, *texts: str) -> None:
        """A process that is killed between the claim and the record."""
        task = asyncio.ensure_future(self.sender("dead").run())
        self.bot.hangs = True
        await self.bot.hears(*texts)
        task.cancel()
        await asyncio.wait([task])
        self.bot.hangs = False

    async def queue(
        self, text: str, user: UserId = ANNA, cls: MessageClass = REPLY, ref: str = ""
    ) -> None:
        world = self.world
        address = (await world.address(user)).id
        media = (Media(MediaKind.PHOTO, ref),) if ref else ()
        content, id_ = Content(text, attachments=media), MessageId(next(world.numbers))
        message = Message(
            id_, address, Direction.OUT, cls, Author.OPERATOR, content, Status.QUEUED, world.now,
            topic=TOPICS[cls],
        )  # fmt: skip
        send = NewSend(SendId(next(world.numbers)), id_, 0, TG, address, cls, world.now, content)
        async with world.database.write() as tx:
            await tx.messages.add([message])
            await tx.sends.add([send])

    async def status(self, text: str, user: UserId = ANNA) -> Status:
        return next(m.status for m in await self.world.messages(user) if m.content.text == text)


async def _nothing(_: str) -> AsyncIterator[bytes]:
    raise NotFetched("no URLs here", may_come=False)


@pytest.fixture
async def outbox(world: World, database_url: str, tmp_path: Path) -> AsyncIterator[Outbox]:
    """Anna and Boris want everything, and nothing waits."""
    for user in (ANNA, BORIS):
        wanted = claims(
            None, token=f"jti:{user}", customer=user, topics=(ORDERS, PROMO), consent="y"
        )
        await world.come(wanted, user)
    await world.deliver()
    async with world.database.write() as tx:
        await tx.leases.release_all(["test"], world.now)
    database = Faulty(database_url)
    yield Outbox(world, database, tmp_path / "media")
    await database.close()


@pytest.mark.parametrize(
    ("cls", "times"),
    [
        pytest.param(REPLY, 2, id="a reply is tried once more"),
        pytest.param(SERVICE, 2, id="an order notice is tried once more"),
        pytest.param(MARKETING, 1, id="an advertisement is not"),
    ],
)
@pytest.mark.parametrize("is_crash", [False, True], ids=["no answer came", "the process died"])
async def test_a_send_of_unknown_fate(
    outbox: Outbox, cls: MessageClass, times: int, *, is_crash: bool
) -> None:
    await outbox.queue("news", cls=cls)
    outbox.bot.outcomes["news"] = Unknown("cut")
    if is_crash:
        await outbox.dies_with_a_send_under_way("news")
        assert await outbox.status("news") is Status.SENDING
        outbox.world.wait(minutes=2)
    await outbox.goes_on(times=4, minutes=2)
    assert outbox.bot.heard.count("news") == times
    assert await outbox.status("news") is Status.UNKNOWN


async def test_a_live_process_does_not_touch_what_another_has_under_way(outbox: Outbox) -> None:
    await outbox.queue("news")
    await outbox.dies_with_a_send_under_way("news")
    async with outbox.world.database.write() as tx:
        await tx.leases.release_all(["dead"], outbox.world.now)
    await outbox.queue("answer", BORIS)
    async with outbox.running():
        await outbox.bot.hears("answer")
    assert outbox.bot.heard == ["news", "answer"]
    assert await outbox.status("news") is Status.SENDING


async def test_who_lost_the_lease_sends_nothing_and_the_new_owner_does(outbox: Outbox) -> None:
    other = Messenger()
    async with outbox.running("one") as one:
        await outbox.queue("first")
        one.wake()
        await outbox.bot.hears("first")
        async with outbox.world.database.write() as tx:
            await tx.leases.release_all(["one"], outbox.world.now)
        async with outbox.running("two", other):
            await outbox.queue("second", BORIS)
            outbox.database.done.clear()
            one.wake()
            await outbox.database.done.wait()
            await other.hears("second")
    assert (outbox.bot.heard, other.heard) == (["first"], ["second"])


async def test_a_failing_write_after_an_upload_ends_no_sender(outbox: Outbox) -> None:
    outbox.limits = replace(FAST, media=MediaWay.UPLOAD)

    def uploaded() -> None:
        outbox.bot.uploaded = lambda: None
        outbox.database.fault = RuntimeError("the disk says no")

    outbox.bot.uploaded = uploaded
    digest = (await outbox.library.keep(_chunks(b"\x89PNG\r\n\x1a\n"))).digest
    await outbox.queue("look", ref=ref_of(digest))
    await outbox.goes_on(times=3, minutes=6)
    assert outbox.database.fault is None
    assert outbox.bot.heard.count("look") == 1
    assert await outbox.status("look") is Status.SENT


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_a_file_that_is_gone_fails_its_own_message_alone(outbox: Outbox) -> None:
    await outbox.queue("look", ref=ref_of("0" * 64))
    await outbox.goes_on(times=1)
    assert "look" not in outbox.bot.heard
    assert await outbox.status("look") is Status.FAILED


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        pytest.param(Refused("too long"), Status.FAILED, id="the messenger refuses it"),
        pytest.param(ValueError("a mistake of ours"), Status.QUEUED, id="the bot breaks"),
        pytest.param(
            Throttled(timedelta(seconds=9), only_address=True),
            Status.QUEUED,
            id="the messenger wants to rest from this person",
        ),
    ],
)
async def test_what_happens_to_one_send_keeps_nobody_else_waiting(
    outbox: Outbox, outcome: Outcome | Exception, status: Status
) -> None:
    await outbox.queue("news")
    outbox.bot.outcomes["news"] = outcome
    async with outbox.running() as sender:
        await outbox.recorded.wait()
        await outbox.queue("answer", BORIS)
        sender.wake()
        await outbox.bot.hears("answer")
    assert await outbox.status("news") is status
    assert await outbox.status("answer", BORIS) is Status.SENT


async def test_a_throttled_account_rests_and_then_sends_all(outbox: Outbox) -> None:
    await outbox.queue("news")
    outbox.bot.outcomes["news"] = Throttled(timedelta(seconds=9))
    async with outbox.running() as sender:
        await outbox.recorded.wait()
        outbox.bot.outcomes.clear()
        await outbox.queue("answer", BORIS)
        outbox.world.wait(seconds=8)
        sender.wake()
        with pytest.raises(TimeoutError):
            await outbox.bot.hears("answer", seconds=0.2)
        outbox.world.wait(seconds=2)
        sender.wake()
        await outbox.bot.hears("answer")
    assert outbox.bot.heard.count("news") == 2
    assert await outbox.status("news") is Status.SENT
