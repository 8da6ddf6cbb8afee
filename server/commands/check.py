"""parley check. Imports no messenger's library and no database: it is asked for all the time."""

from pathlib import Path

from flows.problems import Severity
from server.commands import flow_reading
from server.commands.terminal import Refused, load, say


def check(file: Path) -> None:
    """Tell every problem of the configuration and its flows. Raises Refused on any error."""
    config = load(file)
    files = flow_reading.read(config)
    for problem in files.problems:
        say(str(problem))
    warnings = sum(one.severity is Severity.WARNING for one in files.problems)
    told = (
        f"{_count(len(config.sites), 'site')}, {_count(len(config.topics), 'topic')}, "
        f"{_count(len(config.accounts), 'account')}, {_count(len(files.flows), 'flow')}"
    )
    problems = f"{_count(len(files.errors), 'error')}, {_count(warnings, 'warning')}"
    if files.errors:
        raise Refused(f"{file}: {told}: {problems}")
    say(f"{file}: {told}: {problems if warnings else 'all is well'}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
