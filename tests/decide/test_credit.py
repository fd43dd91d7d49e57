"""Terms: an order on account uses its customer's limit, and what is paid frees it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.capture import (
    CustomersMergedV1,
    OrderCancelledV1,
    OrderCapturedV1,
    OrderHeldV1,
    OrderReleasedV1,
)
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.payments import (
    AccountChangedV1,
    PaymentAuthorisedV1,
    PaymentDeclinedV1,
    PaymentFailedV1,
    PaymentRefundedV1,
    ReceivePaymentV1,
    SetCreditLimitV1,
)
from crossdock_contracts.returns import RefundRequestedV1
from crossdock_contracts.shipping import ShipmentShippedV2, ShippedLine
from crossdock_contracts.values import Customer, FulfilledQuantity, Money, Order
from services.capture.decide import holds
from services.hub.decision import Decision
from services.payments.decide import authorise, credit, giveback, take
from services.payments.state import Account, Book, Payment, PaymentStatus
from tests.builders import NOW, hold, later, line, order, shipment_shipped
from tests.decide.ledger import Ledger
from tests.decide.shop import Shop

ACME = Customer(customer_id="C-acme")


def money(amount: int) -> Money:
    return Money(amount_minor=amount, currency="EUR")


def made(number: int = 1, total: int = 1000) -> Order:
    return order(line(price=total), order_id=f"web:{number}", method="terms", customer=ACME)


class Office(Ledger):
    """Payments' decisions about orders of one customer on terms."""

    def __init__(self, limit: int | None = 1500) -> None:
        super().__init__()
        if limit is not None:
            self.limits(limit)

    def limits(self, limit: int | None, customer: str = "C-acme") -> Decision:
        message = SetCreditLimitV1(owner="main", customer_id=customer, currency="EUR", limit_minor=limit)
        return self.take(credit.set_limit, message, NOW)

    def orders(self, number: int = 1, total: int = 1000) -> Decision:
        one = made(number, total)
        message = OrderCapturedV1(owner="main", order_id=one.order_id, order=one, captured_at=NOW)
        return self.take(authorise.authorise, message, NOW)

    def releases(self, number: int = 1, total: int = 1000, at: Any = NOW) -> Decision:
        one = made(number, total)
        message = OrderReleasedV1(owner="main", order_id=one.order_id, order=one, closed=(hold(),), released_at=at)
        return self.take(authorise.authorise_released, message, NOW)

    def ships(self, number: int = 1, value: int = 1000, part: int = 1) -> Decision:
        gone = shipment_shipped(
            ShippedLine(line_id="1", sku="A", quantity=1, value_minor=value), order_id=f"web:{number}"
        )
        gone = ShipmentShippedV2(**{**gone.__dict__, "fulfilment_id": f"web:{number}/{part}"})
        return self.take(take.capture_shipped, gone, NOW)

    def cancels(self, number: int = 1, amount: int = 1000, cancel_id: str = "c-1") -> Decision:
        message = OrderCancelledV1(
            owner="main", order_id=f"web:{number}", cancel_id=cancel_id, complete=True, amount_minor=amount,
            lines=(FulfilledQuantity(line_id="1", quantity=1),), reason="requested", decided_by="routing",
            cancelled_at=NOW,
        )  # fmt: skip
        return self.take(giveback.compensate_cancel, message, NOW)

    def pays(self, amount: int, reference: str = "") -> Decision:
        message = ReceivePaymentV1(owner="main", customer_id="C-acme", amount=money(amount), reference=reference)
        return self.take(credit.receive_payment, message, NOW)

    def returned(self, amount: int, number: int = 1, return_id: str = "R") -> Decision:
        message = RefundRequestedV1(
            owner="main", order_id=f"web:{number}", return_id=return_id, amount=money(amount), reason="not-wanted"
        )
        return self.take(giveback.refund_returned, message, NOW)

    @property
    def book(self) -> Book:
        found: Book = self.get(Account, "main", "C-acme").books["EUR"]
        return found

    @property
    def open(self) -> tuple[int, int]:
        """Ordered and owed."""
        return self.book.ordered_minor, self.book.owed_minor


def test_what_is_ordered_on_terms_uses_the_limit_and_is_owed_once_it_has_shipped() -> None:
    office = Office()
    office.orders()
    assert (office.open, len(office.said(PaymentAuthorisedV1))) == ((1000, 0), 1)
    office.ships()
    assert office.open == (0, 1000)
    assert office.book.room_minor == 500
    assert [one.reason for one in office.said(AccountChangedV1)] == ["limit-set", "ordered", "shipped"]


def test_an_order_beyond_the_limit_is_declined_and_says_how_much_is_left() -> None:
    office = Office()
    office.orders(1)
    office.orders(2)
    (declined,) = office.said(PaymentDeclinedV1)
    assert (declined.code, declined.gateway, declined.order_id) == ("credit-limit", "account", "web:2")
    assert "1000 EUR minor units are ordered on terms, 500 are left of the limit of 1500" in declined.detail
    assert office.open == (1000, 0)


