"""Old and new versions live together (rule 11)."""

import orjson
import pytest

from crossdock_contracts import registry, upcasts
from crossdock_contracts.base import Contract, Event
from crossdock_contracts.shipping import ShipmentShippedV1, ShipmentShippedV2, ShippedLine, ShippedParcel
from crossdock_contracts.values import LineQuantity, Money
from services.cli.client import Client
from services.hub.decision import Decision, Document, States, changed
from services.hub.service import Service
from tests.builders import NOW
from tests.conftest import Run, published, until
from tests.hub import tally
from tests.hub.commands import adjustment, document, letters, receipt, write

VALUE = Money(amount_minor=1000, currency="EUR")


class Shelf(Document, service="returns", kind="shelf", key=("order_id",)):
    """What a consumer has heard of one order's shipments."""

    order_id: str
    heard: tuple[str, ...] = ()


def hear(states: States, message: ShipmentShippedV1 | ShipmentShippedV2, now: object) -> Decision:
    """Note which version was handed over, and how many parcels it names."""
    del now
    found = states.get(Shelf, message.owner, message.order_id) or Shelf(owner=message.owner, order_id=message.order_id)
    parcels = len(message.parcels) if isinstance(message, ShipmentShippedV2) else 1
    return Decision(writes=[changed(found, heard=(*found.heard, f"v{message.VERSION}:{parcels}"))])


def consumer(contract: type[Event] = ShipmentShippedV2) -> Service:
    """A service that listens to shipments."""
    hub = Service("returns", documents=(Shelf,))
    hub.on(contract, hear, name="hear")
    hub.answers("shelf", ShelfQuestion, answer)
    return hub


class ShelfQuestion(tally.Question):
    """What was heard of an order."""

    order_id: str


def answer(states: States, question: ShelfQuestion, now: object) -> list[str]:
    """What was heard, in order."""
    del now
    found = states.get(Shelf, question.owner, question.order_id)
    return list(found.heard) if found else []


def shipped_v2(order_id: str) -> ShipmentShippedV2:
    parcels = tuple(ShippedParcel(carrier="table", service="ground", tracking_number=f"T{n}") for n in range(2))
    line = ShippedLine(line_id="1", sku="A", quantity=2, value_minor=1000)
    return ShipmentShippedV2(
        owner="main",
        order_id=order_id,
        fulfilment_id=f"{order_id}/1",
        location_id="BER",
        lines=(line,),
        parcels=parcels,
        value=VALUE,
        shipped_at=NOW,
    )


def shipped_v1(order_id: str) -> ShipmentShippedV1:
    return ShipmentShippedV1(
        owner="main",
        order_id=order_id,
        fulfilment_id=f"{order_id}/1",
        location_id="BER",
        lines=(LineQuantity(line_id="1", sku="A", quantity=2),),
        carrier="table",
        service="ground",
        tracking_number="T0",
        value=VALUE,
        shipped_at=NOW,
    )


async def publish(client: Client, *copies: Contract, versions: str = "") -> None:
    """Publish copies of one message as shipping of that age does."""
    for copy in copies:
        headers = f"ce-id: same-{copy.entity}\r\n" + (f"crossdock-versions: {versions}\r\n" if versions else "")
        await write(client, f"shipping.evt.shipment-shipped.v{copy.VERSION}.0.0", copy.encode(), headers.encode())


async def heard(client: Client, order_id: str) -> list[str]:
    found: list[str] = (await client.ask("returns", "shelf", order_id=order_id))["answer"]
    return found


async def publish_all_ages(client: Client) -> None:
    """An old publisher, one of today, and one of tomorrow; and a mark behind them."""
    await publish(client, shipped_v1("old"))
    await publish(client, shipped_v2("today"), shipped_v1("today"), versions="2,1")
    await write(
        client, "shipping.evt.shipment-shipped.v3.0.0", b'{"shape": "unknown"}', b"crossdock-versions: 3,2,1\r\n"
    )
    await publish(client, shipped_v2("tomorrow"), shipped_v1("tomorrow"), versions="3,2,1")
    await publish(client, shipped_v1("mark"))
    await until(lambda: heard(client, "mark"))


async def test_a_new_consumer_takes_each_message_once_in_the_newest_version_that_it_knows(
    client: Client, run: Run
) -> None:
    await run(consumer())

    await publish_all_ages(client)

    assert await heard(client, "old") == ["v2:1"], "the old message was lifted to the new version"
    assert await heard(client, "today") == ["v2:2"]
    assert await heard(client, "tomorrow") == ["v2:2"]


