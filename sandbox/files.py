"""Files that bots and persons sent: metadata in memory, bytes on disk."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.values import Json

_MOST_BYTES = 500 * 1024 * 1024
_MOST_FILES = 20_000
_FOLDER = {"photo": "photos", "voice": "voice", "audio": "music", "video": "videos"}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """`owner` is the key of the account that may use the id.

    The same bytes have one `unique_id`.
    """

    file_id: str
    unique_id: str
    owner: str
    kind: str
    name: str
    mime: str
    size: int
    path: str
    width: int = 0
    height: int = 0


class Files:
    """Keeps at most 500 MB in `directory`; the oldest files go first."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[tuple[str, str], StoredFile] = {}
        self._bytes = 0
        self._next = 1

    async def add(
        self,
        owner: str,
        kind: str,
        *,
        name: str,
        mime: str,
        content: bytes,
        size: tuple[int, int] = (0, 0),
        id_prefix: str = "",
    ) -> StoredFile:
        """Keep a file under a new id; `size` is a picture's width and height."""
        digest = hashlib.sha256(content).digest()
        unique = base64.urlsafe_b64encode(digest[:12]).decode()
        suffix = Path(name).suffix.lower()[:8]
        suffix = suffix if suffix[1:].isalnum() else ""
        number, self._next = self._next, self._next + 1
        file = StoredFile(
            file_id=id_prefix + secrets.token_urlsafe(30),
            unique_id=unique,
            owner=owner,
            kind=kind,
            name=name,
            mime=mime,
            size=len(content),
            path=f"{_FOLDER.get(kind, 'documents')}/file_{number}{suffix}",
            width=size[0],
            height=size[1],
        )
        await asyncio.to_thread(self._write, unique, content)
        self._remember(file)
        await asyncio.to_thread(self._remove, self._forget_oldest())
        return file

    def get(self, file_id: str, owner: str) -> StoredFile | None:
        """The file, unless the id is unknown or another account's."""
        file = self._by_id.get(file_id)
        return file if file is not None and file.owner == owner else None

    def find(self, file_id: str) -> StoredFile | None:
        return self._by_id.get(file_id)

    def at(self, owner: str, path: str) -> StoredFile | None:
        return self._by_path.get((owner, path))

    def on_disk(self, file: StoredFile) -> Path:
        return self.directory / file.unique_id

    def dump(self) -> Json:
        return {"next": self._next, "files": [asdict(file) for file in self._by_id.values()]}

    def load(self, data: Json) -> None:
        self._next = data["next"]
        for each in data["files"]:
            self._remember(StoredFile(**each))

    async def clear(self) -> None:
        self._by_id.clear()
        self._by_path.clear()
        self._bytes = 0
        await asyncio.to_thread(shutil.rmtree, self.directory, ignore_errors=True)

    def _remember(self, file: StoredFile) -> None:
        self._by_id[file.file_id] = file
        self._by_path[file.owner, file.path] = file
        self._bytes += file.size

    def _forget_oldest(self) -> list[Path]:
        gone: list[StoredFile] = []
        while self._bytes > _MOST_BYTES or len(self._by_id) > _MOST_FILES:
            oldest = self._by_id.pop(next(iter(self._by_id)))
            self._by_path.pop((oldest.owner, oldest.path), None)
            self._bytes -= oldest.size
            gone.append(oldest)
        if not gone:
            return []
        used = {file.unique_id for file in self._by_id.values()}
        return [self.on_disk(file) for file in gone if file.unique_id not in used]

    def _write(self, unique: str, content: bytes) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.directory / unique
        if not path.exists():
            part = path.with_name(f"{unique}.{secrets.token_hex(4)}.part")
            part.write_bytes(content)
            part.replace(path)

    @staticmethod
    def _remove(paths: list[Path]) -> None:
        for path in paths:
            path.unlink(missing_ok=True)
