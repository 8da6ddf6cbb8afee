"""Giving a person everything about them, or removing it: from the pages and the command line."""

from collections.abc import Iterator
from typing import Any

from core.acts import By, Did
from core.ids import ContactId, ConversationId
from inbox.journal import Journal
from storage.erasure import erase_person, export_person
from storage.tx import Tx


class PersonData:
    """Each act is written with what it tells about, or not at all."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def export(
        self,
        tx: Tx,
        contact: ContactId,
        by: By,
        conversation: ConversationId | None = None,
    ) -> dict[str, Any]:
        """All that is stored, as JSON values. Raises NobodyThere."""
        await self._keep(tx, Did.CONTACT_EXPORTED, contact, by, conversation)
        return await export_person(tx, contact)

    async def erase(
        self,
        tx: Tx,
        contact: ContactId,
        by: By,
        conversation: ConversationId | None = None,
    ) -> int:
        """Remove all but the bare proof; how many addresses stay, empty. Raises NobodyThere.

        The bytes of their files go after the commit, by `media.library.delete_all_doomed`.
        """
        await self._keep(tx, Did.CONTACT_ERASED, contact, by, conversation)
        return await erase_person(tx, contact, self._ids(), self._journal.clock())

    def _ids(self) -> Iterator[int]:
        while True:
            yield self._journal.new_id()

    async def _keep(
        self,
        tx: Tx,
        did: Did,
        contact: ContactId,
        by: By,
        conversation: ConversationId | None,
    ) -> None:
        act = self._journal.act(by, did, contact=contact, conversation=conversation)
        await tx.acts.add_many([act])
