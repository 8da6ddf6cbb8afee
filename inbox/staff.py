"""Everything about the operators themselves, put together: the door, their pages, the audit."""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from inbox.alert_means import AlertMeans, Often
from inbox.alert_pages import AlertPages
from inbox.alert_places import AlertPlaces
from inbox.audit_pages import AuditPages
from inbox.cookies import Cookies
from inbox.entering import Entering
from inbox.invitation_pages import InvitationPages
from inbox.journal import Journal
from inbox.me_pages import MePages
from inbox.passwords import Passwords
from inbox.people import People
from inbox.people_pages import PeoplePages
from inbox.proving import Proving
from inbox.rendering import Rendering
from inbox.second_factor import Seal
from inbox.second_factor_pages import SecondFactorPages
from inbox.sign_in import SignIn
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Staff:
    sign_in: SignIn
    routes: list[web.RouteDef]

    @classmethod
    def open(
        cls,
        database: Database,
        rendering: Rendering,
        journal: Journal,
        passwords: Passwords,
        address_of: Callable[[web.Request], str],
        secret: str,
        public_url: str,
        means: AlertMeans,
    ) -> "Staff":
        people = People(journal)
        cookies = Cookies(secret, is_secure=public_url.startswith("https://"))
        proving = Proving(database, journal, passwords, cookies, Seal(secret), address_of)
        sign_in = SignIn(
            database,
            rendering,
            proving,
            cookies,
            clock=journal.clock,
            secret=secret,
            public_url=public_url,
        )
        shown = (database, rendering, sign_in)
        often = Often(journal.clock)
        people_pages = PeoplePages(*shown, people)
        pages = (
            Entering(*shown, proving, cookies, journal),
            MePages(*shown, proving, people),
            AlertPages(*shown, journal, means, often),
            AlertPlaces(*shown, journal, means, often, secret, public_url),
            SecondFactorPages(*shown, proving, journal, public_url),
            people_pages,
            InvitationPages(*shown, proving, people_pages, journal, public_url),
            AuditPages(*shown),
        )
        return cls(sign_in, [route for one in pages for route in one.routes()])
