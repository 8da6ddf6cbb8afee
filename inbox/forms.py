"""Forms: read with care, and only from our own pages.

Two proofs stand against forged requests. The browser tells where a request comes from
(Sec-Fetch-Site, or Origin in older ones): another site's is refused, also at the sign-in, where
there is no session yet. And every form of a signed-in page carries a token, bound to the session
by an HMAC with the server's secret, which no other site can read.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohttp import web

from core.text import clean
from inbox.rendering import Problem

_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def is_from_our_pages(request: web.Request, public_url: str) -> bool:
    """Whether the browser says so. A program that is no browser says nothing, and is no victim."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    ours = {urlsplit(public_url).netloc, request.host}
    return origin != "null" and urlsplit(origin).netloc in ours


async def read_form(request: web.Request) -> Mapping[str, str]:
    """The fields of a form, the first of each name, cleaned. Raises Problem."""
    if request.content_type not in (
        "application/x-www-form-urlencoded",
        "application/octet-stream",
    ):
        # Of many parts only a form with files may be: see file_forms.
        raise Problem(415, "bad_form")
    try:
        form = await request.post()
    except (ValueError, LookupError) as error:
        raise Problem(400, "bad_form") from error
    fields = ((name, form.getone(name)) for name in form)
    return {name: clean(value) for name, value in fields if isinstance(value, str)}


def token_for(secret: str, purpose: str, value: str) -> str:
    """An HMAC that only this server can make; one purpose's is no other one's."""
    message = f"parley inbox {purpose}\0{value}".encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def is_token(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def local_path(wanted: str, otherwise: str = "/inbox") -> str:
    """Where to go on: a path of this server and nothing else."""
    is_fine = len(wanted) <= 2000 and _LOCAL.fullmatch(wanted) is not None
    return wanted if is_fine else otherwise
