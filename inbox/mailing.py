"""Mail to operators, by the server that the configuration names."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses, make_msgid

import aiosmtplib
from email_validator import EmailNotValidError, validate_email

_SECONDS = 25.0
LONGEST_ADDRESS = 254
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class NotAnAddress(Exception):
    """The text says what is wrong with it."""

    code = "not_an_address"


class MailPutOff(Exception):
    """Nobody took it now; the same may go through later."""

    code = "mail_put_off"


class MailRefused(Exception):
    """The server refuses this mail for good."""

    code = "mail_refused"


@dataclass(frozen=True, slots=True)
class MailSettings:
    """`security` is "starttls", "tls" or "none"; `host_name` is ours, for the mails' own ids.

    `tls` says which authorities are trusted, where they are others than the usual ones.
    """

    host: str
    sender: str
    security: str = "starttls"
    port: int | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    host_name: str = "localhost"
    tls: ssl.SSLContext | None = None


class Mailer:
    def __init__(self, settings: MailSettings, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._clock = clock
        self._sender = mailbox_of(settings.sender)

    async def send(self, to: str, subject: str, text: str) -> None:
        """Raises MailPutOff, MailRefused."""
        try:
            async with asyncio.timeout(_SECONDS):
                await self._send(self._message(to, subject, text))
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _told(max((one.code for one in error.recipients), default=0)) from error
        except aiosmtplib.SMTPAuthenticationError as error:
            # A wrong password is mended by whoever runs the server, and the mail goes then.
            raise MailPutOff(f"sign-in refused: {error.code}") from error
        except aiosmtplib.SMTPResponseException as error:
            raise _told(error.code) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise MailPutOff(type(error).__name__) from error

    async def _send(self, message: EmailMessage) -> None:
        settings = self._settings
        await aiosmtplib.send(
            message,
            hostname=settings.host,
            port=settings.port or _PORTS[settings.security],
            username=settings.user or None,
            password=settings.password or None,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=settings.tls,
            timeout=_SECONDS,
        )

    def _message(self, to: str, subject: str, text: str) -> EmailMessage:
        message = EmailMessage(SMTP)
        message["From"] = self._sender
        message["To"] = mailbox_of(to)
        message["Subject"] = " ".join(subject.split())
        message["Date"] = format_datetime(self._clock())
        message["Message-ID"] = make_msgid(domain=self._settings.host_name)
        # No out-of-office note shall answer it.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        return message


def _told(code: int) -> MailPutOff | MailRefused:
    return MailRefused(str(code)) if code >= 500 else MailPutOff(str(code))


def mailbox_of(text: str) -> Address:
    """From "inbox@example.com" or "Example shop <inbox@example.com>". Raises NotAnAddress."""
    if len(text) > LONGEST_ADDRESS or not text.isprintable():
        raise NotAnAddress("it is too long, or more than one line")
    found = getaddresses([text])
    if len(found) != 1 or not found[0][1]:
        raise NotAnAddress("there is not one address in it")
    [(name, address)] = found
    try:
        checked = validate_email(address, check_deliverability=False, allow_domain_literal=False)
    except EmailNotValidError as error:
        raise NotAnAddress(str(error)) from error
    spelled = checked.ascii_email
    if spelled is None:
        raise NotAnAddress("letters beyond ASCII before the @ are not carried everywhere")
    return Address(display_name=name, addr_spec=spelled)
