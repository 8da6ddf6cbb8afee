"""Who did what: the lines of the audit log, from pages, command line and API alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.ids import ActId, ContactId, ConversationId, OperatorId


class Did(StrEnum):
    """Every kind of act that is kept. `inbox.telling_acts` has a sentence for each."""

    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    CODE_REFUSED = "code_refused"
    RECOVERY_CODE_USED = "recovery_code_used"
    SIGNED_OUT = "signed_out"
    SESSIONS_ENDED = "sessions_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # The name of an act.
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_OFF = "second_factor_off"
    SECOND_FACTOR_RESET = "second_factor_reset"
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed"
    SECOND_FACTOR_DEMANDED = "second_factor_demanded"
    SECOND_FACTOR_FREED = "second_factor_freed"
    INVITED = "invited"
    INVITATION_REVOKED = "invitation_revoked"
    INVITATION_ACCEPTED = "invitation_accepted"
    OPERATOR_ADDED = "operator_added"
    ROLE_CHANGED = "role_changed"
    OPERATOR_DISABLED = "operator_disabled"
    OPERATOR_ENABLED = "operator_enabled"
    CONTACT_EXPORTED = "contact_exported"
    CONTACT_ERASED = "contact_erased"
    CLOSED = "closed"
    REOPENED = "reopened"
    ASSIGNED = "assigned"
    LET_GO = "let_go"
    TAKEN_OVER = "taken_over"
    GIVEN_BACK = "given_back"
    SNOOZED = "snoozed"
    WOKEN = "woken"
    ESCALATED = "escalated"
    PUSH_ADDED = "push_added"
    PUSH_ENDED = "push_ended"
    MESSENGER_LINKED = "messenger_linked"
    MESSENGER_UNLINKED = "messenger_unlinked"
    EMAIL_CHANGED = "email_changed"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    MUTED = "muted"
    UNMUTED = "unmuted"
    SWITCHED_ON = "switched_on"
    SWITCHED_OFF = "switched_off"
    TAG_PUT_ON = "tag_put_on"
    TAG_TAKEN_OFF = "tag_taken_off"
    ATTRIBUTE_SET = "attribute_set"
    ATTRIBUTE_REMOVED = "attribute_removed"
    SESSION_ENDED = "session_ended"
    ANSWER_EDITED = "answer_edited"
    ANSWER_DELETED = "answer_deleted"
    MERGED = "merged"
    MERGE_UNDONE = "merge_undone"
    BULK_BEGUN = "bulk_begun"
    BULK_ENDED = "bulk_ended"
    BULK_STOPPED = "bulk_stopped"
    CONTACTS_EXPORTED = "contacts_exported"
    DELIVERY_RESENT = "delivery_resent"
    DELIVERIES_RESENT = "deliveries_resent"
    ENDPOINT_ENABLED = "endpoint_enabled"
    ENDPOINT_TESTED = "endpoint_tested"
    PAGE_MADE = "page_made"
    PAGE_CHANGED = "page_changed"
    PAGE_ARCHIVED = "page_archived"
    PAGE_RESTORED = "page_restored"
    SOMETHING = "something"
    """What a later version writes and this one does not know."""


@dataclass(frozen=True, slots=True)
class By:
    """Who acts. `name` is kept as it is now; nobody's id stands for the command line and the API.

    `ip` is "" where there is none.
    """

    operator: OperatorId | None
    name: str
    ip: str = ""


COMMAND_LINE = By(None, "parley")
"""Whoever runs the server."""


@dataclass(frozen=True, slots=True)
class ActRecord:
    """`about` holds what a sentence needs: no secrets, no message texts, no contact's name."""

    id: ActId
    by: By
    act: Did
    at: datetime
    about: Mapping[str, str] = field(default_factory=dict)
    conversation: ConversationId | None = None
    contact: ContactId | None = None
