"""Telling a channel what became of its orders: as it counts, once, and what it refuses is for somebody to see."""

from functools import partial
from typing import Any

import pytest

from crossdock_contracts.capture import OrderCancelledV1, OrderRejectedV1
from crossdock_contracts.channels import ChannelRefusedV1, ChannelToldV1
from crossdock_contracts.payments import RefundLeftToChannelV1
from crossdock_contracts.shipping import ShippedLine
from crossdock_contracts.values import ChannelPolicy, FulfilledQuantity, LineQuantity, Money
from services.capture.channels.api import TellAcknowledged, TellCancelled, TellRefund, TellShipped, Told
from services.capture.channels.native import Native
from services.capture.decide.outward import acknowledge, outward_of, settle_telling, tell_channel
from services.capture.rules import ApiConfig, Channel, ChannelConfig, Channels
from services.capture.state import OrderRecord, OrderStatus
from services.capture.state_outward import Telling, TellingStatus, Unsure
from services.hub.decision import Decision, Done, Failed, Refused, changed
from tests.builders import NOW, captured, hold, line, order, shipment_shipped
from tests.decide.ledger import Ledger
from tests.decide.shop import checks

ABOUT: dict[str, Any] = {"owner": "main", "order_id": "web:1"}


def channels(**api: Any) -> Channels:
    config = ChannelConfig(format="native", api=ApiConfig(url="http://shop", **api))
    return Channels({"web": Channel("web", config, Native(), checks())})


def known(*lines: Any, said: Channels | None = None, status: OrderStatus = OrderStatus.OPEN, **fields: Any) -> Ledger:
    """An order that its channel can be told of."""
    made = order(*(lines or (line(quantity=3),)), **fields)
    outward = outward_of((said or channels())["web"], made)
    return Ledger(OrderRecord(**ABOUT, status=status, order=made, outward=outward))


def told(ledger: Ledger, message: Any, **api: Any) -> Any:
    """What the channel is told on a message; none if it is told nothing."""
    decision = ledger.take(partial(tell_channel, channels(**api)), message, NOW)
    return decision.intent.request if decision.intent else None


def shipped(*lines: tuple[str, int], number: int = 1) -> Any:
    made = shipment_shipped(*(ShippedLine(line_id=name, sku="A", quantity=n) for name, n in lines))
    return changed(made, fulfilment_id=f"web:1/{number}", channel="web")


def cancelled(quantity: int = 1, cancel_id: str = "c-1", *, complete: bool = False) -> OrderCancelledV1:
    lines = (FulfilledQuantity(line_id="1", sku="A", quantity=quantity, value_minor=1000),)
    return OrderCancelledV1(
        **ABOUT,
        cancel_id=cancel_id,
        lines=lines,
        complete=complete,
        amount_minor=1000 * quantity,
        reason="requested",
        decided_by="routing",
        cancelled_at=NOW,
    )


def answered(ledger: Ledger, message: Any, outcome: Any) -> Decision:
    return ledger.take(settle_telling, message, NOW, outcome)


def test_a_channel_is_told_of_what_has_shipped_once() -> None:
    ledger = known()
    request = told(ledger, shipped(("1", 2)))
    assert isinstance(request, TellShipped)
    assert (request.channel_order_id, request.lines) == ("1", (LineQuantity(line_id="1", quantity=2),))
    assert [parcel.number for parcel in request.parcels] == ["XD1"]
    answered(ledger, shipped(("1", 2)), Done(Told(reference="F-9")))
    assert [event.reference for event in ledger.said(ChannelToldV1)] == ["F-9"]
    assert told(ledger, shipped(("1", 2))) is None


def test_a_message_that_comes_again_while_the_answer_is_out_has_it_looked_up() -> None:
    ledger = known()
    told(ledger, shipped(("1", 2)))
    decision = ledger.take(partial(tell_channel, channels()), shipped(("1", 2)), NOW)
    assert decision.intent is not None
    assert decision.intent.resumed


def test_a_pack_has_shipped_with_its_last_piece() -> None:
    ledger = known(line(quantity=12, ordered_quantity=2))
    assert told(ledger, shipped(("1", 5))) is None
    second = told(ledger, shipped(("1", 2), number=2))
    third = told(ledger, shipped(("1", 5), number=3))
    assert [request.lines[0].quantity for request in (second, third)] == [1, 1]


def test_a_kit_is_told_of_by_its_first_component_under_the_line_that_was_sold() -> None:
    parts = [line(n, quantity=n * 2, line_id=f"1/{n}", kit_line_id="1", ordered_quantity=2) for n in (1, 2)]
    ledger = known(*parts, kits=(line(1, quantity=2),))
    assert told(ledger, shipped(("1/2", 4))) is None
    request = told(ledger, shipped(("1/1", 2), number=2))
    assert request.lines == (LineQuantity(line_id="1", quantity=2),)


