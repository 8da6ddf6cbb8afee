"""Origins of pages, as browsers tell them."""

from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """The origin of a URL as browsers write it, or "" where it has none."""
    try:
        parsed = urlsplit(url)
        port = parsed.port
    except ValueError:
        return ""
    host = _host(parsed)
    if parsed.scheme not in _PORTS or not host:
        return ""
    is_usual = port is None or port == _PORTS[parsed.scheme]
    return f"{parsed.scheme}://{host}" + ("" if is_usual else f":{port}")


def _host(parsed: SplitResult) -> str:
    host = parsed.hostname or ""
    if ":" in host:
        return f"[{host}]"
    try:
        return host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        return ""
