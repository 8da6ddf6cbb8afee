"""What goes into a page's HTML, escaped."""

from collections.abc import Iterable
from html import escape


def widget_script(server: str, site: str) -> str:
    """The script tag; once a page, anywhere. `server` such as https://chat.example.com."""
    source = escape(f"{server.rstrip('/')}/widget.js")
    return f'<script async src="{source}" data-site="{escape(site)}"></script>'


def subscribe_tag(token: str = "", topics: Iterable[str] = (), **attributes: str) -> str:
    """`<parley-subscribe>`: `layout`, `lang` and others as docs/widget.md names them."""
    named = {"token": token, "topics": " ".join(topics), **attributes}
    written = "".join(
        f' {name.replace("_", "-")}="{escape(value)}"' for name, value in named.items() if value
    )
    return f"<parley-subscribe{written}></parley-subscribe>"
