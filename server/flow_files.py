"""The flows of a configuration: read, loaded, checked."""

from dataclasses import dataclass
from pathlib import Path

from core.channels import Channel, Limits
from core.ids import TopicId
from core.topics import Topic
from core.words import Vocabulary
from flows.check import World
from flows.check import check as check_flows
from flows.language import Flow
from flows.library_files import builtin
from flows.load import FlowProblems, load
from flows.problems import Problem, Severity

BUILTIN = "builtin:library"


@dataclass(frozen=True, slots=True)
class FlowFiles:
    """`flows` are those that could be loaded; `problems` what is wrong, warnings too."""

    flows: tuple[Flow, ...]
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(one for one in self.problems if one.severity is Severity.ERROR)


class NoFlows(Exception):
    """The folder of flows is not there; the text says what to do."""

    code = "no_flows"


def read_flows(
    place: str,
    topics: dict[TopicId, Topic],
    languages: tuple[str, ...],
    vocabulary: Vocabulary,
    limits: dict[Channel, Limits],
) -> FlowFiles:
    """Load and check all flows of a folder, or the library. Raises NoFlows."""
    flows: list[Flow] = []
    problems: list[Problem] = []
    for file, source in _sources(place):
        try:
            flows.append(load(source, file))
        except FlowProblems as error:
            problems += error.problems
    world = World(topics=topics, languages=languages, vocabulary=vocabulary, limits=limits)
    problems += check_flows(flows, world)
    return FlowFiles(tuple(flows), tuple(problems))


def _sources(place: str) -> list[tuple[str, str]]:
    if place == BUILTIN:
        return list(builtin())
    folder = Path(place)
    if not folder.is_dir():
        raise NoFlows(f'flows: there is no folder {folder}; or write flows = "{BUILTIN}"')
    files = sorted(file for file in folder.iterdir() if file.suffix in (".yaml", ".yml"))
    return [(str(file), file.read_text(encoding="utf-8", errors="replace")) for file in files]
