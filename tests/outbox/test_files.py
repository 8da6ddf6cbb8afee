"""Files on their way out: each messenger gets them as it wants, and each file only once."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from bots.contract import Bot, File, Identity, Part, Uploaded, WebhookStatus
from bots.telegram.limits import LIMITS
from core.channels import Limits, MediaWay
from core.content import Content, Media, MediaKind, ref_of
from core.ids import MessageId, UserId
from core.inbound import OperatorSaid
from core.messages import Status
from core.outcomes import Outcome, Refused, Sent, Transient, Unknown
from core.pacing import Pace
from media.library import Library, NotFetched
from media.public import PublicFiles
from media.store import Store
from outbox.claiming import Claim, Claimed, Terms, claim, settle_lapsed, write_outcomes
from outbox.files import OutgoingFiles
from outbox.pace import Rhythm
from outbox.transmitting import Transmitter
from storage.erasure import erase_person
from storage.sends import Prepared, Recorded
from storage.tables import sends
from tests.world import TG, World, statuses

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 500
URL = "https://shop.example.com/tea.png"
UPLOAD = replace(LIMITS, media=MediaWay.UPLOAD)
LINK = replace(LIMITS, media=MediaWay.LINK)


class Messenger(Bot):
    """Notes what it is given."""

    def __init__(self) -> None:
        self.uploads: list[tuple[str, bytes]] = []
        self.sent: list[tuple[UserId, list[str], dict[str, bytes]]] = []
        self.outcome: Outcome = Uploaded("photo-1_2")  # type: ignore[assignment]
        self.refs: dict[str, str] = {}
        self.answer: Outcome | None = None

    async def send(self, user: UserId, part: Part) -> Outcome:
        files = {ref: await whole(file) for ref, file in part.files.items()}
        media = [one.ref for one in part.content.attachments if isinstance(one, Media)]
        self.sent.append((user, media, files))
        if self.answer is not None:
            return self.answer
        return Sent("77", {ref: self.refs[ref] for ref in files if ref in self.refs})

    async def upload(self, user: UserId, kind: MediaKind, file: File) -> Uploaded | Outcome:
        self.uploads.append((file.name, await whole(file)))
        return self.outcome

    async def identify(self) -> Identity:
        raise NotImplementedError

    async def set_webhook(self, url: str, secret: str) -> None:
        raise NotImplementedError

    async def webhook_status(self, expected_url: str) -> WebhookStatus:
        raise NotImplementedError

    async def close(self) -> None:
        return


async def whole(file: File) -> bytes:
    return b"".join([chunk async for chunk in file.open()])


class Outbox:
    """One account's queue and bot, step by step."""

    def __init__(self, world: World, limits: Limits, folder: Path) -> None:
        self.world = world
        self.limits = limits
        self.bot = Messenger()
        self.at_urls = {URL: PNG}
        store = Store(str(folder), {})
        self.library = Library(
            world.database, store, self.download, lambda: world.now, most_bytes=10_000
        )
        public = PublicFiles(self.library, "s" * 32, "https://chat.example.com", lambda: world.now)
        files = OutgoingFiles(
            TG, limits, self.bot, self.library, public, world.database, lambda: world.now
        )
        self.transmitter = Transmitter(TG, self.bot, files, lambda: world.now)

    async def download(self, url: str) -> AsyncIterator[bytes]:
        if url not in self.at_urls:
            raise NotFetched("404", may_come=True)
        return chunks(self.at_urls[url])

    async def keep(self) -> str:
        return ref_of((await self.library.keep(chunks(PNG))).digest)

    async def queue(self, *refs: str, number: int = 0, user: str = "5550001") -> None:
        await self.world.say("hello", UserId(user))
        media = tuple(Media(MediaKind.PHOTO, ref, "tea.png") for ref in refs)
        said = OperatorSaid(None, Content("look", attachments=media), MessageId(900_000 + number))
        await self.world.tell(said, UserId(user))

    async def claim(self, *, raw_room: int = 4) -> Claim:
        from datetime import timedelta

        async with self.world.database.write() as tx:
            until = self.world.now + timedelta(minutes=5)
            lease = await tx.leases.claim(f"sender:{TG}", "test", self.world.now, until)
            assert lease is not None
            terms, rhythm = Terms(TG, self.limits), Rhythm(Pace(1e6, 1000), Pace(1e6, 1000))
            return await claim(tx, terms, lease, rhythm, 1000, self.world.now, raw_room=raw_room)

    async def turn(self) -> Claim:
        """Claim, bring and send what may go, as the sender does."""
        found = await self.claim()
        for raw in found.raw:
            done = await self.transmitter.prepare(raw)
            if isinstance(done, Content):
                prepared = Prepared(raw.waiting.id, raw.attempt, done)
                async with self.world.database.write() as tx:
                    await tx.sends.prepared([prepared])
            else:
                await self.record([raw], [done])
        for bundle in found.bundles:
            await self.record(bundle, await self.transmitter.transmit(bundle))
        return found

    async def record(self, claimed: Sequence[Claimed], outcomes: Sequence[Outcome]) -> None:
        from core.outcomes import react

        rows = []
        for one, outcome in zip(claimed, outcomes, strict=True):
            send = one.waiting
            after = react(outcome, send.cls, one.attempt, self.world.now, is_idempotent=False)
            rows.append(
                Recorded(
                    send.id, send.message, send.address, one.attempt, after.status, after.error,
                    after.due_at, after.external_id,
                )
            )  # fmt: skip
        async with self.world.database.write() as tx:
            await write_outcomes(tx, rows, self.limits, self.world.now)

    async def status(self) -> Status:
        return statuses(await self.world.messages())[-1][1]


