"""parley.toml: its shape. What the values mean together is checked in `server.config_check`."""

from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, SecretStr, StringConstraints, with_config

from core.hooks import HookType

STRICT = ConfigDict(extra="forbid")
_ID = r"^[a-z0-9][a-z0-9_-]{0,31}$"
_URL = r"^https?://[^\s/]+(/\S*)?$"
_HOST_PORT = r"^[^\s:]*:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$"
_USERNAME = r"^@?[A-Za-z0-9_]{3,64}$"
_GROUP_NAME = r"^[A-Za-z0-9_.]{1,64}$"
_URI = r"^[A-Za-z0-9_.-]{1,64}$"
_HOST = r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$|^[0-9a-fA-F:]+$"
_STRETCH = r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$"
FORMS = {
    _ID: "must be 1 to 32 characters of a-z 0-9 - _ and begin with a letter or a digit",
    _URL: "must be a URL such as https://chat.example.com",
    _HOST_PORT: "must be a host and a port such as 127.0.0.1:8080",
    _USERNAME: "must be a bot's user name such as shop_bot",
    _GROUP_NAME: "must be a community's short name such as shopclub, as in vk.com/shopclub",
    _STRETCH: "must be from-to such as 09:00-18:00",
    _HOST: "must be a host such as smtp.example.com; the port stands in port",
    _URI: "must be a public account's URI such as shopbot",
}
"""What each pattern says in words."""
Id = Annotated[str, StringConstraints(pattern=_ID)]
Url = Annotated[str, StringConstraints(pattern=_URL)]
HostPort = Annotated[str, StringConstraints(pattern=_HOST_PORT)]
Texts = dict[str, str]
Algorithm = Literal["HS256", "RS256", "ES256", "EdDSA"]


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class SiteKeyConfig:
    """A key that a site signs tokens with: a secret for HS256, a public key for the others."""

    kid: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    alg: Algorithm = "HS256"
    secret: SecretStr | None = None
    public_key: str | None = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookConfig:
    """Where a site hears of what happens. `events` absent: of all. `secret_before` signs too, while
    the secret is changed."""

    url: Url
    secret: SecretStr
    secret_before: SecretStr | None = None
    events: tuple[HookType, ...] | None = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class SiteConfig:
    id: Id
    name: str = ""
    url: Url | Literal[""] = ""
    origins: tuple[Url, ...] = ()
    timezone: str = "UTC"
    default_topics: tuple[Id, ...] = ()
    keys: tuple[SiteKeyConfig, ...] = ()
    webhooks: tuple[WebhookConfig, ...] = ()


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class TopicConfig:
    """`consent` are the words that a person agrees to where the topic is advertising."""

    id: Id
    cls: Annotated[Literal["service", "marketing"], Field(alias="class")]
    title: Texts
    confirm: bool = False
    consent: Texts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    """What every messenger's account has. `rate` is requests per second, where it is not the
    messenger's own."""

    id: Id
    token: SecretStr
    title: str = ""
    site: Id | None = None
    proxy: str = ""
    api_url: Url | Literal[""] = ""
    link_url: Url | Literal[""] = ""
    rate: Annotated[float, Field(gt=0, le=10_000)] | None = None
    receive: Literal["webhook", "polling"] = "webhook"


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramConfig(_Account):
    channel: Literal["telegram"]
    username: Annotated[str, StringConstraints(pattern=_USERNAME)]
    webhook_secret: SecretStr | None = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class VkConfig(_Account):
    """A community. `confirmation` is the string that VK's settings page or API shows.

    `allow_widget`: shop pages may load VK's own script, by which a visitor allows messages there.
    """

    channel: Literal["vk"]
    group_id: Annotated[int, Field(gt=0, lt=2**53)]
    group_name: Annotated[str, StringConstraints(pattern=_GROUP_NAME)]
    allow_widget: bool = False
    secret: SecretStr | None = None
    confirmation: SecretStr | None = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class ViberConfig(_Account):
    """A public account. `name` and `avatar` are shown with each message."""

    channel: Literal["viber"]
    uri: Annotated[str, StringConstraints(pattern=_URI)]
    name: Annotated[str, StringConstraints(min_length=1, max_length=28)]
    avatar: Url | Literal[""] = ""
    receive: Literal["webhook"] = "webhook"


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class MaxConfig(_Account):
    """`ca_bundle` is a PEM file of authorities that are trusted for MAX alone."""

    channel: Literal["max"]
    username: Annotated[str, StringConstraints(pattern=_USERNAME)]
    webhook_secret: SecretStr | None = None
    ca_bundle: str = ""


