"""What is known of files: where they lie, which messages have them, what messengers call them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Update,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from core.content import Media, MediaKind
from core.ids import AccountId, AddressId, MessageId
from storage.codec import load_content
from storage.sql import Sql
from storage.tables import doomed_files, files, message_files, messages, uploads, url_files


class FileState(StrEnum):
    WAITING = "waiting"
    """Not fetched from the messenger yet."""
    STORED = "stored"
    FAILED = "failed"
    """The messenger does not give it; may be tried again by hand."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """`mime` is what the bytes are, whatever anybody called them; `key` is where they lie."""

    digest: str
    key: str
    size: int
    mime: str


@dataclass(frozen=True, slots=True)
class NewFile:
    """An attachment whose bytes are to be fetched, or (`digest`) are here already."""

    message: MessageId
    position: int
    account: AccountId
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class MissingFile:
    """One to fetch now. `attempts` counts those that failed."""

    message: MessageId
    position: int
    account: AccountId
    address: AddressId
    media: Media
    attempts: int
    leased_until: datetime


@dataclass(frozen=True, slots=True)
class FileMark:
    """Where an attachment stands; `file` once it is stored."""

    state: FileState
    file: StoredFile | None = None


_IS_WAITING = message_files.c.state == literal_column("'waiting'")
_IS_UNUSED = ~or_(
    exists().where(message_files.c.digest == files.c.digest),
    exists().where(url_files.c.digest == files.c.digest),
)


class FileRows:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def expect(self, rows: Sequence[NewFile], now: datetime) -> None:
        await self._sql.insert_many(
            message_files,
            [
                {
                    "message_id": row.message,
                    "position": row.position,
                    "account": row.account,
                    "state": FileState.STORED if row.digest else FileState.WAITING,
                    "digest": row.digest,
                    "attempts": 0,
                    "due_at": now,
                }
                for row in rows
            ],
        )

    async def keep(self, file: StoredFile, now: datetime) -> StoredFile:
        """The file of this digest: the one that was there before, else this one."""
        await self._sql.run(
            self._sql.insert(files)
            .values(digest=file.digest, key=file.key, size=file.size, mime=file.mime, at=now)
            .on_conflict_do_update(index_elements=[files.c.digest], set_={"at": now})
        )
        return (await self.stored([file.digest]))[file.digest]

    async def stored(self, digests: Iterable[str]) -> Mapping[str, StoredFile]:
        rows = await self._sql.run(
            select(files).where(self._sql.among(files.c.digest, sorted(set(digests))))
        )
        return {row.digest: StoredFile(row.digest, row.key, row.size, row.mime) for row in rows}

    async def lease(self, now: datetime, until: datetime, limit: int) -> list[MissingFile]:
        """Some that are to be fetched; nobody else takes them before `until`."""
        due = (
            select(message_files.c.message_id, message_files.c.position)
            .where(_IS_WAITING, message_files.c.due_at <= now)
            .order_by(message_files.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        wanted = [(row.message_id, row.position) for row in await self._sql.run(due)]
        if not wanted:
            return []
        await self._sql.ask_many(
            _put_off, [{"message": m, "place": p, "until": until} for m, p in wanted]
        )
        rows = await self._sql.run(
            select(message_files, messages.c.content, messages.c.address_id)
            .join(messages, messages.c.id == message_files.c.message_id)
            .where(self._sql.among(message_files.c.message_id, sorted({m for m, _ in wanted})))
        )
        found = []
        for row in rows:
            attachments = load_content(row.content).attachments
            media = attachments[row.position] if row.position < len(attachments) else None
            if (row.message_id, row.position) in wanted and isinstance(media, Media):
                found.append(
                    MissingFile(
                        row.message_id,
                        row.position,
                        row.account,
                        row.address_id,
                        media,
                        row.attempts,
                        until,
                    )
                )
        return found

    async def has_missing(self, now: datetime) -> bool:
        rows = await self._sql.run(
            select(message_files.c.position)
            .where(_IS_WAITING, message_files.c.due_at <= now)
            .limit(1)
        )
        return rows.first() is not None

    async def settle(
        self,
        one: MissingFile,
        now: datetime,
        *,
        digest: str | None = None,
        again_at: datetime | None = None,
    ) -> None:
        """Stored under this digest, or to be tried again then, or (neither) failed.

        Nothing where the lease has ended or the message has another file there by now.
        """
        values: dict[str, Any]
        if digest is not None:
            values = {"state": FileState.STORED, "digest": digest}
        elif again_at is not None:
            values = {"state": FileState.WAITING, "due_at": again_at, "attempts": one.attempts + 1}
        else:
            values = {"state": FileState.FAILED, "attempts": one.attempts + 1}
        done = await self._sql.run(
            self._at(one.message, one.position)
            .where(_IS_WAITING, message_files.c.due_at == one.leased_until)
            .values(values)
            .returning(message_files.c.position)
        )
        if done.first() is not None:
            await self._show(one.message, now)

    async def retry(self, message: MessageId, position: int, now: datetime) -> bool:
        """Fetch a failed one once more, at once. False: it is not a failed one."""
        done = await self._sql.run(
            self._at(message, position)
            .where(message_files.c.state == FileState.FAILED)
            # Its lease may still run: without a new time nobody would take it before its end.
            .values(state=FileState.WAITING, attempts=0, due_at=now)
            .returning(message_files.c.position)
        )
        if done.first() is None:
            return False
        await self._show(message, now)
        return True

    async def marks(self, ids: Iterable[MessageId]) -> Mapping[tuple[MessageId, int], FileMark]:
        """Of the attachments of these messages; those from before files were kept have none."""
        rows = await self._sql.run(
            select(
                message_files.c.message_id,
                message_files.c.position,
                message_files.c.state,
                files.c.digest,
                files.c.key,
                files.c.size,
                files.c.mime,
            )
            .outerjoin(files, files.c.digest == message_files.c.digest)
            .where(self._sql.among(message_files.c.message_id, sorted(set(ids))))
        )
        return {
            (row.message_id, row.position): FileMark(
                FileState(row.state),
                StoredFile(row.digest, row.key, row.size, row.mime) if row.digest else None,
            )
            for row in rows
        }

    async def at_urls(self, keys: Iterable[str], after: datetime) -> Mapping[str, StoredFile]:
        """What URLs led to, unless that was asked too long ago."""
        rows = await self._sql.run(
            select(url_files.c.url_key, files)
            .join(files, url_files.c.digest == files.c.digest)
            .where(self._sql.among(url_files.c.url_key, sorted(set(keys))), url_files.c.at > after)
        )
        return {row.url_key: StoredFile(row.digest, row.key, row.size, row.mime) for row in rows}

    async def found_at(self, url_key: str, digest: str, now: datetime) -> None:
        await self._sql.upsert_many(
            url_files, [{"url_key": url_key, "digest": digest, "at": now}], keys=("url_key",)
        )

    async def uploaded(
        self, account: AccountId, digests: Iterable[str], after: datetime
    ) -> Mapping[tuple[MediaKind, str], str]:
        """(kind, digest) → what the messenger calls it on this account."""
        rows = await self._sql.run(
            select(uploads).where(
                uploads.c.account == account,
                uploads.c.at > after,
                self._sql.among(uploads.c.digest, sorted(set(digests))),
            )
        )
        return {(MediaKind(row.kind), row.digest): row.ref for row in rows}

    async def forget_names(self, account: AccountId, refs: Iterable[str]) -> None:
        """What the messenger called some files is not to be used any more."""
        await self._sql.run(
            delete(uploads).where(
                uploads.c.account == account, self._sql.among(uploads.c.ref, sorted(set(refs)))
            )
        )

    async def note_upload(
        self, account: AccountId, kind: MediaKind, digest: str, ref: str, now: datetime
    ) -> None:
        row = {"account": account, "kind": kind, "digest": digest, "ref": ref, "at": now}
        await self._sql.upsert_many(uploads, [row], keys=("account", "kind", "digest"))

    async def forget(self, now: datetime, unused: timedelta, limit: int) -> None:
        """Drop files that no message has and nobody asked for lately; their bytes are doomed."""
        await self._sql.run(delete(url_files).where(url_files.c.at < now - unused))
        # The limit counts unused files. Used ones that are older are passed by two look-ups in
        # indexes each, once an hour: dearer would be to count uses with every message.
        old = (
            select(files.c.digest)
            .where(files.c.at < now - unused, _IS_UNUSED)
            .order_by(files.c.at)
            .limit(limit)
        )
        await self._drop(files.c.digest.in_(old))

    async def drop_unused(self, digests: Iterable[str]) -> None:
        """Drop those of these files that no message has any more, however new they are."""
        await self._drop(self._sql.among(files.c.digest, sorted(set(digests))) & _IS_UNUSED)

    async def doom(self, keys: Iterable[str]) -> None:
        """The bytes at these keys are to be deleted."""
        await self._sql.add_many(doomed_files, [{"key": key} for key in keys])

    async def doomed(self, limit: int) -> list[str]:
        """Keys whose bytes are still to be deleted."""
        rows = await self._sql.run(
            select(doomed_files.c.key).order_by(doomed_files.c.key).limit(limit)
        )
        return [row.key for row in rows]

    async def deleted(self, keys: Iterable[str]) -> None:
        """The store has let go of these."""
        await self._sql.run(
            delete(doomed_files).where(self._sql.among(doomed_files.c.key, list(keys)))
        )

    async def _drop(self, which: ColumnElement[bool]) -> None:
        rows = await self._sql.run(
            delete(files).where(which).returning(files.c.digest, files.c.key)
        )
        gone = {row.digest: row.key for row in rows}
        await self._sql.run(delete(uploads).where(self._sql.among(uploads.c.digest, sorted(gone))))
        await self.doom(gone.values())

    async def count(self) -> dict[FileState, int]:
        rows = await self._sql.run(
            select(message_files.c.state, func.count().label("many")).group_by(
                message_files.c.state
            )
        )
        return {FileState(row.state): row.many for row in rows}

    async def _show(self, message: MessageId, now: datetime) -> None:
        """For those who look at the thread right now."""
        await self._sql.run(update(messages).where(messages.c.id == message).values(files_at=now))

    def _at(self, message: MessageId, position: int) -> Update:
        return update(message_files).where(
            message_files.c.message_id == message, message_files.c.position == position
        )


def _put_off(_: Sql) -> Executable:
    return (
        update(message_files)
        .where(
            message_files.c.message_id == bindparam("message"),
            message_files.c.position == bindparam("place"),
        )
        .values(due_at=bindparam("until", type_=message_files.c.due_at.type))
    )
