from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.capture import (
    CancelRequestedV1,
    IngestV1,
    OrderCapturedV1,
    OrderHeldV1,
    OrderRejectedV1,
    OrderReleasedV1,
    PlaceHoldV1,
    RejectOrderV1,
    ReleaseHoldV1,
    SubmissionIgnoredV1,
)
from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.payments import PaymentDeclinedV1
from crossdock_contracts.products import ListingMappedV1, Product, ProductChangedV1
from crossdock_contracts.routing import OrderCompletedV1, OrderUnroutableV1
from crossdock_contracts.values import Address, LineKind, Money, PaymentMethod
from services.capture.channels import UnmappableError
from services.capture.decide import cancel, catalogue, holds, ingest
from services.capture.decide.money import share
from services.capture.formats import FORMATS
from services.capture.rules import Channels, UnknownChannelError
from services.capture.state import HoldExpiry, Item, Listing, OrderRecord, OrderStatus
from services.hub.settings import ROOT
from tests.builders import BERLIN, NOW, later, order_input
from tests.builders import ingest as handed_in
from tests.decide.ledger import Ledger

CHANNELS = Channels.load(ROOT / "deploy" / "rules", FORMATS)
ITEM = Item(sku="A", title="Mug", weight_g=300)
take_in = partial(ingest.ingest, CHANNELS)


def taken_in(ledger: Ledger, message: IngestV1) -> None:
    ledger.apply(take_in(ledger.states, message, NOW, message.body))


def captured(*documents, **fields) -> Ledger:
    ledger = Ledger(*(documents or (ITEM,)))
    taken_in(ledger, handed_in(order_input(**fields)))
    return ledger


def record(ledger: Ledger) -> OrderRecord:
    return ledger.get(OrderRecord, "main", "web:1")


def test_a_sound_order_is_captured_in_terms_of_skus():
    ledger = captured()
    (event,) = ledger.said(OrderCapturedV1)
    line = event.order.lines[0]
    assert (line.sku, line.weight_g, line.title, line.paid_minor) == ("A", 300, "Mug", 1000)
    assert event.holds == ()
    assert record(ledger).status is OrderStatus.OPEN


def test_a_listing_stands_for_so_many_pieces_of_a_sku():
    listing = Listing(channel="web", listing_id="six-pack", sku="A", quantity=6)
    line = LineInput(line_id="1", listing_id="six-pack", quantity=2, unit_price_minor=3000)
    ledger = Ledger(ITEM, listing)
    taken_in(ledger, handed_in(order_input("1", line)))
    captured_line = ledger.said(OrderCapturedV1)[0].order.lines[0]
    assert (captured_line.sku, captured_line.ordered_quantity, captured_line.quantity) == ("A", 2, 12)


def test_an_unknown_listing_holds_the_order_until_it_is_mapped_and_released():
    line = LineInput(line_id="1", listing_id="new", quantity=1, unit_price_minor=1000)
    ledger = Ledger(ITEM)
    taken_in(ledger, handed_in(order_input("1", line)))
    assert [hold.reason for hold in ledger.said(OrderCapturedV1)[0].holds] == ["unknown-listing"]
    ledger.take(holds.release_hold, ReleaseHoldV1(owner="main", order_id="web:1"), NOW)
    assert ledger.said(CommandRefusedV1)[0].reason == "still-unknown"
    mapped = ListingMappedV1(owner="main", channel="web", listing_id="new", sku="A", quantity=2, mapped_at=NOW)
    ledger.take(catalogue.learn_listing, mapped, NOW)
    ledger.take(holds.release_hold, ReleaseHoldV1(owner="main", order_id="web:1"), NOW)
    (released,) = ledger.said(OrderReleasedV1)
    assert (released.order.lines[0].sku, released.order.lines[0].quantity) == ("A", 2)


def test_totals_that_do_not_add_up_hold_the_order():
    ledger = captured(total_minor=1500)
    hold = ledger.said(OrderCapturedV1)[0].holds[0]
    assert (hold.reason, "500" in hold.detail) == ("totals-mismatch", True)


