from functools import partial
from pathlib import Path

import pytest

from crossdock_contracts.capture import OrderHeldV1
from crossdock_contracts.inventory import AllocationRefusedV1, StockBackorderedV1
from crossdock_contracts.routing import (
    OrderCompletedV1,
    OrderRoutedV1,
    OrderUnroutableV1,
)
from crossdock_contracts.shipping import (
    ShipmentShippedV2,
    ShippedLine,
    ShippedParcel,
    ShortPickedV1,
)
from crossdock_contracts.values import Address, LineKind, LineQuantity, Money
from services.hub.settings import ROOT
from services.hub.toml import RulesError
from services.routing.decide import route
from services.routing.decide.eligible import kilometres
from services.routing.rule import Rule, When
from services.routing.rules import Distances, Location, RoutingConfig, Rules
from services.routing.state import ReleaseTimer, Route, RouteStatus
from tests.builders import NOW, authorised, captured, hold, later, line, order, promised, released, reserved
from tests.decide.ledger import Ledger


def place(latitude: float, longitude: float, country: str = "DE", **fields: object) -> Location:
    return Location(address=Address(latitude=latitude, longitude=longitude, country=country), **fields)


RULES = Rules(
    config=RoutingConfig(),
    locations={"BER": place(52.5, 13.4), "ROT": place(51.9, 4.5, "NL"), "LYS": place(45.7, 4.8, "FR")},
)


def with_rules(*rules: Rule, **locations: Location) -> Rules:
    return Rules(config=RoutingConfig(rule=rules), locations={**RULES.locations, **locations})


def ready(*lines, promises=None, rules: Rules = RULES, **fields) -> Ledger:
    """An order that has all it needs, and was routed on the last of it."""
    ledger = Ledger()
    message = captured(*lines, **fields)
    ledger.take(partial(route.know_order, rules), message, NOW)
    ledger.take(partial(route.know_payment, rules), authorised(message.order_id), NOW)
    ledger.take(partial(route.know_promise, rules), reserved(*(promises or [promised(BER=5)])), NOW)
    return ledger


def the_route(ledger: Ledger) -> Route:
    return ledger.get(Route, "main", "web:1")


def shipped(fulfilment_id: str = "web:1/1", quantity: int = 1, line_id: str = "1") -> ShipmentShippedV2:
    return ShipmentShippedV2(
        owner="main", order_id="web:1", fulfilment_id=fulfilment_id, location_id="BER",
        lines=(ShippedLine(line_id=line_id, sku="A", quantity=quantity),),
        parcels=(ShippedParcel(carrier="table", service="world", tracking_number="XD1"),),
        value=Money(amount_minor=1000, currency="EUR"), shipped_at=NOW,
    )  # fmt: skip


