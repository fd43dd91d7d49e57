"""What has become of an order of Magento's: waiting, cancelled, paid back, shipped."""

from datetime import UTC, datetime

import pytest

from crossdock_contracts.values import LineQuantity, PaymentMethod
from services.capture.channels import NotYetError
from tests.adapters.channels.magento import items, plain, read


@pytest.mark.parametrize("state", ["pending_payment", "payment_review", "holded"])
def test_an_order_that_magento_would_not_ship_waits(state: str) -> None:
    with pytest.raises(NotYetError, match=rf"^\$\.state: {state}: .*; it comes again"):
        read(state=state)


def test_a_new_order_waits_for_its_bank_transfer() -> None:
    with pytest.raises(NotYetError, match=r"^\$\.state: new: 284\.0000 are to be paid by banktransfer; invoice it"):
        read(state="new", total_due=284, payment={"method": "banktransfer"})


@pytest.mark.parametrize(
    ("method", "found"),
    [
        ("cashondelivery", PaymentMethod.CASH_ON_DELIVERY),
        ("purchaseorder", PaymentMethod.TERMS),
        ("companycredit", PaymentMethod.TERMS),
    ],
)
def test_a_new_order_that_is_paid_later_goes_on(method: str, found: PaymentMethod) -> None:
    order = read(state="new", total_due=284, payment={"method": method, "po_number": "PO-9"})
    assert (order.payment.method, order.customer_po) == (found, "PO-9")


def test_a_cancelled_order_is_cancelled_whole() -> None:
    cancel = read(state="canceled").cancels[0]
    assert (cancel.cancel_id, cancel.lines) == ("cancelled", ())


def test_cancelled_pieces_are_cancels_of_their_own_that_stay_as_they_are() -> None:
    of_three = [
        items(plain(11, 300, 3, qty_canceled=gone), plain(12, 5), grand_total=305).cancels for gone in (1, 2, 2)
    ]
    assert of_three[0] == of_three[1][:1]
    assert of_three[1] == of_three[2]
    assert of_three[1][1].cancel_id == "11-cancelled-2"
    assert of_three[1][1].lines == (LineQuantity(line_id="11", quantity=1),)


def test_what_was_paid_back_before_it_shipped_is_not_to_be_shipped() -> None:
    kept = items(plain(11, 300, 3, qty_refunded=2, qty_shipped=3), grand_total=300)
    stopped = items(plain(11, 300, 3, qty_refunded=2), grand_total=300)
    assert (len(kept.cancels), len(stopped.cancels)) == (0, 2)


def test_credit_memos_are_refunds() -> None:
    memo = {
        "entity_id": 4,
        "state": 2,
        "grand_total": 10,
        "created_at": "2026-03-05 10:00:00",
        "items": [{"order_item_id": 11, "qty": 1}, {"order_item_id": 99, "qty": 0}],
        "extension_attributes": {"customer_balance_amount": 5},
    }
    order = read(credit_memos=[memo, memo | {"entity_id": 5, "state": 3}], total_refunded=15)
    [refund] = order.refunds
    assert (refund.refund_id, refund.amount_minor) == ("4", 1500)
    assert refund.lines == (LineQuantity(line_id="11", quantity=1),)
    assert refund.refunded_at == datetime(2026, 3, 5, 10, tzinfo=UTC)


def test_without_its_credit_memos_what_was_paid_back_is_one_refund() -> None:
    assert [(one.refund_id, one.amount_minor) for one in read(total_refunded=15).refunds] == [("refunded", 1500)]


def test_what_a_credit_memo_took_off_before_it_shipped_is_cancelled_by_the_memo() -> None:
    memos = [
        {"entity_id": n, "state": 2, "grand_total": 100, "items": [{"order_item_id": 11, "qty": 1}]} for n in (4, 5)
    ]
    both = items(plain(11, 300, 3, qty_refunded=2), grand_total=300, credit_memos=memos)
    assert [(one.cancel_id, one.lines[0].quantity) for one in both.cancels] == [("4", 1), ("5", 1)]
    assert [one.refund_id for one in both.refunds] == ["4", "5"]
    came_back = items(plain(11, 300, 3, qty_refunded=2, qty_shipped=2), grand_total=300, credit_memos=memos)
    assert [one.cancel_id for one in came_back.cancels] == ["4"]


def test_what_the_hub_has_cancelled_says_so() -> None:
    said = [{"comment": "as the buyer wished"}, {"comment": "crossdock:cancel:c-7"}]
    memo = {"entity_id": 4, "state": 2, "grand_total": 100, "items": [{"order_item_id": 11, "qty": 1}]}
    order = items(plain(11, 300, 3, qty_refunded=1), grand_total=300, credit_memos=[memo | {"comments": said}])
    assert [(one.cancel_id, one.asked_as) for one in order.cancels] == [("4", "c-7")]


@pytest.mark.parametrize("state", ["complete", "closed"])
def test_what_the_shop_has_shipped_is_recorded(state: str) -> None:
    order = items(plain(11, 100, qty_shipped=1), grand_total=100, state=state)
    assert (order.fulfil_by, order.fulfilled_at) == ("channel", datetime(2026, 3, 2, 9, 31, tzinfo=UTC))
    assert items(plain(11, 100), grand_total=100, state=state).fulfil_by is None
