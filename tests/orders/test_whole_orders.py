"""Whole orders through all services: whatever happens to them and in whatever order, it ends well.

Any interleaving of duplicates, cancels, holds, counts, short picks, returns, refused payments, failing carriers,
time-outs and redelivery ends with stock conserved, money conserved, and every piece in one legal end state.
"""

import random
from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from crossdock_contracts.capture import CancelOrderV1, PlaceHoldV1, RejectOrderV1, ReleaseHoldV1, Reread
from crossdock_contracts.cases import DecideCaseV1, OpenCaseV1, ReceiveCaseGoodsV1
from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.inventory import AdjustStockV1, CountStockV1, ReceiveStockV1, TransferStockV1
from crossdock_contracts.products import Product, UpsertProductV1
from crossdock_contracts.returns import InspectedLine, InspectReturnV1, ReceiveReturnV1, RequestReturnV1
from crossdock_contracts.shipping import ConfirmPackedV1, ConfirmPickedV1, ConfirmShippedV1
from crossdock_contracts.tracking import TrackingUpdateV1
from crossdock_contracts.values import LineQuantity, PaymentMethod, PaymentTerms
from services.capture.state import OrderRecord
from services.hub.decision import changed
from services.inventory.state import Stock
from services.payments.gateways import Authorise, Capture, Refund
from services.returns.cases import Case
from services.returns.state import Return, Sold
from services.shipping.carriers import BuyLabel, VoidLabel
from services.shipping.state import Shipment, ShipmentStatus, is_open
from services.verify.checks import audit
from tests.builders import BERLIN, ingest, order_input
from tests.orders.world import World

SKUS = ("A", "B", "C")
PLACES = ("BER", "ROT", "LYS")
TOKENS = ("tok_1", "tok_1", "tok_decline")
POSTCODES = ("10115", "10115", "REFUSE")
_seeds = st.integers(0, 2**16)
_lines = st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 4)), min_size=1, max_size=3)
_few = st.integers(0, 30)


