"""A visitor's address behind the proxies that stand before us."""

import ipaddress

from aiohttp import web


def visitor_address(request: web.Request, trusted_proxies: int) -> str:
    """Counted from the right: what stands left of our own proxies is whatever a caller wrote."""
    peer = request.remote or ""
    if trusted_proxies == 0:
        return peer
    forwarded = [
        part.strip()
        for header in request.headers.getall("X-Forwarded-For", [])
        for part in header.split(",")
    ]
    if len(forwarded) < trusted_proxies:
        return peer
    claimed = forwarded[-trusted_proxies]
    try:
        return str(ipaddress.ip_address(claimed))
    except ValueError:
        return peer
