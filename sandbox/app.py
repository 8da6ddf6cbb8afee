"""The sandbox as an aiohttp application, to run alone or to mount under a prefix."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from sandbox.control import Control
from sandbox.doubles import make_doubles
from sandbox.page import Pages
from sandbox.phone import Phone
from sandbox.settings import Settings
from sandbox.shop import Shop
from sandbox.shop_hooks import ShopHooks
from sandbox.world import World


def build(settings: Settings) -> web.Application:
    """The application; its background work runs between start-up and clean-up."""
    world = World(settings)
    world.settle(make_doubles(world))
    app = web.Application()
    for double in world.doubles:
        app.add_routes(double.routes())
    app.add_routes(Control(world).routes())
    pages = Pages(settings)
    app.add_routes(pages.routes())
    app.add_routes(Phone(world, pages).routes())
    if settings.shop is not None:
        app.add_routes(Shop(world, pages, settings.shop).routes())
        if settings.shop.hook_secret:
            app.add_routes(ShopHooks(settings.shop.hook_secret).routes())

    async def background(_: web.Application) -> AsyncIterator[None]:
        timeout = aiohttp.ClientTimeout(total=90)
        connector = aiohttp.TCPConnector(limit=0)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as http,
            asyncio.TaskGroup() as tasks,
        ):
            running = [tasks.create_task(double.run(http)) for double in world.doubles]
            if world.saver is not None:
                tasks.create_task(world.saver.run())
            # A turn of the loop: each `run` has its HTTP client before the first request comes.
            await asyncio.sleep(0)
            yield
            for task in running:
                task.cancel()
            if world.saver is not None:
                world.saver.stop()
        world.close()

    async def stop(_: web.Application) -> None:
        world.hub.close()
        for double in world.doubles:
            double.calls.stop()
            double.stop()

    app.cleanup_ctx.append(background)
    app.on_shutdown.append(stop)
    return app
