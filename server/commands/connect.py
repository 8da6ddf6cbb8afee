"""parley connect: a messenger's account, checked, written down and set up at the platform."""

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

from bots.contract import Bot, BotSettings, Identity, MenuEntry, SettingUp
from core.channels import Channel
from core.ids import AccountId
from core.languages import pick
from flows.language import Flow
from flows.menu import menu
from server.commands import flow_reading
from server.commands.bots import bot_of, webhook_url
from server.commands.loop import run_async
from server.commands.terminal import Refused, ask_secret, say
from server.config import AccountConfig, Config
from server.config_edit import ConfigFile
from server.config_read import parse_config
from server.values import bot_settings_of, secret_of

_PROMPTS = {
    Channel.TELEGRAM: "The bot's token, from @BotFather",
    Channel.VK: "The community's access token, from its settings under API usage",
    Channel.VIBER: "The bot's token, from partners.viber.com",
    Channel.MAX: "The bot's token, from business.max.ru",
}
_HAS_MENU = (Channel.TELEGRAM, Channel.MAX)
_LONGEST_NAME = 28
_TRIES_THE_WEBHOOK = (Channel.VK, Channel.VIBER)
"""They call the webhook while it is being set: the server must be there to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the person asked for. `token_env` names a variable that the file refers to."""

    channel: str
    account: str = ""
    token_env: str = ""
    polling: bool = False
    site: str = ""
    proxy: str = ""
    api_url: str = ""
    link_url: str = ""


def connect(file: Path, wanted: Wanted) -> None:
    """Ask, check, write, set up. Before the token is known to be good nothing is changed."""
    if wanted.channel not in list(Channel):
        raise Refused(f"no channel {wanted.channel!r}; there are: {', '.join(Channel)}")
    if wanted.polling and wanted.channel == Channel.VIBER:
        raise Refused("Viber brings events to a webhook only: it needs a public address")
    document = ConfigFile(file)
    token = _token(wanted)
    identity = run_async(_identify(wanted, token))
    at = "" if wanted.channel in (Channel.VK, Channel.VIBER) else "@"
    say(f"the token belongs to {at}{identity.username} ({identity.title})")
    id_ = wanted.account or _id_for(document, Channel(wanted.channel), identity, token)
    document.put_account(_values(document, wanted, id_, token, identity))
    config = parse_config(document.values(), file, os.environ)
    flows = flow_reading.read_sound(config).flows
    account = next(one for one in config.accounts if one.id == id_)
    document.write()
    say(f"{file}: the account {id_} is written")
    if not wanted.token_env:
        say("the token stands in the file itself: keep it private, or use --token-env NAME")
    run_async(_set_up(config, account, flows))


def _token(wanted: Wanted) -> str:
    if not wanted.token_env:
        return ask_secret(_PROMPTS[Channel(wanted.channel)])
    token = os.environ.get(wanted.token_env, "").strip()
    if not token:
        raise Refused(f"--token-env: the environment variable {wanted.token_env} is not set")
    return token


async def _identify(wanted: Wanted, token: str) -> Identity:
    settings = BotSettings(
        AccountId(wanted.account or wanted.channel),
        token,
        api_url=wanted.api_url,
        proxy=wanted.proxy,
    )
    async with bot_of(wanted.channel, settings) as bot:
        return await bot.identify()


_NAMES = {
    Channel.TELEGRAM: "username",
    Channel.VK: "group_name",
    Channel.VIBER: "uri",
    Channel.MAX: "username",
}


def _id_for(document: ConfigFile, channel: Channel, identity: Identity, token: str) -> str:
    """The account that is this bot already, else a new id."""
    accounts = document.values().get("accounts", [])
    for one in accounts:
        if one.get("channel") != channel:
            continue
        name = str(one.get(_NAMES[channel], "")).removeprefix("@").lower()
        if name == identity.username.lower() or one.get("token") == token:
            return str(one.get("id", ""))
    taken = {one.get("id") for one in accounts}
    free = (f"{channel}{number}" for number in ("", *range(2, 1000)))
    return next(name for name in free if name not in taken)


