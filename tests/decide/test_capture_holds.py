from datetime import timedelta
from functools import partial

import pytest

from crossdock_contracts.capture import (
    CancelOrderV1,
    CancelRequestedV1,
    OrderCapturedV1,
    OrderHeldV1,
    OrderRejectedV1,
    OrderReleasedV1,
    PlaceHoldV1,
    RejectOrderV1,
    ReleaseHoldV1,
)
from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.inventory import BackorderLapsedV1, ReservationExpiredV1
from crossdock_contracts.labels import LabelRefusedV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.payments import PaymentFailedV1
from crossdock_contracts.products import ListingMappedV1, Product, ProductChangedV1
from crossdock_contracts.values import Money
from services.capture.decide import cancel, catalogue, holds, ingest
from services.capture.formats import FORMATS
from services.capture.rules import Channels
from services.capture.state import HoldExpiry, Item, Listing, OrderRecord, OrderStatus
from services.hub.decision import Decision
from services.hub.settings import ROOT
from tests.builders import NOW, later, order_input, pieces
from tests.builders import ingest as handed_in
from tests.decide.ledger import Ledger

CHANNELS = Channels.load(ROOT / "deploy" / "rules", FORMATS)
ITEM = Item(sku="A", title="Mug", weight_g=300)
ABOUT = {"owner": "main", "order_id": "web:1"}


def captured(*lines: LineInput, channel: str = "web", **fields: object) -> Ledger:
    ledger = Ledger(ITEM)
    message = handed_in(order_input("1", *lines, **fields), channel)
    ledger.apply(partial(ingest.ingest, CHANNELS)(ledger.states, message, NOW, message.body))
    return ledger


def record(ledger: Ledger) -> OrderRecord:
    found: OrderRecord = ledger.get(OrderRecord, "main", "web:1")
    return found


def place(ledger: Ledger, reason: str = "looks-odd", **fields: object) -> Decision:
    return ledger.take(holds.place_hold, PlaceHoldV1(**ABOUT, reason=reason, **fields), NOW)


def release(ledger: Ledger, hold_id: str = "") -> Decision:
    return ledger.take(holds.release_hold, ReleaseHoldV1(**ABOUT, hold_id=hold_id, released_by="desk"), NOW)


def timer(ledger: Ledger, hold_id: str = "looks-odd-1") -> HoldExpiry:
    found: HoldExpiry = ledger.get(HoldExpiry, "main", "web:1", hold_id)
    return found


def test_a_hold_pauses_an_order_that_had_been_let_go_and_its_release_lets_it_go_on() -> None:
    ledger = captured()
    place(ledger, detail="twice the usual")
    assert (ledger.said(OrderHeldV1)[0].hold.detail, record(ledger).status) == ("twice the usual", OrderStatus.PAUSED)
    release(ledger)
    (released,) = ledger.said(OrderReleasedV1)
    assert (released.released_by, released.closed[0].reason, record(ledger).status) == (
        "desk",
        "looks-odd",
        OrderStatus.OPEN,
    )


def test_a_hold_on_an_order_that_is_held_already_leaves_it_held() -> None:
    ledger = captured(total_minor=1500)
    place(ledger)
    assert (len(record(ledger).holds), record(ledger).status) == (2, OrderStatus.HELD)


def test_an_order_that_is_not_known_or_has_ended_is_not_held() -> None:
    unknown, ended = Ledger(), captured(total_minor=1500)
    place(unknown)
    ended.take(holds.reject_order, RejectOrderV1(**ABOUT), NOW)
    place(ended)
    details = [ledger.said(CommandRefusedV1)[0].detail for ledger in (unknown, ended)]
    assert details == ["order web:1 is not known", "order web:1 is rejected"]


def test_an_order_whose_cancel_came_first_is_not_held_before_it_is_there() -> None:
    ledger = Ledger()
    ledger.take(cancel.cancel_order, CancelOrderV1(**ABOUT, lines=(pieces(),)), NOW)
    place(ledger)
    assert ledger.said(CommandRefusedV1)[0].reason == "no-such-order"


@pytest.mark.parametrize(
    ("asked", "due"), [({}, timedelta(days=3)), ({"expires_at": later(hours=5)}, timedelta(hours=5))]
)
def test_a_hold_ends_by_itself_when_it_was_told_to_or_after_three_days(asked: dict, due: timedelta) -> None:
    ledger = captured()
    place(ledger, **asked)
    assert timer(ledger).due_at == NOW + due
    ledger.take(holds.expire_hold, timer(ledger), NOW + due)
    assert ledger.said(OrderReleasedV1)[0].released_by == "expiry"