@pytest.mark.parametrize("order_of_messages", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_an_order_is_routed_once_it_is_known_paid_and_promised_in_whatever_order_that_comes(order_of_messages):
    messages = [
        (partial(route.know_order, RULES), captured()),
        (partial(route.know_payment, RULES), authorised()),
        (partial(route.know_promise, RULES), reserved()),
    ]
    ledger = Ledger()
    for n, number in enumerate(order_of_messages):
        ledger.take(*messages[number], NOW)
        assert len(ledger.said(OrderRoutedV1)) == (n == 2)
    for decide, message in messages:
        assert not ledger.take(decide, message, NOW).events


def test_the_nearest_location_that_has_the_goods_is_chosen_and_the_ranking_says_why():
    ledger = ready(promises=[promised(BER=5, LYS=5)], ship_to=Address(latitude=45.0, longitude=5.0, country="FR"))
    (routed,) = ledger.said(OrderRoutedV1)
    assert [f.location_id for f in routed.fulfilments] == ["LYS"]
    assert [list(plan.shares) for plan in routed.ranking] == [["LYS"], ["BER"]]
    assert routed.ranking[0].parts["distance"] < routed.ranking[1].parts["distance"]


def test_an_order_that_no_single_location_has_is_split_and_its_value_is_not():
    lines = [line(1, sku="A", quantity=1, price=1001), line(2, sku="B", quantity=1, price=999)]
    ledger = ready(*lines, promises=[promised(1, "A", 1, BER=5), promised(2, "B", 1, ROT=5)])
    (routed,) = ledger.said(OrderRoutedV1)
    assert {f.location_id: [one.sku for one in f.lines] for f in routed.fulfilments} == {"BER": ["A"], "ROT": ["B"]}
    assert sum(one.value_minor for f in routed.fulfilments for one in f.lines) == 2000


def test_the_pieces_of_one_line_can_come_from_two_locations():
    ledger = ready(line(quantity=3, price=100), promises=[promised(1, "A", 3, BER=2, ROT=2)])
    (routed,) = ledger.said(OrderRoutedV1)
    lines = [one for f in routed.fulfilments for one in f.lines]
    assert sum(one.quantity for one in lines) == 3
    assert sum(one.value_minor for one in lines) == 300


def test_a_held_order_waits_and_goes_on_when_it_is_released():
    ledger = Ledger()
    ledger.take(partial(route.know_order, RULES), captured(holds=(hold(),)), NOW)
    ledger.take(partial(route.know_payment, RULES), authorised(), NOW)
    ledger.take(partial(route.know_promise, RULES), reserved(), NOW)
    assert not ledger.said(OrderRoutedV1)
    ledger.take(partial(route.go_on_released, RULES), released(order()), NOW)
    assert len(ledger.said(OrderRoutedV1)) == 1


def test_a_hold_that_is_opened_later_stops_what_is_not_routed_yet():
    ledger = Ledger()
    ledger.take(partial(route.know_order, RULES), captured(), NOW)
    ledger.take(route.stop_held, OrderHeldV1(owner="main", order_id="web:1", hold=hold()), NOW)
    ledger.take(partial(route.know_payment, RULES), authorised(), NOW)
    ledger.take(partial(route.know_promise, RULES), reserved(), NOW)
    assert not ledger.said(OrderRoutedV1)


def test_an_order_with_something_missing_waits_for_the_whole_promise():
    short = StockBackorderedV1(
        owner="main", order_id="web:1", lines=(promised(BER=0).model_copy(update={"backordered": 1}),), generation=1,
        backordered_at=NOW,
    )  # fmt: skip
    ledger = Ledger()
    ledger.take(partial(route.know_order, RULES), captured(), NOW)
    ledger.take(partial(route.know_payment, RULES), authorised(), NOW)
    ledger.take(partial(route.know_promise, RULES), short, NOW)
    assert not ledger.said(OrderRoutedV1)
    ledger.take(partial(route.know_promise, RULES), reserved(generation=2), NOW)
    assert len(ledger.said(OrderRoutedV1)) == 1


def test_an_older_promise_does_not_replace_a_newer_one():
    ledger = Ledger()
    ledger.take(partial(route.know_promise, RULES), reserved(promised(BER=1), generation=2), NOW)
    assert not ledger.take(partial(route.know_promise, RULES), reserved(promised(ROT=1), generation=1), NOW).writes


def test_a_pre_order_waits_for_its_day():
    ledger = ready(release_at=later(days=3))
    assert not ledger.said(OrderRoutedV1)
    timer = ledger.get(ReleaseTimer, "main", "web:1")
    ledger.take(partial(route.release_due, RULES), timer, later(days=3))
    assert len(ledger.said(OrderRoutedV1)) == 1


def test_a_refusal_places_the_goods_again_with_fresh_figures():
    ledger = ready(promises=[promised(BER=5, ROT=5)])
    refusal = AllocationRefusedV1(
        owner="main", order_id="web:1", fulfilment_id="web:1/1", location_id="BER", lines=(promised(ROT=5),),
        reason="stock-gone", refused_at=NOW,
    )  # fmt: skip
    ledger.take(partial(route.place_again, RULES), refusal, NOW)
    first, second = ledger.said(OrderRoutedV1)
    assert (first.fulfilments[0].location_id, second.fulfilments[0].location_id) == ("BER", "ROT")
    assert (second.attempt, second.fulfilments[0].fulfilment_id) == (2, "web:1/2")
    assert not ledger.take(partial(route.place_again, RULES), refusal, NOW).writes


def test_refusals_are_bounded_and_end_in_a_hold_from_which_a_release_starts_anew():
    ledger = ready(promises=[promised(BER=5)])
    for number in range(1, 7):
        refusal = AllocationRefusedV1(
            owner="main", order_id="web:1", fulfilment_id=f"web:1/{number}", location_id="BER",
            lines=(promised(BER=5),), reason="stock-gone", refused_at=NOW,
        )  # fmt: skip
        ledger.take(partial(route.place_again, RULES), refusal, NOW)
    (unroutable,) = ledger.said(OrderUnroutableV1)
    assert unroutable.reason == "refused-too-often"
    assert len(ledger.said(OrderRoutedV1)) == 5
    ledger.take(partial(route.go_on_released, RULES), released(order()), NOW)
    assert len(ledger.said(OrderRoutedV1)) == 6


def test_goods_that_no_allowed_location_has_are_unroutable_and_the_event_names_the_rules():
    rules = with_rules(Rule(name="not from Berlin", exclude=("BER",)))
    ledger = ready(rules=rules)
    (unroutable,) = ledger.said(OrderUnroutableV1)
    assert unroutable.reason == "no-location"
    assert [(r.rule, r.location_id) for r in unroutable.rules] == [("not from Berlin", "BER")]


def test_rules_exclude_prefer_and_restrict_only_the_orders_that_they_are_for():
    both = [promised(BER=5, ROT=5)]
    german = Address(latitude=52.5, longitude=13.4, country="DE")
    choose = Rule(name="marketplace from Rotterdam", when=When(channels=("marketplace",)), points={"ROT": -50.0})
    ledger = ready(promises=both, rules=with_rules(choose), ship_to=german)
    assert ledger.said(OrderRoutedV1)[0].fulfilments[0].location_id == "BER"
    restrict = Rule(name="A only from Rotterdam", when=When(sku_prefixes=("A",)), only=("ROT",))
    ledger = ready(promises=both, rules=with_rules(restrict), ship_to=german)
    assert ledger.said(OrderRoutedV1)[0].fulfilments[0].location_id == "ROT"


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ({"countries": ("US",)}, "location does not ship to this country"),
        ({"channels": ("till",)}, "location serves other channels"),
        ({"owners": ("other",)}, "location serves other owners"),
        ({"service_levels": ("express",)}, "location does not offer this service level"),
    ],
)
def test_a_location_that_does_not_serve_an_order_says_why(location, reason):
    rules = Rules(config=RoutingConfig(), locations={"BER": place(52.5, 13.4, **location)})
    ledger = ready(rules=rules)
    assert ledger.said(OrderUnroutableV1)[0].rules[0].rule == reason


