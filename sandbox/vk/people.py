"""Persons as VK numbers them."""

from __future__ import annotations

from sandbox.people import Person

# In VK, peers from 2 000 000 000 on are conversations of many; the sandbox's own numbers of
# persons begin above that, so that what holds only 32 bits fails.
_SHIFT = 5_000_000_000


def peer_of(person: Person) -> int:
    """The person's id in VK, which is also that of the dialogue with them."""
    return person.id - _SHIFT


def person_id_of(peer_id: int) -> int:
    """The sandbox's number of the person that VK knows by this id."""
    return peer_id + _SHIFT