def test_a_hold_ends_not_a_moment_too_early() -> None:
    ledger = captured()
    place(ledger)
    assert ledger.take(holds.expire_hold, timer(ledger), later(days=3, seconds=-1)) == Decision()


def test_a_timer_of_a_hold_that_was_released_does_nothing() -> None:
    ledger = captured()
    place(ledger)
    old = timer(ledger)
    assert release(ledger).withdrawn == [old]
    assert ledger.take(holds.expire_hold, old, later(days=4)) == Decision()


def test_a_timer_of_an_order_that_is_not_known_does_nothing() -> None:
    lone = HoldExpiry(**ABOUT, hold_id="h", due_at=NOW)
    assert Ledger().take(holds.expire_hold, lone, later(days=4)) == Decision()


def test_an_order_goes_on_only_when_the_last_of_its_holds_has_expired() -> None:
    ledger = captured()
    place(ledger, expires_at=later(hours=1))
    place(ledger, "fraud-check", expires_at=later(hours=2))
    ledger.take(holds.expire_hold, timer(ledger), later(hours=1))
    assert (record(ledger).status, ledger.said(OrderReleasedV1)) == (OrderStatus.PAUSED, [])
    ledger.take(holds.expire_hold, timer(ledger, "fraud-check-2"), later(hours=2))
    assert (record(ledger).status, len(ledger.said(OrderReleasedV1))) == (OrderStatus.OPEN, 1)


def test_the_channel_says_how_long_its_orders_are_held() -> None:
    ledger = captured(channel="social", total_minor=1500)
    assert ledger.said(OrderCapturedV1)[0].holds[0].expires_at == later(hours=24)


def test_an_order_that_expires_is_rejected_with_its_lines_and_all_its_timers_are_withdrawn() -> None:
    ledger = captured(total_minor=1500)
    place(ledger)
    decision = ledger.take(holds.expire_hold, timer(ledger, "totals-mismatch"), later(hours=72))
    (rejected,) = ledger.said(OrderRejectedV1)
    assert (rejected.reason, rejected.lines[0].sku, rejected.lines[0].quantity) == ("hold-expired", "A", 1)
    assert {one.hold_id for one in decision.withdrawn} == {"totals-mismatch", "looks-odd-2"}
    assert (record(ledger).order, record(ledger).holds) == (None, ())


def test_trouble_with_an_order_on_its_way_ends_in_a_cancel_if_nobody_looks() -> None:
    ledger = captured()
    ledger.take(holds.hold_on_trouble, ReservationExpiredV1(**ABOUT, lines=(pieces(),), expired_at=NOW), NOW)
    ledger.take(holds.expire_hold, timer(ledger, "reservation-expired-1"), later(days=3))
    assert ledger.said(CancelRequestedV1)[0].reason == "hold-expired"
    assert not ledger.said(OrderRejectedV1)


@pytest.mark.parametrize(
    ("trouble", "reason", "detail"),
    [
        (
            PaymentFailedV1(
                **ABOUT, purpose="refund", amount=Money(amount_minor=1, currency="EUR"), gateway="sandbox",
                code="expired", detail="too late", failed_at=NOW,
            ),
            "payment-failed",
            "sandbox: expired too late",
        ),
        (
            BackorderLapsedV1(**ABOUT, line_id="1", sku="A", quantity=2, waiting_since=NOW),
            "backorder-lapsed",
            "2 of A since 2026-03-02",
        ),
        (
            LabelRefusedV1(**ABOUT, fulfilment_id="web:1/1", location_id="BER", reason="no-carrier", detail="heavy"),
            "no-label",
            "no-carrier: heavy",
        ),
    ],
)  # fmt: skip
def test_trouble_is_held_with_what_it_was_once(trouble: object, reason: str, detail: str) -> None:
    ledger = captured()
    ledger.take(holds.hold_on_trouble, trouble, NOW)
    assert ledger.take(holds.hold_on_trouble, trouble, NOW) == Decision()
    release(ledger)
    assert ledger.take(holds.hold_on_trouble, trouble, NOW) == Decision()
    assert [(event.hold.reason, event.hold.detail) for event in ledger.said(OrderHeldV1)] == [(reason, detail)]


