"""The rule language: every example of docs/routing.md, and what is refused."""

import re
import tomllib
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from crossdock_contracts.routing import OrderRoutedV1, OrderUnroutableV1
from crossdock_contracts.values import Address, Customer, PaymentMethod, PaymentTerms, ShippingChoice
from services.hub.settings import ROOT
from services.hub.toml import RulesError
from services.routing.decide import route
from services.routing.decide.ruling import case_of, fits
from services.routing.rule import Rule, When
from services.routing.rules import RoutingConfig, Rules
from tests.builders import NOW, authorised, captured, line, order, promised, reserved
from tests.decide.ledger import Ledger

DEPLOYED = Rules.load(ROOT / "deploy" / "rules")
PAGE = (ROOT / "docs" / "routing.md").read_text(encoding="utf-8")
BLOCKS = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)]
EXAMPLES = {rule["name"]: Rule.model_validate(rule) for block in BLOCKS for rule in block.get("rule", [])}
BERLIN = Address(postcode="10115", city="Berlin", country="DE", latitude=52.53, longitude=13.38)
LONDON = Address(postcode="SW1A 1AA", city="London", country="GB", latitude=51.50, longitude=-0.14)
JERSEY = Address(postcode="je2 3ab", city="St Helier", country="GB", latitude=49.18, longitude=-2.1)
EVERYWHERE = {"BER": 9, "ROT": 9, "LYS": 9, "LON": 9}


def routed(*rules: Rule, at: datetime = NOW, owner: str = "main", stock: Any = None, **fields: Any) -> Any:
    """How an order goes by these rules: where it ships from, or why it cannot."""
    config = DEPLOYED.config.model_copy(update={"rule": rules})
    given = DEPLOYED.model_copy(update={"config": config})
    lines = fields.pop("lines", [line()])
    promises = stock or [promised(n, one.sku, one.quantity, **EVERYWHERE) for n, one in enumerate(lines, start=1)]
    ledger = Ledger()
    message = captured(*lines, owner=owner, **{"ship_to": BERLIN, **fields})
    for decide, said in (
        (route.know_order, message),
        (route.know_payment, authorised(message.order_id)),
        (route.know_promise, reserved(*promises, order_id=message.order_id)),
    ):
        ledger.take(partial(decide, given), said.model_copy(update={"owner": owner}), at)
    return (ledger.said(OrderRoutedV1) or ledger.said(OrderUnroutableV1))[0]


def places(event: Any) -> dict[str, int]:
    """Pieces by location; none where it is not routed."""
    found = getattr(event, "fulfilments", ())
    return {one.location_id: sum(part.quantity for part in one.lines) for one in found}


