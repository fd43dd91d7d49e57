"""Orders that are held for what nobody knows yet, and what lets them go."""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from crossdock_contracts.capture import OrderHeldV1, OrderReleasedV1, RejectOrderV1, ReleaseHoldV1
from crossdock_contracts.mapping import MappingFoundV1, MappingMissedV1, OrderMappableV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.products import ListingMappedV1, Product, ProductChangedV1
from services.capture.decide import catalogue, holds, waiting
from services.capture.state import HoldExpiry, Item, Listing, OrderStatus, WaitingOrder, Wanted
from tests.builders import NOW, later
from tests.decide.stall import Stall, line


def reasons(made: Stall, order_id: str = "web:1") -> list[str]:
    return [hold.reason for hold in made.record(order_id).holds]


def release(made: Stall, hold_id: str = "", order_id: str = "web:1") -> None:
    made.take(holds.release_hold, ReleaseHoldV1(owner="main", order_id=order_id, hold_id=hold_id), NOW)
    made.settle()


def test_mapping_a_listing_releases_all_orders_that_were_held_for_it() -> None:
    made = Stall().sells("A")
    for n in range(5):
        made.sold(line(1, listing_id="L", quantity=2), number=str(n))
    made.sold(line(1, listing_id="other"), number="9")
    made.maps("L", "A", 6)
    assert made.released() == [f"web:{n}" for n in range(5)]
    event = made.said(OrderReleasedV1)[0]
    assert (event.released_by, event.order.lines[0].sku, event.order.lines[0].quantity) == ("mapping", "A", 12)
    assert made.get(HoldExpiry, "main", "web:0", "unknown-listing") is None
    assert (reasons(made, "web:9"), made.waiting()) == (["unknown-listing"], {("web", "other", "web:9")})


def test_a_slice_at_a_time_is_let_go_however_many_orders_wait() -> None:
    made = Stall().sells("A")
    count = 2 * waiting.SLICE + 1
    for n in range(count):
        about = {"owner": "main", "wanted": "L", "channel": "web", "order_id": f"web:{n}"}
        made.apply(waiting.wait_for(made.states, MappingMissedV1(**about), NOW))
    found = MappingFoundV1(owner="main", wanted="L", channel="web")
    sizes = []
    while True:
        decision = made.take(waiting.let_go, found, NOW)
        if not decision.events:
            break
        assert decision.events[-1] == found
        sizes.append(len(decision.withdrawn))
    assert sizes == [waiting.SLICE, waiting.SLICE, 1]
    assert len({event.order_id for event in made.said(OrderMappableV1)}) == count
    assert not made.waiting()


def test_a_product_that_comes_releases_the_orders_that_named_it() -> None:
    made = Stall().sold(line(1, sku="A"))
    assert (reasons(made), made.waiting()) == (["unknown-listing"], {("", "A", "web:1")})
    made.sells("A")
    assert made.released() == ["web:1"]


def test_a_listing_that_is_mapped_to_what_is_not_there_yet_releases_when_the_product_comes() -> None:
    made = Stall().sold(line(1, listing_id="L")).maps("L", "A", 2)
    assert "L (mapped to A)" in made.record().holds[0].detail
    assert made.waiting() == {("web", "L", "web:1"), ("", "A", "web:1")}
    made.sells("A")
    assert made.released() == ["web:1"]
    assert made.order().lines[0].quantity == 2


def test_a_listing_that_was_mapped_to_the_wrong_sku_is_mapped_anew() -> None:
    made = Stall().sells("B").sold(line(1, listing_id="L")).maps("L", "typo").maps("L", "B")
    assert made.released() == ["web:1"]


def test_an_order_of_which_more_is_unknown_stays_held_and_says_what_is_left() -> None:
    made = Stall().sells("A").sold(line(1, listing_id="L"), line(2, listing_id="M"))
    made.maps("L", "A")
    assert made.record().holds[0].detail == "nothing is known yet of M; map or create them"
    assert made.order().lines[0].sku is None  # named together with the rest
    made.maps("M", "A")
    assert made.released() == ["web:1"]
    assert len(made.said(MappingMissedV1)) == 2


