"""/me/alerts: the places where alerts go: browsers, the own messenger, the mailbox."""

import secrets
from dataclasses import replace
from datetime import timedelta

import segno
from aiohttp import web
from markupsafe import Markup

from core.acts import Did
from core.alerts import PushSubscription, Way, Wishes
from core.ids import AccountId
from core.tokens import OPERATOR, Claims
from inbox.alert_means import HERE, AlertMeans, Often
from inbox.browsers import browser_of
from inbox.journal import Journal
from inbox.language import language_of, sayer
from inbox.mailing import NotAnAddress, mailbox_of
from inbox.pushing import NoSubscription, endpoint_digest, read_subscription
from inbox.reaching import SENT, Reach
from inbox.rendering import Problem, Refused, Rendering, answer
from inbox.second_factor import Seal
from inbox.sign_in import SignedIn, SignIn, done
from storage.database import Database
from storage.tx import Tx
from subscriptions.minting import mint

_CONFIRM_WITHIN = 24 * 3600
_LINK_LIFE = timedelta(minutes=30)


class AlertPlaces:
    def __init__(
        self,
        database: Database,
        rendering: Rendering,
        sign_in: SignIn,
        journal: Journal,
        means: AlertMeans,
        often: Often,
        secret: str,
        public_url: str,
    ) -> None:
        self._database = database
        self._rendering = rendering
        self._sign_in = sign_in
        self._journal = journal
        self._means = means
        self._reaching = means.reaching
        self._often = often
        self._seal = Seal(secret, "e-mail address")
        self._public_url = public_url.rstrip("/")

    def routes(self) -> list[web.RouteDef]:
        signed = self._sign_in.signed
        posts = {
            "push": self.add_browser,
            "end-push": self.end_browser,
            "messenger": self.link_messenger,
            "unlink": self.unlink_messenger,
            "email": self.change_email,
            "confirm": self.confirm_email,
        }
        return [web.post(f"{HERE}/{name}", signed(handler)) for name, handler in posts.items()]

    async def add_browser(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Our script brings what the browser was given by its push service."""
        form = await self._sign_in.form(request, who)
        try:
            endpoint, p256dh, auth = read_subscription(form, self._reaching.push.egress)
        except NoSubscription as error:
            raise Refused("push_not_taken", 422) from error
        one = PushSubscription(
            digest=endpoint_digest(endpoint),
            operator=who.operator.id,
            session=who.digest,
            endpoint=endpoint,
            p256dh=p256dh,
            auth=auth,
            browser=browser_of(request.headers.get("User-Agent", "")),
            language=language_of(request),
            created_at=self._journal.clock(),
        )
        async with self._database.write() as tx:
            if await tx.pushes.save(one):
                about = {"browser": one.browser}
                await tx.acts.add_many([self._journal.act(who.by, Did.PUSH_ADDED, about)])
        if form.get("again") == "yes":
            return answer({})
        return done(request, f"{HERE}?done=push_is_on")

    async def end_browser(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        async with self._database.write() as tx:
            if await tx.pushes.end([form.get("browser", "")], who.operator.id):
                await tx.acts.add_many([self._journal.act(who.by, Did.PUSH_ENDED)])
        return done(request, f"{HERE}?done=push_is_off")

    async def link_messenger(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """A link that makes whoever brings it first this operator: shown to them alone."""
        form = await self._sign_in.form(request, who)
        door = self._means.doors.get(AccountId(form.get("account", "")))
        account = self._means.catalog.accounts.get(door.account) if door is not None else None
        if door is None or account is None:
            raise Problem(400, "bad_form")
        self._often.count(who.operator.id)
        language = language_of(request)
        token = f"operator:{secrets.token_hex(16)}"
        claims = Claims(site=account.site, token=token, locale=language)
        page = {"operator": str(who.operator.id)}
        now = self._journal.clock()
        link = mint(claims, OPERATOR, now, life=_LINK_LIFE, page=page)
        async with self._database.write() as tx:
            await tx.links.add([link])
            before = await tx.wishes.of(who.operator.id)
            await tx.wishes.save(replace(before, language=language))
        url = door.deep_link(link.code)
        return self._rendering.page(
            request,
            "own_messenger.html",
            me=who.operator,
            csrf=who.csrf,
            title=door.title,
            url=url,
            qr=Markup(_qr_of(url)),  # noqa: S704  # Our own drawing.
            minutes=int(_LINK_LIFE.total_seconds() // 60),
        )

    async def unlink_messenger(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        async with self._database.read() as tx:
            own = await tx.addresses.of_operators(who.operator.id)
        for one in own:
            if str(one.id) == form.get("address", ""):
                await self._reaching.unlink(one, who.operator.id)
        return done(request, f"{HERE}?done=messenger_is_off")

    async def change_email(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """An address counts once a mail that we sent there has come back as a click."""
        form = await self._sign_in.form(request, who)
        given = form.get("email", "").strip()
        mailer = self._reaching.mailer
        if mailer is None:
            raise Problem(400, "bad_form")
        if given:
            self._often.count(who.operator.id)
            given = _address(given)
        async with self._database.write() as tx:
            before = await tx.wishes.of(who.operator.id)
            is_known = before.email == given and before.email_confirmed_at is not None
            if not is_known:
                after = replace(
                    before, email=given, email_confirmed_at=None, language=language_of(request)
                )
                await self._save_email(tx, who, before, after)
        if is_known or not given:
            return done(request, f"{HERE}?done=saved")
        say = sayer(language_of(request))
        token = self._seal.close(who.operator.id, given)
        url = f"{self._public_url}{HERE}?confirm={token}"
        text = say("mail_confirm_text", login=who.operator.login, url=url)
        reach = Reach(who.operator, Wishes(who.operator.id), email=given)
        told = await self._reaching.test(
            reach, Way.MAIL, say("mail_confirm_subject"), text, language_of(request)
        )
        if told != SENT:
            raise Refused("mail_not_sent", 502)
        return done(request, f"{HERE}?done=mail_is_on_its_way")

    async def confirm_email(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        email = self._seal.open(who.operator.id, form.get("token", ""), _CONFIRM_WITHIN)
        async with self._database.write() as tx:
            is_theirs = email is not None and await tx.wishes.confirm_email(
                who.operator.id, email, self._journal.clock()
            )
        if not is_theirs:
            raise Refused("mail_not_confirmed", 409)
        return done(request, f"{HERE}?done=mail_is_confirmed")

    async def _save_email(self, tx: Tx, who: SignedIn, before: Wishes, after: Wishes) -> None:
        await tx.wishes.save(after)
        if before.email != after.email:
            await tx.acts.add_many([self._journal.act(who.by, Did.EMAIL_CHANGED)])


def _address(given: str) -> str:
    """Raises Refused."""
    try:
        mailbox = mailbox_of(given)
    except NotAnAddress as error:
        raise Refused("mail_is_none", 422) from error
    return mailbox.addr_spec


def _qr_of(url: str) -> str:
    """As SVG without styles: our pages allow none."""
    svg: str = segno.make(url, error="m", micro=False).svg_inline(
        scale=5, border=3, dark="#111", light="#fff"
    )
    return svg
