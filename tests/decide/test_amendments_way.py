"""Amendments through all services, a step at a time: who answers at which stage, and what becomes of goods and money."""

from typing import Any

from crossdock_contracts.capture import LineInput
from crossdock_contracts.shipping import (
    ConfirmPackedV1,
    ConfirmPickedV1,
    ConfirmShippedV1,
)
from crossdock_contracts.values import PaymentMethod, PaymentTerms
from services.capture.state import OrderRecord
from tests.builders import BERLIN, order_input
from tests.decide.world import World

ELSEWHERE = BERLIN.model_copy(update={"line1": "Street 99", "city": "Potsdam"})
STAGES = ("reserved", "routed", "labelled", "picked", "packed", "shipped")


def sold(quantity: int = 2, *more: LineInput, price: int = 1000, method: str = "token", **fields: Any) -> Any:
    lines = (LineInput(line_id="1", sku="A", quantity=quantity, unit_price_minor=price), *more)
    terms = PaymentTerms(method=PaymentMethod(method), token="tok" if method == "token" else "")
    return order_input("1", *lines, **{"payment": terms, **fields})


def world(stage: str = "labelled", made: Any = None, **stock: int) -> World:
    found = World()
    for sku in ("A", "B"):
        found.has(sku, **(stock or {"BER": 10}))
    found.rest()
    found.hands_in(made or sold())
    found.rest()
    for step in ("picked", "packed", "shipped")[: max(0, STAGES.index(stage) - 2)]:
        work(found, step)
    return found


def work(found: World, step: str) -> None:
    contract = {"picked": ConfirmPickedV1, "packed": ConfirmPackedV1, "shipped": ConfirmShippedV1}[step]
    for shipment in found.shipments:
        if shipment.fulfilment is None or shipment.status in ("stopped", "shipped"):
            continue
        more = {"lines": [line.model_dump() for line in shipment.fulfilment.lines]} if step == "picked" else {}
        found.hear(contract(owner="main", order_id="web:1", fulfilment_id=shipment.fulfilment_id, **more))
    found.rest()


def record(found: World) -> OrderRecord:
    return found.get(OrderRecord, "main", "web:1")


def test_x():
    w = world()
    print([type(e).__name__ for e in w.events])
    w.hands_in(sold(3, ship_to=ELSEWHERE))
    w.rest()
    for e in w.events[-14:]:
        print(
            e.TYPE,
            {
                k: v
                for k, v in e.model_dump(exclude_defaults=True).items()
                if k not in ("order", "ranking", "rules", "parcel")
            },
        )
    print(w.parked, record(w).status, w.outside.set_aside)
    for step in ("picked", "packed", "shipped"):
        work(w, step)
    print(record(w).status, w.outside.taken, w.outside.set_aside, w.outside.labels)
    assert 0
