"""Servers in processes of their own, all on the same event loop."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvloop
from aiohttp import web

TOKEN = "123456:ABC-DEF"  # noqa: S105 - nobody's
SECRET = "a-secret-of-the-benchmark"  # noqa: S105 - nobody's
ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 60.0


class ServerFailed(Exception):
    """A server ended or never listened; what it said stands on stderr."""


def serve(app: web.Application, port: int) -> None:
    """Serve until SIGTERM, as every rig does it: uvloop, no access log."""
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def running(command: Sequence[str], port: int, **environment: str) -> Iterator[int]:
    """The command as a process that listens on `port`, by its id; ended afterwards."""
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment})
    try:
        _wait_for(process, port)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def rig(name: str, port: int, *arguments: str) -> "contextlib.AbstractContextManager[int]":
    """A server of this folder, by its process id."""
    return running([sys.executable, "-m", f"benchmarks.rigs.{name}", str(port), *arguments], port)


def cpu_seconds(pid: int) -> float | None:
    """What all threads of that process have computed so far; None where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    user, system = fields[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise ServerFailed(f"the server ended with {process.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise ServerFailed(f"nothing listens on port {port}")
