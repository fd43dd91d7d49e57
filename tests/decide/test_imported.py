"""A marketplace's own refunds and returns: entered once, never decided or paid here."""

from functools import partial
from typing import Any

import pytest

from crossdock_contracts.capture import GoodsHandedOverV1
from crossdock_contracts.inventory import StockMovedV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.payments import ImportRefundV1, PaymentRefundedV1, RefundLeftToChannelV1
from crossdock_contracts.returns import (
    ImportReturnV1,
    InspectedLine,
    RefundRequestedV1,
    ReturnClosedV1,
    ReturnInspectedV1,
)
from crossdock_contracts.values import ChannelPolicy, FulfilledQuantity, Money
from services.hub.decision import Decision
from services.inventory.decide import stock
from services.inventory.state import LocationStock, Stock
from services.payments.decide import authorise, giveback, imported
from services.payments.state import Payment
from services.returns.decide import imported as taken_back
from services.returns.decide import sold as sales
from services.returns.rules import Rules
from services.returns.state import Return, ReturnStatus, Sold
from tests.builders import NOW, captured, line, shipment_shipped
from tests.decide.ledger import Ledger

ABOUT = {"owner": "main", "order_id": "web:1"}


def books(refund_by: str = "channel") -> Ledger:
    """A marketplace's order of 10.00, paid there."""
    ledger = Ledger()
    policy = ChannelPolicy(payment_by="channel", refund_by=refund_by)
    ledger.take(authorise.authorise, captured(line(price=1000), policy=policy), NOW)
    return ledger


def refund(ledger: Ledger, amount: int = 400, refund_id: str = "F-1", currency: str = "EUR", **fields: Any) -> Decision:
    money = Money(amount_minor=amount, currency=currency)
    return ledger.take(
        imported.import_refund, ImportRefundV1(**ABOUT, refund_id=refund_id, amount=money, **fields), NOW
    )


def requested(ledger: Ledger, amount: int = 400, return_id: str = "R-1") -> Decision:
    money = Money(amount_minor=amount, currency="EUR")
    return ledger.take(
        giveback.refund_returned,
        RefundRequestedV1(**ABOUT, return_id=return_id, amount=money, reason="not-wanted"),
        NOW,
    )


def test_a_marketplaces_refund_is_entered_in_the_books_once_and_not_paid_again() -> None:
    ledger = books()
    assert refund(ledger).intent is None
    (refunded,) = ledger.said(PaymentRefundedV1)
    assert (refunded.gateway, refunded.reference, refunded.amount.amount_minor) == ("channel", "F-1", 400)
    assert ledger.get(Payment, "main", "web:1").refunded_minor == 400
    assert refund(ledger) == Decision()


@pytest.mark.parametrize(("amount", "currency"), [(601, "EUR"), (100, "GBP"), (0, "EUR")])
def test_a_refund_that_cannot_be_is_refused_with_what_to_look_at(amount: int, currency: str) -> None:
    ledger = books()
    refund(ledger)
    refund(ledger, amount, "F-2", currency)
    assert "600 EUR are left of what was paid" in ledger.said(CommandRefusedV1)[0].detail
    assert len(ledger.said(PaymentRefundedV1)) == 1


def test_a_refund_that_comes_before_its_order_waits() -> None:
    assert refund(Ledger()).later is not None


def test_what_the_channel_refunds_is_left_to_it_without_a_call() -> None:
    ledger = books()
    assert requested(ledger).intent is None
    assert ledger.said(RefundLeftToChannelV1)[0].refund_id == "return:R-1"
    assert not ledger.said(PaymentRefundedV1)
    assert requested(ledger) == Decision()


@pytest.mark.parametrize("fields", [{"return_id": "R-1"}, {}])
def test_the_channels_refund_settles_what_was_left_to_it(fields: dict[str, str]) -> None:
    ledger = books()
    requested(ledger, 1000)
    refund(ledger, 1000, **fields)
    assert ledger.said(PaymentRefundedV1)[0].refund_id == "return:R-1"
    assert refund(ledger, 1000, **fields) == Decision()
    assert ledger.get(Payment, "main", "web:1").refunded_minor == 1000


def test_where_the_hub_refunds_it_still_calls_its_gateway() -> None:
    assert requested(books(refund_by="hub")).intent is not None


# -- goods


def sold() -> Ledger:
    """Two pieces of A that the buyer got from a location of ours."""
    ledger = Ledger(Stock(sku="A", locations={"BER": LocationStock(on_hand=5)}))
    ledger.take(partial(sales.know_shipped, Rules()), shipment_shipped(), NOW)
    return ledger


def returned(ledger: Ledger, *lines: InspectedLine, return_id: str = "M-1", location: str = "BER") -> Decision:
    lines = lines or (InspectedLine(line_id="1", quantity=1, disposition="restock"),)
    message = ImportReturnV1(**ABOUT, return_id=return_id, location_id=location, lines=lines)
    return ledger.take(taken_back.import_return, message, NOW)


def test_a_marketplaces_return_is_back_in_stock_once_and_pays_nobody() -> None:
    ledger = sold()
    bad = InspectedLine(line_id="1", quantity=1, disposition="write-off")
    returned(ledger, InspectedLine(line_id="1", quantity=1, disposition="restock"), bad)
    assert returned(ledger) == Decision()
    (inspected,) = ledger.said(ReturnInspectedV1)
    ledger.take(stock.take_back, inspected, NOW)
    place = ledger.get(Stock, "main", "A").locations["BER"]
    assert (place.on_hand, place.damaged) == (6, 1)
    assert ledger.said(ReturnClosedV1)[0].refunded_minor == 0
    assert not ledger.said(RefundRequestedV1)
    assert ledger.get(Return, "main", "web:1", "M-1").status is ReturnStatus.CLOSED


def test_what_went_back_to_the_channel_moves_no_stock() -> None:
    ledger = sold()
    returned(ledger, location="")
    assert (len(ledger.said(ReturnClosedV1)), ledger.said(ReturnInspectedV1), ledger.said(StockMovedV1)) == (1, [], [])


def test_no_more_comes_back_than_the_buyer_has() -> None:
    ledger = sold()
    returned(ledger, InspectedLine(line_id="1", quantity=2, disposition="restock"))
    returned(ledger, return_id="M-2")
    assert ledger.said(CommandRefusedV1)[0].detail.startswith("0 of line 1 of order web:1 can have come back, not 1")


def test_a_return_that_comes_before_its_goods_are_known_to_have_gone_waits() -> None:
    assert returned(Ledger()).later is not None


def test_goods_of_a_till_or_the_channel_may_come_back() -> None:
    handed = GoodsHandedOverV1(
        **ABOUT, handover_id="web:1/channel-1", fulfilled_by="channel", currency="EUR", handed_over_at=NOW,
        lines=(FulfilledQuantity(line_id="1", sku="A", quantity=2, value_minor=2000),),
    )  # fmt: skip
    ledger = Ledger()
    ledger.take(sales.know_handed_over, handed, NOW)
    assert ledger.take(sales.know_handed_over, handed, NOW) == Decision()
    returned(ledger)
    (line_,) = ledger.get(Sold, "main", "web:1").lines
    assert (line_.quantity, line_.returned, line_.refunded_minor) == (2, 1, 1000)
