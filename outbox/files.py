"""Files on their way out: uploaded beforehand, handed over with the message, or offered by URL."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bots.contract import Bot, File, Part, Uploaded
from core.channels import Limits, MediaWay
from core.content import Content, Media, MediaKind, digest_in, ref_of
from core.ids import AccountId, UserId
from core.outcomes import Outcome, Refused, Transient
from media.kinds import extension_of
from media.library import (
    URL_HOLDS,
    Library,
    NotFetched,
    TooLarge,
    is_url,
    url_key,
)
from media.public import PublicFiles
from media.store import StoreFailed
from storage.database import Database
from storage.files import StoredFile
from storage.tx import Tx

UPLOADS_HOLD = timedelta(days=30)
"""A messenger keeps what was uploaded longer; after this it is uploaded once more."""
_SIZELESS = frozenset({MediaKind.PHOTO, MediaKind.STICKER})
"""What a messenger that fetches by URL wants no size of."""


def needs_preparing(content: Content, limits: Limits) -> bool:
    """Whether files must be fetched or brought to the messenger before this can be sent."""
    return any(isinstance(one, Media) and _is_raw(one, limits) for one in content.attachments)


def _is_raw(media: Media, limits: Limits) -> bool:
    match limits.media:
        case MediaWay.UPLOAD:
            return is_url(media.ref) or digest_in(media.ref) is not None
        case MediaWay.LINK:
            return is_url(media.ref) and media.size is None and media.kind not in _SIZELESS
        case _:
            return False


async def with_known_names(
    tx: Tx, account: AccountId, contents: Sequence[Content], now: datetime
) -> list[Content]:
    """Each content with the messenger's own names of files, where all of them are known."""
    refs = {one.ref for content in contents for one in content.attachments if type(one) is Media}
    found = await tx.files.at_urls([url_key(ref) for ref in refs if is_url(ref)], now - URL_HOLDS)
    digests = {ref: digest_in(ref) for ref in refs}
    digests |= {ref: found[key].digest for ref in refs if (key := url_key(ref)) in found}
    wanted = [digest for digest in digests.values() if digest is not None]
    names = await tx.files.uploaded(account, wanted, now - UPLOADS_HOLD)
    return [_named(content, digests, names) for content in contents]


def _named(
    content: Content,
    digests: Mapping[str, str | None],
    names: Mapping[tuple[MediaKind, str], str],
) -> Content:
    attachments = []
    for one in content.attachments:
        if isinstance(one, Media):
            name = names.get((one.kind, digests.get(one.ref) or ""))
            one = replace(one, ref=name) if name is not None else one
        attachments.append(one)
    return replace(content, attachments=tuple(attachments))


class OutgoingFiles:
    """Of one account. `prepare` may take minutes, `part` what a read of the database takes."""

    def __init__(
        self,
        account: AccountId,
        limits: Limits,
        bot: Bot,
        library: Library,
        public: PublicFiles,
        database: Database,
        clock: Callable[[], datetime],
    ) -> None:
        self._account = account
        self._limits = limits
        self._bot = bot
        self._library = library
        self._public = public
        self._database = database
        self._clock = clock

    async def prepare(self, user: UserId, content: Content) -> Content | Outcome:
        """The content as the messenger can be given it; else what went wrong."""
        attachments = []
        for one in content.attachments:
            if isinstance(one, Media) and _is_raw(one, self._limits):
                done = await self._bring(user, one)
                if not isinstance(done, Media):
                    return done
                one = done
            attachments.append(one)
        return replace(content, attachments=tuple(attachments))

    async def _bring(self, user: UserId, media: Media) -> Media | Outcome:
        try:
            file = await self._library.find(media.ref)
            if file is None:
                return Refused("the file is not there any more")
            if self._limits.media is MediaWay.LINK:
                return replace(media, ref=ref_of(file.digest), size=file.size, mime=file.mime)
            known = (await self._names([file.digest])).get((media.kind, file.digest))
            if known is not None:
                return replace(media, ref=known)
            done = await self._bot.upload(user, media.kind, self._file(file, media))
        except (NotFetched, TooLarge) as error:
            return Refused(f"the file cannot be had: {error}")
        except StoreFailed as error:
            return Transient(f"the media store: {error}")
        if not isinstance(done, Uploaded):
            return done
        await self._note({media.kind: {file.digest: done.ref}})
        return replace(media, ref=done.ref)

    async def part(self, content: Content, random_id: int) -> Part:
        """What the bot is given: names that the messenger knows, public URLs, or the files.

        Raises StoreFailed, NotFetched.
        """
        digests = {
            digest
            for one in content.attachments
            if isinstance(one, Media) and (digest := digest_in(one.ref)) is not None
        }
        if not digests:
            return Part(content, random_id)
        async with self._database.read() as tx:
            stored = await tx.files.stored(digests)
        if self._limits.media is MediaWay.LINK:
            return Part(_linked(content, stored, self._public), random_id)
        names = await self._names(digests)
        attachments, files = [], {}
        for one in content.attachments:
            if isinstance(one, Media) and (digest := digest_in(one.ref)) is not None:
                if digest not in stored:
                    raise NotFetched("the file is not there any more", may_come=False)
                known = names.get((one.kind, digest))
                if known is None:
                    files[one.ref] = self._file(stored[digest], one)
                else:
                    one = replace(one, ref=known)
            attachments.append(one)
        return Part(replace(content, attachments=tuple(attachments)), random_id, files)

    async def sent(self, content: Content, refs: Mapping[str, str]) -> None:
        """Remember what the messenger named the files that went with a message."""
        named: dict[MediaKind, dict[str, str]] = {}
        for one in content.attachments:
            if isinstance(one, Media) and one.ref in refs and (digest := digest_in(one.ref)):
                named.setdefault(one.kind, {})[digest] = refs[one.ref]
        await self._note(named)

    async def refused(self, content: Content) -> None:
        """The messenger may know the files no more by these names: they are brought anew."""
        refs = [one.ref for one in content.attachments if isinstance(one, Media)]
        if refs:
            async with self._database.write() as tx:
                await tx.files.forget_names(self._account, refs)

    async def _names(self, digests: Iterable[str]) -> Mapping[tuple[MediaKind, str], str]:
        async with self._database.read() as tx:
            after = self._clock() - UPLOADS_HOLD
            return await tx.files.uploaded(self._account, digests, after)

    async def _note(self, named: Mapping[MediaKind, Mapping[str, str]]) -> None:
        if not named:
            return
        async with self._database.write() as tx:
            for kind, refs in named.items():
                for digest, ref in refs.items():
                    await tx.files.note_upload(self._account, kind, digest, ref, self._clock())

    def _file(self, file: StoredFile, media: Media) -> File:
        return File(
            name=media.name or _plain_name(file),
            mime=file.mime,
            size=file.size,
            open=lambda: self._library.bytes_of(file),
        )


def _plain_name(file: StoredFile) -> str:
    extension = extension_of(file.mime)
    return f"file.{extension}" if extension else "file"


def _linked(content: Content, stored: Mapping[str, StoredFile], public: PublicFiles) -> Content:
    attachments = []
    for one in content.attachments:
        if isinstance(one, Media) and (digest := digest_in(one.ref)) is not None:
            file = stored.get(digest)
            if file is None:
                raise NotFetched("the file is not there any more", may_come=False)
            one = replace(one, ref=public.url(file, one.name), size=file.size, mime=file.mime)
        attachments.append(one)
    return replace(content, attachments=tuple(attachments))