async def test_an_old_consumer_takes_each_message_once_in_the_version_that_it_knows(
    client: Client, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._by_type, ShipmentShippedV1.TYPE, {1: ShipmentShippedV1})
    monkeypatch.delitem(upcasts._up, ShipmentShippedV1)
    await run(consumer(ShipmentShippedV1))

    await publish_all_ages(client)

    assert await heard(client, "old") == ["v1:1"]
    assert await heard(client, "today") == ["v1:1"]
    assert await heard(client, "tomorrow") == ["v1:1"]


async def test_a_message_newer_than_known_waits_until_the_service_is_updated(
    client: Client, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as old:
        old.setitem(registry._by_type, ShipmentShippedV1.TYPE, {1: ShipmentShippedV1})
        old.delitem(upcasts._up, ShipmentShippedV1)
        before = await run(consumer(ShipmentShippedV1))
        await publish(client, shipped_v2("early"))
        parked = await until(lambda: published(client, "RETURNS", "returns.parked.>"))
        assert [letter async for letter in client.pages("returns", "letters", "letters", every_owner=True)] == []
        await before.stop()
    await run(consumer())

    (waiting,) = parked
    await write(client, "returns.retry.hear.0", waiting.data, retried(dict(waiting.headers or {})))

    await until(lambda: heard(client, "early"))
    assert await heard(client, "early") == ["v2:2"]


def retried(headers: dict[str, str]) -> bytes:
    """The headers of a parked message as its schedule hands it on, an hour ahead of its time."""
    return "".join(f"{k}: {v}\r\n" for k, v in headers.items() if not k.startswith("Nats-")).encode()


async def test_events_in_two_versions_carry_one_id_and_name_each_other(client: Client, run: Run) -> None:
    hub = Service("shipping", documents=(Shelf,), says=(ShipmentShippedV1, ShipmentShippedV2))

    def say(states: States, message: Event, now: object) -> Decision:
        del states, now
        return Decision(events=[shipped_v2(message.entity)])

    from crossdock_contracts.inventory import StockFreedV1  # noqa: PLC0415

    hub.on(StockFreedV1, say, name="say", remember=True)
    await run(hub)

    await write(
        client, "inventory.evt.stock-freed.v1.0.0", StockFreedV1(owner="main", sku="o", waiting=1).encode(), b""
    )

    copies = await until(lambda: both(client))
    assert {(m.headers or {})["ce-id"] for m in copies} == {(copies[0].headers or {})["ce-id"]}
    assert [(m.headers or {})["crossdock-versions"] for m in copies] == ["2,1", "2,1"]
    assert [ShipmentShippedV2.decode(copies[0].data), ShipmentShippedV1.decode(copies[1].data)] == [
        shipped_v2("o"),
        shipped_v1("o"),
    ]


async def both(client: Client) -> list[object] | None:
    found = await published(client, "SHIPPING", "shipping.evt.>")
    return list(found) if len(found) == 2 else None


async def test_fields_that_this_version_does_not_know_stay_in_documents(client: Client, run: Run) -> None:
    first = await run(tally.service())
    await client.order(receipt(quantity=2))
    await first.stop()
    newer = b'{"sku":"S","pieces":2,"colour":"red","calls":[],"nested":{"deep":[1]}}'
    await write(client, "inventory.state.tally.main.S", newer)
    await run(tally.service())

    await client.order(adjustment("added", delta=3))

    (stored,) = await published(client, "INVENTORY", "inventory.state.tally.>")
    content = orjson.loads(stored.data)
    assert (content["pieces"], content["colour"], content["nested"]) == (5, "red", {"deep": [1]})


async def test_a_stored_document_that_cannot_be_read_lays_aside_what_is_about_it_and_nothing_else(
    client: Client, run: Run
) -> None:
    first = await run(tally.service())
    await first.stop()
    await write(client, "inventory.state.tally.main.S", b'{"sku": 5')
    await run(tally.service())

    await client.tell(receipt())
    await client.order(receipt("T"))

    (letter,) = await until(lambda: letters(client))
    assert letter["error"] == "UnreadableError"
    assert "inventory.state.tally.main.S" in letter["detail"]
    assert await document(client, "T")
