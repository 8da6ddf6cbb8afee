"""Every table, in the order in which rows come to be. Migrations make them; tests compare both."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from storage.types import BigInt, Json, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", BigInt, primary_key=True, autoincrement=False)


leases = Table(
    "leases",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("fence", BigInt, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

event_keys = Table(
    "event_keys",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
)

rejected = Table(
    "rejected",
    metadata,
    _id(),
    Column("account", String(64), nullable=False),
    Column("key", String(200)),
    Column("body", LargeBinary, nullable=False),
    Column("error", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("retried_at", UtcDateTime),
)

contacts = Table(
    "contacts",
    metadata,
    _id(),
    Column("site", String(64)),
    Column("customer", String(200)),
    Column("name", Text, nullable=False, server_default=""),
    Column("locale", String(35), nullable=False, server_default=""),
    Column("timezone", String(64), nullable=False, server_default=""),
    Column("attributes", Json, nullable=False),
    Column("tags", Json, nullable=False),
    Column("merged_into", BigInt, ForeignKey("contacts.id")),
    Column("marketing_stopped_at", UtcDateTime),
    Column("marketing_stopped_by", BigInt),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("site", "customer"),
    Index("ix_contacts_merged_into", "merged_into",
          sqlite_where=text("merged_into IS NOT NULL"),
          postgresql_where=text("merged_into IS NOT NULL")),
)  # fmt: skip

contact_tags = Table(
    "contact_tags",
    metadata,
    # The contacts' own `tags`, again: whoever looks for a tag must not read every contact.
    Column("tag", Text, primary_key=True),
    Column("contact_id", BigInt, ForeignKey("contacts.id"), primary_key=True, index=True),
)

addresses = Table(
    "addresses",
    metadata,
    _id(),
    Column("account", String(64), nullable=False),
    Column("user", String(64), nullable=False),
    Column("contact_id", BigInt, ForeignKey("contacts.id"), nullable=False, index=True),
    Column("first_name", Text, nullable=False, server_default=""),
    Column("last_name", Text, nullable=False, server_default=""),
    Column("username", Text, nullable=False, server_default=""),
    Column("locale", String(35), nullable=False, server_default=""),
    Column("is_reachable", Boolean, nullable=False),
    Column("last_inbound_at", UtcDateTime),
    Column("stopped_at", UtcDateTime),
    Column("stop", BigInt),
    Column("stop_confirmed_at", UtcDateTime),
    Column("held_since", UtcDateTime),
    Column("is_proven", Boolean, nullable=False),
    Column("opened_with", String(200), nullable=False, server_default=""),
    Column("opened_at", UtcDateTime),
    Column("read_up_to", BigInt),
    Column("blocked_at", UtcDateTime),
    Column("heard_since", UtcDateTime),
    Column("heard", Integer, nullable=False, server_default="0"),
    Column("muted_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    # An operator's own messenger, for alerts; NULL for contacts'.
    Column("operator_id", BigInt),
    UniqueConstraint("account", "user"),
    Index("ix_addresses_operator", "operator_id",
          sqlite_where=text("operator_id IS NOT NULL"),
          postgresql_where=text("operator_id IS NOT NULL")),
)  # fmt: skip

orders = Table(
    "orders",
    metadata,
    _id(),
    Column("contact_id", BigInt, ForeignKey("contacts.id"), nullable=False, index=True),
    Column("site", String(64), nullable=False),
    Column("ref", String(200), nullable=False),
    Column("number", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("total", Text, nullable=False),
    Column("currency", String(16), nullable=False),
    Column("url", Text, nullable=False),
    Column("items", Json, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("contact_id", "ref"),
)

address_orders = Table(
    "address_orders",
    metadata,
    Column("address_id", BigInt, ForeignKey("addresses.id"), primary_key=True),
    Column("order_id", BigInt, ForeignKey("orders.id"), primary_key=True),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("address_id", BigInt, ForeignKey("addresses.id"), primary_key=True),
    Column("topic", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("taken_by", BigInt),
    Column("was", String(16)),
    Index("ix_subscriptions_topic", "topic", "state", "address_id"),
)

consent_records = Table(
    "consent_records",
    metadata,
    _id(),
    Column("address_id", BigInt, ForeignKey("addresses.id"), nullable=False, index=True),
    Column("topic", String(64)),
    Column("act", String(16), nullable=False),
    Column("source", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("digest", String(64), nullable=False),
)

consent_evidence = Table(
    "consent_evidence",
    metadata,
    Column("record_id", BigInt, ForeignKey("consent_records.id"), primary_key=True),
    Column("evidence", Json, nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("code", String(32), primary_key=True),
    Column("site", String(64), nullable=False),
    Column("token", String(200), nullable=False),
    Column("claims", Json, nullable=False),
    Column("page", Json, nullable=False),
    Column("source", String(16), nullable=False),
    Column("place", Text, nullable=False, server_default=""),
    Column("visit", String(32), unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

tallies = Table(
    "tallies",
    metadata,
    # What nobody's rows tell: how often buttons were seen and pressed. Of no person.
    Column("day", String(10), primary_key=True),
    Column("site", String(64), primary_key=True),
    Column("source", String(16), primary_key=True),
    Column("place", String(200), primary_key=True),
    Column("account", String(64), primary_key=True),
    Column("what", String(16), primary_key=True),
    Column("many", BigInt, nullable=False),
)

landing_pages = Table(
    "landing_pages",
    metadata,
    # Stands on printed posters: never changed, never used again.
    Column("name", String(64), primary_key=True),
    Column("site", String(64), nullable=False),
    # By language, both.
    Column("title", Json, nullable=False),
    Column("words", Json, nullable=False),
    Column("topics", Json, nullable=False),
    # Begun by whoever comes; "" leaves it to what flows say themselves.
    Column("flow", String(64), nullable=False),
    Column("note", Text, nullable=False),
    Column("made_by", BigInt, ForeignKey("operators.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("archived_at", UtcDateTime),
)

arrivals = Table(
    "arrivals",
    metadata,
    _id(),
    Column("site", String(64), nullable=False),
    Column("source", String(16), nullable=False),
    Column("place", String(200), nullable=False),
    Column("account", String(64), nullable=False),
    Column("address_id", BigInt, ForeignKey("addresses.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # All that the link would subscribe to was subscribed to before.
    Column("had_all", Boolean, nullable=False),
    Index("ix_arrivals_at", "at"),
    Index("ix_arrivals_address_id", "address_id", "at"),
)

arrival_topics = Table(
    "arrival_topics",
    metadata,
    # One for each time that an address began with a topic; by no link where there is no arrival.
    _id(),
    Column("arrival_id", BigInt, ForeignKey("arrivals.id"), index=True),
    Column("site", String(64), nullable=False),
    Column("source", String(16), nullable=False),
    Column("place", String(200), nullable=False),
    Column("account", String(64), nullable=False),
    Column("address_id", BigInt, ForeignKey("addresses.id"), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("class", String(16), nullable=False),
    # NULL while a Yes is waited for.
    Column("subscribed_at", UtcDateTime, index=True),
    Column("ended_at", UtcDateTime),
    Index("ix_arrival_topics_address_id", "address_id", "topic"),
    Index(
        "ix_arrival_topics_ended_at",
        "ended_at",
        postgresql_where=text("ended_at IS NOT NULL"),
        sqlite_where=text("ended_at IS NOT NULL"),
    ),
    Index(
        "ix_arrival_topics_open",
        "account",
        "site",
        postgresql_where=text("ended_at IS NULL AND subscribed_at IS NOT NULL"),
        sqlite_where=text("ended_at IS NULL AND subscribed_at IS NOT NULL"),
    ),
)

token_bindings = Table(
    "token_bindings",
    metadata,
    Column("site", String(64), primary_key=True),
    Column("token", String(200), primary_key=True),
    Column("channel", String(16), primary_key=True),
    Column("address_id", BigInt, ForeignKey("addresses.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

flow_sources = Table(
    "flow_sources",
    metadata,
    Column("version", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("source", Text, nullable=False),
    Column("loaded_at", UtcDateTime, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    _id(),
    Column("address_id", BigInt, ForeignKey("addresses.id"), nullable=False),
    Column("flow", String(64), nullable=False),
    Column("entered", String(64), nullable=False),
    Column("version", String(64), nullable=False, index=True),
    Column("subject", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("step", String(64), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("variables", Json, nullable=False),
    Column("options", Json, nullable=False),
    Column("stack", Json, nullable=False),
    Column("due_at", UtcDateTime),
    Column("queued_at", UtcDateTime),
    # `entered` is the outermost flow: `run` changes `flow`, never whose session it is.
    UniqueConstraint("address_id", "entered", "subject"),
)

timers = Table(
    "timers",
    metadata,
    _id(),
    Column("address_id", BigInt, ForeignKey("addresses.id"), nullable=False, index=True),
    Column("session_id", BigInt, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False, index=True),
)

calls = Table(
    "calls",
    metadata,
    _id(),
    Column("address_id", BigInt, ForeignKey("addresses.id"), nullable=False, index=True),
    Column("session_id", BigInt, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("request", Json, nullable=False),
    Column("due_at", UtcDateTime, nullable=False, index=True),
)

emitted = Table(
    "emitted",
    metadata,
    _id(),
    Column("contact_id", BigInt, ForeignKey("contacts.id"), nullable=False),
    Column("name", String(120), nullable=False),
    Column("data", Json, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

operators = Table(
    "operators",
    metadata,
    _id(),
    Column("login", String(120), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
    Column("role", String(16), nullable=False, server_default="operator"),
    Column("language", String(8), nullable=False, server_default=""),
    # The secret of the second factor, sealed; "" where there is none.
    Column("sealed", Text, nullable=False, server_default=""),
    Column("last_step", BigInt),
    Column("last_seen_at", UtcDateTime),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("operator_id", BigInt, ForeignKey("operators.id"), primary_key=True),
    Column("digest", String(64), primary_key=True),
)

operator_sessions = Table(
    "operator_sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("operator_id", BigInt, ForeignKey("operators.id"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    # The password was right and the second factor is still to come: nobody is signed in by it.
    Column("awaits_code", Boolean, nullable=False, server_default=false()),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("confirmed_at", UtcDateTime, nullable=False),
    Column("ip", String(64), nullable=False, server_default=""),
    Column("browser", String(80), nullable=False, server_default=""),
)

merges = Table(
    "merges",
    metadata,
    _id(),
    Column("kept_id", BigInt, ForeignKey("contacts.id"), nullable=False, index=True),
    Column("gone_id", BigInt, ForeignKey("contacts.id"), nullable=False, index=True),
    # Ids of contacts that had been merged into the one that went.
    Column("moved", Json, nullable=False),
    # What the one that stays got by it, to be taken back.
    Column("given", Json, nullable=False),
    Column("operator_id", BigInt, ForeignKey("operators.id")),
    Column("at", UtcDateTime, nullable=False),
    Column("undone_at", UtcDateTime),
    Column("undone_by", BigInt, ForeignKey("operators.id")),
)

invitations = Table(
    "invitations",
    metadata,
    _id(),
    Column("digest", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("operator_id", BigInt, ForeignKey("operators.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

settings = Table(
    "settings",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Json, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

acts = Table(
    "acts",
    metadata,
    _id(),
    Column("operator_id", BigInt, ForeignKey("operators.id")),
    Column("name", Text, nullable=False),
    Column("act", String(40), nullable=False),
    Column("conversation_id", BigInt),
    Column("contact_id", BigInt),
    Column("about", Json, nullable=False),
    Column("ip", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_acts_at", "at", "id"),
    Index("ix_acts_operator", "operator_id", "at", "id"),
    Index("ix_acts_act", "act", "at", "id"),
    Index("ix_acts_conversation", "conversation_id", "id"),
)

bulk_acts = Table(
    "bulk_acts",
    metadata,
    _id(),
    # Of the form that it came with: the same form again is the same act.
    Column("key", String(64), nullable=False, unique=True),
    Column("operator_id", BigInt, ForeignKey("operators.id"), nullable=False),
    Column("act", String(16), nullable=False),
    # The tag or the topic.
    Column("what", Text, nullable=False),
    Column("evidence", Json, nullable=False),
    # The filter that they were found by, and whom of them it is about: NULL all of them.
    Column("sought", Json, nullable=False),
    Column("ids", Json),
    Column("planned", Integer, nullable=False),
    # Whoever has a smaller id is still to come.
    Column("mark", BigInt, nullable=False),
    Column("done", Integer, nullable=False),
    Column("left_out", Json, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index("ix_bulk_acts_state", "state", "id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("site", String(64)),
    Column("scopes", Json, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)

api_events = Table(
    "api_events",
    metadata,
    Column("site", String(64), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("answer", Json, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

conversations = Table(
    "conversations",
    metadata,
    _id(),
    Column("address_id", BigInt, ForeignKey("addresses.id"), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("last_message_at", UtcDateTime, nullable=False),
    Column("assignee_id", BigInt, ForeignKey("operators.id")),
    Column("unread", Integer, nullable=False),
    Column("is_handed_over", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("waiting_since", UtcDateTime),
    # The address's own, again: a list by account must not read every conversation's address.
    Column("account", String(64), nullable=False),
    Column("first_answer_at", UtcDateTime),
    Column("snoozed_until", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("close_reason", String(64), nullable=False),
    Column("away_told_at", UtcDateTime),
    Column("answer_id", BigInt),
    Column("answerer_id", BigInt),
    Column("escalated_at", UtcDateTime),
    Index("ix_conversations_list", "state", "last_message_at", "id"),
    Index("ix_conversations_account", "account", "state", "last_message_at", "id"),
    Index("ix_conversations_assignee", "assignee_id", "state", "last_message_at", "id"),
    Index("ix_conversations_unread", "state", "last_message_at", "id",
          sqlite_where=text("unread > 0"), postgresql_where=text("unread > 0")),
    Index("ix_conversations_waiting", "state", "waiting_since", "id",
          sqlite_where=text("waiting_since IS NOT NULL"),
          postgresql_where=text("waiting_since IS NOT NULL")),
    Index("ix_conversations_snoozed", "snoozed_until",
          sqlite_where=text("snoozed_until IS NOT NULL"),
          postgresql_where=text("snoozed_until IS NOT NULL")),
)  # fmt: skip

answer_times = Table(
    "answer_times",
    metadata,
    Column("conversation_id", BigInt, ForeignKey("conversations.id"), primary_key=True),
    Column("opened_at", UtcDateTime, primary_key=True),
    # When a person first answered after that.
    Column("answered_at", UtcDateTime, nullable=False, index=True),
)

ratings = Table(
    "ratings",
    metadata,
    # Of the flow that asks: its session may be gone.
    Column("session_id", BigInt, primary_key=True, autoincrement=False),
    Column("conversation_id", BigInt, ForeignKey("conversations.id"), nullable=False),
    Column("contact_id", BigInt, ForeignKey("contacts.id"), nullable=False),
    Column("address_id", BigInt, ForeignKey("addresses.id"), nullable=False, index=True),
    Column("operator_id", BigInt, ForeignKey("operators.id")),
    Column("asked_at", UtcDateTime, nullable=False, index=True),
    Column("score", Integer),
    Column("comment", Text, nullable=False),
    Column("answered_at", UtcDateTime, index=True),
    Index("ix_ratings_contact", "contact_id", "asked_at"),
)

labels = Table(
    "labels",
    metadata,
    _id(),
    Column("name", String(64), nullable=False, unique=True),
    # Which of the page's colours, from 0.
    Column("color", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

conversation_labels = Table(
    "conversation_labels",
    metadata,
    Column("conversation_id", BigInt, ForeignKey("conversations.id"), primary_key=True),
    Column("label_id", BigInt, ForeignKey("labels.id"), primary_key=True, index=True),
)

notes = Table(
    "notes",
    metadata,
    _id(),
    Column("conversation_id", BigInt, ForeignKey("conversations.id"), nullable=False),
    Column("operator_id", BigInt, ForeignKey("operators.id")),
    Column("text", Text, nullable=False),
    # Ids of the operators that it calls by name.
    Column("mentions", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # Of the form that it came with: the same form again is the same note.
    Column("key", String(200)),
    Index("ix_notes_conversation", "conversation_id", "id"),
    Index("ix_notes_key", "key", unique=True),
)

mentions = Table(
    "mentions",
    metadata,
    # Goes away when the operator has looked at the conversation.
    Column("operator_id", BigInt, ForeignKey("operators.id"), primary_key=True),
    Column("conversation_id", BigInt, ForeignKey("conversations.id"), primary_key=True),
)

canned_replies = Table(
    "canned_replies",
    metadata,
    _id(),
    Column("shortcut", String(32), nullable=False),
    # NULL: everybody's.
    Column("operator_id", BigInt, ForeignKey("operators.id")),
    # Language → text with placeholders.
    Column("texts", Json, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("shortcut", "operator_id"),
    # Two NULLs are never equal, so the constraint above does not hold for everybody's.
    Index("ix_canned_replies_shared", "shortcut", unique=True,
          sqlite_where=text("operator_id IS NULL"), postgresql_where=text("operator_id IS NULL")),
)  # fmt: skip

search_state = Table(
    "search_state",
    metadata,
    Column("name", String(32), primary_key=True),
    # Every message with a smaller id was read; see storage.search.
    Column("mark", BigInt, nullable=False),
)

search_again = Table(
    "search_again",
    metadata,
    # Messages whose words changed after they were read.
    Column("message_id", BigInt, primary_key=True, autoincrement=False),
)

presence = Table(
    "presence",
    metadata,
    Column("operator_id", BigInt, ForeignKey("operators.id"), primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("is_away", Boolean, nullable=False),
)

wishes = Table(
    "wishes",
    metadata,
    # How an operator wants to be told while away. NULL: as the configuration says.
    Column("operator_id", BigInt, ForeignKey("operators.id"), primary_key=True),
    Column("ways", Json),
    Column("after", Integer),
    Column("only_mine", Boolean, nullable=False, server_default=false()),
    Column("any_hour", Boolean, nullable=False, server_default=false()),
    Column("shows_text", Boolean, nullable=False, server_default=false()),
    Column("email", Text, nullable=False, server_default=""),
    # Until then the address may be anybody's.
    Column("email_confirmed_at", UtcDateTime),
    Column("language", String(8), nullable=False, server_default=""),
)

push_subscriptions = Table(
    "push_subscriptions",
    metadata,
    # Of the endpoint: a URL of any length, and a secret.
    Column("digest", String(64), primary_key=True),
    Column("operator_id", BigInt, ForeignKey("operators.id"), nullable=False, index=True),
    # The sign-in of that browser: when it ends, nothing is sent there any more.
    Column("session", String(64), nullable=False, index=True),
    Column("endpoint", Text, nullable=False),
    Column("p256dh", String(120), nullable=False),
    Column("auth", String(40), nullable=False),
    Column("browser", String(80), nullable=False),
    Column("language", String(8), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    # What an operator was last told of a conversation; whoever writes the row may tell it.
    Column("conversation_id", BigInt, ForeignKey("conversations.id"), primary_key=True),
    Column("operator_id", BigInt, ForeignKey("operators.id"), primary_key=True),
    Column("way", String(16), primary_key=True),
    Column("kind", String(16), primary_key=True),
    # The wait, or the message, that it told of.
    Column("mark", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    # When it is tried again; NULL where it is done or given up.
    Column("due_at", UtcDateTime),
    Column("outcome", String(80), nullable=False),
)

messages = Table(
    "messages",
    metadata,
    _id(),
    Column("address_id", BigInt, ForeignKey("addresses.id"), nullable=False),
    Column("direction", String(3), nullable=False),
    Column("class", String(16), nullable=False, key="cls"),
    Column("author", String(16), nullable=False),
    Column("topic", String(64)),
    Column("content", Json, nullable=False),
    Column("status", String(16), nullable=False),
    Column("error", Text, nullable=False),
    Column("key", String(200)),
    Column("external_id", String(80), nullable=False),
    Column("operator_id", BigInt, ForeignKey("operators.id")),
    Column("session_id", BigInt),
    Column("created_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime),
    Column("expires_at", UtcDateTime),
    Column("sent_at", UtcDateTime),
    Column("delivered_at", UtcDateTime),
    Column("read_at", UtcDateTime),
    Column("edited_at", UtcDateTime),
    Column("removed_at", UtcDateTime),
    Column("files_at", UtcDateTime),
    Column("flow", String(64)),
    Column("step", String(64)),
    Column("altering", String(8), nullable=False, server_default=""),
    Column("alter_error", Text, nullable=False, server_default=""),
    Index("ix_messages_thread", "address_id", "id"),
    Index(
        "ix_messages_key",
        "key",
        unique=True,
        sqlite_where=text("key IS NOT NULL"),
        postgresql_where=text("key IS NOT NULL"),
    ),
)

_OPEN = text("status IN ('queued', 'sending')")
# SQLite takes a partial index only where the statement says the same in the same words.
_READY = text("status = 'queued' AND NOT is_waiting")
_READY_SQLITE = text("status = 'queued' AND is_waiting = 0")
_WAITING = text("status = 'queued' AND is_waiting")
_WAITING_SQLITE = text("status = 'queued' AND is_waiting = 1")
_UNDER_WAY = text("status = 'sending'")
sends = Table(
    "sends",
    metadata,
    _id(),
    Column("message_id", BigInt, ForeignKey("messages.id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("account", String(64), nullable=False),
    Column("address_id", BigInt, ForeignKey("addresses.id"), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("sending_until", UtcDateTime),
    # Due later than when it was written; whoever claims first wakes those that are due by then.
    Column("is_waiting", Boolean, nullable=False),
    Column("random_id", BigInt, nullable=False),
    Column("external_id", String(80), nullable=False),
    Column("content", Json, nullable=False),
    # When its last attempt was claimed: consent was read then.
    Column("claimed_at", UtcDateTime),
    UniqueConstraint("message_id", "part"),
    Index(
        "ix_sends_queue",
        "account",
        "priority",
        "id",
        sqlite_where=_READY_SQLITE,
        postgresql_where=_READY,
    ),
    Index(
        "ix_sends_waiting",
        "account",
        "due_at",
        sqlite_where=_WAITING_SQLITE,
        postgresql_where=_WAITING,
    ),
    Index(
        "ix_sends_under_way",
        "account",
        "sending_until",
        sqlite_where=_UNDER_WAY,
        postgresql_where=_UNDER_WAY,
    ),
    Index(
        "ix_sends_address",
        "address_id",
        "priority",
        "id",
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
    Index("ix_sends_external", "address_id", "external_id"),
)

attempts = Table(
    "attempts",
    metadata,
    # What came of one, where that was not simply "sent": put off, refused, to be tried again.
    Column("send_id", BigInt, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, primary_key=True, index=True),
    Column("message_id", BigInt, ForeignKey("messages.id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("error", Text, nullable=False),
    Column("due_at", UtcDateTime),
)

alterations = Table(
    "alterations",
    metadata,
    # What operators want changed of answers that were sent; a row goes when it is settled.
    _id(),
    Column("message_id", BigInt, ForeignKey("messages.id"), nullable=False, index=True),
    Column("account", String(64), nullable=False),
    Column("address_id", BigInt, ForeignKey("addresses.id"), nullable=False, index=True),
    Column("operator_id", BigInt, ForeignKey("operators.id")),
    Column("act", String(8), nullable=False),
    Column("content", Json, nullable=False),
    Column("status", String(16), nullable=False),
    # When it may be claimed: of one that is under way, because whoever claimed it has ended.
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Index("ix_alterations_queue", "account", "due_at"),
)

files = Table(
    "files",
    metadata,
    Column("digest", String(64), primary_key=True),
    # Where the bytes lie. Not the digest itself: a file that is deleted and comes again is another.
    Column("key", String(120), nullable=False),
    Column("size", BigInt, nullable=False),
    Column("mime", String(120), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)

doomed_files = Table(
    "doomed_files",
    metadata,
    # Bytes that no row of `files` leads to any more, until the store has let go of them.
    Column("key", String(120), primary_key=True),
)

message_files = Table(
    "message_files",
    metadata,
    Column("message_id", BigInt, ForeignKey("messages.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("account", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("digest", String(64), index=True),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Index(
        "ix_message_files_waiting",
        "due_at",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)

url_files = Table(
    "url_files",
    metadata,
    Column("url_key", String(64), primary_key=True),
    Column("digest", String(64), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
)

uploads = Table(
    "uploads",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("ref", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

polling_places = Table(
    "polling_places",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("place", Text, nullable=False),
)

receipts = Table(
    "receipts",
    metadata,
    Column("address_id", BigInt, ForeignKey("addresses.id"), primary_key=True),
    Column("external_id", String(80), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)

_TO_TELL = text("state = 'waiting'")
deliveries = Table(
    "deliveries",
    metadata,
    # What a site's endpoint is told; those of one contact go one after another, by their ids.
    _id(),
    # The same for every endpoint that is told of it.
    Column("event", BigInt, nullable=False),
    Column("site", String(64), nullable=False),
    Column("endpoint", String(64), nullable=False),
    Column("type", String(40), nullable=False),
    Column("contact_id", BigInt, ForeignKey("contacts.id")),
    # Whose order is kept: the contact that stands for the person, or the row itself.
    Column("lane", BigInt, nullable=False),
    # Makes it one of a kind at its endpoint.
    Column("key", String(120)),
    # JSON as it goes out: a text, so that each try sends the same bytes.
    Column("payload", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("state", String(12), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    # Since it was last begun: sent again by hand it begins anew. `tried` counts all.
    Column("attempts", Integer, nullable=False),
    Column("tried", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("settled_at", UtcDateTime),
    Index("ix_deliveries_queue", "endpoint", "due_at", "id",
          sqlite_where=_TO_TELL, postgresql_where=_TO_TELL),
    Index("ix_deliveries_lane", "endpoint", "lane", "id",
          sqlite_where=_TO_TELL, postgresql_where=_TO_TELL),
    Index("ix_deliveries_key", "endpoint", "key", unique=True,
          sqlite_where=text("key IS NOT NULL"), postgresql_where=text("key IS NOT NULL")),
    Index("ix_deliveries_endpoint", "endpoint", "id"),
    Index("ix_deliveries_state", "state", "id"),
    Index("ix_deliveries_type", "type", "id"),
    Index("ix_deliveries_contact", "contact_id"),
)  # fmt: skip

delivery_tries = Table(
    "delivery_tries",
    metadata,
    Column("delivery_id", BigInt, ForeignKey("deliveries.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    # 0: no answer came, and `error` says why.
    Column("status", Integer, nullable=False),
    Column("error", Text, nullable=False),
    # The beginning of what it answered.
    Column("answer", Text, nullable=False),
    Column("millis", Integer, nullable=False),
)

hook_endpoints = Table(
    "hook_endpoints",
    metadata,
    # How an endpoint is; what it is stands in the configuration.
    Column("key", String(64), primary_key=True),
    Column("failing_since", UtcDateTime),
    Column("last_ok_at", UtcDateTime),
    # It answered 410: nothing is sent there until somebody switches it on again.
    Column("disabled_at", UtcDateTime),
)
