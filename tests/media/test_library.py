"""Files are kept once, by what they are, in a folder or a bucket, and dropped when unused."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from core.content import Content, Media, MediaKind, ref_of
from core.inbound import Said
from media.collecting import Collector
from media.kinds import OTHER
from media.library import Library, NotFetched, TooLarge
from media.store import Store, StoreFailed
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
