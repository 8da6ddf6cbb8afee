"""From the configuration's shape to the values that rules know."""

from dataclasses import replace
from datetime import time, timedelta
from typing import assert_never
from urllib.parse import urlsplit

from bots.contract import BotSettings, Gate, Welcome
from bots.table import MESSENGERS
from core.alerts import AlertSettings, Way
from core.channels import Channel, Limits
from core.hearing import Flood
from core.hooks import Endpoint, Hooks, Target, endpoint_key, secret_bytes
from core.hours import Away, Stretch, WorkingHours
from core.ids import AccountId, FlowName, SiteId, TopicId
from core.origins import origin_of
from core.policy import QuietHours
from core.sites import Site
from core.topics import Topic, TopicClass
from core.words import Vocabulary, vocabulary
from dialogues.catalog import Account, Catalog
from dialogues.texts import say
from flows.language import Flow
from inbox.mailing import MailSettings
from media.store import Store
from server.config import (
    AccountConfig,
    Config,
    MaxConfig,
    TelegramConfig,
    ViberConfig,
    VkConfig,
)
from subscriptions.keyring import Keyring, SiteKey
from subscriptions.preferring import PreferenceLinks


def topics_of(config: Config) -> dict[TopicId, Topic]:
    return {
        TopicId(one.id): Topic(
            TopicId(one.id), TopicClass(one.cls), one.title, one.confirm, one.consent
        )
        for one in config.topics
    }


def sites_of(config: Config) -> dict[SiteId, Site]:
    return {
        SiteId(one.id): Site(
            id=SiteId(one.id),
            name=one.name or one.id,
            url=one.url or (one.origins[0] if one.origins else ""),
            timezone=one.timezone,
            default_topics=tuple(TopicId(topic) for topic in one.default_topics),
            origins=tuple(origin_of(origin) for origin in one.origins),
        )
        for one in config.sites
    }


def keyring_of(config: Config) -> Keyring:
    return Keyring(
        {
            SiteId(site.id): {
                key.kid: SiteKey(
                    key.kid,
                    key.alg,
                    key.secret.get_secret_value() if key.secret else key.public_key or "",
                )
                for key in site.keys
            }
            for site in config.sites
        }
    )


def vocabulary_of(config: Config) -> Vocabulary:
    names = {topic.id: TopicId(topic.id) for topic in config.topics}
    for topic in config.topics:
        names |= {title: TopicId(topic.id) for title in topic.title.values()}
    return vocabulary(
        config.languages, names, extra_stops=config.words.stop, extra_starts=config.words.start
    )


def limits_of(config: Config) -> dict[Channel, Limits]:
    """Of the messengers that are configured."""
    channels = {Channel(account.channel) for account in config.accounts}
    return {channel: MESSENGERS[channel].limits for channel in sorted(channels)}


def accounts_of(config: Config) -> dict[AccountId, Account]:
    accounts = {}
    for one in config.accounts:
        messenger = MESSENGERS[Channel(one.channel)]
        accounts[AccountId(one.id)] = Account(
            id=AccountId(one.id),
            channel=Channel(one.channel),
            limits=messenger.limits,
            site=SiteId(one.site or config.sites[0].id),
            title=one.title or messenger.title,
        )
    return accounts


def bot_settings_of(account: AccountConfig) -> BotSettings:
    settings = BotSettings(
        account=AccountId(account.id),
        token=account.token.get_secret_value(),
        api_url=account.api_url,
        link_url=account.link_url,
        proxy=account.proxy,
    )
    match account:
        case TelegramConfig(username=username):
            return replace(settings, username=username.removeprefix("@"))
        case VkConfig(group_name=name, group_id=number):
            return replace(settings, username=name, group=str(number))
        case ViberConfig(uri=uri, name=name, avatar=avatar):
            return replace(settings, username=uri, name=name, avatar=avatar)
        case MaxConfig(username=username, ca_bundle=bundle):
            return replace(settings, username=username.removeprefix("@"), ca_bundle=bundle)
        case _:
            assert_never(account)


def secret_of(account: AccountConfig) -> str:
    """What proves that a request comes from the messenger."""
    match account:
        case TelegramConfig(webhook_secret=secret) | MaxConfig(webhook_secret=secret):
            pass
        case VkConfig(secret=secret):
            pass
        case ViberConfig(token=secret):
            pass
        case _:
            assert_never(account)
    return secret.get_secret_value() if secret else ""


