"""/me/second-factor: turning it on and off, and the recovery codes, which are shown once."""

import re
from urllib.parse import urlsplit

from aiohttp import web
from markupsafe import Markup

from core.acts import Did
from inbox.journal import Journal
from inbox.proving import Proving
from inbox.rendering import Problem, Refused, Rendering
from inbox.second_factor import (
    SET_UP_WITHIN,
    new_recovery_codes,
    new_secret,
    qr_of,
    recovery_digest,
    step_of,
)
from inbox.sign_in import SET_UP, SignedIn, SignIn, done
from storage.database import Database
from storage.operators import Operator
from storage.tx import Tx


class SecondFactorPages:
    def __init__(
        self,
        database: Database,
        rendering: Rendering,
        sign_in: SignIn,
        proving: Proving,
        journal: Journal,
        public_url: str,
    ) -> None:
        self._database = database
        self._rendering = rendering
        self._sign_in = sign_in
        self._proving = proving
        self._journal = journal
        self._clock = journal.clock
        self._host = urlsplit(public_url).hostname or ""

    def routes(self) -> list[web.RouteDef]:
        signed = self._sign_in.signed
        return [
            web.get(SET_UP, signed(self.show, before_set_up=True)),
            web.post(f"{SET_UP}/on", signed(self.turn_on, before_set_up=True)),
            web.post(f"{SET_UP}/off", signed(self.turn_off)),
            web.post(f"{SET_UP}/codes", signed(self.renew_codes)),
            web.post(f"{SET_UP}/codes.txt", signed(self.download, before_set_up=True)),
        ]

    async def show(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        if not who.operator.has_second_factor:
            return self._set_up(request, who, new_secret())
        async with self._database.read() as tx:
            codes = await tx.operators.count_recovery_codes(who.operator.id)
            since = await tx.settings.second_factor_since()
        return self._page(request, who, "second_factor.html", codes=codes, is_demanded=since)

    async def turn_on(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """The secret comes back sealed with a first code of it: nothing is stored before."""
        form = await self._sign_in.form(request, who)
        self._sign_in.require_fresh(who)
        one, now = who.operator, self._clock()
        if one.has_second_factor:
            return done(request, SET_UP)
        seal = self._proving.seal
        secret = seal.open(one.id, form.get("sealed", ""), SET_UP_WITHIN)
        if secret is None:
            return self._set_up(request, who, new_secret(), Refused("set_up_late", 409))
        step = step_of(secret, form.get("code", ""), now)
        if step is None:
            return self._set_up(request, who, secret, Refused("wrong_first_code", 403))
        codes, digests = _codes()
        async with self._database.write() as tx:
            await tx.operators.set_second_factor(one.id, seal.close(one.id, secret), digests)
            await tx.operators.take_step(one.id, step)
            await tx.acts.add_many([self._journal.act(who.by, Did.SECOND_FACTOR_ON)])
        return self._page(request, who, "recovery_codes.html", codes=codes)

    async def turn_off(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        one = who.operator
        if not one.has_second_factor:
            return done(request, SET_UP)
        async with self._database.read() as tx:
            if await tx.settings.second_factor_since() is not None:
                raise Refused("second_factor_demanded_off", 409)
        await self._proving.require_password(request, one, form.get("password", ""))

        async def then(tx: Tx, _taken: Did) -> None:
            await tx.operators.set_second_factor(one.id, "")
            await tx.acts.add_many([self._journal.act(who.by, Did.SECOND_FACTOR_OFF)])

        await self._proving.code(request, one, form.get("code", ""), then)
        return done(request, "/me?done=second_factor_is_off")

    async def renew_codes(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """The old ones let nobody in any more."""
        await self._sign_in.form(request, who)
        self._sign_in.require_fresh(who)
        if not who.operator.has_second_factor:
            return done(request, SET_UP)
        codes, digests = _codes()
        async with self._database.write() as tx:
            await tx.operators.set_recovery_codes(who.operator.id, digests)
            await tx.acts.add_many([self._journal.act(who.by, Did.RECOVERY_CODES_RENEWED)])
        return self._page(request, who, "recovery_codes.html", codes=codes)

    async def download(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """As a file what the page shows: the server itself has only digests."""
        form = await self._sign_in.form(request, who)
        codes = form.get("codes", "").split()
        if not codes or not all(recovery_digest(code) for code in codes):
            raise Problem(400, "bad_form")
        name = re.sub(r"[^A-Za-z0-9.-]", "-", self._host) or "parley"
        text = f"Parley {self._host} · {who.operator.login}\n\n" + "\n".join(codes) + "\n"
        return web.Response(
            text=text,
            content_type="text/plain",
            headers={
                "Content-Disposition": f'attachment; filename="recovery-codes-{name}.txt"',
                "Cache-Control": "no-store",
            },
        )

    def _set_up(
        self, request: web.Request, who: SignedIn, secret: str, refused: Refused | None = None
    ) -> web.Response:
        one: Operator = who.operator
        return self._page(
            request,
            who,
            "second_factor_set_up.html",
            refused,
            sealed=self._proving.seal.close(one.id, secret),
            secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
            qr=Markup(qr_of(secret, one.login, self._host)),  # noqa: S704  # Our own drawing.
        )

    def _page(
        self,
        request: web.Request,
        who: SignedIn,
        template: str,
        refused: Refused | None = None,
        **values: object,
    ) -> web.Response:
        return self._rendering.page(
            request,
            template,
            refused.status if refused else 200,
            None,
            me=who.operator,
            csrf=who.csrf,
            must_set_up=who.must_set_up,
            refused=refused,
            **values,
        )


def _codes() -> tuple[list[str], list[str]]:
    """Ten codes, and what is stored of them."""
    codes = new_recovery_codes()
    return codes, [digest for code in codes if (digest := recovery_digest(code))]