def test_what_is_known_of_an_order_that_has_ended_is_enough() -> None:
    ledger = known(status=OrderStatus.COMPLETED)
    record = ledger.get(OrderRecord, "main", "web:1")
    ledger = Ledger(changed(record, order=None))
    assert told(ledger, shipped(("1", 3))) is not None


def test_a_cancel_is_told_with_what_the_buyer_gets_back_and_by_whom() -> None:
    ledger = known(policy=ChannelPolicy(payment_by="channel", refund_by="channel"))
    request = told(ledger, cancelled(2))
    assert isinstance(request, TellCancelled)
    assert (request.amount, request.refund, request.complete) == (Money(amount_minor=2000, currency="EUR"), True, False)


def test_a_channel_is_not_told_of_what_it_cancelled_itself() -> None:
    assert told(known(), cancelled(cancel_id="channel:77")) is None


def test_an_order_that_was_rejected_is_cancelled_there() -> None:
    rejected = OrderRejectedV1(**ABOUT, reason="fraud", lines=(LineQuantity(line_id="1", quantity=3),), rejected_at=NOW)
    request = told(known(), rejected)
    assert isinstance(request, TellCancelled)
    assert request.complete
    assert request.amount is None


def test_a_refund_that_is_left_to_the_channel_is_asked_of_it() -> None:
    amount = Money(amount_minor=500, currency="EUR")
    left = RefundLeftToChannelV1(**ABOUT, refund_id="return:R", amount=amount, reason="not-wanted", left_at=NOW)
    request = told(known(), left)
    assert isinstance(request, TellRefund)
    assert (request.amount, request.refund_id) == (amount, "return:R")


@pytest.mark.parametrize(
    "ledger",
    [
        pytest.param(Ledger(), id="not known here"),
        pytest.param(known(replaces="web:0"), id="a replacement"),
        pytest.param(known(policy=ChannelPolicy(fulfil_by="channel")), id="fulfilled by the channel"),
    ],
)
def test_a_channel_is_not_told_of_orders_that_are_none_of_its_own(ledger: Ledger) -> None:
    assert told(ledger, shipped(("1", 1))) is None


def test_a_channel_is_told_what_it_is_configured_to_hear() -> None:
    assert told(known(), shipped(("1", 1)), tell=("cancel",)) is None
    assert told(known(), cancelled(), tell=("cancel",)) is not None


def test_what_the_channel_refuses_holds_the_order_for_somebody_to_see() -> None:
    ledger = known()
    told(ledger, shipped(("1", 2)))
    answered(ledger, shipped(("1", 2)), Refused("Invalid_Line", "no such line"))
    (refused,) = ledger.said(ChannelRefusedV1)
    assert (refused.code, refused.detail) == ("invalid-line", "Invalid_Line no such line")
    record = ledger.get(OrderRecord, "main", "web:1")
    assert [(hold.reason, hold.on_expiry) for hold in record.holds] == [("channel-refused", "release")]
    telling = ledger.get(Telling, "main", "web:1", "ship:web:1/1")
    assert telling.status is TellingStatus.REFUSED


def test_a_channel_that_is_out_of_order_is_told_later() -> None:
    ledger = known()
    told(ledger, shipped(("1", 2)))
    decision = answered(ledger, shipped(("1", 2)), Failed("away", 30))
    assert decision.later is not None
    assert decision.later.not_before_s == 30


def test_stock_is_told_anew_of_what_the_channel_may_have_put_back() -> None:
    ledger = known()
    told(ledger, cancelled())
    answered(ledger, cancelled(), Done(Told()))
    assert ledger.get(Unsure, "main", "web", "A").since == NOW


def acknowledged(ledger: Ledger, message: Any, *wanting: str, **api: Any) -> Any:
    """What a channel is told on an order that has come; none if it is told nothing."""
    decision = ledger.take(partial(acknowledge, set(wanting), channels(**api)), message, NOW)
    return decision.intent.request if decision.intent else None


def test_a_channel_that_counts_the_hours_hears_once_that_an_order_has_come_held_or_not() -> None:
    ledger, message = known(), captured(line(quantity=3), holds=(hold(),))
    assert acknowledged(ledger, message, "web") == TellAcknowledged(channel_order_id="1")
    answered(ledger, message, Done(Told()))
    assert [event.telling_id for event in ledger.said(ChannelToldV1)] == ["acknowledge"]
    assert acknowledged(ledger, message, "web") is None


def test_a_channel_that_does_not_want_to_hear_that_an_order_has_come_is_not_told() -> None:
    message = captured(line(quantity=3))
    assert acknowledged(known(), message, "shop") is None
    assert acknowledged(known(), message, "web", tell=("ship",)) is None
    assert acknowledged(known(policy=ChannelPolicy(fulfil_by="channel")), message, "web") is None
