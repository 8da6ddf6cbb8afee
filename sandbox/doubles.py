"""The table of messengers: one line each."""

from __future__ import annotations

from sandbox.double import Double
from sandbox.max.double import Max
from sandbox.telegram.double import Telegram
from sandbox.viber.double import Viber
from sandbox.vk.double import Vk
from sandbox.world import World


def make_doubles(world: World) -> tuple[Double, ...]:
    """Those messengers that the settings give accounts; their order is the phone's."""
    told = world.settings
    found: list[Double] = []
    if told.bots:
        found.append(Telegram(world))
    if told.vk_groups:
        found.append(Vk(world))
    if told.viber_bots:
        found.append(Viber(world))
    if told.max_bots:
        found.append(Max(world))
    return tuple(found)
