"""Lines for the audit log, to be written in the transaction of what they tell about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.acts import ActRecord, By, Did
from core.ids import ActId, ContactId, ConversationId
from storage.operators import Operator


@dataclass(frozen=True, slots=True)
class Journal:
    new_id: Callable[[], int]
    clock: Callable[[], datetime]

    def act(
        self,
        by: By,
        did: Did,
        about: Mapping[str, str] | None = None,
        *,
        contact: ContactId | None = None,
        conversation: ConversationId | None = None,
    ) -> ActRecord:
        return ActRecord(
            ActId(self.new_id()), by, did, self.clock(), about or {}, conversation, contact
        )


def whom(operator: Operator) -> dict[str, str]:
    """To whom it was done, as it stands in `about`."""
    return {"whom": operator.name or operator.login, "operator": str(operator.id)}
