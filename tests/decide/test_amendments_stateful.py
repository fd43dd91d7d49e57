"""Whatever order copies, cancels, picks and shipments come in, and whatever comes twice: goods and money add up.

All services' decisions over one ledger; which message is heard next is drawn. In the end everything comes to rest, the
order is complete or held for a reason, and the audit finds nothing.
"""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from crossdock_contracts.amendments import AmendOrderV1, OrderAmendedV1
from crossdock_contracts.capture import CancelOrderV1, OrderCancelledV1, OrderCapturedV1, ReleaseHoldV1
from crossdock_contracts.handed_in import LineInput, OrderInput
from crossdock_contracts.shipping import ConfirmPackedV1, ConfirmShippedV1, ShipmentShippedV2
from crossdock_contracts.values import LineQuantity, PaymentMethod, PaymentTerms
from services.capture.state import OrderRecord, OrderStatus
from services.inventory.state import Stock
from services.payments.state import Payment, PaymentStatus
from services.shipping.state import Shipment, ShipmentStatus
from tests.builders import BERLIN, order_input
from tests.decide.sale import ABOUT, STEP, picked
from tests.decide.world import World

PLACES = [BERLIN.model_copy(update={"line1": f"Street {n}"}) for n in range(3)]
PRICE = {"A": 1000, "B": 777, "C": 333}
ENDED = {OrderStatus.COMPLETED, OrderStatus.CANCELLED, OrderStatus.REJECTED}


def copy_of(lines: dict[str, int], version: int, **fields: Any) -> OrderInput:
    """The order as its shop sees it: so many of each SKU."""
    made = [
        LineInput(line_id=sku, sku=sku, quantity=quantity, unit_price_minor=PRICE[sku])
        for sku, quantity in lines.items()
    ]
    shipping, discount = fields.pop("shipping_minor", 490), fields.pop("discount_minor", 0)
    total = sum(line.quantity * line.unit_price_minor for line in made) + shipping - discount
    return order_input(
        "1",
        *made,
        source_version=str(version),
        shipping_minor=shipping,
        discount_minor=discount,
        **{"total_minor": total, **fields},
    )


