"""What a proxy's URL looks like; light, so that a configuration is checked without a client."""

from typing import Final
from urllib.parse import urlsplit

NO_PROXY: Final = "is no URL like http://host:3128 or socks5://user:password@host:1080"


def is_proxy(proxy: str) -> bool:
    """Whether it is a URL with a host and a port, of a kind that we can go through."""
    try:
        url = urlsplit(proxy)
        return url.scheme in ("http", "socks5") and bool(url.hostname and url.port)
    except ValueError:
        return False