def test_hazardous_goods_ship_only_from_where_they_may():
    rules = with_rules(ROT=place(51.9, 4.5, "NL", hazmat_classes=("3",)))
    ledger = ready(line(hazmat_class="3"), promises=[promised(BER=5, ROT=5)], rules=rules)
    assert ledger.said(OrderRoutedV1)[0].fulfilments[0].location_id == "ROT"


def test_distance_is_the_great_circle_or_by_country_where_coordinates_are_missing():
    berlin, paris = Address(latitude=52.52, longitude=13.405, country="DE"), Address(latitude=48.8566, longitude=2.3522)
    assert abs(kilometres(berlin, paris, Distances()) - 878) < 2
    assert kilometres(berlin, Address(country="DE"), Distances()) == 300
    assert kilometres(berlin, Address(country="FR"), Distances()) == 2000


def test_an_order_without_goods_is_complete_as_soon_as_it_is_paid():
    ledger = Ledger()
    digital = line(sku=None, kind=LineKind.DIGITAL)
    ledger.take(partial(route.know_order, RULES), captured(digital), NOW)
    ledger.take(partial(route.know_payment, RULES), authorised(), NOW)
    assert len(ledger.said(OrderCompletedV1)) == 1


def test_the_order_is_complete_when_its_last_piece_has_shipped():
    ledger = ready()
    ledger.take(route.know_shipped, shipped(), NOW)
    (complete,) = ledger.said(OrderCompletedV1)
    assert (complete.shipped, complete.cancelled) == (1, 0)
    assert the_route(ledger).status is RouteStatus.ENDED
    assert not ledger.take(route.know_shipped, shipped(), NOW).events


def test_short_picked_pieces_are_placed_again_once_they_are_promised_anew():
    ledger = ready(line(quantity=2), promises=[promised(1, "A", 2, BER=2)])
    missing = (LineQuantity(line_id="1", sku="A", quantity=1),)
    short = ShortPickedV1(
        owner="main",
        order_id="web:1",
        fulfilment_id="web:1/1",
        location_id="BER",
        missing=missing,
        picked=(),
        picked_at=NOW,
    )
    ledger.take(partial(route.know_promise, RULES), reserved(promised(1, "A", 1, ROT=1), generation=2), NOW)
    assert len(ledger.said(OrderRoutedV1)) == 1
    ledger.take(partial(route.take_back_short, RULES), short, NOW)
    again = ledger.said(OrderRoutedV1)[1]
    assert [(f.location_id, f.lines[0].quantity) for f in again.fulfilments] == [("ROT", 1)]
    ledger.take(route.know_shipped, shipped(), NOW)
    assert not ledger.said(OrderCompletedV1)
    ledger.take(route.know_shipped, shipped("web:1/2"), NOW)
    assert len(ledger.said(OrderCompletedV1)) == 1


def test_pieces_whose_short_pick_is_heard_after_the_rest_shipped_are_not_forgotten():
    ledger = ready(line(quantity=2), promises=[promised(1, "A", 2, BER=2)])
    ledger.take(route.know_shipped, shipped(quantity=1), NOW)
    assert not ledger.said(OrderCompletedV1)
    missing = (LineQuantity(line_id="1", sku="A", quantity=1),)
    short = ShortPickedV1(
        owner="main",
        order_id="web:1",
        fulfilment_id="web:1/1",
        location_id="BER",
        missing=missing,
        picked=(),
        picked_at=NOW,
    )
    ledger.take(partial(route.take_back_short, RULES), short, NOW)
    assert the_route(ledger).unplaced[0].quantity == 1


def test_the_shipped_rules_are_sound():
    rules = Rules.load(ROOT / "deploy" / "rules")
    assert {"BER", "ROT", "LYS", "LON"} <= rules.locations.keys()


def test_a_rule_that_names_an_unknown_location_is_refused_with_its_name(tmp_path: Path):
    (tmp_path / "locations.toml").write_text('[location.BER]\naddress = { country = "DE" }\n')
    (tmp_path / "routing.toml").write_text('[[rule]]\nname = "wrong"\nonly = ["MOON"]\n')
    with pytest.raises(RulesError, match="MOON"):
        Rules.load(tmp_path)
