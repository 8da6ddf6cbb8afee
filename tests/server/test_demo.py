"""parley demo: one command, one port, and somebody to sign in as."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

from inbox.passwords import Passwords
from storage.database import Database
from tests.journeys.servers import Process, start
from tests.ports import free_port


async def _demo(folder: Path, port: int, log: Path) -> tuple[Process, str]:
    """The running demo, and the password that it tells."""
    url = f"http://127.0.0.1:{port}"
    arguments = ["server", "demo", "--port", str(port), "--folder", str(folder)]
    process = await start(arguments, url, "/readyz", log)
    async with asyncio.timeout(30):
        while True:
            said = await asyncio.to_thread(log.read_text)
            if told := re.search(r"sign in as anna with (\S+)", said):
                return process, told[1]
            await asyncio.sleep(0.05)


async def test_the_operator_it_tells_of_is_there_and_stays(tmp_path: Path) -> None:
    port = free_port()
    first, password = await _demo(tmp_path / "demo", port, tmp_path / "first.log")
    assert await first.terminate() == 0
    again, same = await _demo(tmp_path / "demo", port, tmp_path / "second.log")
    assert await again.terminate() == 0
    assert same == password
    database = Database(f"sqlite:///{tmp_path / 'demo' / 'parley.db'}")
    async with database.read() as tx:
        operators = await tx.operators.all()
    await database.close()
    assert [one.login for one in operators] == ["anna"]
    assert (await Passwords().check(password, operators[0].password)).is_right
    secrets = tmp_path / "demo" / "secrets.json"
    assert secrets.stat().st_mode & 0o077 == 0
    assert password in json.loads(secrets.read_text()).values()


def test_secrets_that_cannot_be_read_are_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    result = subprocess.run(
        [sys.executable, "-m", "server", "demo", "--folder", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "make demo-reset" in result.stderr
    assert "Traceback" not in result.stderr


def test_ctrl_c_ends_a_command_without_a_traceback(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "server", "simulate", "menu"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        # A shell that runs the tests in its background has them ignore Ctrl+C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline()
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=30)
    assert child.returncode == 130
    assert b"Traceback" not in said
