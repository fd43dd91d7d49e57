"""Inventory: receipts that are expected, and the dates that waiting lines are promised by them."""

from pydantic import NonNegativeInt, PositiveInt

from crossdock_contracts.base import Command, Event, Id, Utc
from crossdock_contracts.values import Code


class ExpectReceiptV1(Command, service="inventory", name="expect-receipt", version=1, entity="sku"):
    """A supplier is going to deliver: a purchase order or an advance ship notice. The same id again replaces it."""

    sku: Id
    receipt_id: Id
    """Of the purchase order or notice; several SKUs may be expected under one. Receipts name it as their reference."""
    location_id: Id
    quantity: PositiveInt
    """Pieces in all, those included that have come already."""
    expected_at: Utc
    supplier: str = ""


class SlipReceiptV1(Command, service="inventory", name="slip-receipt", version=1, entity="sku"):
    """An expected receipt comes on another date, later or earlier."""

    sku: Id
    receipt_id: Id
    expected_at: Utc
    reason: Code = "slipped"


class CloseReceiptV1(Command, service="inventory", name="close-receipt", version=1, entity="sku"):
    """Nothing more comes of an expected receipt: it is cancelled, or what is missing of it is written off."""

    sku: Id
    receipt_id: Id
    reason: Code = "cancelled"


class ReceiptExpectedV1(Event, service="inventory", name="receipt-expected", version=1, entity="sku"):
    """So much is expected of a supplier by a date, as things stand now: it is new, has changed, or came in part."""

    sku: Id
    receipt_id: Id
    location_id: Id
    quantity: PositiveInt
    received: NonNegativeInt = 0
    expected_at: Utc
    was_expected_at: Utc | None = None
    """The date before, where it has changed."""
    supplier: str = ""
    reason: Code
    """``expected``, ``changed``, ``received``, or why it comes on another date."""
    said_at: Utc


class ReceiptClosedV1(Event, service="inventory", name="receipt-closed", version=1, entity="sku"):
    """Nothing more is expected of a receipt."""

    sku: Id
    receipt_id: Id
    location_id: Id
    quantity: PositiveInt
    received: NonNegativeInt
    short: NonNegativeInt = 0
    """Pieces that were expected and do not come."""
    over: NonNegativeInt = 0
    """Pieces that came beyond what was expected."""
    reason: Code
    """``complete``, or why nothing more comes."""
    closed_at: Utc


class BackorderPromisedV1(Event, service="inventory", name="backorder-promised", version=1, entity="order_id"):
    """A line that waits for stock is covered by expected receipts: the buyer can be told a date."""

    order_id: Id
    line_id: Id
    sku: Id
    quantity: PositiveInt
    """Pieces that it waits for."""
    expected_at: Utc
    """When the receipt is expected that covers the last of them, in the order in which waiting lines are filled."""
    receipt_id: Id
    promised_at: Utc


class BackorderDateChangedV1(Event, service="inventory", name="backorder-date-changed", version=1, entity="order_id"):
    """The date that a waiting line was promised is another now; the buyer should be told."""

    order_id: Id
    line_id: Id
    sku: Id
    quantity: PositiveInt
    expected_at: Utc | None = None
    """None: no expected receipt covers it any more."""
    was_expected_at: Utc
    receipt_id: str = ""
    reason: Code
    changed_at: Utc


class BackorderDatesDueV1(Event, service="inventory", name="backorder-dates-due", version=1, entity="sku"):
    """What is expected of a SKU has changed while orders wait for it; inventory works out their dates on this."""

    sku: Id
    reason: Code
    after: str = ""
    """Subject of the last waiting line that was looked at; empty: none was yet."""
    beyond: int = 0
    """Pieces that the lines up to it wait for, beyond what was free and expected."""