def test_totals_may_be_off_by_the_channels_rounding():
    ledger = Ledger(ITEM)
    taken_in(ledger, handed_in(order_input(total_minor=1002), channel="marketplace"))
    assert ledger.said(OrderCapturedV1)[0].holds == ()


def test_tax_counts_unless_it_is_included():
    assert captured(tax_minor=190, total_minor=1190).said(OrderCapturedV1)[0].holds == ()
    assert captured(tax_minor=190, tax_included=True).said(OrderCapturedV1)[0].holds == ()
    assert captured(tax_minor=190).said(OrderCapturedV1)[0].holds != ()


def test_an_incomplete_address_holds_the_order_and_says_what_is_missing():
    ledger = captured(ship_to=Address(name="Customer 1", country="DE"))
    hold = ledger.said(OrderCapturedV1)[0].holds[0]
    assert (hold.reason, hold.detail) == ("address-incomplete", "the delivery address has no city, line1, postcode")


def test_what_is_paid_is_shared_out_to_the_lines_that_ship_to_the_last_cent():
    lines = (
        LineInput(line_id="1", sku="A", quantity=1, unit_price_minor=1000),
        LineInput(line_id="2", sku="A", quantity=2, unit_price_minor=1000),
        LineInput(line_id="3", kind=LineKind.CHARGE, quantity=1, unit_price_minor=100),
    )
    ledger = Ledger(ITEM)
    taken_in(ledger, handed_in(order_input("1", *lines, shipping_minor=499, total_minor=3599)))
    paid = [line.paid_minor for line in ledger.said(OrderCapturedV1)[0].order.lines]
    assert paid == [1200, 2399, 0]


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=8))
def test_shares_always_add_up_and_are_fair_to_one_unit(amount, weights):
    shares = share(amount, weights)
    assert sum(shares) == amount
    whole = sum(weights)
    if whole:
        assert all(abs(part - amount * weight / whole) < 1 for part, weight in zip(shares, weights, strict=True))


def test_a_duplicate_is_ignored_and_counted():
    ledger = captured()
    taken_in(ledger, handed_in(order_input()))
    (ignored,) = ledger.said(SubmissionIgnoredV1)
    assert ignored.reason == "duplicate"
    assert len(ledger.said(OrderCapturedV1)) == 1


def test_an_older_copy_is_ignored():
    ledger = captured(source_version="2")
    taken_in(ledger, handed_in(order_input(source_version="1")))
    assert ledger.said(SubmissionIgnoredV1)[0].reason == "older-version"


def test_what_comes_after_an_order_has_ended_becomes_a_hold_and_not_a_new_order():
    ledger = captured()
    done = OrderCompletedV1(owner="main", order_id="web:1", shipped=1, cancelled=0, completed_at=NOW)
    ledger.take(cancel.complete, done, NOW)
    assert record(ledger).order is None
    taken_in(ledger, handed_in(order_input()))
    assert ledger.said(SubmissionIgnoredV1)[0].reason == "duplicate"
    taken_in(ledger, handed_in(order_input(ship_to=BERLIN.model_copy(update={"line1": "Street 2"}))))
    assert [event.hold.reason for event in ledger.said(OrderHeldV1)] == ["late-arrival"]
    assert len(ledger.said(OrderCapturedV1)) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "not JSON|Invalid JSON|EOF"),
        ('{"order_id": "1"}', r"\$\.placed_at: Field required"),
        (order_input().model_dump_json().replace('"quantity":1', '"quantity":0'), r"\$\.lines\[0\]\.quantity"),
    ],
)
def test_what_cannot_be_mapped_names_the_path_and_the_reason(body, message):
    command = handed_in(order_input()).model_copy(update={"body": body})
    with pytest.raises(UnmappableError, match=message):
        take_in(Ledger().states, command, NOW, body)


def test_an_unknown_channel_is_named_with_those_that_are_known():
    command = handed_in(order_input(), channel="moon")
    with pytest.raises(UnknownChannelError, match=r"moon.*known: .*web"):
        take_in(Ledger().states, command, NOW, command.body)


def test_an_order_with_more_lines_than_a_decision_may_have_is_refused():
    lines = tuple(LineInput(line_id=str(n), sku="A", quantity=1, unit_price_minor=1) for n in range(701))
    command = handed_in(order_input("1", *lines))
    with pytest.raises(UnmappableError, match="701 lines; an order may have 700"):
        take_in(Ledger().states, command, NOW, command.body)


