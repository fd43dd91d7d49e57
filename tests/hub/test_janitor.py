"""Streams stay small, and nothing that is unprocessed or may be needed is ever purged."""

from typing import Any

import orjson
import pytest

from crossdock_contracts.base import Event
from services.cli.client import Client
from services.hub import janitor as module
from services.hub.archive import BUCKET, read_archive
from services.hub.decision import Decision, States, changed
from services.hub.janitor import Janitor
from services.hub.objects import ObjectStore
from services.hub.service import Service
from tests.conftest import Run, published
from tests.hub import tally
from tests.hub.commands import adjustment, letters, pieces, put, receipt, settled

AT_ONCE = 1e-9
"""An age, in days, that everything has."""


@pytest.fixture(autouse=True)
def small_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few messages take more than one stretch."""
    monkeypatch.setattr(module, "_STRETCH", 7)


async def clean(client: Client, run_settings: Any, **ages: float) -> Janitor:
    """One round with these ages in days; what is not named is kept."""
    running = run_settings
    kept = {"keep_events_days": 1e5, "keep_ended_days": 1e5, "keep_dead_days": 0.0}
    settings = running.app.settings.model_copy(update={**kept, **ages})
    assert running.app.runtime.desk is not None
    archive = ObjectStore(client.connection, client.calls, BUCKET)
    made = Janitor("inventory", client.calls, running.app.runtime.desk.reader, archive, settings)
    await made.clean()
    return made


async def archived(client: Client) -> list[dict[str, Any]]:
    archive = ObjectStore(client.connection, client.calls, BUCKET)
    return [event async for event in read_archive(archive, client.calls, "INVENTORY")]


async def test_old_events_move_to_the_archive_and_none_is_lost(client: Client, run: Run) -> None:
    running = await run(tally.service())
    for number in range(20):
        await client.tell(receipt(f"S{number}", number + 1))
    await settled(client, "receive")
    before = [m.data for m in await published(client, "INVENTORY", "inventory.evt.>")]

    await clean(client, running, keep_events_days=AT_ONCE)

    assert await published(client, "INVENTORY", "inventory.evt.>") == []
    found = await archived(client)
    assert [orjson.dumps(event["body"]) for event in found] == [orjson.dumps(orjson.loads(body)) for body in before]
    assert found[0]["headers"]["ce-type"] == "inventory.evt.stock-moved.v1"
    assert await pieces(client, "S19") == 20


async def test_events_that_a_consumer_has_not_settled_stay(client: Client, run: Run) -> None:
    running = await run(tally.service())
    config = {"durable_name": "partner", "ack_policy": "explicit", "filter_subject": "inventory.evt.>"}
    await client.calls.api("CONSUMER.DURABLE.CREATE.INVENTORY.partner", {"stream_name": "INVENTORY", "config": config})
    for number in range(20):
        await client.tell(receipt(f"S{number}"))
    await settled(client, "receive")

    await clean(client, running, keep_events_days=AT_ONCE)

    assert len(await published(client, "INVENTORY", "inventory.evt.>")) == 20
    assert await archived(client) == []


async def test_young_events_stay(client: Client, run: Run) -> None:
    running = await run(tally.service())
    await client.order(receipt())

    await clean(client, running, keep_events_days=1)

    assert len(await published(client, "INVENTORY", "inventory.evt.>")) == 1


async def test_commands_go_once_they_are_settled_and_stay_while_they_wait(client: Client, run: Run) -> None:
    running = await run(tally.service())
    await client.order(receipt())
    await running.stop()
    await client.tell(receipt())
    second = await run(tally.service(), batch=1)
    await settled(client, "receive")
    await second.stop()
    await client.tell(receipt())
    third = tally.service()
    del third.handlers["receive"]

    await clean(client, await run(third), keep_events_days=AT_ONCE)

    left = await published(client, "INVENTORY_IN", "inventory.cmd.>")
    assert [int((m.headers or {})["Nats-Sequence"]) for m in left] == [3]


async def test_markers_stay_for_a_day_and_then_while_their_message_may_come_again(
    client: Client, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = await run(tally.service())
    await put(client, receipt(quantity=3).encode(), headers=b"ce-id: m-1\r\n")
    await settled(client, "receive")
    await clean(client, running)
    assert len(await published(client, "INVENTORY", "inventory.state.done.>")) == 1

    monkeypatch.setattr(module, "_MARKERS_KEPT", module.timedelta(0))
    await clean(client, running)

    assert await published(client, "INVENTORY", "inventory.state.done.>") == []


async def test_open_letters_stay_for_ever_unless_an_age_is_set_and_closed_ones_do_not(client: Client, run: Run) -> None:
    running = await run(tally.service())
    await client.tell(adjustment("fails"))
    await settled(client, "adjust")

    await clean(client, running, keep_ended_days=AT_ONCE)
    assert len(await letters(client)) == 1

    await clean(client, running, keep_dead_days=AT_ONCE)
    assert await letters(client) == []
    assert await published(client, "INVENTORY", "inventory.dead.>") == []


class Ended(tally.Document, service="inventory", kind="ended", key=("order_id",)):
    """A document that may end."""

    order_id: str
    over: bool = False

    @property
    def has_ended(self) -> bool:
        """It was said to be over."""
        return self.over


def end(states: States, message: Event, now: object) -> Decision:
    """Open a document for the SKU, or end it."""
    del now
    sku = getattr(message, "sku", "")
    found = states.get(Ended, message.owner, sku) or Ended(owner=message.owner, order_id=sku)
    return Decision(writes=[changed(found, over=getattr(message, "quantity", 0) > 1)])


async def test_documents_go_when_they_ended_long_ago_and_no_letter_is_about_them(client: Client, run: Run) -> None:
    hub = Service("inventory", documents=(Ended, tally.Tally))
    hub.on(tally.ReceiveStockV1, end, name="end", remember=True)
    hub.on(tally.AdjustStockV1, tally.adjust, name="adjust", remember=True)
    running = await run(hub)
    await client.tell(receipt("open", 1))
    await client.tell(receipt("ended", 2))
    await client.tell(receipt("dead", 2))
    body = adjustment("fails").encode()
    await put(client, body, "adjust-stock", headers=b"ce-id: x\r\nce-correlationid: main/dead\r\n")
    await settled(client, "end", "adjust")

    await clean(client, running, keep_ended_days=1)
    assert len(await published(client, "INVENTORY", "inventory.state.ended.>")) == 3

    await clean(client, running, keep_ended_days=AT_ONCE)
    left = await published(client, "INVENTORY", "inventory.state.ended.>")
    assert [orjson.loads(m.data)["order_id"] for m in left] == ["open", "dead"]
