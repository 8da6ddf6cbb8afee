"""parley simulate: talk to a flow in the terminal, or through a pipe."""

import sys
from pathlib import Path

from core.ids import OrderId
from core.people import Order
from flows.check import World
from flows.check import check as check_flows
from flows.language import Flow
from flows.load import FlowProblems
from flows.load import load as load_flow
from flows.simulate import HELP, Person, Simulator, begin
from server.clock import utc_now
from server.commands import flow_reading
from server.commands.terminal import Refused, load, out, say
from server.config import Config
from server.config_read import parse_config
from server.values import accounts_of, limits_of, topics_of, vocabulary_of

_EXAMPLE = {
    "public_url": "http://127.0.0.1:8080",
    "secret": "only the simulator reads this, nothing is signed",
    "sites": [{"id": "shop", "name": "Example shop"}],
    "topics": [
        {
            "id": "orders",
            "class": "service",
            "title": {"en": "Order updates", "ru": "Статусы заказов"},
        },
        {
            "id": "promo",
            "class": "marketing",
            "title": {"en": "Offers", "ru": "Акции"},
            "consent": {"en": "I agree to get offers.", "ru": "Согласие получать акции."},
        },
    ],
}


def simulate(file: Path, flow: str, person: Person, order: str) -> None:
    """Talk until the input ends. Raises Refused where there is no such flow."""
    config = _config(file)
    flows, chosen = _choose(config, flow)
    language = person.locale or config.languages[0]
    site = config.sites[0] if config.sites else None
    known = Person(
        name=person.name,
        locale=language,
        timezone=site.timezone if site else "",
        order=Order(OrderId(1), ref=order, number=order) if order else None,
    )
    links = {
        str(account.id): f"{config.public_url.rstrip('/')}/go/{account.id}"
        for account in accounts_of(config).values()
    }
    simulator, lines = begin(
        chosen,
        flows,
        topics_of(config),
        now=utc_now(),
        person=known,
        links=links,
        site_name=(site.name or site.id) if site else "Example shop",
    )
    _talk(simulator, lines)


def _talk(simulator: Simulator, lines: tuple[str, ...]) -> None:
    is_person = sys.stdin.isatty()
    if is_person:
        say("\n".join([*HELP, "Ctrl+D ends it.", ""]))
    while True:
        for line in lines:
            out(line)
        if is_person:
            sys.stderr.write("you: ")
            sys.stderr.flush()
        said = sys.stdin.readline()
        if not said:
            return
        if not is_person:
            say(f"you: {said.rstrip()}")
        simulator, lines = simulator.hear(said.strip())


def _config(file: Path) -> Config:
    """Without a configuration the library's flows can be tried all the same."""
    if file.exists() or file != Path("parley.toml"):
        return load(file)
    say(f"there is no {file}; an example shop with the library's flows stands in for it")
    return parse_config(dict(_EXAMPLE), file, {})


def _choose(config: Config, wanted: str) -> tuple[list[Flow], Flow]:
    if wanted.endswith((".yaml", ".yml")):
        return _from_file(config, Path(wanted))
    files = flow_reading.read(config)
    flows = list(files.flows)
    for flow in flows:
        if flow.name == wanted:
            for problem in files.problems:
                if problem.file == flow.file:
                    say(str(problem))
            return flows, flow
    known = ", ".join(sorted(flow.name for flow in flows)) or "none"
    broken = "; some files could not be read, see `parley check`" if files.errors else ""
    raise Refused(f"there is no flow {wanted!r}; there are: {known}{broken}")


def _from_file(config: Config, file: Path) -> tuple[list[Flow], Flow]:
    """The flow of this file among the configured ones, in place of the one with its name."""
    try:
        flow = load_flow(file.read_text(encoding="utf-8"), str(file))
    except FlowProblems as error:
        raise Refused(str(error)) from error
    except UnicodeDecodeError:
        raise Refused(f"{file}: is not UTF-8") from None
    others = [one for one in flow_reading.read(config).flows if one.name != flow.name]
    flows = [*others, flow]
    world = World(topics_of(config), config.languages, vocabulary_of(config), limits_of(config))
    for problem in check_flows(flows, world):
        if problem.file == str(file):
            say(str(problem))
    return flows, flow
