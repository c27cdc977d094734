"""A browser as small as can be: HTTP/1.1 over raw streams with keep-alive, cookies and forms, as browsers send them.

It runs in a process of its own (`benchmarks.loops`), which says how much CPU it took for each request itself. An answer
is unpacked only when somebody looks into it; the time of a request ends before that, with its last byte.
"""

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol
from urllib.parse import urlencode, urlsplit

import brotli

Fields = Sequence[tuple[str, str]]
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
JSON = "application/json"
LONGEST_SECONDS = 60
MOST_HEAD_BYTES = 1 << 16

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
ENCODING = re.compile(rb"\r\ncontent-encoding: *(\w+)", re.IGNORECASE)
LOCATION = re.compile(rb"\r\nlocation: *([^\r]+)", re.IGNORECASE)
COOKIE = re.compile(rb"\r\nset-cookie: *([^=]+)=([^;\r]*)", re.IGNORECASE)
CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


class Gone(ConnectionError):
    """The server closed the connection before it said anything: what was sent was not read."""


@dataclass(frozen=True)
class Answer:
    """What came back. head: status line and headers; body: as it came over the line."""

    head: bytes
    body: bytes

    @property
    def status(self) -> int:
        """The number of the status line."""
        return int(self.head[9:12])

    @property
    def path(self) -> str:
        """Where it sends to: the path alone."""
        return urlsplit(self.target).path

    @property
    def target(self) -> str:
        """Where it sends to: path and question."""
        found = LOCATION.search(self.head)
        parts = urlsplit(found[1].decode() if found else "")
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    @cached_property
    def text(self) -> str:
        """The body, unpacked."""
        packed = ENCODING.search(self.head)
        if packed is None:
            return self.body.decode()
        assert packed[1] == b"br", f"packed as {packed[1]!r}, but browsers were said to take brotli"
        body: bytes = brotli.decompress(self.body)
        return body.decode()


class Asks(Protocol):
    """What carries requests to a server: a connection, or the application in this process."""

    async def ask(self, request: bytes) -> Answer:
        """Send a whole request; its whole answer. Raises OSError."""
        ...


@dataclass
class Connection:
    """One connection, opened when it is needed and again when the server closed it between two requests."""

    port: int
    opened: int = 0
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None

    async def ask(self, request: bytes) -> Answer:
        """Send and wait. A connection that was closed while nobody used it is opened anew, as browsers do."""
        async with asyncio.timeout(LONGEST_SECONDS):
            is_used = self._reader is not None and not self._reader.at_eof()
            if not is_used:
                await self._open()
            try:
                return await self._ask(request)
            except (Gone, BrokenPipeError, ConnectionResetError):
                if not is_used:
                    raise
            await self._open()
            return await self._ask(request)

    async def _open(self) -> None:
        self.close()
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port, limit=MOST_HEAD_BYTES)
        self.opened += 1

    async def _ask(self, request: bytes) -> Answer:
        assert self._reader is not None and self._writer is not None
        self._writer.write(request)
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as fault:
            self.close()
            if fault.partial:
                raise ConnectionError("the answer breaks off") from None
            raise Gone from None
        try:
            answer = Answer(head, await self._body(self._reader, head))
        except asyncio.IncompleteReadError:
            self.close()
            raise ConnectionError("the answer breaks off") from None
        if CLOSES.search(head):
            self.close()
        return answer

    async def _body(self, reader: asyncio.StreamReader, head: bytes) -> bytes:
        length = LENGTH.search(head)
        if length:
            return await reader.readexactly(int(length[1]))
        if not CHUNKED.search(head):
            return b""
        parts = []
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readexactly(2)
        return b"".join(parts)

    def close(self) -> None:
        """Close it; the next request opens it again."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


@dataclass
class Browser:
    """Cookies of one browser, its address, and what its requests took. line: what carries its requests now."""

    line: Asks
    address: str = "10.0.0.1"
    cookies: dict[str, str] = field(default_factory=lambda: {"seen": "1"})
    seconds: float = 0.0
    requests: int = 0
    received: int = 0

    async def get(self, path: str, *, accept: str = HTML) -> Answer:
        """Ask for a page."""
        return await self._ask(f"GET {path} HTTP/1.1\r\n", accept, b"")

    async def post(self, path: str, fields: Fields | Mapping[str, str], *, accept: str = HTML) -> Answer:
        """Send a form."""
        body = urlencode(fields).encode()
        form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        return await self._ask(f"POST {path} HTTP/1.1\r\n{form}", accept, body)

    async def _ask(self, begin: str, accept: str, body: bytes) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        head = (
            f"{begin}Host: localhost\r\nAccept: {accept}\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
            f"Accept-Language: en\r\nUser-Agent: Mozilla/5.0 (benchmark)\r\nX-Forwarded-For: {self.address}\r\n"
            f"Cookie: {cookies}\r\n\r\n"
        )
        request = head.encode() + body
        begun = time.perf_counter()
        answer = await self.line.ask(request)
        self.seconds += time.perf_counter() - begun
        self.requests += 1
        self.received += len(answer.body)
        for name, value in COOKIE.findall(answer.head):
            self._keep(name.decode(), value.decode())
        return answer

    def _keep(self, name: str, value: str) -> None:
        if value:
            self.cookies[name] = value
        else:
            self.cookies.pop(name, None)
