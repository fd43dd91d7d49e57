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
from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.inventory import AdjustStockV1, CountStockV1, ReceiveStockV1, TransferStockV1
from crossdock_contracts.products import Product, UpsertProductV1
from crossdock_contracts.returns import InspectedLine, InspectReturnV1, ReceiveReturnV1, RequestReturnV1
from crossdock_contracts.shipping import ConfirmPackedV1, ConfirmPickedV1, ConfirmShippedV1
from crossdock_contracts.tracking import TrackingUpdateV1
from crossdock_contracts.values import LineQuantity, PaymentMethod, PaymentTerms
from services.hub.decision import changed
from services.returns.state import Sold
from services.shipping.state import Shipment
from tests.builders import BERLIN, ingest, order_input
from tests.orders.endings import SKUS, finish, sound, trouble
from tests.orders.world import World

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


TestWholeOrders = WholeOrders.TestCase
TestWholeOrders.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