class Amended(RuleBasedStateMachine):
    """One order of a shop, amended, cancelled, picked and shipped in whatever order."""

    @initialize(
        method=st.sampled_from(list(PaymentMethod)),
        quantity=st.integers(1, 3),
        stock=st.integers(0, 4),
        held=st.booleans(),
    )
    def begin(self, method: PaymentMethod, quantity: int, stock: int, held: bool) -> None:
        self.world = World()
        for sku in PRICE:
            self.world.has(sku, BER=stock, ROT=2)
        self.world.rest()
        self.version = 9
        self.lines = {"A": quantity}
        self.fields: dict[str, Any] = {"ship_to": PLACES[0], "payment": PaymentTerms(method=method, token="tok")}
        self.sent: list[OrderInput] = []
        self.cancels = 0
        self._hand_in(**({"total_minor": 1} if held else {}))
        if not held:
            self.world.rest()

    def _hand_in(self, **fields: Any) -> None:
        self.version += 1
        self.sent.append(copy_of(self.lines, self.version, **self.fields, **fields))
        self.world.hands_in(self.sent[-1])

    # -- the shop

    @rule(place=st.sampled_from(PLACES))
    def address_changes(self, place: Any) -> None:
        self.fields["ship_to"] = place
        self._hand_in()

    @rule(sku=st.sampled_from(sorted(PRICE)), quantity=st.integers(0, 4))
    def quantity_changes(self, sku: str, quantity: int) -> None:
        lines = {**self.lines, sku: quantity}
        self.lines = {name: n for name, n in lines.items() if n} or self.lines
        self._hand_in()

    @rule(shipping=st.sampled_from([0, 490, 990]), discount=st.sampled_from([0, 50, 300]))
    def price_changes(self, shipping: int, discount: int) -> None:
        self.fields |= {"shipping_minor": shipping, "discount_minor": discount}
        self._hand_in()

    @rule(note=st.sampled_from(["", "ring twice"]), tag=st.sampled_from(["", "vip"]))
    def note_changes(self, note: str, tag: str) -> None:
        self.fields |= {"note": note, "tags": (tag,) if tag else ()}
        self._hand_in()

    @rule(data=st.data())
    def an_old_copy_comes_again(self, data: st.DataObject) -> None:
        self.world.hands_in(data.draw(st.sampled_from(self.sent)))

    @rule(sku=st.sampled_from(sorted(PRICE)), quantity=st.integers(1, 2))
    def pieces_are_cancelled(self, sku: str, quantity: int) -> None:
        self.cancels += 1
        lines = (LineQuantity(line_id=sku, quantity=quantity),)
        self.world.hear(CancelOrderV1(**ABOUT, lines=lines, cancel_id=f"c-{self.cancels}"))

    @rule()
    def all_of_it_is_cancelled(self) -> None:
        self.cancels += 1
        self.world.hear(CancelOrderV1(**ABOUT, cancel_id=f"c-{self.cancels}"))

    @rule(place=st.sampled_from(PLACES), quantity=st.integers(0, 3))
    def operator_corrects(self, place: Any, quantity: int) -> None:
        lines = (LineQuantity(line_id="A", quantity=quantity),) if quantity else ()
        self.world.hear(AmendOrderV1(**ABOUT, ship_to=place, lines=lines))

    @rule()
    def holds_are_released(self) -> None:
        self.world.hear(ReleaseHoldV1(**ABOUT))

    @rule(limit=st.sampled_from([0, 1500, 3000, None]))
    def card_has_a_limit(self, limit: int | None) -> None:
        self.world.outside.most_minor = limit

    # -- the warehouse

    def _work(self, data: st.DataObject, status: set[ShipmentStatus]) -> Shipment | None:
        open_ = [one for one in self.world.shipments if one.status in status and one.fulfilment is not None]
        return data.draw(st.sampled_from(open_)) if open_ else None

    @rule(data=st.data(), missing=st.integers(0, 1))
    def goods_are_picked(self, data: st.DataObject, missing: int) -> None:
        found = self._work(data, {ShipmentStatus.ALLOCATED, ShipmentStatus.LABELLED})
        if found is not None:
            self.world.hear(picked(found, missing))

    @rule(data=st.data())
    def goods_are_packed(self, data: st.DataObject) -> None:
        found = self._work(data, {ShipmentStatus.PICKED})
        if found is not None:
            self.world.hear(ConfirmPackedV1(**ABOUT, fulfilment_id=found.fulfilment_id, weight_g=500))

    @rule(data=st.data())
    def goods_are_shipped(self, data: st.DataObject) -> None:
        found = self._work(data, {ShipmentStatus.PACKED})
        if found is not None:
            self.world.hear(ConfirmShippedV1(**ABOUT, fulfilment_id=found.fulfilment_id))

    # -- the hub

    @precondition(lambda self: self.world.ready)
    @rule(data=st.data(), times=st.integers(1, 12))
    def something_is_heard(self, data: st.DataObject, times: int) -> None:
        for _ in range(times):
            ready = self.world.ready
            if ready:
                ready[data.draw(st.integers(0, len(ready) - 1))]()

    @rule()
    def everything_is_heard(self) -> None:
        self.world.rest()

    @precondition(lambda self: self.world.settled)
    @rule(data=st.data())
    def a_message_comes_again(self, data: st.DataObject) -> None:
        self.world.comes_again(data.draw(st.sampled_from(self.world.settled)))

    # -- what holds

    @invariant()
    def no_more_ships_than_was_ever_ordered(self) -> None:
        if not hasattr(self, "world"):
            return
        shipped = self.world.pieces_said(ShipmentShippedV2)
        ordered = self.world.pieces_said(OrderAmendedV1, "added")
        for event in self.world.said(OrderCapturedV1):
            for line in event.order.lines:
                ordered[line.line_id] += line.quantity
        gone = self.world.pieces_said(OrderAmendedV1, "removed") + self.world.pieces_said(OrderCancelledV1)
        assert all(pieces <= ordered[name] for name, pieces in shipped.items())
        if self.record is not None and self.record.amending is None:
            assert all(gone[name] + shipped[name] <= ordered[name] for name in ordered), (gone, shipped, ordered)

    @property
    def record(self) -> OrderRecord | None:
        found: OrderRecord | None = self.world.get(OrderRecord, "main", "web:1")
        return found

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self._bring_to_an_end()
        assert self.record is not None
        assert not self.world.parked
        assert self.record.status in ENDED, (self.record.status, self.record.holds)
        assert self.record.amending is None
        assert not self.record.cancels
        assert self.world.audit() == []
        self._goods_add_up()
        self._money_adds_up()

    def _bring_to_an_end(self) -> None:
        """Stock comes, cards are good, holds are released, and the warehouse ships whatever it has."""
        self.world.outside.most_minor = None
        for sku in PRICE:
            self.world.has(sku, BER=50)
        for _ in range(40):
            self.world.rest()
            if self.record is not None and self.record.holds:
                self.world.hear(ReleaseHoldV1(**ABOUT))
                continue
            open_ = [one for one in self.world.shipments if one.fulfilment is not None and one.status in STEP]
            if not open_:
                break
            for one in open_:
                self.world.hear(STEP[one.status](one))

    def _goods_add_up(self) -> None:
        """What was ordered has shipped, or is cancelled, each piece once."""
        shipped = self.world.pieces_said(ShipmentShippedV2)
        ordered = self.world.pieces_said(OrderAmendedV1, "added")
        for event in self.world.said(OrderCapturedV1):
            for line in event.order.lines:
                ordered[line.line_id] += line.quantity
        gone = self.world.pieces_said(OrderAmendedV1, "removed") + self.world.pieces_said(OrderCancelledV1)
        assert shipped + gone == ordered
        for stock in self.world.all_of(Stock):
            assert (stock.reserved, stock.waiting) == (0, 0)
            assert all(place.allocated == 0 for place in stock.locations.values())

    def _money_adds_up(self) -> None:
        """What was taken and not paid back is what the order costs, and nothing is set aside that is not needed."""
        payment = self.world.get(Payment, "main", "web:1")
        outside = self.world.outside
        if payment is None:  # it was cancelled before it came
            assert self.record is not None
            assert self.record.status is OrderStatus.CANCELLED
            return
        assert not payment.intents
        if payment.method is PaymentMethod.TOKEN:
            shipped = sum(event.value.amount_minor for event in self.world.said(ShipmentShippedV2))
            declined = payment.status is PaymentStatus.DECLINED  # a higher price, and the goods had gone already
            due = payment.due_minor - (max(0, payment.unsettled_minor) if declined else 0)
            assert outside.taken - outside.paid_back == (due if shipped or outside.taken else 0)
            current = payment.authorisation_id if payment.status is PaymentStatus.AUTHORISED else ""
            assert set(outside.set_aside) - {m.authorisation_id for m in payment.captures.values()} <= {current}
        elif payment.method is PaymentMethod.PREPAID:
            assert payment.amount_minor - outside.paid_back == (0 if payment.is_cancelled else payment.due_minor)


TestAmended = Amended.TestCase
TestAmended.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
