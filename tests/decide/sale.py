"""One order of a shop, brought so far on its way through all services."""

from typing import Any

from crossdock_contracts.amendments import AmendmentDecidedV1
from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.inventory import StockAllocatedV1
from crossdock_contracts.shipping import ConfirmPackedV1, ConfirmPickedV1, ConfirmShippedV1
from crossdock_contracts.values import LineQuantity, PaymentMethod, PaymentTerms
from services.capture.state import OrderRecord
from services.payments.state import Payment
from services.shipping.state import Shipment, ShipmentStatus
from tests.builders import BERLIN, order_input
from tests.decide.world import World

ELSEWHERE = BERLIN.model_copy(update={"line1": "Street 99"})
STAGES = ("routed", "labelled", "picked", "packed", "shipped")
ABOUT: dict[str, Any] = {"owner": "main", "order_id": "web:1"}


def sold(quantity: int = 2, *more: LineInput, method: str = "token", **fields: Any) -> Any:
    """A copy of the order: so many pieces of A at 10.00 each, and these lines."""
    lines = (LineInput(line_id="1", sku="A", quantity=quantity, unit_price_minor=1000), *more)
    terms = PaymentTerms(method=PaymentMethod(method), token="tok" if method == "token" else "", reference="paid-1")
    return order_input("1", *lines, **{"payment": terms, **fields})


def extra(sku: str = "B", quantity: int = 1, price: int = 500) -> LineInput:
    return LineInput(line_id="2", sku=sku, quantity=quantity, unit_price_minor=price)


def way(stage: str = "labelled", made: Any = None, **stock: int) -> World:
    """An order so far on its way; `reserved`: it waits for a piece that is not there."""
    world = World()
    for sku in ("A", "B"):
        world.has(sku, **(stock or {"BER": 1 if stage == "reserved" else 10}))
    world.rest()
    world.hands_in(made or sold())
    if stage == "routed":  # nobody has heard of its allocation yet
        while not world.said(StockAllocatedV1):
            world.ready[0]()
        return world
    world.rest()
    for _ in range(STAGES.index(stage) - 1 if stage in STAGES else 0):
        works(world)
    return world


def picked(shipment: Shipment, missing: int = 0) -> ConfirmPickedV1:
    """The pick of a fulfilment, so many pieces of its first line short."""
    assert shipment.fulfilment is not None
    lines = []
    for n, line in enumerate(shipment.fulfilment.lines):
        found = line.quantity - (missing if n == 0 else 0)
        if found:
            lines.append(LineQuantity(line_id=line.line_id, sku=line.sku, quantity=found))
    return ConfirmPickedV1(**ABOUT, fulfilment_id=shipment.fulfilment_id, lines=tuple(lines))


STEP = {
    ShipmentStatus.ALLOCATED: picked,
    ShipmentStatus.LABELLED: picked,
    ShipmentStatus.PICKED: lambda one: ConfirmPackedV1(**ABOUT, fulfilment_id=one.fulfilment_id, weight_g=500),
    ShipmentStatus.PACKED: lambda one: ConfirmShippedV1(**ABOUT, fulfilment_id=one.fulfilment_id),
}
"""What the warehouse confirms next of a fulfilment."""


def works(world: World) -> None:
    """The warehouse takes the next step with all that it has."""
    for shipment in world.shipments:
        if shipment.fulfilment is not None and shipment.status in STEP:
            world.hear(STEP[shipment.status](shipment))
    world.rest()


def ships(world: World) -> None:
    """The warehouse ships all that it has."""
    for _ in range(3):
        works(world)


def then(world: World, copy: Any) -> World:
    """The shop hands in a newer copy, and everyone hears of what follows."""
    world.hands_in(copy)
    world.rest()
    assert world.audit() == []
    return world


def record(world: World) -> OrderRecord:
    found: OrderRecord = world.get(OrderRecord, "main", "web:1")
    return found


def payment(world: World) -> Payment:
    found: Payment = world.get(Payment, "main", "web:1")
    return found


def results(world: World, change: str) -> set[str]:
    """What became of a change."""
    (decided,) = world.said(AmendmentDecidedV1)
    return {part.result for part in decided.results if part.change == change}


def reasons(world: World) -> list[str]:
    """Of the holds that are open."""
    return [hold.reason for hold in record(world).holds]


def money(world: World, kind: type[Any]) -> list[int]:
    return [event.amount.amount_minor for event in world.said(kind)]