def test_a_decline_of_terms_holds_the_order_for_credit() -> None:
    shop, office = Shop(), Office(limit=0)
    shop.takes("1")
    office.orders()
    shop.settle(holds.hold_on_trouble, office.said(PaymentDeclinedV1)[0])
    held = shop.said(OrderHeldV1)[0].hold
    assert (held.reason, held.assigned_to, held.on_expiry) == ("credit-limit", "credit", "reject")


def test_whoever_releases_it_lets_it_go_beyond_the_limit() -> None:
    office = Office(limit=500)
    office.orders()
    office.releases(at=later(minutes=5))
    assert (office.open, len(office.said(PaymentAuthorisedV1))) == ((1000, 0), 1)
    assert office.book.room_minor == -500


def test_a_copy_of_the_release_that_was_declined_lets_nothing_go() -> None:
    office = Office(limit=500)
    office.releases(at=later(minutes=-1))
    assert office.get(Payment, "main", "web:1").status is PaymentStatus.DECLINED
    assert office.releases(at=later(minutes=-1)) == Decision()


def test_a_payment_that_is_received_frees_the_limit_once_for_each_reference() -> None:
    office = Office()
    office.orders(1)
    office.ships(1)
    office.pays(1000, "BANK-7")
    assert (office.open, office.book.room_minor) == ((0, 0), 1500)
    office.pays(1000, "BANK-7")
    assert office.said(CommandRefusedV1)[0].reason == "booked-already"
    office.orders(2)
    assert len(office.said(PaymentAuthorisedV1)) == 2


def test_who_pays_ahead_may_order_more() -> None:
    office = Office(limit=0)
    office.pays(1000)
    office.orders()
    assert (office.open, len(office.said(PaymentDeclinedV1))) == ((1000, -1000), 0)


@pytest.mark.parametrize("amount", [0, -5])
def test_nothing_is_no_payment(amount: int) -> None:
    office = Office()
    office.pays(amount)
    assert office.said(CommandRefusedV1)[0].reason == "no-payment"


def test_what_is_cancelled_frees_the_limit() -> None:
    office = Office()
    office.orders()
    office.cancels()
    assert office.open == (0, 0)
    assert office.cancels() == Decision()


def test_what_comes_back_is_owed_no_more_without_a_gateway() -> None:
    office = Office()
    office.orders()
    office.ships()
    decision = office.returned(400)
    assert (decision.intent, office.open) == (None, (0, 600))
    assert office.said(PaymentRefundedV1)[0].gateway == "account"
    assert office.returned(400) == Decision()
    office.returned(601, return_id="R2")
    assert office.said(PaymentFailedV1)[0].code == "more-than-paid"


def test_a_customer_without_a_limit_may_order_on_terms_and_what_is_open_is_known() -> None:
    office = Office(limit=None)
    office.orders(1, 10**9)
    assert (office.open, office.book.limit_minor) == ((10**9, 0), None)
    office.limits(5)
    office.orders(2, 1)
    assert len(office.said(PaymentDeclinedV1)) == 1


def test_an_account_follows_its_customer_when_two_turn_out_to_be_one() -> None:
    office = Office()
    office.orders()
    merged = CustomersMergedV1(
        owner="main", customer_id="C-new", merged_id="C-acme", evidence="phone", order_id="web:9", merged_at=NOW
    )
    office.take(credit.merge_accounts, merged, NOW)
    assert office.take(credit.merge_accounts, merged, NOW) == Decision()
    kept = office.get(Account, "main", "C-new").books["EUR"]
    assert (kept.limit_minor, kept.ordered_minor) == (1500, 1000)
    office.ships()  # of the order that was the merged one's
    kept = office.get(Account, "main", "C-new").books["EUR"]
    assert (kept.ordered_minor, kept.owed_minor) == (0, 1000)
    assert office.get(Account, "main", "C-acme").books == {}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["orders", "ships", "cancels", "pays", "returned"]), st.integers(1, 3), st.integers(1, 900)
    ),
    max_size=25,
)


@given(STEPS)
def test_what_is_open_is_what_was_ordered_and_neither_cancelled_nor_paid(steps: list[tuple[str, int, int]]) -> None:
    office = Office(limit=2000)
    paid = 0
    for n, (step, number, amount) in enumerate(steps):
        payment: Payment | None = office.get(Payment, "main", f"web:{number}")
        left = payment.on_account_minor if payment else 0
        match step:
            case "orders":
                office.orders(number, amount)
            case "ships" if left:
                office.ships(number, min(left, amount), part=n)
            case "cancels" if left:
                office.cancels(number, left, f"c-{n}")
            case "pays":
                paid += amount
                office.pays(amount, str(n))
            case "returned" if payment:
                office.returned(amount, number, f"R-{n}")
    payments = [one for one in office.documents.values() if isinstance(one, Payment)]
    assert office.book.ordered_minor == sum(one.on_account_minor for one in payments) >= 0
    assert office.book.owed_minor == sum(one.captured_minor - one.refunded_minor for one in payments) - paid
    assert all(0 <= one.refunded_minor <= one.captured_minor <= one.amount_minor for one in payments)
