"""A location that answers for itself accepts a fulfilment in time, or it goes to another."""

from functools import partial

import pytest

from crossdock_contracts.capture import CancelRequestedV1, OrderHeldV1
from crossdock_contracts.inventory import AllocationRefusedV1, StockReservedV1
from crossdock_contracts.labels import LabelBoughtV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.routing import CancelDecidedV1, FulfilmentStopRequestedV1, OrderRoutedV1, OrderUnroutableV1
from crossdock_contracts.shipping import FulfilmentStoppedV1, ShortPickedV1
from crossdock_contracts.stores import (
    AcceptFulfilmentV1,
    DeclineFulfilmentV1,
    FulfilmentAcceptedV1,
    FulfilmentDeclinedV1,
    FulfilmentOfferedV1,
)
from services.hub.decision import Decision, changed
from services.inventory.decide import bind, decline, promise
from services.inventory.state import LocationStock, Reservation, Stock
from services.routing.decide import declined, route, stop
from services.routing.state import Route, RouteStatus
from services.shipping.decide import accept, due, offer
from services.shipping.rules import Rules
from services.shipping.rules.locations import ShipFrom
from services.shipping.state import ShipmentStatus
from services.shipping.state_work import OFFER, Task
from tests.builders import (
    BERLIN,
    NOW,
    captured,
    fulfilment,
    fulfilment_line,
    hold,
    later,
    line,
    pieces,
    promised,
    released,
    reserved,
)
from tests.decide import dock, test_routing
from tests.decide.dock import ABOUT, BOUGHT, Dock
from tests.decide.ledger import Ledger

ASKED = changed(
    dock.RULES, locations={**dock.RULES.locations, "BER": ShipFrom(address=BERLIN, accept_minutes=30, work="hub")}
)


class Store(Dock):
    """A store in Berlin that has half an hour to answer."""

    def __init__(self, rules: Rules = ASKED) -> None:
        super().__init__(rules=rules)

    @property
    def queues(self) -> list[str]:
        return [one.queue for one in self.documents.values() if isinstance(one, Task)]

    def accepts(self) -> Decision:
        message = AcceptFulfilmentV1(**ABOUT, accepted_by="clerk-1")
        return self.take(partial(accept.accept, self.rules, self._is_open), message, NOW)

    def declines(self, reason: str = "too-busy") -> Decision:
        message = DeclineFulfilmentV1(**ABOUT, reason=reason, declined_by="clerk-1")
        return self.take(partial(offer.decline, self.rules), message, NOW)

    def waits(self, **fields: float) -> Decision:
        """The time to answer has passed, or so much time."""
        task = self.get(Task, "main", "BER", OFFER, "web:1/1") or self.offered
        return self.take(partial(due.task_due, self.rules), task, later(**(fields or {"minutes": 30})))

    def arrives(self, made: object = None) -> Decision:
        decision = super().arrives(made)
        self.offered = self.get(Task, "main", "BER", OFFER, "web:1/1")
        return decision


def test_nothing_is_labelled_or_picked_before_the_store_has_accepted() -> None:
    store = Store()
    arrived = store.arrives()
    assert (arrived.intent, store.shipment.status, store.queues) == (None, ShipmentStatus.OFFERED, [OFFER])
    assert [one.answer_by for one in store.said(FulfilmentOfferedV1)] == [later(minutes=30)]
    store.picked()
    assert [one.reason for one in store.said(CommandRefusedV1)] == ["wrong-state"]

    accepted = store.accepts()

    assert accepted.intent is not None
    assert (accepted.intent.operation, store.queues) == ("buy", ["pick"])
    assert [one.accepted_by for one in store.said(FulfilmentAcceptedV1)] == ["clerk-1"]
    store.answered(BOUGHT)
    assert len(store.said(LabelBoughtV1)) == 1


