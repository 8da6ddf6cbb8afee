"""parley hooks: the webhooks by which sites hear of what happens, tried from here."""

from pathlib import Path

from core.hooks import Answered, Endpoint, HookType
from dialogues import hook_events as he
from dialogues.delivering import call, event_id
from dialogues.egress import Egress
from inbox.hook_desk import TEST_MESSAGE, shown_url
from server.clock import utc_now
from server.commands.loop import run_async
from server.commands.terminal import Refused, load, out, say
from server.config import Config
from server.values import endpoints_of
from storage.ids import Ids


def test(file: Path, site: str) -> None:
    """Send a `test` to each endpoint of this site at once, past the queue; what each answers.

    Raises Refused: there is none, or one of them did not take it.
    """
    config = load(file)
    known = {one.id for one in config.sites}
    if site not in known:
        names = ", ".join(sorted(known)) or "none"
        raise Refused(f"there is no site {site!r}; configured: {names}")
    endpoints = [one for one in endpoints_of(config) if one.site == site]
    if not endpoints:
        raise Refused(f"site {site!r} has no webhooks; docs/webhooks-out.md tells how to name one")
    failed = 0
    for endpoint, answered in run_async(_all(config, endpoints)):
        failed += not 200 <= answered.status < 300
        out(f"{answered.status or 'no answer'}\t{answered.millis} ms\t{shown_url(endpoint.url)}")
        for words in (answered.error if not answered.status else "", answered.excerpt.strip()):
            if words:
                say(f"  {words}")
    if failed:
        raise Refused(f"{failed} of {len(endpoints)} did not take it; 2xx is what is wanted")


async def _all(config: Config, endpoints: list[Endpoint]) -> list[tuple[Endpoint, Answered]]:
    egress, now = Egress(config.egress_allow), utc_now()
    ids = Ids(0)
    try:
        answers = []
        for endpoint in endpoints:
            told = he.dump(he.Test(endpoint.site, TEST_MESSAGE, now))
            body = he.body_of(HookType.TEST, now, told)
            answers.append(
                (endpoint, await call(egress, endpoint, event_id(ids.next(now)), body, now))
            )
        return answers
    finally:
        await egress.close()
