"""The aiohttp application: every interface's routes, and what holds for all of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from aiohttp import web

from api.admission import Admission
from api.openapi import openapi
from api.reading import ReadingPage
from api.routing import Api
from core.origins import origin_of
from dialogues.events_api import EventsApi
from dialogues.hook_events import SHAPES
from inbox.alert_means import AlertMeans
from inbox.attachments_api import AttachmentsApi, document_attachments
from inbox.conversations_api import ConversationsApi
from inbox.figures_api import FiguresApi
from inbox.files import Files
from inbox.hook_desk import HookDesk
from inbox.hooks_api import HooksApi
from inbox.journal import Journal
from inbox.pages import Pages
from inbox.people_api import PeopleApi
from inbox.uploads_api import UploadsApi, document_uploads
from server.health import Health
from server.middleware import guard
from server.proxies import visitor_address
from server.values import alert_settings_of, endpoints_of, keyring_of, preferences_of
from server.version import VERSION
from server.visitors import landing_of, preferences_page_of
from server.wiring import Parley
from subscriptions.bulk_links import BulkLinks
from subscriptions.known import Known
from subscriptions.links_api import LinksApi
from subscriptions.offers import Offers
from subscriptions.origins import Origins
from subscriptions.visits import Visits
from subscriptions.widget import Widget

MOST_BYTES = 1024 * 1024


def build_app(parley: Parley) -> web.Application:
    """Ready to be served. Nothing runs in the background by it."""
    app = web.Application(client_max_size=MOST_BYTES, middlewares=[guard])
    config = parley.config

    def address_of(request: web.Request) -> str:
        return visitor_address(request, config.trusted_proxies)

    visits = Visits(
        parley.keeper,
        keyring=keyring_of(config),
        doors=parley.doors,
        clock=parley.clock,
        address_of=address_of,
        languages=parley.catalog.languages,
    )
    admission = Admission(parley.database, parley.clock, config.api.per_minute)
    api = build_api(parley, admission)
    document = openapi(api.table, VERSION, config.public_url, SHAPES)
    document_attachments(document)
    document_uploads(document, parley.library.most_bytes)
    files = Files(parley.database, parley.library, parley.fetching.fetch)
    attachments = AttachmentsApi(admission, parley.catalog, files)
    pages = Pages(
        parley.database,
        parley.catalog,
        parley.talking,
        parley.board,
        parley.clock,
        address_of,
        config.secret.get_secret_value(),
        config.public_url,
        files,
        parley.collector.wake,
        new_id=lambda: parley.node.next_id(parley.clock()),
        endpoints=endpoints_of(config),
        wake_deliverers=parley.wake_deliverers,
        means=AlertMeans(parley.reaching, parley.doors, alert_settings_of(config), parley.catalog),
    )

    async def describe(_request: web.Request) -> web.Response:
        return web.json_response(document)

    app.add_routes(parley.webhooks.routes())
    app.add_routes(parley.public_files.routes())
    app.add_routes(visits.routes())
    app.add_routes(landing_of(parley, address_of).routes())
    app.add_routes(preferences_page_of(parley, address_of).routes())
    app.add_routes(widget_of(parley, address_of).routes())
    app.add_routes(api.routes())
    app.add_routes(attachments.routes())
    app.add_routes(UploadsApi(admission, files).routes())
    app.add_routes([web.get("/api/openapi.json", describe)])
    app.add_routes(ReadingPage(document).routes())
    app.add_routes(pages.routes())
    app.on_shutdown.append(pages.stop)

    async def stop_visits(_app: web.Application) -> None:
        parley.waiting.close()

    app.on_shutdown.append(stop_visits)
    app.add_routes(Health(parley).routes())
    return app


def widget_of(parley: Parley, address_of: Callable[[web.Request], str]) -> Widget:
    """The shop's side: what its pages load, and what they ask."""
    config = parley.config
    catalog = parley.catalog
    return Widget(
        Offers(catalog.topics, catalog.languages),
        parley.doors,
        keyring_of(config),
        Origins(catalog.sites, origin_of(config.public_url)),
        parley.keeper,
        parley.waiting,
        parley.counting,
        Known(parley.database, parley.doors, replace(preferences_of(config), life=timedelta(0))),
        clock=parley.clock,
        address_of=address_of,
    )


def build_api(parley: Parley, admission: Admission) -> Api:
    """The table of the API's routes; the document is made from the same."""
    sites = parley.catalog.sites
    links = LinksApi(parley.database, parley.doors, sites)
    events = EventsApi(parley.database, parley.intake, sites, parley.catalog.topics)
    people = PeopleApi(parley.database, parley.catalog, parley.intake)
    conversations = ConversationsApi(
        parley.database, parley.catalog, parley.talking, parley.config.public_url
    )
    figures = FiguresApi(parley.database, parley.catalog)
    journal = Journal(lambda: parley.node.next_id(parley.clock()), parley.clock)
    desk = HookDesk(endpoints_of(parley.config), journal, parley.wake_deliverers)
    hooks = HooksApi(parley.database, desk)
    table = [
        *links.table(),
        *BulkLinks(parley.database, parley.doors, sites).table(),
        *events.table(),
        *people.table(),
        *conversations.table(),
        *hooks.table(),
        *figures.table(),
    ]
    return Api(table, admission, parley.clock)