def test_a_decline_gives_all_pieces_back_and_says_why() -> None:
    store = Store()
    store.arrives(fulfilment(fulfilment_line(quantity=3)))
    store.declines()
    (said,) = store.said(FulfilmentDeclinedV1)
    assert (said.reason, said.location_id, said.lines) == ("too-busy", "BER", (pieces(3),))
    assert (store.shipment.status, store.queues) == (ShipmentStatus.STOPPED, [])


def test_no_answer_in_time_is_a_decline_and_before_it_is_not() -> None:
    store = Store()
    store.arrives()
    store.waits(minutes=29)
    assert store.said(FulfilmentDeclinedV1) == []
    store.waits()
    store.waits()
    assert [one.reason for one in store.said(FulfilmentDeclinedV1)] == ["no-answer"]


@pytest.mark.parametrize("first", ["accepts", "declines", "waits", "stop"])
@pytest.mark.parametrize("second", ["accepts", "declines", "waits"])
def test_of_accept_decline_time_out_and_cancel_the_first_wins(first: str, second: str) -> None:
    store = Store()
    store.arrives()
    getattr(store, first)()
    status = store.shipment.status
    getattr(store, second)()
    getattr(store, first)()
    assert store.shipment.status is status
    told = [*store.said(FulfilmentAcceptedV1), *store.said(FulfilmentDeclinedV1), *store.said(FulfilmentStoppedV1)]
    assert len([one for one in told if getattr(one, "stopped", True)]) == 1


def test_what_is_declined_after_it_was_accepted_is_a_short_pick() -> None:
    store = Store()
    store.arrives()
    store.accepts()
    store.declines()
    assert "short pick" in store.said(CommandRefusedV1)[0].detail
    store.answered(BOUGHT)
    store.picked(pieces(number=9))
    assert len(store.said(ShortPickedV1)) == 1


def test_a_location_that_is_not_asked_has_accepted() -> None:
    store = Store(dock.RULES)
    assert store.arrives().intent is not None
    assert store.accepts().events == []


# -- what follows elsewhere


def given_back(quantity: int = 2, reason: str = "too-busy") -> FulfilmentDeclinedV1:
    return FulfilmentDeclinedV1(**ABOUT, location_id="BER", lines=(pieces(quantity),), reason=reason, declined_at=NOW)


def bound(*, on_hand: int = 5) -> Ledger:
    """Two pieces of A, bound to Berlin."""
    ledger = Ledger(Stock(sku="A", locations={"BER": LocationStock(on_hand=on_hand)}))
    ledger.take(promise.reserve, captured(line(quantity=2)), NOW)
    made = fulfilment(fulfilment_line(quantity=2))
    message = OrderRoutedV1(
        owner="main", order_id="web:1", attempt=1, fulfilments=(made,), ranking=(), rules=(), routed_at=NOW
    )
    ledger.take(bind.allocate, message, NOW)
    return ledger


def test_declined_pieces_stay_in_stock_and_are_promised_anew() -> None:
    ledger = bound()
    ledger.take(decline.promise_declined, given_back(), NOW)
    stock, place = ledger.get(Stock, "main", "A"), ledger.get(Stock, "main", "A").locations["BER"]
    assert (place.on_hand, place.allocated, stock.reserved) == (5, 0, 2)
    assert [one.generation for one in ledger.said(StockReservedV1)] == [1, 2]
    ledger.take(decline.promise_declined, given_back(), NOW)
    assert len(ledger.said(StockReservedV1)) == 2


def test_declined_pieces_that_a_count_took_away_are_waited_for() -> None:
    ledger = bound()
    stock = ledger.get(Stock, "main", "A")
    ledger.documents[stock.subject] = changed(stock, locations={"BER": LocationStock(on_hand=1, allocated=2)})
    ledger.take(decline.promise_declined, given_back(), NOW)
    (reserved_line,) = ledger.get(Reservation, "main", "web:1").lines
    assert (reserved_line.promised, reserved_line.backordered, reserved_line.bound) == (1, 1, ())


def placed() -> Ledger:
    return test_routing.ready(line(quantity=2), promises=[promised(1, "A", 2, BER=5, ROT=5)])


