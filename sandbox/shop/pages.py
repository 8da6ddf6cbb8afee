"""The demo shop: an order page, a thank-you page with subscribe buttons, the customer's account."""

from __future__ import annotations

import json
import re
import secrets
from decimal import Decimal

from aiohttp import hdrs, web

from parley_client import Consent, Contact, ParleyError
from sandbox.page import Pages
from sandbox.settings import ShopSettings
from sandbox.shop.goods import CURRENCY, MOST_PACKS, PRODUCTS, Product, product
from sandbox.shop.orders import Order
from sandbox.shop.server import MARKETING_TOPIC, SERVICE_TOPIC, Server, moment
from sandbox.shop.tokens import sign
from sandbox.values import Json
from sandbox.words import WORDS, language_of
from sandbox.world import World

COOKIE = "sandbox_customer"
_CUSTOMER = re.compile(r"c-[A-Za-z0-9_-]{12}")


class Shop:
    def __init__(self, world: World, pages: Pages, shop: ShopSettings, server: Server) -> None:
        self._world = world
        self._pages = pages
        self._shop = shop
        self._server = server

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/shop", self.front),
            web.get("/shop/orders", self.account),
            web.post("/shop/orders", self.place),
            web.get("/shop/orders/{number}", self.order),
            web.get("/shop/orders/{number}/token", self.renew),
            web.post("/shop/orders/{number}/go", self.go),
            web.post("/control/shop/token", self.token),
        ]

    async def front(self, request: web.Request) -> web.Response:
        return self._front(request, {"product": "sencha", "quantity": "1", "name": ""}, {})

    async def place(self, request: web.Request) -> web.Response:
        """Take an order; a form with mistakes comes back with what to mend."""
        form = {key: str(value) for key, value in (await request.post()).items()}
        wanted = product(form.get("product", ""))
        name, quantity = form.get("name", "").strip(), form.get("quantity", "")
        wrong = {}
        if not 1 <= len(name) <= 64:
            wrong["name"] = "name_needed"
        if not (quantity.isdecimal() and 1 <= int(quantity[:4]) <= MOST_PACKS):
            wrong["quantity"] = "quantity_needed"
        if wanted is None or wrong:
            wrong |= {} if wanted else {"product": "product_needed"}
            return self._front(request, {"product": "", "quantity": "1", "name": "", **form}, wrong)
        customer = self._customer(request) or f"c-{secrets.token_urlsafe(9)}"
        order = self._new_order(customer, name, wanted, int(quantity), language_of(request))
        self._world.orders.add(order)
        self._world.changed()
        response = self._redirect(f"/shop/orders/{order.number}")
        self._pages.remember(response, COOKIE, customer)
        return response

    async def order(self, request: web.Request) -> web.Response:
        order = self._own_order(request)
        if order is None:
            return await self._account(request, status=404)
        accounts = [
            {"id": each, "title": self._shop.account_titles.get(each, _title(each))}
            for each in self._shop.go_account_urls
        ]
        return self._pages.page(
            request,
            "order.html",
            shop=self._shop,
            order=order,
            accounts=accounts,
            token=self._signed(request, order) if self._shop.server_url else "",
            topics=f"{SERVICE_TOPIC} {MARKETING_TOPIC}",
        )

    async def renew(self, request: web.Request) -> web.Response:
        """A token for a page that stayed open until its own had expired."""
        order = self._own_order(request)
        if order is None:
            raise web.HTTPNotFound
        headers = {hdrs.CACHE_CONTROL: "no-store"}
        return web.json_response({"token": self._signed(request, order)}, headers=headers)

    async def account(self, request: web.Request) -> web.Response:
        return await self._account(request)

    async def go(self, request: web.Request) -> web.Response:
        """Without the widget: make the token now and post it on, so that it is in no address."""
        order = self._own_order(request)
        if order is None:
            return await self._account(request, status=404)
        form = await request.post()
        account = str(form.get("account", ""))
        target = self._shop.go_account_urls.get(account, self._shop.go_url)
        consent = None
        if form.get("marketing"):
            text = WORDS[language_of(request)]["marketing"].format(shop=self._shop.name)
            consent = Consent(text, moment(self._world.now()), request.remote or "")
        token = self._signed(request, order, consent)
        return self._pages.page(
            request, "leaving.html", shop=self._shop, target=target, token=token
        )

    async def token(self, request: web.Request) -> web.Response:
        """{claims} → {token}: any claims, for tests; null leaves a usual one out."""
        try:
            claims = json.loads(await request.read() or b"{}")
        except (ValueError, RecursionError):
            return web.json_response({"error": "the body is not JSON"}, status=400)
        if not isinstance(claims, dict):
            return web.json_response({"error": "claims are an object"}, status=422)
        return web.json_response({"token": sign(self._shop, claims, now=self._world.now())})

    def _signed(self, request: web.Request, order: Order, consent: Consent | None = None) -> str:
        language = language_of(request)
        title = WORDS[language]["thanks"].format(number=order.number)
        return self._server.token(
            order, title=title, language=language, now=self._world.now(), consent=consent
        )

    def _front(self, request: web.Request, form: Json, wrong: dict[str, str]) -> web.Response:
        return self._pages.page(
            request,
            "shop.html",
            status=422 if wrong else 200,
            shop=self._shop,
            products=PRODUCTS,
            currency=CURRENCY[language_of(request)],
            form=form,
            wrong=wrong,
        )

    async def _account(self, request: web.Request, *, status: int = 200) -> web.Response:
        customer = self._customer(request)
        contact = await self._server.contact(customer) if customer else None
        return self._pages.page(
            request,
            "account.html",
            status=status,
            shop=self._shop,
            orders=list(self._world.orders.of(customer)) if customer else [],
            missing=status == 404,
            messengers=_messengers(contact, self._shop) if contact else [],
            preferences=await self._preferences(contact),
        )

    async def _preferences(self, contact: Contact | None) -> str:
        """Where they choose what is written to them; "" while the server cannot be asked."""
        if contact is None:
            return ""
        try:
            return await self._server.preferences(contact)
        except ParleyError:
            return ""

    def _new_order(
        self, customer: str, name: str, product: Product, quantity: int, language: str
    ) -> Order:
        price = product.prices[language]
        return Order(
            number=self._world.orders.take_number(),
            customer=customer,
            name=name,
            product=product.names[language],
            quantity=quantity,
            price=price,
            total=str(Decimal(price) * quantity),
            currency=CURRENCY[language],
            placed_at=self._world.now(),
            language=language,
        )

    def _own_order(self, request: web.Request) -> Order | None:
        number, customer = request.match_info["number"], self._customer(request)
        if customer is None or not number.isdecimal() or len(number) > 12:
            return None
        return self._world.orders.get(int(number), customer)

    def _customer(self, request: web.Request) -> str | None:
        """The customer of this browser; only ids as we make them."""
        given = request.cookies.get(COOKIE, "")
        return given if _CUSTOMER.fullmatch(given) else None

    def _redirect(self, path: str) -> web.Response:
        location = f"{self._world.settings.prefix}{path}"
        return web.Response(status=303, headers={hdrs.LOCATION: location})


def _messengers(contact: Contact, shop: ShopSettings) -> list[Json]:
    """Where this person is, and what they get there."""
    return [
        {
            "title": shop.account_titles.get(address["account"], _title(address["account"])),
            "topics": [
                each["topic"]
                for each in address["subscriptions"]
                if each["state"] == "subscribed" and address["reachable"]
            ],
        }
        for address in contact.raw["addresses"]
    ]


def _title(account: str) -> str:
    """A channel's name guessed from an account's id: "shop-tg" is Telegram."""
    known = {"tg": "Telegram", "telegram": "Telegram", "vk": "VK", "viber": "Viber", "max": "MAX"}
    return next((known[part] for part in account.lower().split("-") if part in known), account)
