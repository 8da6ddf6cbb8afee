"""aiogram's own webhook handler as its guide shows it: nothing is stored, nothing is sent.

python -m benchmarks.rigs.careless PORT {background|inline}
"""

import sys

from aiogram import Bot, Dispatcher, Router
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web

from benchmarks.rigs.process import SECRET, TOKEN, serve

router = Router()


@router.message()
async def said(message: Message) -> None:
    """What a bot does before it does anything: nothing."""


def main() -> None:
    port, mode = int(sys.argv[1]), sys.argv[2]
    dispatcher = Dispatcher()
    dispatcher.include_router(router)
    app = web.Application()
    handler = SimpleRequestHandler(
        dispatcher, Bot(TOKEN), handle_in_background=mode == "background", secret_token=SECRET
    )
    app.router.add_post("/webhook", handler.handle)
    serve(app, port)


if __name__ == "__main__":
    main()