def _values(
    document: ConfigFile, wanted: Wanted, id_: str, token: str, identity: Identity
) -> Mapping[str, str | int]:
    before = document.account(id_) or {}
    if before.get("channel", wanted.channel) != wanted.channel:
        raise Refused(f"the account {id_} is of {before['channel']}; choose another --account")
    channel = Channel(wanted.channel)
    values: dict[str, str | int] = {
        "id": id_,
        "channel": channel,
        "token": f"${{{wanted.token_env}}}" if wanted.token_env else token,
        _NAMES[channel]: identity.username,
    }
    if channel is Channel.VK:
        values["group_id"] = int(identity.id)
    if channel is Channel.VIBER:
        values["name"] = before.get("name") or identity.title[:_LONGEST_NAME]
    if wanted.polling:
        values["receive"] = "polling"
    else:
        values |= _proofs(channel, before, identity)
        if before.get("receive") == "polling":
            values["receive"] = "webhook"
    optional = {
        "site": wanted.site,
        "proxy": wanted.proxy,
        "api_url": wanted.api_url,
        "link_url": wanted.link_url,
    }
    return values | {name: value for name, value in optional.items() if value}


def _proofs(channel: Channel, before: Mapping[str, Any], identity: Identity) -> Mapping[str, str]:
    """What proves the messenger's requests. One that stands there is in use at the platform."""
    match channel:
        case Channel.TELEGRAM | Channel.MAX:
            return {"webhook_secret": before.get("webhook_secret") or secrets.token_hex(32)}
        case Channel.VK:
            return {
                "secret": before.get("secret") or secrets.token_hex(16),
                "confirmation": identity.confirmation or before.get("confirmation", ""),
            }
        case Channel.VIBER:
            return {}
        case _:
            assert_never(channel)


async def _set_up(config: Config, account: AccountConfig, flows: Sequence[Flow]) -> None:
    """What can be repeated: where one step fails the other is tried, and what is left is told."""
    left: list[str] = []
    async with bot_of(account.channel, bot_settings_of(account)) as bot:
        try:
            if account.channel in _HAS_MENU:
                await _set_menu(bot, config, account, flows)
        except SettingUp as error:
            say(f"the commands and the description are not set: {error}")
            left.append("run this command once more for the commands and the description")
        try:
            await _set_webhook(bot, config, account)
        except SettingUp as error:
            say(f"the webhook is not set: {error}")
            left.append(f"run `parley webhooks set {account.id}` once that is put right")
    if left:
        raise Refused("what remains to do: " + "; ".join(left))
    say("done; `parley serve` answers there")


async def _set_webhook(bot: Bot, config: Config, account: AccountConfig) -> None:
    if account.receive == "polling":
        say("it fetches its events by polling: `parley serve` needs no public address for it")
        return
    url = webhook_url(config, account)
    if account.channel in _TRIES_THE_WEBHOOK:
        say(f"start `parley serve`, then run `parley webhooks set {account.id}`:")
        say("the messenger calls the webhook at once and wants an answer")
        return
    await bot.set_webhook(url, secret_of(account))
    say(f"the webhook is {url}")


async def _set_menu(
    bot: Bot, config: Config, account: AccountConfig, flows: Sequence[Flow]
) -> None:
    words = menu(flows)
    languages = {language: language for language in config.languages} | {"": config.languages[0]}
    site = next((one for one in config.sites if one.id == account.site), config.sites[0])
    entries, description = {}, {}
    for code, language in languages.items():
        told = [(word.command, pick(word.description, language)) for word in words]
        entries[code] = [MenuEntry(command, text) for command, text in told]
        lines = "\n".join(f"/{command} – {text}" for command, text in told)
        description[code] = f"{site.name or site.id}\n\n{lines}".strip()
    await bot.set_menu(entries, description)
    listed = ", ".join(f"/{word.command}" for word in words) or "none"
    say(f"the commands are {listed}, in {', '.join(config.languages)}")
