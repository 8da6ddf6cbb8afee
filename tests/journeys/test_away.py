"""An operator with no page open: a message of the bot in their own messenger, once."""

import asyncio
from datetime import timedelta

from aiohttp.test_utils import make_mocked_request
from sqlalchemy import bindparam, text

from core.ids import OperatorId, SiteId
from core.tokens import OPERATOR, Claims
from server.clock import utc_now
from server.health import Metrics
from storage.operators import Operator
from storage.types import UtcDateTime
from subscriptions.minting import mint
from tests.journeys.town import Town


async def test_an_operator_hears_that_somebody_waits(small_shop: Town) -> None:
    parley, now = small_shop.parley, utc_now()
    vera = OperatorId(parley.intake.new_id(now))
    page = {"operator": str(vera)}
    link = mint(Claims(SiteId("shop"), "operator:1"), OPERATOR, now, page=page)
    async with parley.database.write() as tx:
        await tx.operators.add(Operator(vera, "vera", "Vera", "x", now))
        await tx.links.add([link])
    phone = await small_shop.person("Vera")
    await phone.start(link.code)
    await phone.hears("Alerts from the inbox will come here")

    anna = await small_shop.person("Anna")
    await anna.say("A question that no flow expects")
    async with asyncio.timeout(30):
        while not await parley.alerting.tell_due():
            await _let_it_wait(small_shop)
    told = await phone.hears("no answer for 10 min")
    _, found = await small_shop.api("GET", "/api/v1/conversations?state=open")
    [conversation] = found["items"]
    assert told["text"].endswith(f"{parley.config.public_url}/inbox/{conversation['id']}")
    assert await parley.alerting.tell_due() == 0

    await phone.say("STOP")
    await phone.hears("no more alerts here")
    answer = await Metrics(parley).serve(make_mocked_request("GET", "/metrics"))
    assert isinstance(answer.body, bytes)
    lines = answer.body.decode().splitlines()
    assert 'parley_alerts_total{outcome="sent",way="messenger"} 1.0' in lines
    assert "parley_escalations_total 0.0" in lines


async def _let_it_wait(shop: Town) -> None:
    """Ten minutes go by for whoever waits, if what they wrote has arrived."""
    since = utc_now() - timedelta(minutes=10)
    statement = text("UPDATE conversations SET waiting_since = :since WHERE state = 'open'")
    async with shop.parley.database.write() as tx:
        await tx.sql.run(statement.bindparams(bindparam("since", since, UtcDateTime)))
