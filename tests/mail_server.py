"""A mail server that keeps what it takes."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.certificates import certificate

USER, PASSWORD = "inbox", "mail-password"


@dataclass
class MailDouble:
    """`answer` is what it says to each mail; "" takes it."""

    port: int
    trusted: ssl.SSLContext
    answer: str = ""
    taken: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)
    sign_ins: int = 0

    async def handle_RCPT(  # The name that aiosmtpd calls.
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answer:
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        message = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.taken.append((envelope.mail_from or "", envelope.rcpt_tos, message))
        return "250 taken"

    def sign_in(self, _server: SMTP, _s: Any, _e: Any, _mechanism: str, given: Any) -> AuthResult:
        self.sign_ins += 1
        is_right = given == LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=is_right, handled=is_right)


@asynccontextmanager
async def mail_server(folder: Path, security: str) -> AsyncIterator[MailDouble]:
    """As "starttls", "tls" or "none" of our settings; the first two demand USER and PASSWORD."""
    authority = certificate(folder, "mail.test")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority, folder / "key.pem")
    double = MailDouble(0, ssl.create_default_context(cafile=str(authority)))
    is_open = security == "none"

    def serve() -> SMTP:
        with warnings.catch_warnings():
            # It does not know that the socket below it speaks TLS already.
            warnings.simplefilter("ignore")
            return SMTP(
                double,
                hostname="mail.test",
                tls_context=context if security == "starttls" else None,
                require_starttls=security == "starttls",
                authenticator=None if is_open else double.sign_in,
                auth_required=not is_open,
                auth_require_tls=security == "starttls",
                loop=asyncio.get_running_loop(),
            )

    server = await asyncio.get_running_loop().create_server(
        serve, "127.0.0.1", 0, ssl=context if security == "tls" else None
    )
    double.port = server.sockets[0].getsockname()[1]
    try:
        yield double
    finally:
        server.close()
        await server.wait_closed()
