"""GET and POST /api/v1/conversations…: the same inbox for programs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.errors import ApiError, busy, not_found
from api.keys import Scope
from api.paging import DEFAULT, MOST, cursor, read_cursor, read_id
from api.routing import Call, Reply, Route, request_body
from core.content import Content
from core.conversations import ConversationState
from core.ids import AccountId, ConversationId, OperatorId
from core.inbound import ConversationAct
from core.messages import Author
from core.text import clean
from dialogues.catalog import Catalog
from dialogues.intake import Overloaded
from inbox.attaching import AnyAttachment, media_of
from inbox.people_api import Page
from inbox.shapes import ShownConversation, ShownMessage, show_conversation, show_message
from inbox.talking import BlockedHere, KeyReused, Talking, Unreachable
from storage.conversations import Listed
from storage.database import Database
from storage.keys import ApiKey
from storage.lists import Place, Wanted

LONGEST_TEXT = 40_000


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class WhichConversations:
    state: Literal["open", "snoozed", "closed", "blocked"] | None = None
    assignee: Annotated[str, Field(max_length=20)] | None = None
    """An operator's id, or "none" for those that nobody has."""
    after: Annotated[str, Field(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = DEFAULT


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """`key` makes the message one of a kind: repeat a request that got no answer with it."""

    text: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    attachments: Annotated[list[AnyAttachment], Field(max_length=10)] = field(default_factory=list)
    key: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """`assignee` null: nobody has it any more."""

    assignee: Annotated[str, Field(max_length=20)] | None


@dataclass(frozen=True, slots=True)
class Conversations:
    items: list[ShownConversation]
    next: str | None


@dataclass(frozen=True, slots=True)
class Messages:
    items: list[ShownMessage]
    next: str | None


class ConversationsApi:
    def __init__(
        self, database: Database, catalog: Catalog, talking: Talking, public_url: str
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._talking = talking
        self._url = public_url.rstrip("/")

    def table(self) -> list[Route]:
        one = "/api/v1/conversations/{id}"
        acts = [
            (act, summary)
            for act, summary in (
                (ConversationAct.CLOSE, "Close it; a message of the contact opens it again"),
                (ConversationAct.REOPEN, "Open it again"),
            )
        ]
        return [
            self._route("GET", "/api/v1/conversations", self.list, "The latest first",
                        {200: Conversations}, query=WhichConversations, errors=(404,)),
            self._route("GET", one, self.show, "One conversation", {200: ShownConversation}),
            self._route("GET", f"{one}/messages", self.messages,
                        "What was said, the oldest first", {200: Messages}, query=Page),
            self._route("POST", f"{one}/messages", self.write, "Answer the contact",
                        {201: ShownMessage, 200: ShownMessage}, body=NewMessage, errors=(409,)),
            *(
                self._route("POST", f"{one}/{act}", self._acting(act), summary,
                            {200: ShownConversation})
                for act, summary in acts
            ),
            self._route("POST", f"{one}/assign", self.assign, "Give it to an operator",
                        {200: ShownConversation}, body=Assignment),
        ]  # fmt: skip

    def _route(
        self,
        method: str,
        path: str,
        handler: Callable[[Call], Awaitable[Reply]],
        summary: str,
        answers: dict[int, type],
        *,
        query: type | None = None,
        body: type | None = None,
        errors: tuple[int, ...] = (),
    ) -> Route:
        if "{id}" in path:
            errors = (404, *errors)
        return Route(
            method=method,
            path=path,
            handler=handler,
            summary=summary,
            scope=Scope.INBOX,
            tag="conversations",
            answers=answers,
            query=query,
            body=body,
            errors=errors,
        )

    async def list(self, call: Call) -> Reply:
        query: WhichConversations = call.query
        before = _place(query.after) if query.after else None
        is_unassigned = query.assignee == "none"
        assignee = None
        if query.assignee is not None and not is_unassigned:
            assignee = OperatorId(_number(query.assignee, "operator"))
        async with self._database.read() as tx:
            theirs = self._accounts(call.key)
            accounts = None if theirs is None else tuple(sorted(theirs))
            wanted = Wanted(
                ConversationState(query.state) if query.state else None,
                assignee,
                is_unassigned,
                accounts,
            )
            rows = await tx.lists.page(wanted, before, query.limit + 1)
        following = None
        if len(rows) > query.limit:
            last = rows[query.limit - 1].conversation
            following = cursor(last.last_message_at.isoformat(), last.id)
        items = [show_conversation(row) for row in rows[: query.limit]]
        return Reply(200, Conversations(items, following))

    async def show(self, call: Call) -> Reply:
        return Reply(200, show_conversation(await self._find(call)))

    async def messages(self, call: Call) -> Reply:
        query: Page = call.query
        listed = await self._find(call)
        after = read_id(query.after) if query.after else 0
        async with self._database.read() as tx:
            rows = await tx.messages.thread(
                listed.conversation.address, after=after, limit=query.limit + 1
            )
        following = cursor(rows[query.limit - 1].id) if len(rows) > query.limit else None
        items = [show_message(row, self._url) for row in rows[: query.limit]]
        return Reply(200, Messages(items, following))

    async def write(self, call: Call) -> Reply:
        body: NewMessage = call.body
        async with self._database.read() as tx:
            attachments = await media_of(tx, body.attachments)
        content = Content(text=clean(body.text).strip(), attachments=attachments)
        if content.is_empty:
            raise ApiError(422, "invalid", "a message needs a text or an attachment")
        listed = await self._find(call)
        try:
            written = await self._talking.write(listed, content, body.key, None, Author.API)
        except BlockedHere as error:
            message = "operators have blocked this contact; they can lift it in the inbox"
            raise ApiError(409, error.code, message) from error
        except Unreachable as error:
            message = "the contact cannot be written to: they blocked us or never wrote"
            raise ApiError(409, error.code, message) from error
        except KeyReused as error:
            message = "another message was sent with this key; a new message needs a new key"
            raise ApiError(409, error.code, message) from error
        except Overloaded as error:
            raise busy() from error
        status = 201 if written.is_new else 200
        return Reply(status, show_message(written.message, self._url))

    async def assign(self, call: Call) -> Reply:
        body: Assignment = call.body
        listed = await self._find(call)
        assignee = None
        if body.assignee is not None:
            assignee = OperatorId(_number(body.assignee, "operator"))
            async with self._database.read() as tx:
                operators = await tx.operators.all()
            if assignee not in {one.id for one in operators if one.disabled_at is None}:
                raise not_found("operator")
        return await self._do(listed, ConversationAct.ASSIGN, assignee)

    def _acting(self, act: ConversationAct) -> Callable[[Call], Awaitable[Reply]]:
        async def handle(call: Call) -> Reply:
            return await self._do(await self._find(call), act, None)

        return handle

    async def _do(self, listed: Listed, act: ConversationAct, assignee: OperatorId | None) -> Reply:
        try:
            changed = await self._talking.act(listed, act, None, assignee)
        except Overloaded as error:
            raise busy() from error
        return Reply(200, show_conversation(changed))

    async def _find(self, call: Call) -> Listed:
        id_ = ConversationId(_number(call.path["id"], "conversation"))
        listed = await self._talking.find(id_)
        accounts = self._accounts(call.key)
        if listed is None or (accounts is not None and listed.account not in accounts):
            raise not_found("conversation")
        return listed

    def _accounts(self, key: ApiKey) -> set[AccountId] | None:
        """Those that a key may see; None: all."""
        if key.site is None:
            return None
        return {one.id for one in self._catalog.accounts.values() if one.site == key.site}


def _number(text: str, what: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) >= 2**63:
        raise not_found(what)
    return int(text)


def _place(after: str) -> Place:
    at, id_ = read_cursor(after, 2)
    try:
        return Place(datetime.fromisoformat(at), int(id_))
    except (ValueError, TypeError) as error:
        raise ApiError(422, "invalid", "after is not a cursor of this list") from error