def test_a_purchase_that_still_nothing_can_tell_of_is_held_again_once_its_hold_was_closed() -> None:
    about = {**ABOUT, "fulfilment_id": "web:1/1", "location_id": "BER", "reason": "outcome-unknown", "detail": "?"}
    ledger = captured()
    ledger.take(holds.hold_on_trouble, LabelRefusedV1(**about, attempt=1), NOW)
    again = LabelRefusedV1(**about, attempt=1, looks=1)
    assert ledger.take(holds.hold_on_trouble, again, NOW) == Decision(), "its hold stands"
    release(ledger)
    ledger.take(holds.hold_on_trouble, again, NOW)
    assert [event.hold.hold_id for event in ledger.said(OrderHeldV1)] == ["no-label-web:1/1-1", "no-label-web:1/1-1-1"]


def test_trouble_with_what_is_not_there_or_over_is_nobodys() -> None:
    trouble = ReservationExpiredV1(**ABOUT, lines=(pieces(),), expired_at=NOW)
    ended = captured(total_minor=1500)
    ended.take(holds.reject_order, RejectOrderV1(**ABOUT), NOW)
    assert Ledger().take(holds.hold_on_trouble, trouble, NOW) == Decision()
    assert ended.take(holds.hold_on_trouble, trouble, NOW) == Decision()


def test_trouble_of_a_kind_that_is_not_known_is_a_bug() -> None:
    with pytest.raises(TypeError, match="RejectOrderV1"):
        captured().take(holds.hold_on_trouble, RejectOrderV1(**ABOUT), NOW)


def test_a_hold_is_not_released_by_another_name() -> None:
    ledger = captured(total_minor=1500)
    release(ledger, "other")
    assert ledger.said(CommandRefusedV1)[0].detail == (
        "hold other is not known; order web:1 has the open holds: totals-mismatch"
    )


def test_a_hold_of_another_kind_is_released_while_a_listing_is_unknown() -> None:
    ledger = captured(LineInput(line_id="1", listing_id="new", quantity=1, unit_price_minor=1000), total_minor=1500)
    release(ledger, "totals-mismatch")
    assert (ledger.said(CommandRefusedV1), [hold.reason for hold in record(ledger).holds]) == ([], ["unknown-listing"])


def test_an_order_of_an_unknown_sku_goes_on_once_its_product_is_created() -> None:
    ledger = captured(LineInput(line_id="1", sku="new", quantity=2, unit_price_minor=500))
    release(ledger)
    assert "nothing is known yet of new" in ledger.said(CommandRefusedV1)[0].detail
    product = ProductChangedV1(owner="main", sku="new", product=Product(sku="new", weight_g=70), changed_at=NOW)
    ledger.take(catalogue.learn_product, product, NOW)
    release(ledger)
    (line,) = ledger.said(OrderReleasedV1)[0].order.lines
    assert (line.sku, line.quantity, line.weight_g) == ("new", 2, 70)


def learn(ledger: Ledger, **fields: object) -> Decision:
    message = ProductChangedV1(owner="main", sku="A", product=Product(sku="A", **fields), changed_at=NOW)
    return ledger.take(catalogue.learn_product, message, NOW)


def test_of_a_product_its_title_weight_hazards_and_whether_it_is_sold_are_learnt() -> None:
    ledger = Ledger()
    learn(ledger, title="Mug", weight_g=5, hazmat_class="3", active=False)
    item = Item(sku="A", title="Mug", weight_g=5, hazmat_class="3", active=False, changed_at=NOW)
    assert ledger.get(Item, "main", "A") == item


def test_what_capture_does_not_need_of_a_product_is_not_written_again() -> None:
    ledger = Ledger()
    learn(ledger, title="Mug")
    assert learn(ledger, title="Mug", category="kitchen") == Decision()
    assert learn(ledger, title="Cup").writes


def test_a_listing_is_learnt_once_and_anew_when_it_changes() -> None:
    ledger = Ledger()
    message = ListingMappedV1(owner="main", channel="web", listing_id="L", sku="A", quantity=2, mapped_at=NOW)
    ledger.take(catalogue.learn_listing, message, NOW)
    assert ledger.take(catalogue.learn_listing, message, NOW) == Decision()
    ledger.take(catalogue.learn_listing, message.model_copy(update={"quantity": 3}), NOW)
    assert ledger.get(Listing, "main", "web", "L").quantity == 3
    assert ledger.get(Listing, "main", "till", "L") is None