async def chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content


@pytest.fixture
def uploading(world: World, tmp_path: Path) -> Outbox:
    return Outbox(world, UPLOAD, tmp_path)


@pytest.mark.parametrize("place", ["a file of ours", "a URL"])
async def test_a_file_is_uploaded_before_the_message_leaves(uploading: Outbox, place: str) -> None:
    await uploading.queue(URL if place == "a URL" else await uploading.keep())
    await uploading.turn()
    assert (uploading.bot.uploads, uploading.bot.sent) == ([("tea.png", PNG)], [])
    await uploading.turn()
    assert uploading.bot.sent == [(UserId("5550001"), ["photo-1_2"], {})]
    assert await uploading.status() is Status.SENT


async def test_the_next_message_with_the_same_file_uploads_nothing(uploading: Outbox) -> None:
    await uploading.queue(URL)
    await uploading.turn()
    await uploading.turn()
    await uploading.queue(URL, number=1, user="7")
    # One turn is enough: its name is known when it is claimed.
    await uploading.turn()
    assert len(uploading.bot.uploads) == 1
    assert uploading.bot.sent[-1] == (UserId("7"), ["photo-1_2"], {})


async def test_a_refused_upload_fails_the_message(uploading: Outbox) -> None:
    uploading.bot.outcome = Refused("too large")
    await uploading.queue(URL)
    await uploading.turn()
    assert await uploading.status() is Status.FAILED
    assert uploading.bot.sent == []


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(Transient("502"), id="a server that is unwell"),
        pytest.param(Unknown("no answer"), id="an answer that never came: nothing of it shows"),
    ],
)
async def test_an_upload_is_tried_again_later(uploading: Outbox, outcome: Outcome) -> None:
    uploading.bot.outcome = outcome
    await uploading.queue(URL)
    await uploading.turn()
    uploading.bot.outcome = Uploaded("photo-1_2")  # type: ignore[assignment]
    assert (await uploading.turn()).raw == ()
    uploading.world.wait(seconds=5)
    await uploading.turn()
    await uploading.turn()
    assert await uploading.status() is Status.SENT


async def test_a_url_that_leads_nowhere_fails_the_message_in_words(uploading: Outbox) -> None:
    await uploading.queue("https://shop.example.com/gone.png")
    await uploading.turn()
    message = (await uploading.world.messages())[-1]
    assert (message.status, "cannot be had" in message.error) == (Status.FAILED, True)


