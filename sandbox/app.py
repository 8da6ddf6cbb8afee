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
from sandbox.shop.office import Office
from sandbox.shop.pages import Shop
from sandbox.shop.server import Server
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
        server = Server(settings.shop, settings.base_url)
        app.add_routes(Shop(world, pages, settings.shop, server).routes())
        app.add_routes(Office(world, pages, settings.shop, server).routes())

        async def hang_up(_: web.Application) -> None:
            await server.close()

        app.on_cleanup.append(hang_up)

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
