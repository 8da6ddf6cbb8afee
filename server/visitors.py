"""The pages that visitors see, put together from what the server knows."""

from collections.abc import Callable

from aiohttp import web

from server.wiring import Parley
from subscriptions.landing import Landing, Shop


def landing_of(parley: Parley, address_of: Callable[[web.Request], str]) -> Landing:
    return Landing(
        parley.database, shop_of(parley), parley.keeper, parley.counting, parley.clock, address_of
    )


def shop_of(parley: Parley) -> Shop:
    catalog = parley.catalog
    return Shop(
        parley.doors,
        {id_: one.site for id_, one in catalog.accounts.items()},
        catalog.topics,
        catalog.languages,
        parley.config.public_url,
    )
