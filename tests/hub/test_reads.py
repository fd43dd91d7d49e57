"""Many documents: in the order of their keys, page by page, and answered about from what is at hand."""

from datetime import datetime
from typing import Any

import pytest

from crossdock_contracts.inventory import AdjustStockV1, ReceiveStockV1
from crossdock_contracts.operations import CommandRefusedV1
from services.cli.client import Client
from services.hub.decision import Decision, Document, States
from services.hub.service import Question, Service
from tests.conftest import Run


class Note(Document, service="inventory", kind="note", key=("shelf", "name")):
    """Something written down."""

    shelf: str
    name: str
    times: int = 1


class Listed(Question):
    """What is on a shelf."""

    shelf: str
    name: str = ""


def write(states: States, message: ReceiveStockV1, _now: datetime) -> Decision:
    """Write a note."""
    standing = states.get(Note, message.owner, message.location_id, message.sku)
    times = standing.times + 1 if standing else 1
    return Decision(writes=[Note(owner=message.owner, shelf=message.location_id, name=message.sku, times=times)])


def look(states: States, message: AdjustStockV1, _now: datetime) -> Decision:
    """Say which notes there are: in the order of keys behind a name, or page by page in the order they were written."""
    if message.reason == "keys":
        after = Note.at("main", message.location_id, message.note) if message.note else ""
        found = states.under(Note, "main", message.location_id, after=after, limit=message.delta)
        told = " ".join(note.name for note in found)
    else:
        page = states.page(Note, "main", message.location_id, after=int(message.note or 0), limit=message.delta)
        told = f"{' '.join(note.name for note in page.documents)}|{page.next}"
    return Decision(events=[CommandRefusedV1(owner="main", entity_id="-", command="-", reason="told", detail=told)])


def listed(states: States, question: Listed, _now: datetime) -> list[int]:
    """How often a note was written, or how often all of a shelf were."""
    if question.name:
        note = states.get(Note, question.owner, question.shelf, question.name)
        return [note.times] if note else []
    return [note.times for note in states.under(Note, question.owner, question.shelf)]


def service() -> Service:
    """A service that keeps notes."""
    hub = Service("inventory", by_owner=True, documents=(Note,), says=())
    hub.on(ReceiveStockV1, write)
    hub.on(AdjustStockV1, look)
    hub.answers("listed", Listed, listed)
    return hub


async def wrote(client: Client, *names: str, shelf: str = "S") -> None:
    for name in names:
        await client.order(ReceiveStockV1(owner="main", sku=name, location_id=shelf, quantity=1))


async def told(client: Client, reason: str, limit: int, note: str = "", shelf: str = "S") -> str:
    command = AdjustStockV1(owner="main", sku="-", location_id=shelf, delta=limit, reason=reason, note=note)
    with pytest.raises(RuntimeError) as refused:
        await client.order(command)
    return str(refused.value).removeprefix("told: ")


async def test_documents_are_listed_in_the_order_of_their_keys_from_behind_one_of_them(
    client: Client, run: Run
) -> None:
    await run(service())
    await wrote(client, "C", "A", "D", "B")
    await wrote(client, "Z", shelf="OTHER")

    assert await told(client, "keys", 10) == "A B C D"
    assert await told(client, "keys", 2) == "A B"
    assert await told(client, "keys", 2, "B") == "C D"
    assert await told(client, "keys", 2, "D") == ""
    assert await told(client, "keys", 2, shelf="NONE") == ""


async def test_pages_go_on_where_the_one_before_ended_and_what_is_written_meanwhile_comes_at_the_end(
    client: Client, run: Run
) -> None:
    await run(service())
    await wrote(client, "C", "A", "D", "B")

    names, _, position = (await told(client, "page", 2)).partition("|")
    assert names == "C A"
    await wrote(client, "D", "C", "E")
    seen, last = [], int(position)
    while last:
        names, _, position = (await told(client, "page", 2, str(last))).partition("|")
        seen += names.split()
        last = int(position)
    assert seen == ["B", "D", "C", "E"]


async def test_what_is_at_hand_is_answered_without_reading_the_stream(
    client: Client, run: Run, monkeypatch: Any
) -> None:
    running = await run(service())
    await wrote(client, "A", "A")
    desk = running.app.runtime.desk
    assert desk is not None
    reads: list[Any] = []

    async def last(subjects: list[str]) -> list[Any]:
        reads.append(subjects)
        return []

    monkeypatch.setattr(desk.reader, "last", last)
    assert (await client.ask("inventory", "listed", shelf="S", name="A"))["answer"] == [2]
    assert reads == []
    assert (await client.ask("inventory", "listed", shelf="S", name="UNKNOWN"))["answer"] == []
    assert reads == [[Note.at("main", "S", "UNKNOWN")]]


async def test_a_replica_that_does_not_hold_the_partition_answers_from_the_stream(client: Client, run: Run) -> None:
    first = await run(service())
    await wrote(client, "A")
    await first.stop()
    second = await run(service())
    assert (await client.ask("inventory", "listed", shelf="S", name="A"))["answer"] == [1]
    assert len(second.app.runtime._shards[0].partition.cache) == 0