class WholeOrders(RuleBasedStateMachine):
    """Shops, warehouses, carriers, buyers and operators do what they do, while messages are still on their way."""

    @initialize(seed=_seeds)
    def begin(self, seed: int) -> None:
        self.world = World()
        self.draw = random.Random(seed)
        self.made: list[Any] = []
        self.numbers: Counter[str] = Counter()
        for sku in SKUS:
            self.world.send(UpsertProductV1(owner="main", sku=sku, product=Product(sku=sku, weight_g=300)))
            for place in PLACES[:2]:
                self.world.send(ReceiveStockV1(owner="main", sku=sku, location_id=place, quantity=5))
        self.world.run(self.draw)

    def _next(self, what: str) -> int:
        self.numbers[what] += 1
        return self.numbers[what]

    def _send(self, message: Any, few: int) -> None:
        """It comes in, and some of what is on its way is dealt with."""
        self.world.send(message)
        self.world.run(self.draw, few)

    # -- shops and buyers

    @rule(lines=_lines, token=st.sampled_from(TOKENS), method=st.sampled_from(tuple(PaymentMethod)[:3]), few=_few,
          postcode=st.sampled_from(POSTCODES), unknown=st.integers(0, 9), priority=st.integers(0, 9),
          cards=st.sampled_from((0, 0, 1500)))  # fmt: skip
    def order_comes(
        self, lines: Any, token: str, method: Any, few: int, postcode: str, unknown: int, priority: int, cards: int
    ) -> None:
        number = str(self._next("order"))
        inputs = [
            LineInput(line_id=str(n), sku=sku, quantity=quantity, unit_price_minor=1001)
            for n, (sku, quantity) in enumerate(lines, start=1)
        ]
        if not unknown:
            inputs[0] = inputs[0].model_copy(update={"sku": "", "listing_id": f"L-{lines[0][0]}"})
        payment = PaymentTerms(method=method, token=token if method is PaymentMethod.TOKEN else "")
        address = BERLIN.model_copy(update={"postcode": postcode})
        fields = {"priority": priority, "placed_at": self.world.now, "gift_cards_minor": cards}
        made = order_input(number, *inputs, payment=payment, ship_to=address, **fields)
        self.made.append(made)
        self._send(ingest(made), few)

    def _some_order(self, number: int) -> str:
        return f"web:{number % max(1, len(self.made) + 1) + 1}"  # now and then one that is still to come

    @rule(number=st.integers(0, 20), few=_few)
    def order_comes_again(self, number: int, few: int) -> None:
        if self.made:
            self._send(ingest(self.made[number % len(self.made)]), few)

    @rule(
        number=st.integers(0, 20),
        few=_few,
        what=st.sampled_from(("address", "more", "fewer", "line", "less", "note")),
        again=st.booleans(),
    )
    def a_newer_copy_comes(self, number: int, few: int, what: str, *, again: bool) -> None:
        """Or the one that came last is read again, and comes to something else."""
        if not self.made:
            return
        place = number % len(self.made)
        made = self.made[place]
        lines, fields = list(made.lines), {}
        match what:
            case "address":
                fields["ship_to"] = changed(BERLIN, line1=f"Street {self._next('street')}")
            case "more" | "fewer":
                by = 1 if what == "more" else -1
                lines[number % len(lines)] = changed(
                    lines[number % len(lines)], quantity=max(1, lines[number % len(lines)].quantity + by)
                )
            case "line":
                name = f"n{self._next('line')}"
                lines.append(LineInput(line_id=name, sku=SKUS[number % 3], quantity=2, unit_price_minor=333))
            case "less" if len(lines) > 1:
                del lines[number % len(lines)]
            case _:
                fields["note"] = f"note {self._next('note')}"
        total = sum(line.quantity * line.unit_price_minor for line in lines)
        before = sum(line.quantity * line.unit_price_minor for line in made.lines)
        version = made.source_version if again else str(self._next("version"))
        self.made[place] = changed(
            made,
            lines=tuple(lines),
            total_minor=made.total_minor + total - before,
            source_version=version,
            **fields,
        )
        reread = Reread(run_id="r", requested_by="somebody") if again else None
        self._send(ingest(self.made[place], reread=reread), few)

    @rule(number=st.integers(0, 20), few=_few, line=st.integers(0, 3), quantity=st.integers(1, 3))
    def cancel_comes(self, number: int, few: int, line: int, quantity: int) -> None:
        lines = (LineQuantity(line_id=str(line), quantity=quantity),) if line else ()
        self._send(
            CancelOrderV1(
                owner="main", order_id=self._some_order(number), lines=lines, cancel_id=f"c{self._next('c')}"
            ),
            few,
        )

    @rule(number=st.integers(0, 20), few=_few, many=st.booleans())
    def goods_come_back(self, number: int, few: int, many: bool) -> None:
        sold = sorted(self.world.all(Sold), key=lambda one: one.order_id)
        if not sold:
            return
        one = sold[number % len(sold)]
        line = one.lines[number % len(one.lines)]
        about = {"owner": "main", "order_id": one.order_id, "return_id": f"r{self._next('return')}"}
        back = (LineQuantity(line_id=line.line_id, quantity=line.quantity if many else 1),)
        self._send(RequestReturnV1(**about, lines=back, reason="not-wanted"), few)
        self._send(ReceiveReturnV1(**about, lines=back, location_id=PLACES[number % 2]), few)
        inspected = tuple(InspectedLine(line_id=x.line_id, quantity=x.quantity, disposition="restock") for x in back)
        self._send(InspectReturnV1(**about, lines=inspected), few)

    # -- operators

    @rule(number=st.integers(0, 20), few=_few, what=st.sampled_from(("place", "release", "release", "reject")))
    def operator_decides(self, number: int, few: int, what: str) -> None:
        order_id = self._some_order(number)
        match what:
            case "place":
                self._send(PlaceHoldV1(owner="main", order_id=order_id, reason="looks-odd"), few)
            case "release":
                self._send(ReleaseHoldV1(owner="main", order_id=order_id), few)
            case _:
                self._send(RejectOrderV1(owner="main", order_id=order_id), few)

    # -- warehouses and carriers

    def _some_shipment(self, number: int) -> Any:
        found = sorted((s for s in self.world.all(Shipment) if s.fulfilment), key=lambda s: s.fulfilment_id)
        return found[number % len(found)] if found else None

    @rule(number=st.integers(0, 20), few=_few, step=st.sampled_from(("next", "next", "next", "short", "any")))
    def warehouse_works(self, number: int, few: int, step: str) -> None:
        one = self._some_shipment(number)
        if one is None:
            return
        about = {"owner": "main", "order_id": one.order_id, "fulfilment_id": one.fulfilment_id}
        found = [(x.line_id, x.quantity) for x in one.fulfilment.lines]
        if step == "short":  # the first line lacks a piece, or all of them
            found[0] = (found[0][0], found[0][1] - 1 if number % 2 else 0)
        lines = tuple(LineQuantity(line_id=line_id, quantity=quantity) for line_id, quantity in found if quantity)
        steps = [
            ConfirmPickedV1(**about, lines=lines),
            ConfirmPackedV1(**about, weight_g=900),
            ConfirmShippedV1(**about),
            TrackingUpdateV1(**about, status="delivered", occurred_at=self.world.now),
        ]
        turn = {"picked": 1, "packed": 2, "shipped": 3}.get(one.status, 0)
        self._send(steps[number % 4] if step == "any" else steps[turn], few)

    @rule(sku=st.sampled_from(SKUS), place=st.sampled_from(PLACES), few=_few, pieces=st.integers(0, 6),
          what=st.sampled_from(("receive", "count", "adjust", "transfer")))  # fmt: skip
    def stock_moves(self, sku: str, place: str, few: int, pieces: int, what: str) -> None:
        at = {"owner": "main", "sku": sku, "location_id": place}
        match what:
            case "receive":
                self._send(ReceiveStockV1(**at, quantity=pieces + 1), few)
            case "count":
                self._send(CountStockV1(**at, counted=pieces), few)
            case "adjust":
                self._send(AdjustStockV1(**at, delta=2 - pieces, reason="damage"), few)
            case _:
                move = TransferStockV1(
                    owner="main", sku=sku, from_location_id=place, to_location_id="LYS", quantity=pieces + 1
                )
                self._send(move, few)

    @rule(hours=st.integers(1, 100), few=_few)
    def time_passes(self, hours: int, few: int) -> None:
        self.world.wait(timedelta(hours=hours))
        self.world.run(self.draw, few)

    # -- the end

    def teardown(self) -> None:
        if hasattr(self, "world"):
            finish(self.world, self.draw)
            trouble(self.world, self.draw)
            finish(self.world, self.draw)
            sound(self.world)


def finish(world: World, draw: random.Random) -> None:
    """Everybody does their part until nothing is left to do."""
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
        _ship_all(world, draw)
        world.wait(timedelta(hours=1))
        world.run(draw, trouble=False)
        if all(order.has_ended or order.status == "expected" for order in world.all(OrderRecord)):
            break


def _ship_all(world: World, draw: random.Random) -> None:
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


TestWholeOrders = WholeOrders.TestCase
TestWholeOrders.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
