"""The client of the benchmark against a server of a few lines."""

import asyncio
from urllib.parse import parse_qs

import brotli
import pytest

from benchmarks.client import Browser, Connection
from tests.benchmarks.lines import tiny_server, whole


def test_one_connection_carries_many_requests_and_cookies_come_back() -> None:
    asked: list[bytes] = []

    async def answers(request: bytes) -> bytes:
        asked.append(request)
        return whole("hello", "Set-Cookie: sid=abc; Path=/; HttpOnly\r\nSet-Cookie: visitor=; Max-Age=0\r\n")

    async def run() -> None:
        async with tiny_server(answers) as port:
            line = Connection(port)
            browser = Browser(line, address="10.0.0.7", cookies={"visitor": "old"})
            assert (await browser.get("/a")).text == "hello"
            await browser.post("/b", [("q1", "é &"), ("q1", "2")])
            assert (line.opened, browser.requests, browser.received) == (1, 2, 10)
            assert browser.seconds > 0
            line.close()

    asyncio.run(run())
    assert asked[0].startswith(b"GET /a HTTP/1.1\r\n")
    assert b"\r\nCookie: visitor=old\r\n" in asked[0]
    assert b"\r\nCookie: sid=abc\r\n" in asked[1]
    assert b"\r\nX-Forwarded-For: 10.0.0.7\r\n" in asked[1]
    assert parse_qs(asked[1].partition(b"\r\n\r\n")[2].decode()) == {"q1": ["é &", "2"]}


def test_a_packed_page_is_counted_as_it_came_and_read_unpacked() -> None:
    body = brotli.compress(b"words " * 500)

    async def answers(request: bytes) -> bytes:
        return b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: %d\r\n\r\n" % len(body) + body

    async def run() -> None:
        async with tiny_server(answers) as port:
            line = Connection(port)
            browser = Browser(line)
            answer = await browser.get("/")
            assert answer.text == "words " * 500
            assert browser.received == len(body)
            line.close()

    asyncio.run(run())


def test_a_page_in_chunks_is_put_together() -> None:
    async def answers(request: bytes) -> bytes:
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"

    async def run() -> None:
        async with tiny_server(answers) as port:
            line = Connection(port)
            browser = Browser(line)
            assert [(await browser.get("/")).text, (await browser.get("/")).text] == ["abcde", "abcde"]
            line.close()

    asyncio.run(run())


def test_a_connection_that_was_closed_between_two_requests_is_opened_again() -> None:
    count = 0

    async def answers(request: bytes) -> bytes | None:
        nonlocal count
        count += 1
        return None if count == 2 else whole(str(count))

    async def run() -> None:
        async with tiny_server(answers) as port:
            line = Connection(port)
            browser = Browser(line)
            assert [(await browser.get("/")).text, (await browser.get("/")).text] == ["1", "3"]
            assert line.opened == 2
            line.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"]
)
def test_an_answer_that_breaks_off_is_a_fault_and_not_a_page(said: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        try:
            with pytest.raises(ConnectionError):
                await Browser(Connection(server.sockets[0].getsockname()[1])).get("/")
        finally:
            server.close()
            await asyncio.sleep(0.01)

    asyncio.run(run())
