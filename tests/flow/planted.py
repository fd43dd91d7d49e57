"""A run that is sound, and everything that can be planted into its streams for an audit to name."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import orjson
from nats.aio.msg import Msg

from services.verify.checks import audit
from services.verify.facts import gather
from services.verify.reading import Streams
from tests.conftest import published
from tests.flow.house import House, order_of

_OF_THE_PUBLISHER = {"Nats-Subject", "Nats-Sequence", "Nats-Stream", "Nats-Time-Stamp", "Nats-Num-Pending"}


@dataclass
class Ran:
    """A hub that was stopped after a sound run, and what ran."""

    house: House
    sku: str
    shipped: str
    labelled: str
    cancelled: str
    planted: list[tuple[str, int]] = field(default_factory=list)
    lost: list[tuple[str, bytes]] = field(default_factory=list)

    async def plant(self, stream: str, subject: str, body: bytes, headers: dict[str, str]) -> int:
        """Write a message as no service would; its sequence."""
        answer = await self.house.client.connection.jetstream().publish(subject, body, headers=headers)
        self.planted.append((stream, answer.seq))
        return answer.seq

    async def again(self, event: str, name: str, /, **fields: Any) -> None:
        """Say an event of an order or SKU a second time, as another event."""
        stream, message = await self._find(f"*.evt.{event}.>", name)
        body = orjson.dumps(orjson.loads(message.data) | fields)
        headers = {**_headers(message), "ce-id": str(uuid4())}
        await self.plant(stream, (message.headers or {})["Nats-Subject"], body, headers)

    async def document(self, kind: str, name: str, edit: Callable[[Any], None]) -> None:
        """Have a document say something else."""
        stream, message = await self._find(f"*.state.{kind}.>", name)
        body = orjson.loads(message.data)
        edit(body)
        await self.plant(stream, (message.headers or {})["Nats-Subject"], orjson.dumps(body), {})

    async def lose(self, kind: str, name: str) -> None:
        """Have a document vanish."""
        stream, message = await self._find(f"*.state.{kind}.>", name)
        headers = message.headers or {}
        await self.house.client.calls.api(f"STREAM.MSG.DELETE.{stream}", {"seq": int(headers["Nats-Sequence"])})
        self.lost.append((headers["Nats-Subject"], message.data))

    async def _find(self, subject: str, name: str) -> tuple[str, Msg]:
        for service in ("capture", "payments", "inventory", "routing", "shipping"):
            stream = service.upper()
            for message in await published(self.house.client, stream, subject.replace("*", service, 1)):
                body = orjson.loads(message.data or b"{}")
                if name in {body.get("order_id"), body.get("sku")}:
                    return stream, message
        raise AssertionError(subject)

    async def undo(self) -> None:
        """Take out what was planted, and put back what was lost."""
        while self.lost:
            await self.house.client.connection.jetstream().publish(*self.lost.pop())
        while self.planted:
            stream, seq = self.planted.pop()
            await self.house.client.calls.api(f"STREAM.MSG.DELETE.{stream}", {"seq": seq})

    async def broken(self) -> dict[str, list[str]]:
        """The violations that an audit finds, by check."""
        streams = Streams(self.house.client.connection, self.house.client.calls)
        return {check.name: check.violations for check in audit(await gather(streams)) if not check.ok}


def _headers(message: Msg) -> dict[str, str]:
    headers = message.headers or {}
    return {k: v for k, v in headers.items() if k not in _OF_THE_PUBLISHER and not k.startswith("Nats-")}


async def lost_order(run: Ran) -> None:
    """An order is in the inbox and acknowledged, and nothing came of it."""
    order = order_of((run.sku, 1), order_id="lost")
    body = orjson.dumps(
        {
            "owner": "main",
            "channel": "web",
            "order_id": "web:lost",
            "body": order.model_dump_json(),
            "received_at": "2026-03-02T09:30:00Z",
        }
    )
    client = run.house.client
    await run.plant("CAPTURE_IN", "capture.cmd.ingest.v1.0.0", body, {"ce-id": "lost-message"})
    subscription = await client.connection.subscribe(client.connection.new_inbox())
    ask = "$JS.API.CONSUMER.MSG.NEXT.CAPTURE_IN.capture-ingest-0"
    await client.connection.publish(ask, b"1", reply=subscription.subject)
    message = await subscription.next_msg(5)
    await client.connection.request(message.reply, b"+ACK")
    await subscription.unsubscribe()


async def reserved_beyond(run: Ran) -> None:
    """More is promised to an order than there is."""
    await run.document("stock", run.sku, lambda stock: stock.update(reserved=50))


async def reserved_beyond_a_shortage(run: Ran) -> None:
    """A shortage was recorded and settled, and yet more is promised than there is."""
    await run.plant(
        "INVENTORY",
        "inventory.evt.shortage-recorded.v1.9.9",  # no consumer of this hub hears it
        orjson.dumps({"owner": "main", "sku": run.sku, "location_id": "BER", "missing": 1, "reason": "counted"}),
        {"ce-id": "shortage"},
    )
    await reserved_beyond(run)


def shifted(body: Any) -> None:
    """One piece too many is on hand."""
    body["locations"]["BER"]["on_hand"] += 1


def free_of_payment(body: Any) -> None:
    """The payment has never been charged."""
    body["captures"] = {}


def split(body: Any) -> None:
    """A line has a piece more than its parts."""
    body["lines"][0]["quantity"] += 1


TWICE = "twice"


PLANTED: dict[str, tuple[Callable[[Ran], Awaitable[None]], str, str]] = {
    "a lost message": (lost_order, "every-ingested-message-is-accounted-for", "lost-message"),
    "an order without its document": (
        lambda run: run.again("order-captured", run.labelled, order_id="web:nowhere"),
        "every-captured-order-is-in-exactly-one-place",
        "web:nowhere",
    ),
    "an order in two places": (
        lambda run: run.document("order", run.labelled, lambda order: order.update(status="cancelled")),
        "every-captured-order-is-in-exactly-one-place",
        "two places",
    ),
    "an order that routing has lost": (
        lambda run: run.lose("route", run.labelled),
        "every-captured-order-is-in-exactly-one-place",
        "routing has never heard of it",
    ),
    "a stock count off by one": (
        lambda run: run.document("stock", run.sku, shifted),
        "stock-is-conserved",
        "its ledger makes",
    ),
    "a movement that was entered twice": (
        lambda run: run.again("stock-moved", run.sku),
        "stock-is-conserved",
        "and makes",
    ),
    "a reservation beyond availability": (reserved_beyond, "nothing-is-oversold", "pieces are promised"),
    "a promise beyond what is there that nobody takes back": (
        reserved_beyond_a_shortage,
        "nothing-is-oversold",
        "pieces are promised",
    ),
    "a channel that holds more than its lines": (
        lambda run: run.document("stock", run.sku, lambda stock: stock.update(used={"web": 1})),
        "stock-matches-reservations",
        "held by web",
    ),
    "a promise that no stock knows of": (
        lambda run: run.document("reservation", run.labelled, split),
        "stock-matches-reservations",
        "pieces",
    ),
    "a doubled reservation": (
        lambda run: run.again("stock-reserved", run.labelled),
        "nothing-is-reserved-twice",
        TWICE,
    ),
    "a doubled allocation": (
        lambda run: run.again("stock-allocated", run.labelled),
        "nothing-is-reserved-twice",
        TWICE,
    ),
    "a doubled authorisation": (
        lambda run: run.again("payment-authorised", run.labelled),
        "nothing-is-charged-twice",
        TWICE,
    ),
    "a doubled charge": (lambda run: run.again("payment-captured", run.shipped), "nothing-is-charged-twice", TWICE),
    "goods that were never charged": (
        lambda run: run.document("payment", run.shipped, free_of_payment),
        "money-is-conserved",
        "0 was charged",
    ),
    "a doubled refund": (lambda run: run.again("payment-refunded", run.shipped), "nothing-is-refunded-twice", TWICE),
    "a refund of more than was paid": (
        lambda run: run.again(
            "payment-refunded", run.shipped, refund_id="x", amount={"amount_minor": 1500, "currency": "EUR"}
        ),
        "nothing-is-refunded-twice",
        "2500 was paid back of 2000",
    ),
    "a doubled label": (
        lambda run: run.again("label-bought", run.labelled, parcel={"tracking_number": "XD-OTHER"}),
        "no-label-is-bought-twice",
        "XD-OTHER",
    ),
    "a label for goods that do not ship": (
        lambda run: run.document("shipment", run.labelled, lambda shipment: shipment.update(status="stopped")),
        "no-label-is-bought-twice",
        "its label was never given back",
    ),
}
