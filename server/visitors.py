"""The pages that visitors see, put together from what the server knows."""

from collections.abc import Callable

from aiohttp import web

from dialogues.preferences_page import PreferencesPage
from server.values import preferences_of
from server.wiring import Parley
from subscriptions.landing import Landing, Shop


def landing_of(parley: Parley, address_of: Callable[[web.Request], str]) -> Landing:
    return Landing(
        parley.database, shop_of(parley), parley.keeper, parley.counting, parley.clock, address_of
    )


def preferences_page_of(
    parley: Parley, address_of: Callable[[web.Request], str]
) -> PreferencesPage:
    links = preferences_of(parley.config)
    return PreferencesPage(parley.database, parley.catalog, parley.intake, links, address_of)


def shop_of(parley: Parley) -> Shop:
    catalog = parley.catalog
    return Shop(
        parley.doors,
        catalog.topics,
        catalog.languages,
        parley.config.public_url,
    )
