"""`crossdock routing`: rules checked, a decision explained, the past decided again."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.hub.settings import ROOT
from tests.builders import unique
from tests.cli.conftest import Crossdock, RunningHub, eventually
from tests.cli.test_orders import said

WEIGHTS = (ROOT / "deploy" / "rules" / "routing.toml").read_text(encoding="utf-8").partition("[[rule]]")[0]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """The rules of the project, and one that sends everything from Rotterdam."""
    file = tmp_path / "rules.toml"
    file.write_text(WEIGHTS + '[[rule]]\nname = "all from Rotterdam"\nonly = ["ROT"]\n')
    return file


@pytest.fixture
def routed(crossdock: Crossdock, hub: RunningHub, sku: str) -> str:
    """An order that ships from Berlin, although Rotterdam has the goods, too."""
    assert crossdock("stock", "receive", sku, "ROT", 10).status == 0
    eventually(lambda: "ROT" in crossdock("stock", "show", sku).out)
    made = hub.order((sku, 2))
    eventually(lambda: crossdock("orders", "show", made).status == 0)
    said(crossdock, made, "order-routed")
    return made


def test_explain_tells_who_could_have_and_why_the_winner_won(crossdock: Crossdock, routed: str, sku: str) -> None:
    (decision,) = crossdock("routing", "explain", routed, "--json").json["decisions"]
    told = crossdock("routing", "explain", routed).out

    candidates = {one["location_id"]: one for one in decision["candidates"]}
    assert (decision["outcome"], decision["attempt"]) == ("routed", 1)
    assert candidates["BER"]["free"] == {sku: 10}
    assert (candidates["BER"]["verdict"], candidates["ROT"]["verdict"]) == ("chosen", "in plan 2")
    assert candidates["LON"]["verdict"] == "excluded: location does not ship to this country"
    assert "BER costs the fewest points" in decision["why"]
    assert "ROT would cost" in decision["why"]
    assert "distance +" in decision["why"]
    freight = f"{decision['ranking'][0]['freight_minor'] / 100:.2f} EUR"
    for words in (decision["why"], "Candidates", "Plans", freight, "excluded: location does not ship to this country"):
        assert words in told


def test_explain_tells_what_an_order_waits_for(crossdock: Crossdock, hub: RunningHub, sku: str) -> None:
    held = hub.order((sku, 1), total_minor=1234)
    eventually(lambda: crossdock("orders", "show", held).status == 0)
    waits = "it waits for its release from hold, its payment"
    eventually(
        lambda: crossdock("routing", "explain", held, "--json").json["waiting"] == waits
    )  # its stock is promised
    assert waits in crossdock("routing", "explain", held).out
    assert crossdock("routing", "explain", "web:nobody").status == 3


def test_an_order_that_cannot_be_routed_is_explained_too(crossdock: Crossdock, hub: RunningHub, tmp_path: Path) -> None:
    name = unique("CLI-")
    (tmp_path / "product.csv").write_text(f"sku,title,weight_g\n{name},Article,300\n")
    assert crossdock("products", "import", tmp_path / "product.csv").status == 0
    assert crossdock("stock", "receive", name, "LON", 10).status == 0
    made = hub.order((name, 1))
    eventually(lambda: crossdock("orders", "show", made).status == 0)
    said(crossdock, made, "order-unroutable")

    (decision,) = crossdock("routing", "explain", made, "--json").json["decisions"]

    assert decision["outcome"] == "unroutable"
    assert "LON: location does not ship to this country" in decision["why"]


def test_check_says_what_each_rule_does_and_refuses_what_cannot_be_meant(crossdock: Crossdock, rules: Path) -> None:
    assert crossdock("routing", "check", rules, "--json").json["rules"] == [
        {"name": "all from Rotterdam", "active": True, "effects": ["only ROT"]}
    ]
    assert "all from Rotterdam" in crossdock("routing", "check", rules).out
    rules.write_text('[[rule]]\nname = "typo"\nexlude = ["LON"]\n')
    refused = crossdock("routing", "check", rules)
    assert refused.status == 1
    assert "rule.'typo'.exlude: there is no such key" in refused.error
    missing = crossdock("routing", "check", rules.with_name("none.toml"))
    assert (missing.status, "none.toml" in missing.error, "RULES_DIR" in missing.error) == (2, True, False)


def test_simulate_compares_with_what_was_decided_and_changes_nothing(
    crossdock: Crossdock, hub: RunningHub, sku: str, rules: Path
) -> None:
    since = datetime.now(UTC).isoformat()
    assert crossdock("stock", "receive", sku, "ROT", 1).status == 0
    eventually(lambda: "ROT" in crossdock("stock", "show", sku).out)
    orders = [hub.order((sku, 1)) for _ in range(2)]
    for made in orders:
        eventually(lambda made=made: crossdock("orders", "show", made).status == 0)
        said(crossdock, made, "label-bought")
    before = crossdock("orders", "show", orders[0], "--json").json["timeline"]

    result = crossdock("routing", "simulate", rules, "--since", since, "--json").json
    told = crossdock("routing", "simulate", rules, "--since", since).out

    assert (result["decisions"], result["left_out"], result["changed"]) == (2, 0, 2)
    first, second = sorted(result["changes"], key=lambda change: not change["to"])
    assert (first["from"], first["to"]) == ({"BER": {sku: 1}}, {"ROT": {sku: 1}})
    assert (second["to"], second["simulated_minor"]) == ({}, None)
    assert "all from Rotterdam" in second["reason"]
    assert (result["decided"]["unroutable"], result["simulated"]["unroutable"]) == (0, 1)
    assert (result["decided"]["parcels"], result["decided"]["mean_days"]) == (1, 2.0)
    assert result["decided"]["handling_minor"] - result["simulated"]["handling_minor"] == 50
    assert result["decided"]["carbon_g"] != result["simulated"]["carbon_g"]
    for words in ("2 decisions, 2 of them otherwise", "freight, EUR", "cost, EUR", "carbon, kg CO2e", "nowhere"):
        assert words in told
    assert crossdock("orders", "show", orders[0], "--json").json["timeline"] == before
    assert crossdock("routing", "simulate", rules, "--since", "yesterday").status == 2


def test_the_same_rules_change_nothing(crossdock: Crossdock, hub: RunningHub, sku: str) -> None:
    since = datetime.now(UTC).isoformat()
    made = hub.order((sku, 2))
    eventually(lambda: crossdock("orders", "show", made).status == 0)
    said(crossdock, made, "order-routed")

    same = ROOT / "deploy" / "rules" / "routing.toml"
    result = crossdock("routing", "simulate", same, "--since", since, "--json").json

    assert (result["decisions"], result["changed"]) == (1, 0)
    assert result["decided"] == result["simulated"]
