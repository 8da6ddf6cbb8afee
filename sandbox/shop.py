"""The demo shop: an order page, a thank-you page with subscribe buttons, past orders."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from aiohttp import hdrs, web

from sandbox.orders import Order
from sandbox.page import Pages
from sandbox.settings import ShopSettings
from sandbox.tokens import order_claims, sign, with_consent
from sandbox.values import Json
from sandbox.words import WORDS, language_of
from sandbox.world import World

COOKIE = "sandbox_customer"
_CUSTOMER = re.compile(r"c-[A-Za-z0-9_-]{12}")
_MOST_PACKS = 20


@dataclass(frozen=True, slots=True)
class Product:
    """Names and prices by the language of the page; a language has its currency."""

    id: str
    names: dict[str, str]
    notes: dict[str, str]
    prices: dict[str, str]


PRODUCTS: Final = (
    Product(
        "sencha",
        {"en": "Sencha", "ru": "Сенча"},
        {"en": "Green, fresh, a little sweet", "ru": "Зелёный, свежий, чуть сладкий"},
        {"en": "9.50", "ru": "690"},
    ),
    Product(
        "assam",
        {"en": "Assam", "ru": "Ассам"},
        {"en": "Black, malty, good with milk", "ru": "Чёрный, солодовый, хорош с молоком"},
        {"en": "8.00", "ru": "540"},
    ),
    Product(
        "oolong",
        {"en": "Oolong", "ru": "Улун"},
        {"en": "Half dark, flowers and cream", "ru": "Полутёмный, цветы и сливки"},
        {"en": "12.00", "ru": "890"},
    ),
    Product(
        "rooibos",
        {"en": "Rooibos", "ru": "Ройбуш"},
        {"en": "No caffeine, honey and wood", "ru": "Без кофеина, мёд и дерево"},
        {"en": "7.50", "ru": "490"},
    ),
)
_CURRENCY: Final = {"en": "EUR", "ru": "RUB"}


class Shop:
    def __init__(self, world: World, pages: Pages, shop: ShopSettings) -> None:
        self._world = world
        self._pages = pages
        self._shop = shop

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/shop", self.front),
            web.get("/shop/orders", self.orders),
            web.post("/shop/orders", self.place),
            web.get("/shop/orders/{number}", self.order),
            web.post("/shop/orders/{number}/go", self.go),
            web.post("/control/shop/token", self.token),
        ]

    async def front(self, request: web.Request) -> web.Response:
        return self._front(request, {"product": "sencha", "quantity": "1", "name": ""}, {})

    async def place(self, request: web.Request) -> web.Response:
        """Take an order; a form with mistakes comes back with what to mend."""
        form = {key: str(value) for key, value in (await request.post()).items()}
        language = language_of(request)
        product = next((each for each in PRODUCTS if each.id == form.get("product")), None)
        name, quantity = form.get("name", "").strip(), form.get("quantity", "")
        wrong = {}
        if not 1 <= len(name) <= 64:
            wrong["name"] = "name_needed"
        if not (quantity.isdecimal() and 1 <= int(quantity[:4]) <= _MOST_PACKS):
            wrong["quantity"] = "quantity_needed"
        if product is None or wrong:
            wrong |= {} if product else {"product": "product_needed"}
            return self._front(request, {"product": "", "quantity": "1", "name": "", **form}, wrong)
        customer = self._customer(request) or f"c-{secrets.token_urlsafe(9)}"
        order = self._new_order(customer, name, product, int(quantity), language)
        self._world.orders.add(order)
        self._world.changed()
        response = self._redirect(f"/shop/orders/{order.number}")
        self._pages.remember(response, COOKIE, customer)
        return response

    async def order(self, request: web.Request) -> web.Response:
        order = self._own_order(request)
        if order is None:
            return self._orders(request, status=404)
        accounts = [
            {"id": each, "title": self._shop.account_titles.get(each, _title(each))}
            for each in self._shop.go_account_urls
        ]
        token = sign(self._shop, self._claims(order, request), now=self._world.now())
        return self._pages.page(
            request, "order.html", shop=self._shop, order=order, accounts=accounts, token=token
        )

    async def orders(self, request: web.Request) -> web.Response:
        return self._orders(request)

    async def go(self, request: web.Request) -> web.Response:
        """Make the token now and post it on, so that it stands in no address."""
        order = self._own_order(request)
        if order is None:
            return self._orders(request, status=404)
        form = await request.post()
        account = str(form.get("account", ""))
        target = self._shop.go_account_urls.get(account, self._shop.go_url)
        claims = self._claims(order, request)
        if form.get("marketing"):
            text = WORDS[language_of(request)]["marketing"].format(shop=self._shop.name)
            claims = with_consent(claims, text=text, now=self._world.now(), ip=request.remote or "")
        token = sign(self._shop, claims, now=self._world.now())
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

    def _claims(self, order: Order, request: web.Request) -> Json:
        language = language_of(request)
        return order_claims(
            order,
            url=f"{self._world.settings.base_url}/shop/orders/{order.number}",
            title=WORDS[language]["thanks"].format(number=order.number),
            locale=language,
        )

    def _front(self, request: web.Request, form: Json, wrong: dict[str, str]) -> web.Response:
        language = language_of(request)
        return self._pages.page(
            request,
            "shop.html",
            status=422 if wrong else 200,
            shop=self._shop,
            products=PRODUCTS,
            currency=_CURRENCY[language],
            form=form,
            wrong=wrong,
        )

    def _orders(self, request: web.Request, *, status: int = 200) -> web.Response:
        customer = self._customer(request)
        orders = list(self._world.orders.of(customer)) if customer else []
        return self._pages.page(
            request,
            "orders.html",
            status=status,
            shop=self._shop,
            orders=orders,
            missing=status == 404,
        )

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
            currency=_CURRENCY[language],
            placed_at=self._world.now(),
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


def _title(account: str) -> str:
    """A channel's name guessed from an account's id: "shop-tg" is Telegram."""
    known = {"tg": "Telegram", "telegram": "Telegram", "vk": "VK", "viber": "Viber", "max": "MAX"}
    return next((known[part] for part in account.lower().split("-") if part in known), account)
