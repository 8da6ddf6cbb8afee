"""The persons who hold the phones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from sandbox.values import Json

# Above 2^32, so that a column or a type of 32 bits fails at the first person.
FIRST_ID = 5_550_000_001
MOST_PEOPLE = 100_000


class TooManyPeople(Exception):
    """The sandbox holds no more persons; clear its state."""


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = ""
    phone: str = ""
    deactivated: bool = False

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class People:
    def __init__(self) -> None:
        self._by_id: dict[int, Person] = {}
        self._next_id = FIRST_ID

    def create(
        self, first_name: str, *, last_name: str = "", username: str = "", language_code: str = "en"
    ) -> Person:
        if len(self._by_id) >= MOST_PEOPLE:
            raise TooManyPeople(f"the sandbox already holds {MOST_PEOPLE} persons")
        number = self._next_id - FIRST_ID + 1
        person = Person(
            self._next_id,
            first_name,
            last_name,
            username,
            language_code,
            phone=f"+7999{number:07d}",
        )
        self._next_id += 1
        self._by_id[person.id] = person
        return person

    def get(self, person_id: int) -> Person | None:
        return self._by_id.get(person_id)

    def replace(self, person: Person) -> None:
        self._by_id[person.id] = person

    def clear(self) -> None:
        self._by_id.clear()
        self._next_id = FIRST_ID

    def __iter__(self) -> Iterator[Person]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def dump(self) -> Json:
        return {"next_id": self._next_id, "people": [asdict(person) for person in self]}

    def load(self, data: Json) -> None:
        self._next_id = data["next_id"]
        self._by_id = {each["id"]: Person(**each) for each in data["people"]}
