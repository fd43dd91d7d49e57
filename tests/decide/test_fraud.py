"""Rules against fraud: points, a threshold, and parts that say what was found."""

from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.handed_in import LineInput, OrderInput
from crossdock_contracts.values import Address, Customer
from services.capture.formats import FORMATS
from services.capture.rules import Channels
from services.hub.settings import ROOT
from services.hub.toml import RulesError
from tests.builders import BERLIN, NOW, later, order_input
from tests.decide.shop import Shop, checks

ANNA = Customer(name="Anna", email="anna@example.com")
RULES = ROOT / "deploy" / "rules"


def suspicious(*rules: dict[str, Any], threshold: int = 100, **more: Any) -> Shop:
    named = [{"name": f"rule {n}", "points": 60, **rule} for n, rule in enumerate(rules, start=1)]
    fraud = {"threshold": threshold, "rule": named, **more}
    return Shop(rules=checks(fraud=fraud, disposable=["trash.example"], customers={"repeats_within_minutes": 0}))


def goods(price: int) -> LineInput:
    return LineInput(line_id="1", sku="A", quantity=1, unit_price_minor=price)


def test_from_the_threshold_on_an_order_is_held_for_risk_with_what_was_found() -> None:
    shop = suspicious({"disposable_email": True}, {"billing_country_differs": True}, hours=48)
    captured = shop.takes(
        customer=Customer(email="x@Trash.Example"), bill_to=Address(name="X", country="NG"), ship_to=BERLIN
    )
    (hold,) = captured.holds
    assert (hold.reason, hold.assigned_to, hold.expires_at) == ("fraud-review", "risk", later(hours=48))
    assert hold.detail == (
        "score 120, held from 100 on: rule 1 +60 (an address at trash.example); rule 2 +60 (billed to NG, goes to DE)"
    )


def test_score_and_parts_stand_in_the_event_of_an_order_that_is_not_held() -> None:
    captured = suspicious({"anonymous": True}).takes()
    assert (captured.holds, captured.risk_score) == ((), 60)
    assert [(p.rule, p.points, p.detail) for p in captured.risk_parts] == [
        ("rule 1", 60, "nothing tells who the buyer is")
    ]


def test_an_order_of_which_nothing_is_suspicious_has_no_score() -> None:
    captured = suspicious({"anonymous": True}).takes(customer=ANNA)
    assert (captured.risk_score, captured.risk_parts) == (0, ())


def test_what_speaks_for_an_order_is_taken_from_its_score() -> None:
    shop = suspicious({"points": 120}, {"points": -40, "when": {"customers": []}})
    captured = shop.takes()
    assert (captured.risk_score, captured.holds) == (80, ())


def test_all_conditions_of_a_rule_have_to_hold() -> None:
    shop = suspicious({"points": 100, "first_order": True, "when": {"total_from_minor": 5000, "currencies": ["EUR"]}})
    assert shop.reasons("1", goods(4999), customer=ANNA) == []
    assert shop.reasons("2", goods(5000), customer=ANNA) == []  # not the first
    assert shop.reasons("3", goods(5000), customer=Customer(email="new@example.com")) == ["fraud-review"]


def test_a_burst_of_orders_is_seen_by_when_they_were_placed() -> None:
    shop = suspicious({"points": 100, "orders_from": 3, "within_hours": 1})
    at = [NOW, later(minutes=59), later(hours=3), later(minutes=30)]
    held = [shop.reasons(str(n), placed_at=moment, customer=ANNA) for n, moment in enumerate(at)]
    assert held == [[], [], [], ["fraud-review"]]
    assert "3 orders within 1 h" in shop.record("web:3").holds[0].detail


def test_orders_of_others_are_no_burst() -> None:
    shop = suspicious({"points": 100, "orders_from": 2, "within_hours": 1})
    assert [shop.reasons(str(n), customer=Customer(email=f"c{n}@example.com")) for n in range(4)] == [[]] * 4


def test_what_a_customer_spends_is_added_up_in_one_currency() -> None:
    shop = suspicious({"points": 100, "spent_from_minor": 10_000, "within_hours": 24})
    assert shop.reasons("1", goods(6000), customer=ANNA, currency="GBP") == []
    assert shop.reasons("2", goods(6000), customer=ANNA) == []
    assert shop.reasons("3", goods(6000), customer=ANNA) == ["fraud-review"]


@given(st.permutations(range(6)))
def test_a_burst_is_found_in_whatever_order_it_comes_in(turn: list[int]) -> None:
    shop = suspicious({"points": 100, "orders_from": 6, "within_hours": 1})
    scores = [shop.takes(str(n), placed_at=NOW + timedelta(minutes=n), customer=ANNA).risk_score for n in turn]
    assert (scores[:-1], scores[-1]) == ([0] * 5, 100)


def test_a_buyer_whom_nothing_names_is_not_taken_for_a_new_one() -> None:
    shop = suspicious({"first_order": True})
    assert shop.takes("1").risk_score == 0
    assert shop.takes("2", customer=ANNA).risk_score == 60


def test_only_channels_whose_losses_are_ours_are_judged() -> None:
    shop = suspicious({"points": 200}, channels=["web"])
    assert shop.takes("1", channel="marketplace").risk_score == 0
    assert shop.takes("2").risk_score == 200


def test_what_others_fulfil_is_not_judged() -> None:
    shop = suspicious({"points": 200})
    assert shop.takes(fulfil_by="channel").risk_score == 0


def broken(folder: Path, name: str, text: str) -> Path:
    rules = Path(copytree(RULES, folder / "rules"))
    (rules / name).write_text(text)
    return rules


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("fraud.toml", '[[rule]]\nname = "x"\npoints = 1\norders_from = 3\n', "need within_hours"),
        ("fraud.toml", '[[rule]]\nname = "x"\npoints = 1\norders_from = 40\nwithin_hours = 1\n', "counts 40 orders"),
        ("fraud.toml", 'disposable_domains = "none.txt"\n', "none.txt is missing"),
        ("fraud.toml", '[[rule]]\nname = "x"\npoints = 1\nwhen = { chanels = ["web"] }\n', "chanels"),
        ("workflow.toml", '[[hold]]\nname = "a"\nwhen = {}\n[[gate]]\nname = "a"\nwhen = {}\n', "named a;"),
        ("channels.toml", '[x]\nformat = "native"\npolicy = { fulfil_by = "moon" }\n', "moon"),
    ],
)
def test_rules_that_cannot_be_meant_are_told_when_they_are_read(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    with pytest.raises(RulesError, match=said):
        Channels.load(broken(tmp_path, name, text), FORMATS)


def test_the_rules_that_come_with_the_hub_hold_a_burst_and_no_ordinary_order() -> None:
    shop = Shop()
    shop.channels = Channels.load(RULES, FORMATS)
    assert shop.reasons("1", customer=ANNA) == []
    made: OrderInput = order_input("2", goods(250_000), customer=Customer(email="z@mailinator.com"))
    shop.takes_in(made)
    assert [hold.reason for hold in shop.record("web:2").holds] == ["fraud-review"]
