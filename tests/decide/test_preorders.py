"""Pre-orders and subscriptions: an order with a release date keeps its stock, and its money is made sure of in time."""

from functools import partial

import pytest

from crossdock_contracts.capture import OrderCancelledV1, OrderCapturedV1, OrderReleasedV1
from crossdock_contracts.inventory import StockBackorderedV1, StockReservedV1
from crossdock_contracts.payments import PaymentAuthorisedV1, PaymentDeclinedV1
from crossdock_contracts.routing import OrderRoutedV1
from crossdock_contracts.values import FulfilledQuantity, Order
from services.capture.decide import holds
from services.capture.state import HoldExpiry, OrderStatus
from services.hub.decision import Decision, Done, Refused
from services.inventory.decide import promise
from services.inventory.state import LocationStock, Stock, WaitingLine
from services.payments.decide import authorise, giveback
from services.payments.gateways import Authorised
from services.payments.state import AuthoriseTimer, Payment, PaymentStatus
from services.routing.decide import route
from services.routing.rules import Location, RoutingConfig, Rules
from services.routing.state import ReleaseTimer
from tests.builders import BERLIN, NOW, authorised, captured, later, line, order, promised, reserved
from tests.decide.ledger import Ledger
from tests.decide.shop import Shop, checks

DAY = later(days=60)
YES = Done(Authorised(authorisation_id="auth_1"))
RULES = Rules(config=RoutingConfig(), locations={"BER": Location(address=BERLIN)})


def preorder(method: str = "token", **fields: object) -> OrderCapturedV1:
    return captured(line(price=1000), method=method, **{"release_at": DAY, **fields})


def timer(ledger: Ledger) -> AuthoriseTimer:
    found: AuthoriseTimer = ledger.get(AuthoriseTimer, "main", "web:1")
    return found


def test_a_pre_order_is_promised_stock_at_once() -> None:
    ledger = Ledger(Stock(sku="A", locations={"BER": LocationStock(on_hand=1)}))
    ledger.take(promise.reserve, preorder(), NOW)
    assert len(ledger.said(StockReservedV1)) == 1


def test_a_pre_order_that_waits_for_stock_is_no_trouble_before_its_day_is_past() -> None:
    ledger = Ledger()
    ledger.take(promise.reserve, preorder(), NOW)
    assert len(ledger.said(StockBackorderedV1)) == 1
    (waiting,) = [one for one in ledger.documents.values() if isinstance(one, WaitingLine)]
    assert waiting.due_at == later(days=90)


@pytest.mark.parametrize("method", ["token", "terms"])
def test_the_money_of_a_pre_order_is_made_sure_of_a_day_before_its_release(method: str) -> None:
    ledger = Ledger()
    decision = ledger.take(authorise.authorise, preorder(method), NOW)
    assert (decision.intent, decision.events, timer(ledger).due_at) == (None, [], later(days=59))
    assert ledger.take(authorise.authorise_due, timer(ledger), later(days=58)) == Decision()
    due = timer(ledger)
    ledger.take(authorise.authorise_due, due, later(days=59))
    if method == "token":
        ledger.take(authorise.settle_authorise, due, later(days=59), YES)
    assert len(ledger.said(PaymentAuthorisedV1)) == 1
    assert ledger.take(authorise.authorise_due, due, later(days=59)) == Decision()


def test_what_is_paid_already_is_certain_at_once() -> None:
    ledger = Ledger()
    ledger.take(authorise.authorise, preorder("prepaid"), NOW)
    assert (len(ledger.said(PaymentAuthorisedV1)), timer(ledger)) == (1, None)


def test_an_authorisation_whose_answer_was_lost_on_the_day_is_looked_up() -> None:
    ledger = Ledger()
    ledger.take(authorise.authorise, preorder(), NOW)
    due = timer(ledger)
    first = ledger.take(authorise.authorise_due, due, later(days=59)).intent
    again = ledger.take(authorise.authorise_due, due, later(days=59)).intent
    assert first is not None
    assert again is not None
    assert (again.key, again.resumed) == (first.key, True)


def test_a_card_that_is_declined_on_the_day_leaves_a_day_to_mend_it() -> None:
    ledger = Ledger()
    ledger.take(authorise.authorise, preorder(), NOW)
    due = timer(ledger)
    ledger.take(authorise.authorise_due, due, later(days=59))
    ledger.take(authorise.settle_authorise, due, later(days=59), Refused("card-declined"))
    assert ledger.said(PaymentDeclinedV1)[0].declined_at < DAY


def test_a_pre_order_that_is_cancelled_is_never_charged() -> None:
    ledger = Ledger()
    ledger.take(authorise.authorise, preorder(), NOW)
    due = timer(ledger)
    gone = OrderCancelledV1(
        owner="main", order_id="web:1", cancel_id="c", complete=True, amount_minor=1000, reason="requested",
        lines=(FulfilledQuantity(line_id="1", quantity=1),), decided_by="routing", cancelled_at=NOW,
    )  # fmt: skip
    ledger.take(giveback.compensate_cancel, gone, NOW)
    assert ledger.take(authorise.authorise_due, due, later(days=59)) == Decision()
    assert ledger.get(Payment, "main", "web:1").status is PaymentStatus.ENDED


def test_a_pre_order_that_was_held_is_made_sure_of_in_its_time_once_it_is_released() -> None:
    made: Order = order(line(price=1000), method="token", release_at=DAY)
    ledger = Ledger()
    release = OrderReleasedV1(owner="main", order_id="web:1", order=made, closed=(), released_at=NOW)
    assert ledger.take(authorise.authorise_released, release, NOW).intent is None
    assert timer(ledger).due_at == later(days=59)
    assert ledger.take(authorise.authorise_released, release, later(days=59)).intent is not None


def test_a_hold_on_a_pre_order_ends_in_its_own_time_and_not_the_orders() -> None:
    shop = Shop(rules=checks(workflow={"hold": [{"name": "look", "when": {}, "hours": 2, "on_expiry": "release"}]}))
    shop.takes("1", release_at=DAY, reserve_until=later(days=70))
    shop.settle(holds.expire_hold, shop.get(HoldExpiry, "main", "web:1", "look"), later(hours=2))
    assert shop.record().status is OrderStatus.OPEN
    assert shop.said(OrderReleasedV1)[0].order.release_at == DAY


def test_a_pre_order_is_routed_on_its_day_and_not_before() -> None:
    ledger = Ledger()
    known = partial(route.know_order, RULES)
    ledger.take(known, preorder(), NOW)
    ledger.take(partial(route.know_promise, RULES), reserved(promised(BER=5)), NOW)
    ledger.take(partial(route.know_payment, RULES), authorised(), later(days=59))
    assert not ledger.said(OrderRoutedV1)
    due = ledger.get(ReleaseTimer, "main", "web:1")
    ledger.take(partial(route.release_due, RULES), due, DAY)
    assert len(ledger.said(OrderRoutedV1)) == 1
