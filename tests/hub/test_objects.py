"""Objects as NATS' object store has them."""

import asyncio
import os

import pytest

import nats
from services.cli.client import Client
from services.hub.effects import TransientError
from services.hub.objects import CHUNK_BYTES, CorruptObjectError, ObjectStore
from tests.conftest import published
from tests.nats import NatsServer


@pytest.fixture
async def store(client: Client) -> ObjectStore:
    """An empty bucket."""
    made = ObjectStore(client.connection, client.calls, "labels")
    await made.open()
    return made


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3_000_000])
async def test_an_object_comes_back_as_it_was_put(size: int, store: ObjectStore) -> None:
    content = os.urandom(size)
    await store.put("ö/1.pdf", content)
    assert await store.get("ö/1.pdf") == content


async def test_what_was_never_put_is_absent(store: ObjectStore) -> None:
    assert await store.get("nothing") is None


async def test_a_second_put_replaces_and_the_same_again_costs_nothing_more(store: ObjectStore, client: Client) -> None:
    await store.put("one", b"first")
    await store.put("one", b"second")
    await store.put("one", b"second")

    assert await store.get("one") == b"second"
    assert len(await published(client, store.stream, "$O.labels.M.>")) == 1


async def test_hundreds_put_at_the_same_time_are_all_there(store: ObjectStore) -> None:
    await asyncio.gather(*(store.put(f"{n}", b"%d" % n) for n in range(700)))
    assert [await store.get(f"{n}") for n in (0, 350, 699)] == [b"0", b"350", b"699"]


async def test_any_client_of_nats_reads_it(store: ObjectStore, server: NatsServer) -> None:
    content = os.urandom(300_000)
    await store.put("label.pdf", content)
    plain = await nats.connect(server.url)

    found = await (await plain.jetstream().object_store("labels")).get("label.pdf")

    assert found.data == content
    await plain.close()


async def test_an_object_whose_chunks_were_changed_is_not_handed_out(store: ObjectStore, client: Client) -> None:
    await store.put("one", b"genuine")
    (chunk,) = await published(client, store.stream, "$O.labels.C.>")
    subject = (chunk.headers or {})["Nats-Subject"]
    await client.calls.one([], subject.encode(), b"Nats-Rollup: sub\r\n", b"forged!", timeout_s=5)

    with pytest.raises(CorruptObjectError, match="one"):
        await store.get("one")


async def test_a_put_that_the_server_does_not_store_says_so(client: Client) -> None:
    never_opened = ObjectStore(client.connection, client.calls, "missing")
    with pytest.raises(TransientError, match="missing"):
        await never_opened.put("one", b"x")
