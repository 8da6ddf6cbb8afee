"""The channels: limits, deep links and parsing at hand, the heavy sending half only when used."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from bots.contract import Bot, BotSettings, Incoming
from bots.max import incoming as max_incoming
from bots.max import limits as max_limits
from bots.telegram import incoming as telegram_incoming
from bots.telegram import limits as telegram_limits
from bots.viber import incoming as viber_incoming
from bots.viber import limits as viber_limits
from bots.viber import welcome as viber_welcome
from bots.vk import incoming as vk_incoming
from bots.vk import limits as vk_limits
from core.channels import Channel, Limits


@dataclass(frozen=True, slots=True)
class Messenger:
    """`outgoing` is the module with `make(settings) -> Bot`; importing it takes seconds."""

    title: str
    limits: Limits
    incoming: Incoming
    deep_link: Callable[[BotSettings, str], str]
    outgoing: str
    app_link: Callable[[BotSettings, str], str] | None = None
    """A link that the application itself opens, without a browser's page between."""

    def make(self, settings: BotSettings) -> Bot:
        """A bot for this account; imports the messenger's library when it is the first."""
        bot: Bot = import_module(self.outgoing).make(settings)
        return bot


MESSENGERS: dict[Channel, Messenger] = {
    Channel.TELEGRAM: Messenger(
        title="Telegram",
        limits=telegram_limits.LIMITS,
        incoming=Incoming(verify=telegram_incoming.verify, parse=telegram_incoming.parse),
        deep_link=telegram_limits.deep_link,
        outgoing="bots.telegram.outgoing",
        app_link=telegram_limits.app_link,
    ),
    Channel.VIBER: Messenger(
        title="Viber",
        limits=viber_limits.LIMITS,
        incoming=Incoming(
            verify=viber_incoming.verify,
            parse=viber_incoming.parse,
            answer=viber_welcome.answer,
            answer_type="application/json",
        ),
        deep_link=viber_limits.deep_link,
        outgoing="bots.viber.outgoing",
    ),
    Channel.VK: Messenger(
        title="VK",
        limits=vk_limits.LIMITS,
        incoming=Incoming(
            verify=vk_incoming.verify,
            parse=vk_incoming.parse,
            answer=vk_incoming.answer,
            tries_header="X-Retry-Counter",
        ),
        deep_link=vk_limits.deep_link,
        outgoing="bots.vk.outgoing",
    ),
    Channel.MAX: Messenger(
        title="MAX",
        limits=max_limits.LIMITS,
        incoming=Incoming(verify=max_incoming.verify, parse=max_incoming.parse),
        deep_link=max_limits.deep_link,
        outgoing="bots.max.outgoing",
    ),
}