AccountConfig = Annotated[
    TelegramConfig | VkConfig | ViberConfig | MaxConfig, Field(discriminator="channel")
]


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class MediaConfig:
    """Where files lie: a folder, or s3://bucket/prefix of whoever speaks S3 at `endpoint`."""

    store: Annotated[str, StringConstraints(min_length=1)] = "var/media"
    endpoint: Url | Literal[""] = ""
    region: str = ""
    access_key: SecretStr | None = None
    secret_key: SecretStr | None = None
    most_mb: Annotated[int, Field(ge=1, le=2048)] = 64


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class QuietConfig:
    """No marketing between these on the contact's clock."""

    start: Annotated[time, Field(alias="from")]
    end: Annotated[time, Field(alias="to")]


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class WordsConfig:
    """More words for leaving and coming back, beside those that ship."""

    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()


Stretches = tuple[Annotated[str, StringConstraints(pattern=_STRETCH)], ...]


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class HoursConfig:
    """When operators are at the desk, and what is answered when they are not."""

    timezone: str
    text: Texts
    mon: Stretches = ()
    tue: Stretches = ()
    wed: Stretches = ()
    thu: Stretches = ()
    fri: Stretches = ()
    sat: Stretches = ()
    sun: Stretches = ()
    holidays: tuple[date, ...] = ()

    @property
    def week(self) -> tuple[Stretches, ...]:
        """From Monday on."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class MailConfig:
    """The server that takes our mail to operators. Without `port`: the usual one."""

    host: Annotated[str, StringConstraints(pattern=_HOST)]
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: SecretStr | None = None
    sender: Annotated[str, Field(alias="from")]


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class InboxConfig:
    """Operators' work. Who waits longer than `answer_within` minutes is shown as late.

    `assign` "evenly" gives each new conversation to whoever is there and has the fewest.
    Operators away from the desk are told after `alert_after` minutes by `alert_ways`, unless
    they chose otherwise; after `escalate_after` it goes to those who supervise.
    The audit log is kept for `audit_days`; the database itself keeps thirty. Who sends more than
    `flood_messages` within `flood_seconds` is muted for `mute_minutes`; 0 messages mute nobody.
    Flows that begin when a conversation is closed do so at most once per person in
    `ask_after_days`; without it never.
    """

    answer_within: Annotated[int, Field(ge=1, le=10_000)] = 15
    assign: Literal["by_hand", "evenly"] = "by_hand"
    alert_after: Annotated[int, Field(ge=1, le=10_000)] = 10
    alert_ways: tuple[Literal["push", "messenger", "mail"], ...] = ("push", "messenger", "mail")
    escalate_after: Annotated[int, Field(ge=1, le=10_000)] | None = None
    audit_days: Annotated[int, Field(ge=30, le=3650)] = 400
    flood_messages: Annotated[int, Field(ge=0, le=10_000)] = 30
    flood_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    mute_minutes: Annotated[int, Field(ge=1, le=10_080)] = 15
    ask_after_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    hours: HoursConfig | None = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class ApiConfig:
    """How many calls a key may make in a minute, in each process."""

    per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 600


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole file. Paths are relative to it and absolute once it is read."""

    public_url: Url
    secret: SecretStr
    listen: HostPort = "127.0.0.1:8080"
    database: str = "sqlite:///var/parley.db"
    database_listen: str | None = None
    flows: str = "builtin:library"
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0
    metrics_listen: HostPort | None = None
    egress_allow: tuple[str, ...] = ()
    preferences_days: Annotated[int, Field(ge=1, le=3650)] = 180
    languages: Annotated[tuple[Id, ...], Field(min_length=1)] = ("en", "ru")
    quiet_hours: QuietConfig | None = None
    media: MediaConfig = field(default_factory=MediaConfig)
    api: ApiConfig = field(default_factory=ApiConfig)
    inbox: InboxConfig = field(default_factory=InboxConfig)
    mail: MailConfig | None = None
    words: WordsConfig = field(default_factory=WordsConfig)
    sites: tuple[SiteConfig, ...] = ()
    topics: tuple[TopicConfig, ...] = ()
    accounts: tuple[AccountConfig, ...] = ()
    folder: Path = Path()
