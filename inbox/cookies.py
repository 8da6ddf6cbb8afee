"""The two cookies of the inbox: who is signed in here, and who has signed in here before."""

import hashlib
import secrets
from datetime import timedelta

from aiohttp import web

from inbox.forms import is_token, token_for

_DEVICE_LIFE = timedelta(days=180)


class Cookies:
    def __init__(self, secret: str, *, is_secure: bool) -> None:
        self._secret = secret
        self._is_secure = is_secure
        # With the prefix no subdomain and no plain-http page can plant a cookie of this name.
        self._session = "__Host-parley" if is_secure else "parley"
        self._device = "__Host-parley_known" if is_secure else "parley_known"

    def digest(self, request: web.Request) -> str:
        """Of the session's token; "" where there is none."""
        token = request.cookies.get(self._session, "")
        return digest_of(token) if token else ""

    def keep(self, response: web.Response, token: str, life: timedelta) -> None:
        self._set(response, self._session, token, life)

    def drop(self, response: web.Response) -> None:
        response.del_cookie(self._session, secure=self._is_secure, httponly=True, samesite="Lax")

    def know(self, response: web.Response, login: str) -> None:
        """From now on this browser counts for itself where this login is tried too often."""
        nonce = secrets.token_urlsafe(16)
        self._set(response, self._device, f"{nonce}.{self._known(login, nonce)}", _DEVICE_LIFE)

    def device(self, request: web.Request, login: str) -> str:
        """The name of a browser that has signed in with this login before; else ""."""
        nonce, _, proof = request.cookies.get(self._device, "").partition(".")
        return nonce if nonce and is_token(proof, self._known(login, nonce)) else ""

    def _known(self, login: str, nonce: str) -> str:
        return token_for(self._secret, "device", f"{login}\0{nonce}")

    def _set(self, response: web.Response, name: str, value: str, life: timedelta) -> None:
        response.set_cookie(
            name,
            value,
            max_age=int(life.total_seconds()),
            path="/",
            secure=self._is_secure,
            httponly=True,
            samesite="Lax",
        )


def digest_of(token: str) -> str:
    """What is stored. A random token of 256 bits needs no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