async def test_a_sender_that_ends_while_it_uploads_loses_and_doubles_nothing(
    uploading: Outbox,
) -> None:
    await uploading.queue(URL)
    assert len((await uploading.claim()).raw) == 1
    uploading.world.wait(minutes=6)
    async with uploading.world.database.write() as tx:
        counts = await settle_lapsed(tx, TG, UPLOAD, uploading.world.now)
    assert counts == {Status.QUEUED: 1}
    uploading.world.wait(minutes=1)
    await uploading.turn()
    await uploading.turn()
    assert len(uploading.bot.sent) == 1


async def test_nothing_overtakes_a_message_whose_file_is_being_brought(
    uploading: Outbox,
) -> None:
    await uploading.queue(URL)
    await uploading.world.tell(OperatorSaid(None, Content("and this"), MessageId(900_001)))
    assert [len(bundle) for bundle in (await uploading.claim()).bundles] == []


async def test_a_file_goes_with_the_message_and_by_its_name_from_then_on(
    world: World, tmp_path: Path
) -> None:
    outbox = Outbox(world, LIMITS, tmp_path)
    ref = await outbox.keep()
    outbox.bot.refs = {ref: "AgAC"}
    await outbox.queue(ref)
    await outbox.turn()
    assert outbox.bot.sent == [(UserId("5550001"), [ref], {ref: PNG})]
    await outbox.queue(ref, number=1, user="7")
    await outbox.turn()
    assert outbox.bot.sent[-1] == (UserId("7"), ["AgAC"], {})


async def test_a_file_is_offered_by_a_signed_url(world: World, tmp_path: Path) -> None:
    outbox = Outbox(world, LINK, tmp_path)
    await outbox.queue(await outbox.keep())
    await outbox.turn()
    ((_, (url,), files),) = outbox.bot.sent
    assert url.startswith("https://chat.example.com/media/")
    assert url.endswith("/tea.png")
    assert files == {}


async def test_a_file_that_was_dropped_meanwhile_fails_in_words(
    world: World, tmp_path: Path
) -> None:
    outbox = Outbox(world, LIMITS, tmp_path)
    await outbox.queue(ref_of("0" * 64))
    await outbox.turn()
    assert await outbox.status() is Status.FAILED


async def test_a_name_that_the_messenger_refuses_is_forgotten(uploading: Outbox) -> None:
    await uploading.queue(URL)
    await uploading.turn()
    await uploading.turn()
    uploading.bot.answer = Refused("no such attachment")
    await uploading.queue(URL, number=1)
    await uploading.turn()
    assert await uploading.status() is Status.FAILED
    uploading.bot.answer = None
    await uploading.queue(URL, number=2)
    await uploading.turn()
    assert len(uploading.bot.uploads) == 2


async def test_with_every_place_taken_a_claim_does_nothing_and_waits_to_be_woken(
    uploading: Outbox,
) -> None:
    for number in range(6):
        url = f"https://shop.example.com/{number}.png"
        await uploading.queue(url, number=number, user=str(100 + number))
    assert len((await uploading.claim()).raw) == 4
    again = await uploading.claim(raw_room=0)
    assert (again.raw, again.bundles, again.next_at) == ((), (), None)


async def test_a_file_has_one_url_all_day(world: World, tmp_path: Path) -> None:
    outbox = Outbox(world, LINK, tmp_path)
    ref = await outbox.keep()
    for number in range(2):
        await outbox.queue(ref, number=number, user=str(7 + number))
        world.wait(seconds=7)
        await outbox.turn()
    first, second = (media for _, media, _ in outbox.bot.sent)
    assert first == second


async def test_a_message_that_is_prepared_while_its_person_is_erased_stays_empty(
    world: World, tmp_path: Path
) -> None:
    outbox = Outbox(world, UPLOAD, tmp_path / "media")
    await outbox.queue(URL)
    raw = (await outbox.claim()).raw[0]
    contact = (await world.address()).contact
    async with world.database.write() as tx:
        await erase_person(tx, contact, world.numbers, world.now)
    ready = await outbox.transmitter.prepare(raw)
    assert isinstance(ready, Content)
    async with world.database.write() as tx:
        await tx.sends.prepared([Prepared(raw.waiting.id, raw.attempt, ready)])
        rows = await tx.sql.run(select(sends.c.content, sends.c.status))
        assert {(row.content["t"], row.status) for row in rows} == {("", Status.CANCELLED)}
    assert await outbox.status() is Status.CANCELLED
