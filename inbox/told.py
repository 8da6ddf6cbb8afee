"""One event of a stream, as text: where many pages are told the same, it is written once."""

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """`data` is JSON; `id` is what a browser that comes back tells."""

    name: str
    data: str = "{}"
    id: int | None = None

    @classmethod
    def of(cls, name: str, data: object, id_: int | None = None) -> "Told":
        return cls(name, json.dumps(data), id_)

    def dump(self) -> str:
        head = "" if self.id is None else f"id: {self.id}\n"
        return f"{head}event: {self.name}\ndata: {self.data}\n\n"