def test_an_order_with_further_holds_stays_held_and_is_mapped_when_the_last_one_ends() -> None:
    made = Stall().sells("A").sold(line(1, listing_id="L", quantity=2), total_minor=1)
    made.maps("L", "A", 6)
    assert (reasons(made), made.released()) == (["totals-mismatch"], [])
    release(made)
    assert made.said(OrderReleasedV1)[0].order.lines[0].quantity == 12


def test_an_order_whose_listing_was_mapped_to_nothing_known_meanwhile_is_held_again() -> None:
    made = Stall().sells("A").sold(line(1, listing_id="L"), total_minor=1).maps("L", "A").maps("L", "B")
    release(made)
    assert (reasons(made), made.released()) == (["unknown-listing"], [])
    assert made.said(OrderHeldV1)[0].hold.hold_id == "unknown-listing-3"
    made.sells("B")
    assert made.released() == ["web:1"]


def test_a_kit_of_which_a_component_is_not_known_yet_waits_for_the_component() -> None:
    made = Stall().sells("A").sells("K", ("A", 1), ("B", 1)).sold(line(1, sku="K"))
    assert (made.record().holds[0].detail, made.waiting()) == (
        "nothing is known yet of B in kit K; map or create them",
        {("", "B", "web:1")},
    )
    made.sells("B")
    assert [one.sku for one in made.order().lines] == ["A", "B"]
    assert made.released() == ["web:1"]


def test_a_kit_that_makes_an_order_too_long_keeps_it_held_with_the_reason() -> None:
    made, parts = Stall(), [(f"P{n}", 1) for n in range(100)]
    for sku, _ in parts:
        made.sells(sku)
    made.sells("K", *parts).sold(*(line(n, listing_id="L") for n in range(1, 9)))
    made.maps("L", "K")
    assert "with its kits taken apart it has 800 lines; an order may have 700" in made.record().holds[0].detail
    release(made)
    assert made.said(CommandRefusedV1)[0].reason == "too-many-lines"
    assert made.released() == []


def test_a_listing_is_not_taken_for_a_sku_of_the_same_name_unless_its_channel_says_so() -> None:
    made = Stall().sold(line(1, listing_id="X")).sold(line(1, listing_id="X"), channel="retail")
    made.sells("X")
    assert made.released() == ["retail:1"]
    made.sells("A").maps("X", "A")
    assert made.order().lines[0].sku == "A"


def test_a_word_that_was_missed_is_made_good_when_the_order_is_looked_at_again() -> None:
    made = Stall().sold(line(1, listing_id="L"))
    timer = made.get(WaitingOrder, "main", "L", "web", "web:1")
    made.documents.pop(timer.subject)  # it has fired
    made.take(waiting.look_again, timer, timer.due_at)
    made.settle()
    assert made.waiting() == {("web", "L", "web:1")}  # it waits anew
    listing = Listing(owner="main", channel="web", listing_id="L", sku="A")
    for document in (listing, Item(owner="main", sku="A")):
        made.documents[document.subject] = document
    made.take(waiting.look_again, timer, timer.due_at)
    assert made.settle().released() == ["web:1"]


def test_an_order_that_has_ended_waits_no_longer_than_until_it_is_looked_at() -> None:
    made = Stall().sold(line(1, listing_id="L"))
    made.take(holds.reject_order, RejectOrderV1(owner="main", order_id="web:1"), NOW)
    timer = made.get(WaitingOrder, "main", "L", "web", "web:1")
    made.documents.pop(timer.subject)
    made.take(waiting.look_again, timer, timer.due_at)
    assert made.settle().waiting() == set()


