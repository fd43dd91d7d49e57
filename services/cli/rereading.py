"""What kept payloads come to with today's mapping: decided as capture would decide it, against what stands there."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import orjson

from crossdock_contracts import subjects
from crossdock_contracts.capture import IngestV1
from crossdock_contracts.operations import PayloadChange
from crossdock_contracts.values import Order
from services.capture.channels import UnmappableError
from services.capture.decide import ingest
from services.capture.rules import Channel, Channels
from services.capture.state import (
    ENDED,
    Customer,
    HoldExpiry,
    Item,
    Listing,
    OrderRecord,
    OrderStatus,
    RecordedUntil,
    WaitingOrder,
    Wanted,
)
from services.cli.client import Client
from services.cli.kept import Kept, Newest
from services.hub.decision import Decision, NotLoadedError, States
from services.hub.documents import DocumentCache, Reader
from services.hub.edits import changes
from services.hub.plan import Working

_DOCUMENTS = (OrderRecord, HoldExpiry, Listing, Item, Wanted, WaitingOrder, Customer, RecordedUntil)
_RECORDS = 500
_CACHE_BYTES = 64 * 1024 * 1024
_DERIVED = {"order_id", "revision", "kits", "lines"}
_DERIVED_OF_LINE = {
    *("line_id", "paid_minor"),
    *("weight_g", "dimensions", "hazmat_class", "hs_code", "origin_country"),  # as the product has them
}
_HELD, _CAPTURED, _IGNORED = "order-held", "order-captured", "submission-ignored"
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Reading:
    """What the payload of one order comes to today."""

    message: IngestV1
    outcome: str
    """``captured``, ``changed``, ``held``, ``ignored``, or ``refused`` where it cannot become an order."""
    detail: str = ""
    differences: list[PayloadChange] = field(default_factory=list)
    """Between the order as it was read, and as it reads today."""

    @property
    def is_news(self) -> bool:
        """Something follows from it."""
        return self.outcome in {"captured", "changed", "held"}

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "order_id": self.message.order_id,
            "received_at": self.message.received_at.isoformat(),
            "outcome": self.outcome,
            "detail": self.detail,
            "differences": [one.model_dump() for one in self.differences],
        }


def outcome_of(names: Iterable[str]) -> str:
    """What became of a copy, by the names of the events that it caused."""
    said = set(names)
    if _CAPTURED in said or _HELD in said:
        return "captured" if _CAPTURED in said else "held"
    return "ignored" if said <= {_IGNORED, "mapping-missed"} else "changed"


class Rereading:
    """Reads payloads of one channel again."""

    def __init__(self, client: Client, channel: Channel, keep_ended: timedelta) -> None:
        self._client = client
        self._channel = channel
        self._channels = Channels({channel.name: channel})
        self._kept = Kept(client)
        self._oldest = datetime.now(UTC) - keep_ended
        reader = Reader(client.calls, subjects.stream("capture"), _DOCUMENTS)
        self._working = Working(DocumentCache(reader, _CACHE_BYTES))

    async def news(self, newest: dict[str, Newest], *, missing: bool) -> tuple[list[str], int]:
        """Orders that may read otherwise today, and how many have payloads and never became orders.

        Those are among the former where they are asked for, unless they could have been here and forgotten since.

        Raises:
            DisconnectedError: the server does not answer.
        """
        found, absent = [], 0
        names = list(newest)
        owner = self._channel.config.owner
        for start in range(0, len(names), _RECORDS):
            some = {OrderRecord.at(owner, name): name for name in names[start : start + _RECORDS]}
            records = await self._client.documents(OrderRecord, some)
            for subject, name in some.items():
                record = records.get(subject)
                if record is None or record.status is OrderStatus.EXPECTED:
                    absent += 1
                    found += [name] if missing and newest[name].came > self._oldest else []
                elif record.digest != newest[name].digest or _may_stand_for_others(record):
                    found.append(name)
        return found, absent

    async def readings(self, messages: Sequence[IngestV1]) -> list[Reading]:
        """What these messages, which say that they are read again, would do if they were handed in now.

        Raises:
            DisconnectedError: the server does not answer.
        """
        self._working.cache.clear()  # orders go on meanwhile
        hints = [subject for one in messages for subject in self._hints(one)]
        await self._working.cache.load(hints)
        return [await self._reading(message) for message in messages]

    def _hints(self, message: IngestV1) -> Iterable[str]:
        try:
            return ingest.reads_ingest(self._channels, message)
        except UnmappableError:
            return ()

    async def _reading(self, message: IngestV1) -> Reading:
        now = datetime.now(UTC)
        try:
            payload = await self._kept.text(message)
            decision = await self._decided(lambda states: ingest.ingest(self._channels, states, message, now, payload))
            reading = _told(message, decision)
            if reading.outcome == "captured":
                return reading
            before, after = await self._decided(lambda states: self._compared(states, message, payload, now))
        except UnmappableError as error:
            return Reading(message, "refused", str(error))
        before = before or await self._as_it_was(message)
        return Reading(message, reading.outcome, reading.detail, differences(before, after) if before and after else [])

    async def _decided(self, find: Callable[[States], _Answer]) -> _Answer:
        while True:
            try:
                return find(self._working.states())
            except NotLoadedError as missing:
                await self._working.fetch(missing)

    def _compared(
        self, states: States, message: IngestV1, payload: str, now: datetime
    ) -> tuple[Order | None, Order | None]:
        """What the source was understood to say, as far as it is kept, and what it is understood to say today."""
        record = states.get(OrderRecord, message.owner, message.order_id)
        if record is None or record.status is OrderStatus.EXPECTED:
            return None, None
        handed_in = ingest.read(self._channel, payload)
        copy, _ = ingest.looked_at(states, self._channel, record, message, handed_in, now)
        return record.source or record.order, copy.order

    async def _as_it_was(self, message: IngestV1) -> Order | None:
        """An order that has ended, as it was said to be last; none where those events are archived."""
        found = await self._client.ask(
            "capture", "timeline", owner=message.owner, kind=OrderRecord.KIND, key=[message.order_id]
        )
        orders = [event["body"]["order"] for event in found["events"] if event["body"].get("order")]
        return Order.model_validate(orders[-1]) if orders else None


def _may_stand_for_others(record: OrderRecord) -> bool:
    """Its listings may be mapped to other SKUs by now."""
    order = record.source or record.order
    if order is None or record.status in ENDED or record.fulfil_by != "hub":
        return False
    return any(line.listing_id for line in order.lines)


def _told(message: IngestV1, decision: Decision) -> Reading:
    said = [event.TYPE.rpartition(".")[2] for event in decision.events]
    why = [getattr(event, "detail", "") for event in decision.events]
    holds = [event.hold.detail for event in decision.events if hasattr(event, "hold")]
    return Reading(message, outcome_of(said), next(filter(None, [*holds, *why]), ""))


def differences(before: Order, after: Order) -> list[PayloadChange]:
    """Where two readings of an order differ; its lines by their ids, and without what does not come of the payload."""
    return changes(_fields(before), _fields(after))


def _fields(order: Order) -> bytes:
    told = order.model_dump(mode="json", exclude=_DERIVED)
    lines = {line.line_id: line.model_dump(mode="json", exclude=_DERIVED_OF_LINE) for line in order.lines}
    return orjson.dumps(told | {"lines": lines})
