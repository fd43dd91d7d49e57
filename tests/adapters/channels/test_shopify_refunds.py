"""Shopify: what of an order was cancelled, taken out or paid back since."""

from datetime import UTC, datetime

from crossdock_contracts.values import PaymentMethod
from tests.adapters.channels.shopify import both, line, order, read, refund, refusal, sound

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_a_cancelled_order_is_cancelled_whole_whatever_was_paid() -> None:
    for status in ("voided", "refunded", "pending"):
        found = read(cancelled_at="2026-03-03T09:00:00Z", cancel_reason="inventory", financial_status=status)
        assert [(one.cancel_id, one.lines, one.reason) for one in found.cancels] == [("cancelled", (), "out-of-stock")]
        paid = PaymentMethod.TERMS if status == "pending" else PaymentMethod.PREPAID
        assert found.payment.method is paid


def test_pieces_that_were_cancelled_do_not_leave_and_pieces_that_came_back_have_left() -> None:
    back = [refund(7, (1, 2, "cancel"), (2, 1, "return"), paid="30.00")]
    found = sound(line(1, quantity=3), line(2), total="40.00", refunds=back, financial_status="partially_refunded")
    assert [(one.line_id, one.quantity) for one in found.lines] == [("1", 3), ("2", 1)]
    (cancel,) = found.cancels
    assert (cancel.cancel_id, [(one.line_id, one.quantity) for one in cancel.lines]) == ("7", [("1", 2)])
    (paid,) = found.refunds
    assert (paid.refund_id, paid.amount_minor) == ("7", 3000)
    assert [(one.line_id, one.quantity) for one in paid.lines] == [("1", 2), ("2", 1)]


def test_pieces_that_were_refunded_without_a_word_are_cancelled_as_far_as_they_have_not_left() -> None:
    back = [refund(7, (1, 2, "no_restock"), paid="20.00")]
    gone = line(1, quantity=3, current_quantity=1, fulfillable_quantity=1)
    found = read(gone, total="30.00", refunds=back)
    assert [(one.line_id, one.quantity) for one in found.cancels[0].lines] == [("1", 2)]
    left = [{"id": 1, "status": "success", "line_items": [{"id": 1, "quantity": 3}]}]
    shipped = line(1, quantity=3, current_quantity=1, fulfillable_quantity=0)
    assert read(shipped, total="30.00", refunds=back, fulfillments=left).cancels == ()


def test_a_refund_of_money_alone_cancels_nothing() -> None:
    found = read(refunds=[refund(7, paid="2.50")])
    assert found.cancels == ()
    assert [(one.amount_minor, one.lines) for one in found.refunds] == [(250, ())]


def test_a_refund_that_failed_or_is_pending_has_paid_nothing_back() -> None:
    failed = refund(7, (1, 1, "return"), paid="10.00")
    failed["transactions"][0]["status"] = "failure"
    assert read(refunds=[failed]).refunds == ()


def test_a_refund_in_the_shops_currency_is_told_by_what_its_pieces_cost_the_buyer() -> None:
    back = refund(7, (1, 1, "return"), paid="10.00")
    back["refund_line_items"][0]["subtotal_set"] = both("10.00", "9.00")
    back["order_adjustments"] = [{"amount": "-5.00", "amount_set": both("-5.00", "-4.50")}]
    found = read(
        line(price_set=both("10.00", "9.00")),
        presentment_currency="EUR",
        total_price_set=both("10.00", "9.00"),
        refunds=[back],
    )
    assert found.refunds[0].amount_minor == 1350


def test_pieces_that_an_order_was_edited_to_have_no_more_are_cancelled_and_still_add_up() -> None:
    gone = line(2, current_quantity=0, fulfillable_quantity=0)
    before = sound(line(), gone, total="20.00", refunds=[refund(7, (2, 1, "no_restock"))])
    after = sound(line(), gone, total="10.00", refunds=[refund(7, (2, 1, "no_restock"))])
    assert before == after
    assert (before.total_minor, before.refunds, before.cancels[0].cancel_id) == (2000, (), "7")


def test_pieces_that_are_gone_without_a_refund_keep_their_ids_when_more_follow() -> None:
    one = read(line(1, quantity=3, current_quantity=2, fulfillable_quantity=2), total="30.00").cancels
    two = read(line(1, quantity=3, current_quantity=1, fulfillable_quantity=1), total="30.00").cancels
    assert [cancel.cancel_id for cancel in two] == ["removed-1-1", "removed-1-2"]
    assert two[:1] == one


def test_a_refund_of_a_line_that_is_not_there_is_refused() -> None:
    told = refusal(order(refunds=[refund(7, (99, 1, "cancel"))]))
    assert told.startswith("$.refunds[0].refund_line_items[0].line_item_id: the order has no line 99")
