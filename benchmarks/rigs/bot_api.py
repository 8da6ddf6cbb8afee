"""A Bot API that says yes to every sendMessage, as fast as it can.

python -m benchmarks.rigs.bot_api PORT
"""

import itertools
import json
import sys

from aiohttp import web

from benchmarks.rigs.process import serve

_ids = itertools.count(1)


async def send_message(request: web.Request) -> web.Response:
    is_json = request.content_type == "application/json"
    form = await request.json() if is_json else await request.post()
    chat = {"id": int(str(form["chat_id"])), "type": "private", "first_name": "Anna"}
    bot = {"id": 123456, "is_bot": True, "first_name": "Shop", "username": "shop_bot"}
    message = {
        "message_id": next(_ids),
        "from": bot,
        "chat": chat,
        "date": 1790000000,
        "text": str(form["text"]),
    }
    body = json.dumps({"ok": True, "result": message}).encode()
    return web.Response(body=body, content_type="application/json")


def main() -> None:
    app = web.Application()
    app.router.add_post("/bot{token}/sendMessage", send_message)
    serve(app, int(sys.argv[1]))


if __name__ == "__main__":
    main()
