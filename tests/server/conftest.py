"""A folder with a configuration that is sound."""

from pathlib import Path

import pytest

from tests.server.parley import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    shell.configure()
    return shell