def hears(ledger: Ledger, message: FulfilmentDeclinedV1 | None = None) -> None:
    rules = test_routing.RULES
    ledger.take(partial(declined.take_back_declined, rules), message or given_back(), NOW)


def hears_promise(ledger: Ledger, generation: int = 2, **places: int) -> None:
    message = reserved(promised(1, "A", 2, **places), generation=generation)
    ledger.take(partial(route.know_promise, test_routing.RULES), message, NOW)


@pytest.mark.parametrize("promise_first", [False, True])
def test_who_declined_is_not_asked_again_and_the_next_best_is(promise_first: bool) -> None:
    ledger = placed()
    if promise_first:
        hears_promise(ledger, BER=5, ROT=5)
    hears(ledger)
    hears(ledger)
    if not promise_first:
        hears_promise(ledger, BER=5, ROT=5)
    first, second = ledger.said(OrderRoutedV1)
    assert [one.fulfilments[0].location_id for one in (first, second)] == ["BER", "ROT"]
    assert second.fulfilments[0].fulfilment_id == "web:1/2"
    told = [(one.rule, one.location_id) for one in second.rules]
    assert ("location declined web:1/1: too-busy", "BER") in told


def test_if_all_have_declined_the_order_is_held_and_its_release_asks_them_again() -> None:
    ledger = placed()
    hears(ledger)
    hears_promise(ledger, BER=5)
    assert [one.reason for one in ledger.said(OrderUnroutableV1)] == ["no-location"]
    made = captured(line(quantity=2)).order
    ledger.take(partial(route.go_on_released, test_routing.RULES), released(made), NOW)
    hears_promise(ledger, 3, BER=5)
    assert ledger.said(OrderRoutedV1)[-1].fulfilments[0].location_id == "BER"


def test_a_cancel_that_waits_for_a_declined_fulfilment_is_answered_by_that() -> None:
    ledger = placed()
    cancel = CancelRequestedV1(owner="main", order_id="web:1", cancel_id="c-1", lines=(pieces(),), reason="requested")
    ledger.take(partial(stop.cancel_requested, test_routing.RULES), cancel, NOW)
    assert len(ledger.said(FulfilmentStopRequestedV1)) == 1
    hears(ledger)
    hears_promise(ledger, BER=5, ROT=5)
    assert [sum(p.quantity for p in one.cancelled) for one in ledger.said(CancelDecidedV1)] == [1]
    assert [one.quantity for one in ledger.said(OrderRoutedV1)[-1].fulfilments[0].lines] == [1]
    late = FulfilmentStoppedV1(**ABOUT, cancel_id="c-1", stopped=(), detail="the fulfilment is stopped")
    ledger.take(partial(stop.stopped, test_routing.RULES), late, NOW)
    assert (len(ledger.said(CancelDecidedV1)), ledger.get(Route, "main", "web:1").cancels) == (1, ())


@pytest.mark.parametrize("refused", [False, True])
def test_an_order_that_is_cancelled_by_a_decline_or_refusal_is_over_even_if_it_is_held(refused: bool) -> None:
    ledger, rules = placed(), test_routing.RULES
    cancel = CancelRequestedV1(owner="main", order_id="web:1", cancel_id="c-1", reason="requested")
    ledger.take(partial(stop.cancel_requested, rules), cancel, NOW)
    ledger.take(route.stop_held, OrderHeldV1(owner="main", order_id="web:1", hold=hold()), NOW)

    if refused:
        message = AllocationRefusedV1(
            owner="main",
            order_id="web:1",
            fulfilment_id="web:1/1",
            location_id="BER",
            lines=(),
            reason="no-longer-promised",
            refused_at=NOW,
        )
        ledger.take(partial(route.place_again, rules), message, NOW)
    else:
        hears(ledger)

    assert [sum(p.quantity for p in one.cancelled) for one in ledger.said(CancelDecidedV1)] == [2]
    assert ledger.get(Route, "main", "web:1").status is RouteStatus.ENDED
