"""Lines to servers that are not there: answers that are written down beforehand, and a server of a few lines."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from benchmarks.client import Answer

Answers = Callable[[bytes], Awaitable[bytes | None]]


def page(text: str, *, status: str = "200 OK", headers: str = "") -> Answer:
    """An answer with this body."""
    return Answer(f"HTTP/1.1 {status}\r\n{headers}\r\n".encode(), text.encode())


def to(path: str) -> Answer:
    """An answer that sends elsewhere."""
    return page("", status="302 FOUND", headers=f"Location: {path}\r\n")


class Written:
    """Gives one answer after another, whatever is asked, and keeps what was asked."""

    def __init__(self, *answers: Answer) -> None:
        self._answers, self.asked = deque(answers), list[bytes]()

    async def ask(self, request: bytes) -> Answer:
        self.asked.append(request)
        return self._answers.popleft()


def whole(text: str, headers: str = "") -> bytes:
    """An answer as it comes over a line."""
    body = text.encode()
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


@asynccontextmanager
async def tiny_server(answers: Answers) -> AsyncIterator[int]:
    """A server on a free port. answers: what it says to a request; None closes the connection without a word."""
    writers = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        try:
            while (said := await answers(await _request(reader))) is not None:
                writer.write(said)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await asyncio.sleep(0.01)


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return head + await reader.readexactly(int(lengths[0].partition(b":")[2]) if lengths else 0)