def at(hour: int, day: int = 2, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def goods(*skus: str, quantity: int = 1, **fields: Any) -> list[Any]:
    return [line(n, sku=sku, quantity=quantity, **fields) for n, sku in enumerate(skus, start=1)]


FITS: dict[str, list[tuple[dict[str, Any], dict[str, int]]]] = {
    "marketplace prefers Rotterdam": [
        ({"order_id": "marketplace:1"}, {"ROT": 1}),
        ({}, {"BER": 1}),
    ],
    "express ships from the mainland": [
        ({"ship_to": LONDON, "shipping": ShippingChoice(service_level="express")}, {"ROT": 1}),
        ({"ship_to": LONDON}, {"LON": 1}),
    ],
    "islands from Lyon, but not heavy goods": [
        ({"ship_to": JERSEY}, {"LYS": 1}),
        ({"ship_to": JERSEY, "lines": goods("A", weight_g=25_000)}, {"ROT": 1}),
        ({"ship_to": LONDON}, {"LON": 1}),
    ],
    "a client of the third-party warehouse": [
        ({"owner": "acme"}, {"LYS": 1}),
        ({}, {"BER": 1}),
    ],
    "batteries from where they may be stored": [
        ({"lines": goods("A", hazmat_class="9")}, {"ROT": 1}),
        ({"lines": goods("A")}, {"BER": 1}),
    ],
    "gifts come in one parcel": [
        ({"tags": ("gift",), "lines": goods("A", "B"), "stock": [promised(BER=1), promised(2, "B", 1, LYS=1)]}, {}),
        (
            {"lines": goods("A", "B"), "stock": [promised(BER=1), promised(2, "B", 1, LYS=1)]},
            {"BER": 1, "LYS": 1},
        ),
    ],
    "wallpaper of one batch": [
        ({"lines": goods("WALL-1", quantity=3), "stock": [promised(1, "WALL-1", 3, BER=2, ROT=2, LYS=3)]}, {"LYS": 3}),
        ({"lines": goods("WALL-1", quantity=3), "stock": [promised(1, "WALL-1", 3, BER=2, ROT=2)]}, {}),
        ({"lines": goods("A", quantity=3), "stock": [promised(1, "A", 3, BER=2, ROT=2)]}, {"BER": 2, "ROT": 1}),
    ],
    "a table comes with its chairs": [
        (
            {
                "lines": goods("TABLE-1", "CHAIR-1", "LAMP"),
                "stock": [
                    promised(1, "TABLE-1", 1, BER=1, LYS=1),
                    promised(2, "CHAIR-1", 1, ROT=1, LYS=1),
                    promised(3, "LAMP", 1, BER=1),
                ],
            },
            {"BER": 1, "LYS": 2},
        ),
        (
            {
                "lines": goods("TABLE-1", "CHAIR-1"),
                "stock": [promised(1, "TABLE-1", 1, BER=1), promised(2, "CHAIR-1", 1, ROT=1)],
            },
            {},
        ),
    ],
    "the store keeps stock for its counter": [
        ({"ship_to": LONDON, "stock": [promised(LON=2)]}, {}),
        ({"ship_to": LONDON, "stock": [promised(LON=3)]}, {"LON": 1}),
        ({"ship_to": LONDON, "stock": [promised(LON=2)], "priority": 1}, {"LON": 1}),
    ],
    "no store picks in its opening hours": [
        ({"ship_to": LONDON.model_copy(update={"country": "IE"}), "at": at(12)}, {"ROT": 1}),
        ({"ship_to": LONDON.model_copy(update={"country": "IE"}), "at": at(21)}, {"LON": 1}),
        ({"ship_to": LONDON.model_copy(update={"country": "IE"}), "at": at(12, day=1)}, {"LON": 1}),
        ({"ship_to": LONDON, "at": at(12)}, {"LON": 1}),
    ],
    "peak season spares Berlin": [
        ({"at": at(12, day=24, month=12)}, {"ROT": 1}),
        ({"at": at(23, day=24, month=12)}, {"BER": 1}),
        ({"at": at(23, day=19, month=11)}, {"ROT": 1}),
        ({"at": at(12, day=24, month=12), "lines": goods("A", price=9000)}, {"BER": 1}),
        ({"at": at(12)}, {"BER": 1}),
    ],
    "a key account is served from Berlin": [
        (
            {
                "ship_to": LONDON,
                "customer": Customer(email="Buyer@BigShop.example"),
                "payment": PaymentTerms(method=PaymentMethod.TERMS),
            },
            {"BER": 1},
        ),
        ({"ship_to": LONDON, "customer": Customer(email="buyer@bigshop.example")}, {"LON": 1}),
        ({"ship_to": LONDON, "payment": PaymentTerms(method=PaymentMethod.TERMS)}, {"LON": 1}),
    ],
}
"""For each example orders, and where they ship from by that rule alone; nowhere: unroutable."""


@pytest.mark.parametrize("name", sorted({*EXAMPLES, *FITS}))
def test_each_example_of_the_documentation_does_what_it_says(name: str) -> None:
    for fields, expected in FITS[name]:
        assert places(routed(EXAMPLES[name], **fields)) == expected, fields


def test_every_toml_block_of_the_documentation_is_one_that_the_service_reads() -> None:
    keys = {key for block in BLOCKS for key in block}
    assert keys == {"weights", "carrier", "rule", "carbon", "location", "ship_available"}
    for block in BLOCKS:
        RoutingConfig.model_validate({k: v for k, v in block.items() if k in RoutingConfig.model_fields})
    assert set(EXAMPLES) == set(FITS)


def test_every_condition_and_effect_is_documented() -> None:
    section = PAGE.partition("## Rules")[2].partition("## Carbon")[0]
    words = set(re.findall(r"`(\w+)`", section))
    assert {*When.model_fields, *Rule.model_fields} - {"name", "active"} <= words


@pytest.mark.parametrize(
    ("when", "yes", "no"),
    [
        ({"regions": ["NY"]}, {"ship_to": Address(region="NY", country="US")}, {"ship_to": BERLIN}),
        ({"currencies": ["EUR"]}, {}, {"currency": "USD"}),
        ({"ship_complete": True}, {"ship_complete": True}, {}),
        ({"ship_complete": False}, {}, {"ship_complete": True}),
        ({"customers": ["c-7"]}, {"customer": Customer(channel_customer_id="c-7")}, {"customer": Customer()}),
        ({"total_from_minor": 1000, "total_below_minor": 1001}, {}, {"lines": goods("A", price=1001)}),
        ({"weight_from_g": 301, "weight_below_g": 601}, {"lines": goods("A", quantity=2)}, {}),
        ({"weight_from_g": 500}, {"lines": goods("A", weight_g=None)}, {}),
        ({"pieces_from": 2, "pieces_below": 3}, {"lines": goods("A", quantity=2)}, {"lines": goods("A", quantity=3)}),
        ({"postcode_prefixes": ["101 1"]}, {}, {"ship_to": None}),
        ({"hours": "22:00-06:00"}, {"at": at(23)}, {"at": at(6)}),
        ({"hours": "22:00-06:00"}, {"at": at(5)}, {"at": at(21)}),
        ({"hours": "08:00-24:00"}, {"at": at(23)}, {"at": at(7)}),
        ({"countries": ["DE"], "channels": ["web"]}, {}, {"order_id": "till:1"}),
    ],
)
def test_a_condition_fits_what_it_says_and_nothing_else(when: Any, yes: Any, no: Any) -> None:
    for fields, expected in ((yes, True), (no, False)):
        moment = fields.pop("at", NOW)
        lines = fields.pop("lines", [line()])
        made = order(*lines, **fields)
        pieces = {one.sku: one.quantity for one in lines}
        assert fits(When.model_validate(when), case_of(DEPLOYED, "main", made, pieces, moment)) is expected, fields


def test_rules_that_leave_nothing_are_told_in_the_reason() -> None:
    event = routed(Rule(name="from Rotterdam", only=("ROT",)), Rule(name="not from Rotterdam", exclude=("ROT",)))
    assert event.reason == "no-location"
    assert "BER: from Rotterdam" in event.detail
    assert "ROT: not from Rotterdam" in event.detail


def test_a_limit_that_leaves_nothing_is_told_in_the_reason() -> None:
    stock = [promised(BER=1), promised(2, "B", 1, LYS=1)]
    event = routed(Rule(name="one parcel", most_locations=1), lines=goods("A", "B"), stock=stock)
    assert event.reason == "too-many-locations"
    assert "one parcel: at most 1 locations" in event.detail
    event = routed(Rule(name="counter", keep_back={"BER": 1}), stock=[promised(BER=1)])
    assert "BER: 1 kept back" in event.detail


def test_a_rule_that_stops_hides_those_below_it() -> None:
    first, second = Rule(name="first", only=("ROT",), stop=True), Rule(name="second", exclude=("ROT",))
    assert places(routed(first, second)) == {"ROT": 1}
    assert places(routed(second, first)) == {}


def test_a_rule_that_is_not_active_is_passed_over() -> None:
    assert places(routed(Rule(name="off", only=("ROT",), active=False))) == {"BER": 1}


def test_groups_that_overlap_come_from_one_location_together() -> None:
    stock = [promised(1, "A", 1, BER=1, ROT=1), promised(2, "B", 1, ROT=1, BER=1), promised(3, "C", 1, ROT=1)]
    rules = (Rule(name="one", together=("A", "B")), Rule(name="two", together=("B", "C")))
    assert places(routed(*rules, lines=goods("A", "B", "C"), stock=stock)) == {"ROT": 3}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[[rule]]\nname = "heavy"\nonly = ["BER"]\nwhen = { weigth = 1 }',
            "rule.'heavy'.when.weigth: there is no such key",
        ),
        ('[[rule]]\nname = "heavy"\nonly = ["BER"]\nwehn = {}', "rule.'heavy'.wehn: there is no such key"),
        ('[[rule]]\nonly = ["BER"]', "rule.1.name"),
        ('[[rule]]\nname = "idle"', "does nothing"),
        ('[[rule]]\nname = "both"\nonly = ["BER"]\nexclude = ["BER"]', "excludes every location that it allows"),
        ('[[rule]]\nname = "moon"\nkeep_back = { MOON = 1 }', "MOON"),
        ('[[rule]]\nname = "a"\nonly = ["BER"]\n[[rule]]\nname = "a"\nonly = ["BER"]', "two rules are named 'a'"),
        ('[[rule]]\nname = "a"\nonly = ["BER"]\nwhen = { zone = "Mars/Base" }', "no time zone"),
        ('[[rule]]\nname = "a"\nonly = ["BER"]\nwhen = { hours = "8-14" }', "rule.'a'.when.hours"),
        ("most_location = 2", "most_location: there is no such key"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_file_rule_and_key(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text(text)
    with pytest.raises(RulesError) as refused:
        Rules.load(ROOT / "deploy" / "rules", file)
    assert said in str(refused.value)
    assert str(file) in str(refused.value)
