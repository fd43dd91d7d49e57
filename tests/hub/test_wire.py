"""What the hub leans on inside nats-py, whose version is pinned, and its own framing."""

import asyncio

import pytest
from nats.aio.client import Client as NatsClient
from nats.aio.msg import Msg

from services.cli.client import Client
from services.hub.wire import Calls, DisconnectedError, Headers, HubClient, frame, send, status
from tests.conftest import until
from tests.nats import NatsServer


async def test_frames_arrive_as_messages_with_their_headers(server: NatsServer, client: Client) -> None:
    received: asyncio.Queue[Msg] = asyncio.Queue()
    plain = NatsClient()
    await plain.connect(server.url)
    await plain.subscribe("a.>", cb=received.put)
    await plain._flush_pending(force_flush=True)  # its PING of the next line goes out ahead of what is pending
    await plain.flush()

    await send(
        client.connection,
        [
            frame(b"a.1", b"", b"body"),
            frame(b"a.2", b"X-One: 1\r\nX-Two: zw\xc3\xb6lf\r\n", b"\x00\xff", b"reply.here"),
            frame(b"a.3", b"X-One: 1\r\n", b""),
        ],
    )

    first, second, third = [await asyncio.wait_for(received.get(), 30) for _ in range(3)]
    assert (first.subject, first.data, first.headers) == ("a.1", b"body", None)
    assert (second.data, second.reply) == (b"\x00\xff", "reply.here")
    assert second.headers == {"X-One": "1", "X-Two": "zwölf"}
    assert (third.data, third.headers) == (b"", {"X-One": "1"})
    await plain.close()


async def test_the_hubs_client_hands_over_headers_that_nats_py_wrote(server: NatsServer, client: Client) -> None:
    received: asyncio.Queue[Msg] = asyncio.Queue()
    await client.connection.subscribe("b.>", cb=received.put)
    await client.connection._flush_pending(force_flush=True)
    await client.connection.flush()
    plain = NatsClient()
    await plain.connect(server.url)

    await plain.publish("b.1", b"x", headers={"ce-id": "1", "Other": "a: b"})

    message = await asyncio.wait_for(received.get(), 30)
    assert isinstance(message.headers, Headers)
    assert message.headers.get("ce-id") == "1"
    assert dict(message.headers) == {"ce-id": "1", "Other": "a: b"}
    await plain.close()


def test_one_header_is_found_where_it_stands_and_only_whole_names_count() -> None:
    raw = b"NATS/1.0\r\nx-ce-id: wrong\r\nce-id:  right \r\nempty:\r\n\r\n"
    headers = Headers(raw)
    assert headers.get("ce-id") == "right"
    assert headers.get("empty") == ""
    assert headers.get("absent", "default") == "default"
    assert "id" not in headers
    assert dict(headers) == {"x-ce-id": "wrong", "ce-id": "right", "empty": ""}


def test_a_word_of_the_server_is_a_status() -> None:
    headers = Headers(b"NATS/1.0 404 Message Not Found\r\n\r\n")
    assert headers["Status"] == "404"
    assert headers["Description"] == "Message Not Found"


async def test_nobody_to_answer_is_said_at_once(client: Client) -> None:
    answer = await client.calls.one([], b"nobody.there", b"", b"", timeout_s=5)
    assert status(answer) == "503"


async def test_answers_find_their_requests_however_they_are_ordered(client: Client) -> None:
    held: list[Msg] = []

    async def hold(message: Msg) -> None:
        held.append(message)

    await client.connection.subscribe("echo", cb=hold)
    asked = [asyncio.create_task(client.calls.one([], b"echo", b"", b"%d" % n, timeout_s=5)) for n in range(5)]
    await until(lambda: len(held) == 5)
    for message in reversed(held):
        await message.respond(b"re " + message.data)

    assert [(await one).data for one in asked] == [b"re %d" % n for n in range(5)]


async def test_a_lost_connection_fails_what_is_waited_for_at_once(server: NatsServer) -> None:
    connection = HubClient()
    lost = asyncio.Event()
    calls = Calls(connection)

    async def disconnected() -> None:
        calls.disconnected()
        lost.set()

    async def silent(_error: Exception) -> None:
        return

    await connection.connect(server.url, disconnected_cb=disconnected, error_cb=silent, max_reconnect_attempts=-1)
    await calls.start()
    await connection.subscribe("mute", cb=silent)  # type: ignore[arg-type]  # it takes anything and answers nothing
    waiting = asyncio.create_task(calls.one([], b"mute", b"", b"", timeout_s=60))
    await connection.flush()

    await server.kill()

    async with asyncio.timeout(10):
        await lost.wait()
        with pytest.raises(DisconnectedError):
            await waiting
        with pytest.raises(DisconnectedError):
            await send(connection, [frame(b"a", b"", b"")])
    await connection.close()
