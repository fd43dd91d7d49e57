"""Builders of test data: each makes a sound thing, and takes what a test cares about."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from crossdock_contracts.capture import IngestV1, OrderCapturedV1, OrderReleasedV1
from crossdock_contracts.fulfilments import Fulfilment, FulfilmentLine
from crossdock_contracts.handed_in import LineInput, OrderInput
from crossdock_contracts.inventory import Candidate, PromisedLine, StockAllocatedV1, StockReservedV1
from crossdock_contracts.labels import Parcel
from crossdock_contracts.payments import PaymentAuthorisedV1
from crossdock_contracts.shipping import ShipmentShippedV2, ShippedLine, ShippedParcel
from crossdock_contracts.values import (
    Address,
    Customer,
    Hold,
    LineQuantity,
    Money,
    Order,
    OrderLine,
    OrderTotals,
    PaymentMethod,
    PaymentTerms,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
BERLIN = Address(name="Customer 1", line1="Street 1", postcode="10115", city="Berlin", country="DE")
_numbers = count(1)


def later(**fields: float) -> datetime:
    """A moment after NOW."""
    return NOW + timedelta(**fields)


def line(number: int = 1, *, sku: str | None = "A", quantity: int = 1, price: int = 1000, **fields: Any) -> OrderLine:
    """One line of an order."""
    total = quantity * price
    return OrderLine(
        **{
            "line_id": str(number),
            "sku": sku,
            "ordered_quantity": quantity,
            "quantity": quantity,
            "unit_price_minor": price,
            "total_minor": total,
            "paid_minor": total,
            "weight_g": 300,
            **fields,
        }
    )


def order(*lines: OrderLine, order_id: str = "web:1", method: str = "prepaid", **fields: Any) -> Order:
    """An order of these lines, or of one piece of SKU A."""
    lines = lines or (line(),)
    total = sum(one.total_minor for one in lines)
    return Order(
        **{
            "order_id": order_id,
            "channel": order_id.partition(":")[0],
            "channel_order_id": order_id.partition(":")[2],
            "placed_at": NOW,
            "currency": "EUR",
            "lines": lines,
            "totals": OrderTotals(lines_minor=total, total_minor=total),
            "payment": PaymentTerms(method=PaymentMethod(method), token="tok_1" if method == "token" else ""),
            "customer": Customer(name="Customer 1", email="customer-1@example.com"),
            "ship_to": BERLIN,
            **fields,
        }
    )


def captured(*lines: OrderLine, holds: tuple[Hold, ...] = (), owner: str = "main", **fields: Any) -> OrderCapturedV1:
    """That an order was captured."""
    made = order(*lines, **fields)
    return OrderCapturedV1(owner=owner, order_id=made.order_id, order=made, holds=holds, captured_at=NOW)


def released(made: Order, owner: str = "main") -> OrderReleasedV1:
    """That an order was released."""
    return OrderReleasedV1(owner=owner, order_id=made.order_id, order=made, closed=(hold(),), released_at=NOW)


def hold(reason: str = "totals-mismatch", **fields: Any) -> Hold:
    """A hold."""
    return Hold(**{"hold_id": reason, "reason": reason, "opened_at": NOW, "expires_at": later(hours=72), **fields})


def order_input(order_id: str = "1", *lines: LineInput, **fields: Any) -> OrderInput:
    """An order as a shop hands it in."""
    lines = lines or (LineInput(line_id="1", sku="A", quantity=1, unit_price_minor=1000),)
    total = sum(one.quantity * one.unit_price_minor - one.discount_minor for one in lines)
    return OrderInput(
        **{
            "order_id": order_id,
            "placed_at": NOW,
            "currency": "EUR",
            "lines": lines,
            "total_minor": total,
            "payment": PaymentTerms(method=PaymentMethod.PREPAID),
            "ship_to": BERLIN,
            **fields,
        }
    )


def ingest(made: OrderInput, channel: str = "web", **fields: Any) -> IngestV1:
    """That a channel hands in an order."""
    body = made.model_dump_json()
    return IngestV1(
        **{
            "owner": "main",
            "channel": channel,
            "order_id": f"{channel}:{made.order_id}",
            "body": body,
            "received_at": NOW,
            **fields,
        }
    )


def promised(number: int = 1, sku: str = "A", quantity: int = 1, /, **available: int) -> PromisedLine:
    """A promised line, and what is free of it by location."""
    places = tuple(Candidate(location_id=name, available=pieces) for name, pieces in available.items())
    return PromisedLine(line_id=str(number), sku=sku, quantity=quantity, candidates=places)


def reserved(*lines: PromisedLine, order_id: str = "web:1", generation: int = 1) -> StockReservedV1:
    """That an order is promised."""
    return StockReservedV1(
        owner="main", order_id=order_id, lines=lines or (promised(BER=5),), generation=generation, reserved_at=NOW
    )


def authorised(order_id: str = "web:1", amount: int = 1000) -> PaymentAuthorisedV1:
    """That an order's money is certain."""
    return PaymentAuthorisedV1(
        owner="main",
        order_id=order_id,
        method=PaymentMethod.PREPAID,
        amount=Money(amount_minor=amount, currency="EUR"),
        authorised_at=NOW,
    )


