"""The flows of a configuration, for commands: their problems are told, errors end the command."""

from server.commands.terminal import Refused, say
from server.config import Config
from server.flow_files import FlowFiles, NoFlows, read_flows
from server.values import limits_of, topics_of, vocabulary_of


def read(config: Config) -> FlowFiles:
    """The flows with all their problems. Raises Refused where there is no such folder."""
    try:
        return read_flows(
            config.flows,
            topics_of(config),
            tuple(config.languages),
            vocabulary_of(config),
            limits_of(config),
        )
    except NoFlows as error:
        raise Refused(str(error)) from error


def read_sound(config: Config) -> FlowFiles:
    """Flows that can be used; every problem is told. Raises Refused where one is an error."""
    files = read(config)
    for problem in files.problems:
        say(str(problem))
    if files.errors:
        count = len(files.errors)
        raise Refused(f"{count} {'error' if count == 1 else 'errors'} in the flows; nothing done")
    return files
