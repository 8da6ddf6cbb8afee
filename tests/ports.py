"""Ports for servers that are told theirs before they listen."""

import itertools
import os
import socket

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
# Below those that the system gives to anybody who asks for any: between the look and the server's
# own bind another test's connection took it. Each process of the tests has a thousand of its own.
_OURS = range(11_000 + _WORKER % 20 * 1000, 12_000 + _WORKER % 20 * 1000)
_NEXT = itertools.cycle((*_OURS[os.getpid() % 1000 :], *_OURS[: os.getpid() % 1000]))


def free_port() -> int:
    """One that nobody listens on, and that is not given again soon."""
    for port in itertools.islice(_NEXT, len(_OURS)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")