def fulfilment(*lines: FulfilmentLine, location: str = "BER", order_id: str = "web:1", number: int = 1) -> Fulfilment:
    """What one location ships of an order."""
    return Fulfilment(
        fulfilment_id=f"{order_id}/{number}",
        order_id=order_id,
        location_id=location,
        lines=lines or (fulfilment_line(),),
        ship_to=BERLIN,
        channel="web",
        currency="EUR",
    )


def fulfilment_line(number: int = 1, sku: str = "A", quantity: int = 1, value: int = 1000) -> FulfilmentLine:
    """Pieces of a line that a location ships."""
    return FulfilmentLine(line_id=str(number), sku=sku, quantity=quantity, weight_g=300, value_minor=value)


def unique(prefix: str = "t") -> str:
    """A name that no other test uses."""
    return f"{prefix}{next(_numbers)}"


def allocated(made: Fulfilment | None = None, owner: str = "main") -> StockAllocatedV1:
    """That a fulfilment is bound to its location."""
    made = made or fulfilment()
    return StockAllocatedV1(owner=owner, order_id=made.order_id, fulfilment=made, allocated_at=NOW)


def pieces(quantity: int = 1, number: int = 1, sku: str = "A") -> LineQuantity:
    """So many pieces of a line."""
    return LineQuantity(line_id=str(number), sku=sku, quantity=quantity)


def parcel(number: str = "XD1", carrier: str = "cheap", **fields: Any) -> Parcel:
    """A parcel with its label, as a carrier sells it."""
    cost = Money(amount_minor=400, currency="EUR")
    return Parcel(
        **{
            "parcel_id": "web:1/1/1",
            "carrier": carrier,
            "service": "standard",
            "tracking_number": number,
            "weight_g": 400,
            "cost": cost,
            **fields,
        }
    )


def shipment_shipped(*lines: ShippedLine, parcels: int = 1, order_id: str = "web:1") -> ShipmentShippedV2:
    """That a carrier has a fulfilment: two pieces of one line in one parcel, or these lines in so many."""
    lines = lines or (ShippedLine(line_id="1", sku="A", quantity=2, value_minor=2000),)
    return ShipmentShippedV2(
        owner="main",
        order_id=order_id,
        fulfilment_id=f"{order_id}/1",
        location_id="BER",
        lines=lines,
        parcels=tuple(
            ShippedParcel(carrier="table-parcel", service="world", tracking_number=f"XD{n}", weight_g=700)
            for n in range(1, parcels + 1)
        ),
        value=Money(amount_minor=sum(one.value_minor for one in lines), currency="EUR"),
        shipped_at=NOW,
    )
