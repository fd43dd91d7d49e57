"""Orders as shops hand them in, and the events that capture makes of them; stock for all of them.

What sells follows Zipf's law with exponent 1 (`services.cli.generator`), or all SKUs alike. Each order is sound: one
to five lines, 2.1 in the mean, 60 % paid by token, 35 % prepaid, 5 % cash on delivery.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import uuid4

import orjson

from crossdock_contracts import subjects
from crossdock_contracts.base import Contract
from crossdock_contracts.capture import IngestV1, OrderCapturedV1
from crossdock_contracts.envelope import Envelope
from services.bench.figure import BenchError
from services.capture.channels.native import Native
from services.capture.decide.ingest import ingest
from services.capture.rules import Channels
from services.capture.state import Item
from services.cli.generator import Shares, Shop
from services.hub.decision import Document, States
from services.hub.settings import settings
from services.hub.wire import Laid
from services.inventory.state import LocationStock, Stock

OWNER, CHANNEL = "main", "web"
_LOCATIONS = ("BER", "ROT", "LYS")
_PLENTY = 10_000_000
_WEIGHT_G = 350
_SOUND = Shares.none()


class Demand:
    """Orders, numbered on and on, the same for the same seed."""

    def __init__(self, skus: int, *, uniform: bool = False, seed: int = 1, first: int = 0) -> None:
        self._shop = Shop(seed, skus, _SOUND)
        self._random = random.Random(seed)  # noqa: S311  # repeatable, not secret
        self._uniform = uniform
        self._next = first

    @property
    def skus(self) -> list[str]:
        """All that is sold."""
        return self._shop.skus

    def order(self) -> dict[str, Any]:
        """The next order, as a shop hands it in."""
        order = self._shop.order(self._next)
        self._next += 1
        if self._uniform:
            for line in order["lines"]:
                line["sku"] = self._random.choice(self.skus)
        return order

    def webhooks(self, count: int) -> Iterator[bytes]:
        """The next orders as bodies of webhooks."""
        for _ in range(count):
            yield orjson.dumps(self.order())

    def ingests(self, count: int) -> Iterator[Laid]:
        """The next orders as the edge puts them into capture's inbox."""
        for body in self.webhooks(count):
            yield as_message(_ingest(body))

    def captured(self, count: int) -> list[Laid]:
        """The next orders as capture says that they are captured."""
        return [as_message(_captured(_ingest(body))) for body in self.webhooks(count)]


def _ingest(body: bytes) -> IngestV1:
    order_id = f"{CHANNEL}:{orjson.loads(body)['order_id']}"
    return IngestV1(
        owner=OWNER, channel=CHANNEL, order_id=order_id, body=body.decode(), received_at=datetime.now(UTC), source="api"
    )


@cache
def _channels() -> Channels:
    return Channels.load(settings().rules_dir, {Native.name: Native})


def _captured(message: IngestV1) -> OrderCapturedV1:
    """What capture decides on an order whose SKUs it knows."""
    lines = orjson.loads(message.body)["lines"]
    items = States.of(*(item(line["sku"]) for line in lines))
    decision = ingest(_channels(), items, message, datetime.now(UTC), message.body)
    event = decision.events[0]
    if not isinstance(event, OrderCapturedV1) or event.holds:
        msg = f"capture does not let a generated order go on: {event}"
        raise BenchError(msg)
    return event


def as_message(contract: Contract) -> Laid:
    """A contract as it goes to its stream, one partition."""
    headers = Envelope.of(contract, message_id=uuid4().hex, time=datetime.now(UTC)).to_headers()
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return subjects.message(contract.TYPE, contract.VERSION).encode(), lines.encode(), contract.encode()


def item(sku: str) -> Item:
    """What capture knows of a SKU."""
    return Item(owner=OWNER, sku=sku, title=f"Article {sku}", weight_g=_WEIGHT_G)


def stock(sku: str) -> Stock:
    """So many pieces at each location that no order is split and none waits."""
    places = {name: LocationStock(on_hand=_PLENTY) for name in _LOCATIONS}
    return Stock(owner=OWNER, sku=sku, locations=places)


def stored(document: Document) -> Laid:
    """A document as it stands in its service's stream."""
    return document.subject.encode(), b"", document.encode()
