"""Reading parley.toml: every problem at once, each with its place and what to do."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from core.channels import Channel
from server.config import FORMS, Config, MaxConfig
from server.config_check import SQLITE, check

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Problem:
    """`place` is a key such as `accounts[0].token`, or "" for the whole file."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class BadConfig(Exception):
    """The file cannot be used; `problems` is all that is wrong with it."""

    code = "bad_config"

    def __init__(self, file: Path, problems: list[Problem]) -> None:
        super().__init__("\n".join(f"{file}: {problem}" for problem in problems))
        self.file = file
        self.problems = problems


def read_config(file: Path, environment: Mapping[str, str] | None = None) -> Config:
    """The configuration of this file, with ${NAME} from the environment. Raises BadConfig."""
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        advice = "there is no such file; --config or PARLEY_CONFIG names another"
        raise BadConfig(file, [Problem("", advice)]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(file, [Problem("", f"cannot be read: {error}")]) from error
    except tomllib.TOMLDecodeError as error:
        raise BadConfig(file, [Problem("", f"is not TOML: {error}")]) from error
    return parse_config(raw, file, os.environ if environment is None else environment)


def parse_config(raw: dict[str, Any], file: Path, environment: Mapping[str, str]) -> Config:
    """The same for values that are already read."""
    problems: list[Problem] = []
    filled = _fill(raw, "", environment, problems)
    filled.pop("folder", None)
    try:
        config = _ADAPTER.validate_python(filled)
    except ValidationError as error:
        known = {problem.place for problem in problems}
        found = (_problem(item) for item in error.errors())
        problems += [problem for problem in found if problem.place not in known]
        raise BadConfig(file, problems) from None
    config = replace(config, folder=file.resolve().parent)
    known = {problem.place for problem in problems}
    found = (Problem(place, message) for place, message in check(config))
    problems += [problem for problem in found if problem.place not in known]
    if problems:
        raise BadConfig(file, problems)
    return _with_absolute_paths(config, config.folder)


_ADAPTER = TypeAdapter(Config)


def _fill(value: Any, place: str, environment: Mapping[str, str], problems: list[Problem]) -> Any:
    match value:
        case str():
            for name in _VARIABLE.findall(value):
                if not environment.get(name):
                    message = f"the environment variable {name} is not set or empty"
                    problems.append(Problem(place, message))
            return _VARIABLE.sub(lambda match: environment.get(match[1], ""), value)
        case dict():
            dot = f"{place}." if place else ""
            return {
                key: _fill(item, f"{dot}{key}", environment, problems)
                for key, item in value.items()
            }
        case list():
            return [
                _fill(item, f"{place}[{number}]", environment, problems)
                for number, item in enumerate(value)
            ]
        case _:
            return value


def _problem(item: Any) -> Problem:
    place = ""
    for part in item["loc"]:
        if isinstance(part, int):
            place += f"[{part}]"
        elif part not in (*Channel, "function-after"):
            place += f".{part}" if place else str(part)
    message = item["msg"]
    if item["type"] == "unexpected_keyword_argument":
        message = "is not a setting; see docs/configuration.md for those that are"
    elif item["type"] == "union_tag_invalid":
        place += ".channel"
        message = f"no channel {item['ctx']['tag']!r}; there are: {', '.join(Channel)}"
    elif item["type"] == "union_tag_not_found":
        place += ".channel"
        message = "is missing"
    elif item["type"] == "missing":
        message = "is missing"
    elif item["type"] == "string_pattern_mismatch":
        message = FORMS.get(item["ctx"]["pattern"], message)
    return Problem(place, message[:1].lower() + message[1:])


def _with_absolute_paths(config: Config, folder: Path) -> Config:
    flows = config.flows
    if not flows.startswith("builtin:"):
        flows = str(folder / flows)
    database = config.database
    if database.startswith(SQLITE):
        path, mark, options = database.removeprefix(SQLITE).partition("?")
        database = f"{SQLITE}{folder / Path(path).expanduser()}{mark}{options}"
    if database.startswith("postgres://"):  # As some hosts write it; SQLAlchemy does not know it.
        database = database.replace("postgres", "postgresql", 1)
    accounts = tuple(
        replace(one, ca_bundle=str(folder / one.ca_bundle))
        if isinstance(one, MaxConfig) and one.ca_bundle
        else one
        for one in config.accounts
    )
    media = config.media
    if not media.store.startswith("s3://"):
        media = replace(media, store=str(folder / Path(media.store).expanduser()))
    return replace(config, flows=flows, database=database, accounts=accounts, media=media)
