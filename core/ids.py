"""Names for identifiers, so that one is never passed where another belongs."""

from typing import NewType

AccountId = NewType("AccountId", str)
"""The `id` of an [[accounts]] entry: our bot, community or number on a channel."""
SiteId = NewType("SiteId", str)
TopicId = NewType("TopicId", str)
UserId = NewType("UserId", str)
"""The platform's own id of a person on one account, as text (some platforms' exceed 2^53)."""
CustomerId = NewType("CustomerId", str)
"""The shop's own id of a person: `sub` of a site token."""
EventKey = NewType("EventKey", str)
"""What makes an event one of a kind on its account; a redelivery carries the same."""
LinkCode = NewType("LinkCode", str)
FlowName = NewType("FlowName", str)
FlowVersion = NewType("FlowVersion", str)
"""The SHA-256 of a flow's source, in hex."""

AddressId = NewType("AddressId", int)
ContactId = NewType("ContactId", int)
ArrivalId = NewType("ArrivalId", int)
OrderId = NewType("OrderId", int)
SessionId = NewType("SessionId", int)
MessageId = NewType("MessageId", int)
AlterationId = NewType("AlterationId", int)
SendId = NewType("SendId", int)
ConversationId = NewType("ConversationId", int)
OperatorId = NewType("OperatorId", int)
InvitationId = NewType("InvitationId", int)
ActId = NewType("ActId", int)
TimerId = NewType("TimerId", int)
NoteId = NewType("NoteId", int)
LabelId = NewType("LabelId", int)
ReplyId = NewType("ReplyId", int)
MergeId = NewType("MergeId", int)
RecordId = NewType("RecordId", int)
"""A consent record's. The id of the record of a STOP is what `taken_by` names."""
