"""Inventory: what is there, what is promised, what is bound to a location."""

from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveInt

from crossdock_contracts.base import Command, Event, Id, Utc, Value
from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.values import Code, LineQuantity, LotQuantity


class ReceiveStockV1(Command, service="inventory", name="receive-stock", version=1, entity="sku"):
    """Pieces have arrived at a location."""

    sku: Id
    location_id: Id
    quantity: PositiveInt
    reference: str = ""
    """Purchase order or advance ship notice."""
    lot: str = ""
    """Has to be named for a SKU that is kept by lot."""
    expires_on: str = ""
    """Last day of the lot, such as ``2026-09-30``; has to be named for a SKU that is kept by expiry."""


class AdjustStockV1(Command, service="inventory", name="adjust-stock", version=1, entity="sku"):
    """So many pieces more or fewer are there, for a reason."""

    sku: Id
    location_id: Id
    delta: int
    reason: Code
    note: str = ""
    lot: str = ""
    """Of which lot; left out for a SKU that is kept by lot, those that expire last lose pieces."""


class CountStockV1(Command, service="inventory", name="count-stock", version=1, entity="sku"):
    """So many sellable pieces were counted at a location."""

    sku: Id
    location_id: Id
    counted: NonNegativeInt
    counted_at: Utc | None = None
    counted_by: str = ""
    lot: str = ""
    """Pieces of this lot alone were counted; empty: all sellable ones."""


class TransferStockV1(Command, service="inventory", name="transfer-stock", version=1, entity="sku"):
    """Move free pieces from one location to another."""

    sku: Id
    from_location_id: Id
    to_location_id: Id
    quantity: PositiveInt
    lot: str = ""
    """Of which lot; left out, those go first that expire first."""


class SetSafetyStockV1(Command, service="inventory", name="set-safety-stock", version=1, entity="sku"):
    """Keep so many pieces at a location back from being promised."""

    sku: Id
    location_id: Id
    quantity: NonNegativeInt


class Candidate(Value):
    """A location that could serve a line, and how many free pieces it has."""

    location_id: Id
    available: NonNegativeInt


class PromisedLine(Value):
    """What is promised of one line, and where it could come from."""

    line_id: Id
    sku: Id
    quantity: PositiveInt
    backordered: NonNegativeInt = 0
    candidates: tuple[Candidate, ...] = ()


class StockReservedV1(Event, service="inventory", name="stock-reserved", version=1, entity="order_id"):
    """All physical lines of an order are promised."""

    order_id: Id
    lines: tuple[PromisedLine, ...]
    generation: NonNegativeInt = 0
    """Grows each time the promise changes; routing goes by the newest."""
    revision: NonNegativeInt = 0
    """How many amendments of the order the promise takes account of."""
    reserved_at: Utc


class StockBackorderedV1(Event, service="inventory", name="stock-backordered", version=1, entity="order_id"):
    """Some pieces are not there; they are promised as stock arrives."""

    order_id: Id
    lines: tuple[PromisedLine, ...]
    generation: NonNegativeInt = 0
    revision: NonNegativeInt = 0
    """How many amendments of the order the promise takes account of."""
    backordered_at: Utc


class StockAllocatedV1(Event, service="inventory", name="stock-allocated", version=1, entity="order_id"):
    """The stock of one fulfilment is bound to its location: it can be picked."""

    order_id: Id
    fulfilment: Fulfilment
    allocated_at: Utc


class Substitute(Value):
    """All pieces of a line that are bound to a location, and what is bound there in their place."""

    line_id: Id
    sku: Id
    by: Id
    quantity: PositiveInt
    lots: tuple[LotQuantity, ...] = ()
    """Which lots of ``by`` to pick, in this order; empty where it is not kept by lot."""
    track_serial: bool = False
    """The serial number of each piece of ``by`` is to be captured before it ships."""


class SubstitutionDecidedV1(Event, service="inventory", name="substitution-decided", version=1, entity="order_id"):
    """Whether there is enough of what would be sent in place of short lines; what there is, is bound for them."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    attempt: PositiveInt
    substituted: tuple[Substitute, ...]
    refused: tuple[Id, ...] = ()
    """Lines that stay short."""
    decided_at: Utc


class AllocationRefusedV1(Event, service="inventory", name="allocation-refused", version=1, entity="order_id"):
    """The location no longer has what routing chose it for; the lines are still promised, from elsewhere."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    lines: tuple[PromisedLine, ...]
    """With fresh candidates."""
    reason: Code
    refused_at: Utc
    generation: NonNegativeInt = 0
    """Of the promise that these lines tell of; where a newer one is known already, that one counts."""


class ReservationReleasedV1(Event, service="inventory", name="reservation-released", version=1, entity="order_id"):
    """Promised or bound pieces are free again."""

    order_id: Id
    lines: tuple[LineQuantity, ...]
    reason: Code
    released_at: Utc


class ReservationExpiredV1(Event, service="inventory", name="reservation-expired", version=1, entity="order_id"):
    """A promise lapsed before its order was allocated."""

    order_id: Id
    lines: tuple[LineQuantity, ...]
    expired_at: Utc


class BackorderLapsedV1(Event, service="inventory", name="backorder-lapsed", version=1, entity="order_id"):
    """An order has waited for stock so long that somebody should ask its buyer."""

    order_id: Id
    line_id: Id
    sku: Id
    quantity: PositiveInt
    waiting_since: Utc


class StockMovedV1(Event, service="inventory", name="stock-moved", version=1, entity="sku"):
    """Pieces came, went, or changed place or condition: one entry of the stock ledger."""

    sku: Id
    location_id: Id
    kind: Annotated[
        str,
        Field(
            pattern="^(received|adjusted|counted|transferred-out|transferred-in|shipped|restocked|written-off|found)$"
        ),
    ]
    quantity: PositiveInt
    """Pieces that moved."""
    delta: int
    """Change of the sellable pieces on hand: 0 where what moved could not be sold."""
    on_hand: NonNegativeInt
    """Sellable pieces at the location after it."""
    reason: Code
    reference: str = ""
    """The order, receipt or count behind it."""
    moved_at: Utc
    lot: str = ""
    """Of which lot, where it was one."""
    from_condition: str = ""
    """Condition that the pieces left: sellable, quarantine, damaged or in-transit. Empty where they came from outside,
    or where ``delta`` tells it."""
    to_condition: str = ""
    """Condition that the pieces are of now; likewise."""


class ShortageRecordedV1(Event, service="inventory", name="shortage-recorded", version=1, entity="sku"):
    """Less is there than was promised: a count or damage pushed commitments above stock."""

    sku: Id
    location_id: Id
    missing: PositiveInt
    """Pieces promised or bound beyond what is there, over all locations."""
    reason: Code
    recorded_at: Utc


class StockFreedV1(Event, service="inventory", name="stock-freed", version=1, entity="sku"):
    """Pieces are free while orders wait for them; inventory fills the next of the waiting lines on this."""

    sku: Id
    waiting: NonNegativeInt
    """Pieces that orders wait for."""
    after: str = ""
    """Lines up to this one have been looked at, and their channels may have no more; empty: begin with the first."""