def test_releasing_the_last_hold_lets_the_order_go_on():
    ledger = captured(total_minor=1500, ship_to=Address(country="DE"))
    ledger.take(holds.release_hold, ReleaseHoldV1(owner="main", order_id="web:1", hold_id="totals-mismatch"), NOW)
    assert not ledger.said(OrderReleasedV1)
    ledger.take(holds.release_hold, ReleaseHoldV1(owner="main", order_id="web:1", hold_id="address-incomplete"), NOW)
    assert len(ledger.said(OrderReleasedV1)) == 1
    assert ledger.get(HoldExpiry, "main", "web:1", "totals-mismatch") is None
    ledger.take(holds.release_hold, ReleaseHoldV1(owner="main", order_id="web:1"), NOW)
    assert ledger.said(CommandRefusedV1)[0].reason == "no-open-hold"


def test_a_rejected_order_ends():
    ledger = captured(total_minor=1500)
    ledger.take(holds.reject_order, RejectOrderV1(owner="main", order_id="web:1"), NOW)
    assert len(ledger.said(OrderRejectedV1)) == 1
    assert record(ledger).status is OrderStatus.REJECTED


def test_only_held_orders_are_rejected():
    ledger = captured()
    ledger.take(holds.reject_order, RejectOrderV1(owner="main", order_id="web:1"), NOW)
    assert ledger.said(CommandRefusedV1)[0].reason == "not-held"


def test_an_order_that_had_been_let_go_is_rejected_by_cancelling_it():
    ledger = captured()
    ledger.take(holds.place_hold, PlaceHoldV1(owner="main", order_id="web:1", reason="looks-odd"), NOW)
    ledger.take(holds.reject_order, RejectOrderV1(owner="main", order_id="web:1", reason="fraud"), NOW)
    assert ledger.said(CancelRequestedV1)[0].reason == "fraud"
    assert not ledger.said(OrderRejectedV1)


@pytest.mark.parametrize(("on_expiry", "event"), [("reject", OrderRejectedV1), ("release", OrderReleasedV1)])
def test_a_hold_that_nobody_acted_on_ends_as_was_laid_down(on_expiry, event):
    ledger = captured(total_minor=1500)
    held = record(ledger)
    ledger.documents[held.subject] = held.model_copy(
        update={"holds": (held.holds[0].model_copy(update={"on_expiry": on_expiry}),)}
    )
    timer = ledger.get(HoldExpiry, "main", "web:1", "totals-mismatch")
    assert not ledger.take(holds.expire_hold, timer, later(hours=1)).events
    ledger.take(holds.expire_hold, timer, later(hours=72))
    assert len(ledger.said(event)) == 1
    assert not ledger.take(holds.expire_hold, timer, later(hours=73)).events


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (
            PaymentDeclinedV1(
                owner="main", order_id="web:1", method=PaymentMethod.TOKEN,
                amount=Money(amount_minor=1, currency="EUR"), gateway="sandbox", code="card-declined", generation=1,
                declined_at=NOW,
            ),
            "payment-declined",
        ),
        (
            OrderUnroutableV1(owner="main", order_id="web:1", attempt=1, reason="no-location", detail="none"),
            "unroutable",
        ),
    ],
)  # fmt: skip
def test_trouble_elsewhere_opens_a_hold_once(trouble, reason):
    ledger = captured()
    ledger.take(holds.hold_on_trouble, trouble, NOW)
    ledger.take(holds.hold_on_trouble, trouble, NOW)
    assert [event.hold.reason for event in ledger.said(OrderHeldV1)] == [reason]


def test_products_are_learnt_and_learning_them_twice_changes_nothing():
    ledger = Ledger()
    message = ProductChangedV1(owner="main", sku="A", product=Product(sku="A", weight_g=10), changed_at=NOW)
    ledger.take(catalogue.learn_product, message, NOW)
    assert ledger.get(Item, "main", "A").weight_g == 10
    assert not ledger.take(catalogue.learn_product, message, NOW).writes
