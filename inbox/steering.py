"""What operators do with a conversation besides answering: take, put off, close, label, start."""

from collections.abc import Mapping

from aiohttp import web

from core.ids import FlowName, LabelId, OperatorId
from core.inbound import ConversationAct
from core.policy import zone
from dialogues.catalog import Catalog
from inbox.beside import Beside
from inbox.finding import done, find_listed, number_of, refused_to_say
from inbox.head import CLOSE_REASONS, is_at_work
from inbox.rendering import Problem, Refused
from inbox.sign_in import SignedHandler, SignedIn, SignIn
from inbox.snoozing import until
from inbox.talking import NoSuchFlow, NotSubscribed, Talking, Unreachable
from storage.conversations import Listed
from storage.database import Database

_PLAIN = {
    "reopen": ConversationAct.REOPEN,
    "give-back": ConversationAct.GIVE_BACK,
    "take-over": ConversationAct.TAKE_OVER,
}
_COLORS = 8
"""As many as inbox.css has for labels."""
_LONGEST_LABEL = 40


class Steering:
    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        sign_in: SignIn,
        talking: Talking,
        beside: Beside,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._sign_in = sign_in
        self._talking = talking
        self._beside = beside

    def routes(self) -> list[web.RouteDef]:
        one, signed = "/inbox/{conversation}", self._sign_in.signed
        acts = {
            "assign": self.assign, "snooze": self.snooze, "close": self.close, "read": self.read,
            "labels": self.label, "labels/off": self.take_label_off, "flow": self.start,
            **{name: self._doing(act) for name, act in _PLAIN.items()},
        }  # fmt: skip
        return [web.post(f"{one}/{name}", signed(act)) for name, act in acts.items()]

    def _doing(self, act: ConversationAct) -> SignedHandler:
        async def handle(request: web.Request, who: SignedIn) -> web.StreamResponse:
            await self._sign_in.form(request, who)
            listed = await find_listed(self._talking, request)
            await self._talking.act(listed, act, who.operator.id)
            return done(request, listed)

        return handle

    async def read(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Somebody has it before them; a note that called them has been heard."""
        await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        if listed.conversation.unread:
            await self._talking.act(listed, ConversationAct.READ, who.operator.id)
        async with self._beside.write(listed.conversation.address) as tx:
            await tx.notes.looked(who.operator.id, listed.conversation.id)
        return done(request, listed)

    async def assign(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """To me, to a colleague by their id, or to nobody."""
        form = await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        assignee = await self._assignee(form.get("assignee", ""), who)
        await self._talking.act(listed, ConversationAct.ASSIGN, who.operator.id, assignee)
        return done(request, listed)

    async def _assignee(self, wanted: str, who: SignedIn) -> OperatorId | None:
        if wanted in ("me", "none"):
            return who.operator.id if wanted == "me" else None
        id_ = number_of(wanted)
        if id_ is None:
            raise Problem(400, "bad_form")
        async with self._database.read() as tx:
            if not await is_at_work(tx, OperatorId(id_)):
                raise Refused("nobody_to_assign", 409)
        return OperatorId(id_)

    async def snooze(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Put off, on the clock of the operator's browser; else on the site's."""
        form = await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        now = self._talking.now()
        moment = until(form.get("until", ""), form.get("at", ""), self._zone(form, listed), now)
        if moment is None:
            raise Refused("snooze_ahead", 422)
        await self._talking.act(listed, ConversationAct.SNOOZE, who.operator.id, until=moment)
        return done(request, listed)

    def _zone(self, form: Mapping[str, str], listed: Listed) -> str:
        told = form.get("zone", "")[:64]
        if told and zone(told).key == told:
            return told
        account = self._catalog.accounts.get(listed.account)
        site = self._catalog.sites.get(account.site) if account else None
        return site.timezone if site else "UTC"

    async def close(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        reason = form.get("reason", "")
        if reason and reason not in CLOSE_REASONS:
            raise Problem(400, "bad_form")
        listed = await find_listed(self._talking, request)
        await self._talking.act(listed, ConversationAct.CLOSE, who.operator.id, reason=reason)
        return done(request, listed)

    async def label(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Put a label on, by its name; a new name makes a label."""
        form = await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        name = " ".join(form.get("label", "").split())
        if not 0 < len(name) <= _LONGEST_LABEL:
            raise Refused("bad_label", 422, most=_LONGEST_LABEL)
        new_id = LabelId(self._talking.new_id())
        async with self._beside.write(listed.conversation.address) as tx:
            label = await tx.labels.make(new_id, name, _COLORS, self._talking.now())
            if label is None:
                raise Refused("too_many_labels", 409)
            await tx.labels.put(listed.conversation.id, label)
        return done(request, listed)

    async def take_label_off(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        label = number_of(form.get("label", ""))
        if label is None:
            raise Problem(400, "bad_form")
        async with self._beside.write(listed.conversation.address) as tx:
            await tx.labels.take_off(listed.conversation.id, LabelId(label))
        return done(request, listed)

    async def start(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Start a flow for the contact; by that the bot speaks again."""
        form = await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        try:
            await self._talking.start(listed, FlowName(form.get("flow", "")), who.operator.id)
        except NoSuchFlow as error:
            raise Problem(400, "bad_form") from error
        except NotSubscribed as error:
            raise Refused("flow_needs_subscription", 409, name=listed.name) from error
        except Unreachable as error:
            raise refused_to_say(error, listed) from error
        return done(request, listed)
