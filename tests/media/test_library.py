"""Files are kept once, by what they are, in a folder or a bucket, and dropped when unused."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import text

from core.content import Content, Media, MediaKind, ref_of
from core.inbound import Said
from media.collecting import Collector
from media.kinds import OTHER
from media.library import Library, NotFetched, TooLarge
from media.store import Store, StoreFailed
from storage.errors import BadData, Unavailable
from tests.media.conftest import Web, chunks
from tests.world import World

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 5000
PAGE = b"<!doctype html><script>alert(1)</script>"


async def read(library: Library, ref: str) -> bytes:
    file = await library.find(ref)
    assert file is not None
    return b"".join([chunk async for chunk in library.bytes_of(file)])


def on_disk(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_file_comes_back_as_it_was(library: Library) -> None:
    kept = await library.keep(chunks(PNG))
    assert (kept.size, kept.mime) == (len(PNG), "image/png")
    assert await read(library, ref_of(kept.digest)) == PNG


async def test_the_type_is_told_from_the_bytes(library: Library) -> None:
    assert (await library.keep(chunks(PAGE))).mime == OTHER


async def test_the_same_bytes_lie_there_once(library: Library, folder: Path) -> None:
    first = await library.keep(chunks(PNG))
    assert await library.keep(chunks(PNG)) == first
    assert len(on_disk(folder)) == 1


async def test_a_file_that_is_too_large_leaves_nothing(library: Library, folder: Path) -> None:
    with pytest.raises(TooLarge):
        await library.keep(chunks(b"x" * 100_001))
    assert on_disk(folder) == []


async def test_a_url_is_fetched_once_a_day(library: Library, web: Web, world: World) -> None:
    url = "https://shop.example.com/tea.png"
    web.files[url] = PNG
    assert await read(library, url) == PNG
    assert await read(library, url) == PNG
    assert web.asked == [url]
    world.wait(hours=25)
    web.files[url] = PNG + b"new"
    assert await read(library, url) == PNG + b"new"


async def test_what_is_at_no_url_is_said_so(library: Library) -> None:
    with pytest.raises(NotFetched):
        await library.find("https://shop.example.com/none.png")


async def test_a_messengers_own_id_is_none_of_ours(library: Library) -> None:
    assert await library.find("AgACAgIAAxk") is None


async def test_a_file_that_vanished_from_the_store_is_a_failure_at_once(
    library: Library, folder: Path
) -> None:
    kept = await library.keep(chunks(PNG))
    on_disk(folder)[0].unlink()
    with pytest.raises(StoreFailed):
        await library.open(kept)


async def test_what_nobody_uses_is_dropped_and_what_a_message_has_stays(
    library: Library, web: Web, world: World, folder: Path
) -> None:
    used = "https://messenger.example/used.png"
    web.files[used] = PNG
    await world.tell(Said(Content("", attachments=(Media(MediaKind.PHOTO, used),)), "f1"))

    async def fetch(_account: object, media: Media):  # type: ignore[no-untyped-def]
        return await web.download(media.ref)

    await Collector(world.database, library, fetch, lambda: world.now).fetch_due()
    await library.keep(chunks(PAGE))
    assert await library.tidy() == 0
    world.wait(days=3)
    assert await library.tidy() == 1
    assert [path.read_bytes() for path in on_disk(folder)] == [PNG]


class Flaky(Store):
    """A folder that deletes nothing while it is down."""

    is_down = False

    async def delete(self, key: str) -> None:
        if self.is_down:
            raise StoreFailed("503")
        await super().delete(key)


@pytest.fixture
def flaky(folder: Path) -> Flaky:
    return Flaky(str(folder), {})


@pytest.fixture
def shaky(world: World, web: Web, flaky: Flaky) -> Library:
    return Library(world.database, flaky, web.download, lambda: world.now, most_bytes=100_000)


async def test_what_a_store_did_not_delete_is_deleted_by_the_next_tidying(
    shaky: Library, flaky: Flaky, world: World, folder: Path
) -> None:
    for number in range(12):
        await shaky.keep(chunks(PNG + bytes([number])))
    world.wait(days=3)
    flaky.is_down = True
    with pytest.raises(StoreFailed):
        await shaky.tidy()
    assert len(on_disk(folder)) == 12
    flaky.is_down = False
    assert (await shaky.tidy(), await shaky.tidy()) == (12, 0)
    assert on_disk(folder) == []


async def test_a_second_copy_that_cannot_be_deleted_at_once_goes_later(
    shaky: Library, flaky: Flaky, folder: Path
) -> None:
    flaky.is_down = True
    first = await shaky.keep(chunks(PNG))
    assert await shaky.keep(chunks(PNG)) == first
    flaky.is_down = False
    assert await shaky.tidy() == 1
    assert len(on_disk(folder)) == 1
    assert await read(shaky, ref_of(first.digest)) == PNG


async def test_bytes_whose_row_could_not_be_written_are_not_left_behind(
    library: Library, world: World, folder: Path
) -> None:
    async with world.database.write() as tx:
        await tx.sql.run(text("DROP TABLE message_files"))
        await tx.sql.run(text("DROP TABLE files"))
    with pytest.raises((Unavailable, BadData)):
        await library.keep(chunks(PNG))
    assert on_disk(folder) == []


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    options = {
        "endpoint": f"http://127.0.0.1:{port}",
        "region": "us-east-1",
        "access_key_id": "key",
        "secret_access_key": "secret",
    }
    client = boto3.client(
        "s3",
        endpoint_url=options["endpoint"],
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    client.create_bucket(Bucket="media")
    yield options
    server.stop()


@pytest.mark.parametrize("size", [0, 1, 700_000], ids=["nothing", "one byte", "many chunks"])
async def test_a_bucket_keeps_files_like_a_folder(s3: dict[str, str], size: int) -> None:
    store = Store("s3://media/shop", s3)
    await store.put("ab/cd", BytesIO(b"x" * size))
    assert b"".join([chunk async for chunk in await store.open("ab/cd")]) == b"x" * size
    await store.delete("ab/cd")
    await store.delete("ab/cd")
    with pytest.raises(StoreFailed):
        await store.open("ab/cd")


async def test_a_bucket_that_there_is_not_is_said_so(s3: dict[str, str]) -> None:
    with pytest.raises(StoreFailed):
        await Store("s3://none", s3).put("ab/cd", BytesIO(b"x"))
