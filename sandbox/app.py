"""The sandbox as an aiohttp application, to run alone or to mount under a prefix."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from sandbox.control import Control
from sandbox.page import Pages
from sandbox.phone import Phone
from sandbox.settings import Settings
from sandbox.shop import Shop
from sandbox.telegram.delivery import Delivery, Execute
from sandbox.telegram.media import Fetcher
from sandbox.telegram.methods import methods
from sandbox.telegram.routes import Telegram
from sandbox.world import World

WORLD: web.AppKey[World] = web.AppKey("world", World)


def build(settings: Settings) -> web.Application:
    """The application; its background work runs between start-up and clean-up."""
    world = World(settings)
    telegram = Telegram(world)
    app = web.Application()
    app[WORLD] = world
    app.add_routes(telegram.routes())
    app.add_routes(Control(world).routes())
    pages = Pages(settings)
    app.add_routes(pages.routes())
    app.add_routes(Phone(world, pages).routes())
    if settings.shop is not None:
        app.add_routes(Shop(world, pages, settings.shop).routes())

    async def background(_: web.Application) -> AsyncIterator[None]:
        timeout = aiohttp.ClientTimeout(total=90)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
            telegram.methods = methods(Fetcher(http))
            async with asyncio.TaskGroup() as tasks:
                running = [
                    tasks.create_task(_deliver(world, token, http, telegram.execute))
                    for token in world.bots
                ]
                if world.saver is not None:
                    tasks.create_task(world.saver.run())
                yield
                for task in running:
                    task.cancel()
                if world.saver is not None:
                    world.saver.stop()
        world.close()

    async def stop(_: web.Application) -> None:
        telegram.stop()
        world.hub.close()
        for bot in world.bots.values():
            bot.is_closing = True
            bot.arrived.set()

    app.cleanup_ctx.append(background)
    app.on_shutdown.append(stop)
    return app


async def _deliver(world: World, token: str, http: aiohttp.ClientSession, execute: Execute) -> None:
    delivery = Delivery(world.bots[token], http, execute=execute)
    world.deliveries[world.bots[token].id] = delivery
    await delivery.run()
