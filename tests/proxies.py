"""Small proxies, to which every name leads to this machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(slots=True)
class Proxy:
    """`url` is what an account's settings name; `hosts` are those that it was asked for."""

    kind: str
    url: str = ""
    hosts: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        meet = _socks5 if self.kind == "socks5" else _http
        try:
            host, port, first = await meet(reader, writer)
            self.hosts.append(host)
            there, back = await asyncio.open_connection("127.0.0.1", port)
            back.write(first)
            await asyncio.gather(_pipe(reader, back), _pipe(there, writer))
        finally:
            writer.close()


@asynccontextmanager
async def proxy(kind: str) -> AsyncIterator[Proxy]:
    """One of http or socks5."""
    made = Proxy(kind)
    async with await asyncio.start_server(made.serve, "127.0.0.1", 0) as server:
        made.url = f"{kind}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield made


async def _http(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[str, int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    method, target, _ = head.split(maxsplit=2)
    if method == b"CONNECT":
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        host, _, port = target.decode().rpartition(":")
        return host, int(port), b""
    url = urlsplit(target.decode())
    return url.hostname or "", url.port or 80, head


async def _socks5(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[str, int, bytes]:
    _, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    writer.write(b"\x05\x00")
    *_, length = await reader.readexactly(5)
    host = (await reader.readexactly(length)).decode()
    port = int.from_bytes(await reader.readexactly(2), "big")
    writer.write(b"\x05\x00\x00\x01" + bytes(6))
    return host, port, b""


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass  # One side is gone; the other is told below.
    finally:
        writer.close()
