"""How whole orders end: everybody does their part, and then the world is sound."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from crossdock_contracts.capture import CancelOrderV1, RejectOrderV1, ReleaseHoldV1
from crossdock_contracts.cases import DecideCaseV1, OpenCaseV1, ReceiveCaseGoodsV1
from crossdock_contracts.inventory import ReceiveStockV1
from crossdock_contracts.returns import InspectedLine, RequestReturnV1
from crossdock_contracts.shipping import ConfirmPackedV1, ConfirmPickedV1, ConfirmShippedV1
from crossdock_contracts.tracking import TrackingUpdateV1
from crossdock_contracts.values import LineQuantity
from services.capture.state import OrderRecord
from services.inventory.state import Stock
from services.payments.gateways import Authorise, Capture, Refund
from services.returns.cases import Case
from services.returns.state import Return, Sold
from services.shipping.carriers import BuyLabel, VoidLabel
from services.shipping.state import Shipment, ShipmentStatus, is_open
from services.verify.checks import audit
from tests.orders.world import World

SKUS = ("A", "B", "C")


def finish(world: World, draw: random.Random, ship: Callable[[World, random.Random], None] | None = None) -> None:
    """Everybody does their part until nothing is left to do; ``ship`` is the warehouse's, where it has more to do."""
    world.run(draw)
    for _ in range(30):
        for sku in SKUS:
            stock = world.get(Stock, "main", sku)
            if stock and (stock.waiting or stock.missing):
                world.send(
                    ReceiveStockV1(owner="main", sku=sku, location_id="ROT", quantity=stock.waiting + stock.missing)
                )
        for order in world.all(OrderRecord):
            if order.holds:
                again = any(hold.reason in {"payment-declined", "no-label", "unknown-listing"} for hold in order.holds)
                kind = RejectOrderV1 if again and order.status == "held" else ReleaseHoldV1
                world.send(kind(owner="main", order_id=order.order_id))
                if again and order.status != "held":
                    world.send(
                        CancelOrderV1(owner="main", order_id=order.order_id, cancel_id=f"end-{len(world.events)}")
                    )
        world.run(draw, trouble=False)
        (ship or ship_all)(world, draw)
        world.wait(timedelta(hours=1))
        world.run(draw, trouble=False)
        if all(order.has_ended or order.status == "expected" for order in world.all(OrderRecord)):
            break


def ship_all(world: World, draw: random.Random) -> None:
    for one in [s for s in world.all(Shipment) if is_open(s.status)]:
        about = {"owner": "main", "order_id": one.order_id, "fulfilment_id": one.fulfilment_id}
        if one.status in {ShipmentStatus.ALLOCATED, ShipmentStatus.LABELLED}:
            lines = tuple(LineQuantity(line_id=x.line_id, quantity=x.quantity) for x in one.fulfilment.lines)
            world.send(ConfirmPickedV1(**about, lines=lines))
        world.run(draw, trouble=False)
        world.send(ConfirmPackedV1(**about, weight_g=900))
        world.run(draw, trouble=False)
        world.send(ConfirmShippedV1(**about))
        world.run(draw, trouble=False)


def trouble(world: World, draw: random.Random) -> None:
    """Parcels get lost, sent back or damaged; buyers return goods; agents decide this or that, or twice."""
    for sold in sorted(world.all(Sold), key=lambda one: one.order_id):
        for sent in sold.sent:
            if draw.random() < 0.5:
                continue
            about = {"owner": "main", "order_id": sold.order_id, "fulfilment_id": sent.fulfilment_id}
            code = draw.choice(("lost", "damaged", "returned-to-sender"))
            world.send(TrackingUpdateV1(**about, status="exception", code=code, occurred_at=world.now))
            world.send(OpenCaseV1(**about, kind="lost"))
            if draw.random() < 0.7:
                continue
            one = sent.lines[0]
            back = (LineQuantity(line_id=one.line_id, quantity=1),)
            world.send(RequestReturnV1(**_about(sold), return_id=f"t-{len(world.events)}", lines=back, reason="broken"))
        world.run(draw)
    for case in sorted(world.all(Case), key=lambda one: (one.order_id, one.case_id)):
        about = {**_about(case), "case_id": case.case_id}
        for _ in range(3):
            action = draw.choice(("reship", "refund", "refund", "none"))
            although = draw.choice(("", "", "reship", "refund"))
            world.send(DecideCaseV1(**about, action=action, although=although, note="as agreed"))
            world.run(draw, draw.randrange(10))
        here = (InspectedLine(line_id=case.lines[0].line_id, quantity=1, disposition="restock"),)
        world.send(ReceiveCaseGoodsV1(**about, location_id="BER", lines=here))
        parcel = {**_about(case), "fulfilment_id": case.fulfilment_id}
        world.send(TrackingUpdateV1(**parcel, status="delivered", occurred_at=world.now))
    world.run(draw)


def _about(one: Sold | Case) -> dict[str, str]:
    return {"owner": "main", "order_id": one.order_id}


def sound(world: World) -> None:
    """Nothing was lost, doubled or promised twice; every order has ended, with its goods and its money."""
    assert world.dead == []
    problems = [violation for check in audit(world.facts()) for violation in check.violations]
    assert problems == []
    for order in world.all(OrderRecord):
        assert order.has_ended or order.status == "expected", f"{order.order_id} is {order.status}: {order.holds}"
    for one in world.all(Return):
        assert one.status in {"authorised", "closed", "received"}, one
    for one in world.all(Case):
        assert all(settled.paid for settled in one.settled if settled.refund_minor), one
    assert not [s for s in world.all(Shipment) if is_open(s.status) or s.intent]
    _outside_agrees(world)


def _outside_agrees(world: World) -> None:
    """What the gateway and the carriers did is what the orders say, and no more."""
    moved: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    for intent, answer in world.done_outside.values():
        match intent.request:
            case Authorise():
                moved["authorised"] += 1
            case Capture():
                moved["captured"] += intent.request.amount.amount_minor
            case Refund():
                moved["refunded"] += intent.request.amount.amount_minor
            case BuyLabel():
                labels[answer.tracking_number] += 1
            case VoidLabel():
                labels[intent.request.tracking_number] -= 1
    told: Counter[str] = Counter()
    for event in world.events:
        if event.NAME in {"payment-captured", "payment-refunded"}:
            told[event.NAME] += event.amount.amount_minor
    assert told["payment-captured"] == moved["captured"]
    assert told["payment-refunded"] == moved["refunded"]
    assert set(labels.values()) <= {0, 1}
    used = {s.parcel.tracking_number for s in world.all(Shipment) if s.parcel and s.shipped_at}
    assert {number for number, left in labels.items() if left} == used