def gate_of(account: AccountConfig, config: Config) -> Gate:
    gate = Gate(secret_of(account))
    match account:
        case VkConfig(group_id=number, confirmation=confirmation):
            code = confirmation.get_secret_value() if confirmation else ""
            return replace(gate, group=str(number), confirmation=code)
        case ViberConfig(name=name):
            languages = {code: code for code in config.languages} | {"": config.languages[0]}
            welcomes = {
                code: Welcome(say("welcome", language), say("welcome_start", language))
                for code, language in languages.items()
            }
            return replace(gate, name=name, welcomes=welcomes)
        case _:
            return gate


def store_of(config: Config) -> Store:
    media = config.media
    options = {
        "endpoint": media.endpoint,
        "region": media.region,
        "access_key_id": media.access_key.get_secret_value() if media.access_key else "",
        "secret_access_key": media.secret_key.get_secret_value() if media.secret_key else "",
    }
    return Store(media.store, {name: value for name, value in options.items() if value})


def quiet_of(config: Config) -> QuietHours | None:
    quiet = config.quiet_hours
    return QuietHours(quiet.start, quiet.end) if quiet else None


def away_of(config: Config) -> Away | None:
    hours = config.inbox.hours
    if hours is None:
        return None
    days = {
        number: tuple(_stretch(one) for one in stretches)
        for number, stretches in enumerate(hours.week)
    }
    return Away(WorkingHours(hours.timezone, days, frozenset(hours.holidays)), hours.text)


def alert_settings_of(config: Config) -> AlertSettings:
    inbox = config.inbox
    escalate = inbox.escalate_after
    return AlertSettings(
        after=timedelta(minutes=inbox.alert_after),
        ways=frozenset(Way(one) for one in inbox.alert_ways),
        escalate_after=timedelta(minutes=escalate) if escalate is not None else None,
    )


def mail_of(config: Config) -> MailSettings | None:
    mail = config.mail
    if mail is None:
        return None
    return MailSettings(
        host=mail.host,
        sender=mail.sender,
        security=mail.security,
        port=mail.port,
        user=mail.user,
        password=mail.password.get_secret_value() if mail.password else "",
        host_name=urlsplit(config.public_url).hostname or "localhost",
    )


def _stretch(text: str) -> Stretch:
    start, _, end = text.partition("-")
    return Stretch(
        time.fromisoformat(start), time.min if end == "24:00" else time.fromisoformat(end)
    )


def flood_of(config: Config) -> Flood | None:
    inbox = config.inbox
    if not inbox.flood_messages:
        return None
    within, mute = timedelta(seconds=inbox.flood_seconds), timedelta(minutes=inbox.mute_minutes)
    return Flood(inbox.flood_messages, within, mute)


def ask_every_of(config: Config) -> timedelta | None:
    days = config.inbox.ask_after_days
    return timedelta(days=days) if days is not None else None


def endpoints_of(config: Config) -> list[Endpoint]:
    """Where sites hear of what happens."""
    return [
        Endpoint(
            endpoint_key(site.id, one.url),
            SiteId(site.id),
            one.url,
            tuple(
                secret_bytes(secret.get_secret_value())
                for secret in (one.secret, one.secret_before)
                if secret is not None
            ),
            frozenset(one.events) if one.events is not None else None,
        )
        for site in config.sites
        for one in site.webhooks
    ]


def hooks_of(config: Config) -> Hooks:
    targets: dict[SiteId, tuple[Target, ...]] = {}
    for one in endpoints_of(config):
        targets[one.site] = (*targets.get(one.site, ()), Target(one.key, one.events))
    only = SiteId(config.sites[0].id) if len(config.sites) == 1 else None
    return Hooks(targets, only)


def catalog_of(config: Config, flows: tuple[Flow, ...]) -> Catalog:
    return Catalog(
        accounts=accounts_of(config),
        sites=sites_of(config),
        topics=topics_of(config),
        flows={FlowName(flow.name): flow for flow in flows},
        versions={flow.version: flow for flow in flows},
        vocabulary=vocabulary_of(config),
        languages=tuple(config.languages),
        away=away_of(config),
        flood=flood_of(config),
        hooks=hooks_of(config),
        ask_every=ask_every_of(config),
        preferences=preferences_of(config),
    )


def preferences_of(config: Config) -> PreferenceLinks:
    return PreferenceLinks(
        config.secret.get_secret_value(),
        config.public_url,
        timedelta(days=config.preferences_days),
    )
