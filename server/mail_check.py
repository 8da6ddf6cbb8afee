"""What the values of [mail] must be."""

from collections.abc import Iterator

from inbox.mailing import NotAnAddress, mailbox_of
from server.config import MailConfig

_TLS_PORT, _STARTTLS_PORT = 465, 587
_LOCAL = ("localhost", "127.0.0.1", "::1")


def check_mail(mail: MailConfig) -> Iterator[tuple[str, str]]:
    """Every (place, problem)."""
    try:
        mailbox_of(mail.sender)
    except NotAnAddress as error:
        must = "must be an address such as inbox@example.com or Example shop <inbox@example.com>"
        yield "mail.from", f"{must}: {error}"
    password = mail.password.get_secret_value() if mail.password is not None else ""
    if mail.password is not None and not password:
        yield "mail.password", "is empty"
    if mail.user and not password:
        yield "mail.user", "needs a password"
    if password and not mail.user:
        yield "mail.password", "needs a user"
    if mail.security == "none" and mail.host not in _LOCAL:
        yield "mail.security", "none sends everything in the clear; write starttls or tls"
    if mail.security == "starttls" and mail.port == _TLS_PORT:
        yield "mail.security", "port 465 speaks TLS from the start; write tls"
    if mail.security == "tls" and mail.port == _STARTTLS_PORT:
        yield "mail.security", "port 587 begins without TLS; write starttls"