def test_a_word_that_comes_before_the_order_is_written_down_is_not_lost() -> None:
    """The listing is mapped after the order was captured, and before anybody heard that the order waits for it."""
    made = Stall().sells("A")
    early = MappingMissedV1(owner="main", wanted="L", channel="web", order_id="web:1")
    made.maps("L", "A")
    decision = waiting.wait_for(made.states, early, NOW)
    assert [type(event) for event in decision.events] == [OrderMappableV1]
    assert decision.writes == []


def test_an_older_word_about_a_product_or_a_listing_that_comes_late_changes_nothing() -> None:
    made = Stall().sells("A", title="new").maps("L", "A", 2)
    old = NOW - timedelta(hours=1)
    product = ProductChangedV1(owner="main", sku="A", product=Product(sku="A", title="old"), changed_at=old)
    listing = ListingMappedV1(owner="main", channel="web", listing_id="L", sku="B", quantity=1, mapped_at=old)
    assert not made.take(catalogue.learn_product, product, later(hours=1)).writes
    assert not made.take(catalogue.learn_listing, listing, later(hours=1)).writes
    assert (made.get(Item, "main", "A").title, made.get(Listing, "main", "web", "L").sku) == ("new", "A")


def test_learning_what_nobody_waits_for_says_nothing() -> None:
    made = Stall().sells("A").maps("L", "A")
    assert made.events == []
    assert made.get(Wanted, "main", "L", "web") is None


SKUS, LISTINGS = ("A", "B", "K"), ("L", "M")


class Waiting(RuleBasedStateMachine):
    """Orders, listings and products come in any order, and what capture says to itself is heard late and twice."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = Stall()
        self.number = 0

    @rule(names=st.lists(st.sampled_from((*SKUS, *LISTINGS)), min_size=1, max_size=3), odd=st.booleans())
    def order(self, names: list[str], odd: bool) -> None:
        self.number += 1
        named = [{"listing_id": name} if name in LISTINGS else {"sku": name} for name in names]
        lines = [line(n, **name) for n, name in enumerate(named)]
        self.shop.sold(*lines, number=str(self.number), **({"total_minor": 1} if odd else {}))

    @rule(sku=st.sampled_from(SKUS))
    def product(self, sku: str) -> None:
        self.shop.sells(sku, *([("A", 1), ("B", 2)] if sku == "K" else []))

    @rule(listing=st.sampled_from(LISTINGS), sku=st.sampled_from(SKUS), quantity=st.integers(1, 3))
    def listing(self, listing: str, sku: str, quantity: int) -> None:
        self.shop.maps(listing, sku, quantity)

    @rule(data=st.data())
    def again(self, data: st.DataObject) -> None:
        said = [*self.shop.said(MappingMissedV1), *self.shop.said(OrderMappableV1), *self.shop.said(MappingFoundV1)]
        if said:
            self.shop.events.append(data.draw(st.sampled_from(said)))
            self.shop.settle()

    @invariant()
    def nobody_waits_for_what_is_known_and_everybody_for_what_is_not(self) -> None:
        for number in range(1, self.number + 1):
            record = self.shop.record(f"web:{number}")
            held = any(hold.reason == "unknown-listing" for hold in record.holds)
            wants = {(want.channel, want.wanted, record.order_id) for want in record.wants}
            if held:
                assert record.status is OrderStatus.HELD
                assert wants <= self.shop.waiting()
                assert any(one.sku is None for one in self.shop.order(record.order_id).lines)
                assert any(not self._known(*want[:2]) for want in wants)
            if record.status is OrderStatus.OPEN:
                assert all(one.sku in ("A", "B") for one in self.shop.order(record.order_id).lines)
        assert len(self.shop.released()) == len(set(self.shop.released()))

    def _known(self, channel: str, wanted: str) -> bool:
        if not channel:
            return self.shop.get(Item, "main", wanted) is not None
        listing = self.shop.get(Listing, "main", channel, wanted)
        return listing is not None and self.shop.get(Item, "main", listing.sku) is not None


TestWaiting = Waiting.TestCase
TestWaiting.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
