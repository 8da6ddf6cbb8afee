"""Changing one account in parley.toml; comments, order and spelling of the rest stay."""

import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Table

from server.config_read import BadConfig, Problem


class ConfigFile:
    """The text of a configuration, open for changes. Nothing is written before `write`."""

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            self._document = tomlkit.parse(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            advice = "there is no such file; --config or PARLEY_CONFIG names another"
            raise BadConfig(file, [Problem("", advice)]) from None
        except UnicodeDecodeError as error:
            raise BadConfig(file, [Problem("", "is not UTF-8")]) from error
        except TOMLKitError as error:
            raise BadConfig(file, [Problem("", f"is not TOML: {error}")]) from error

    def values(self) -> dict[str, Any]:
        values: dict[str, Any] = self._document.unwrap()
        return values

    def account(self, id_: str) -> Mapping[str, Any] | None:
        """The values of this account as they stand in the file, references and all."""
        for table in self._accounts():
            if table.get("id") == id_:
                found: Mapping[str, Any] = table.unwrap()
                return found
        return None

    def put_account(self, values: Mapping[str, str | int]) -> None:
        """Add the account with this id, or change these of its values."""
        tables = self._accounts()
        table = next((one for one in tables if one.get("id") == values["id"]), None)
        if table is None:
            table = tomlkit.table()
            table.trivia.indent = "\n"
            tables.append(table)
        for name, value in values.items():
            if table.get(name) != value:
                table[name] = value

    def write(self) -> None:
        """Replace the file in one step, with the same rights. Raises OSError."""
        target = self.file.resolve()
        mode = stat.S_IMODE(target.stat().st_mode)
        number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(number, "w", encoding="utf-8") as out:
                out.write(tomlkit.dumps(self._document))
                out.flush()
                os.fsync(out.fileno())
            os.chmod(name, mode)
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise

    def _accounts(self) -> Any:
        """The list of [[accounts]] tables; made when it is not there."""
        tables = self._document.get("accounts")
        if tables is None:
            tables = tomlkit.aot()
            self._document.append("accounts", tables)
        if not isinstance(tables, AoT) or not all(isinstance(one, Table) for one in tables):
            problem = Problem("accounts", "write the accounts as [[accounts]] tables")
            raise BadConfig(self.file, [problem])
        return tables
