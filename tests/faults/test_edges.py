"""Shops and carriers that fail: nothing lost, nothing twice, nothing left over, as they say themselves."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from crossdock_contracts.channels import LevelsPublishedV1, PublishedLevel
from services.capture.channels.api import Level
from services.capture.channels.speaking import each
from services.capture.decide.asked import levels_published
from services.capture.state_outward import Level as Kept
from services.cli.edges.audit import audit
from services.hub.effects import TransientError
from services.hub.settings import ROOT
from services.verify.facts import Facts
from tests.decide.ledger import Ledger

LEVELS = tuple(Level(sku=sku, available=1) for sku in ("A", "B", "C"))


@pytest.mark.parametrize("seed", [7])
def test_a_demo_through_flaky_shops_and_carriers_ends_with_nothing_lost_doubled_or_left(
    seed: int, tmp_path: Path
) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "services.cli.main", "demo"),
            *("--faults", "flaky", "--orders", "12", "--seed", str(seed), "--json"),
        ],
        cwd=ROOT,
        env={**os.environ, "CROSSDOCK_DATA_DIR": str(tmp_path), "TMPDIR": str(tmp_path)},
        capture_output=True,
        timeout=180,
        check=False,
    )
    result = orjson.loads(done.stdout)
    broken = [check for check in result["verify"]["checks"] if not check["ok"]]
    assert (done.returncode, broken) == (0, [])
    zero = ("lost", "oversold_units", "double_labels", "labels_unused", "channel_stock_mismatches", "dead_letters")
    assert {name: result[name] for name in zero} == dict.fromkeys(zero, 0)
    assert result["captured"] == result["orders"] == 12
    assert result["http_calls"] > result["http_failures"]
    assert result["labels_bought_at_carriers"] > 0


async def test_levels_that_could_be_told_are_told_whatever_becomes_of_others() -> None:
    async def tell(level: Level) -> str:
        if level.sku == "B":
            msg = "down"
            raise TransientError(msg)
        return "no such article" if level.sku == "C" else ""

    told = await each(LEVELS, tell, 2)
    assert [(one.sku, one.problem) for one in told.levels] == [("A", ""), ("C", "no such article")]


async def test_a_level_whose_call_hangs_costs_the_others_nothing() -> None:
    async def tell(level: Level) -> str:
        if level.sku == "A":
            await asyncio.Event().wait()
        return ""

    told = await each(LEVELS, tell, 2, timeout_s=0.1)
    assert [one.sku for one in told.levels] == ["B", "C"]
    with pytest.raises(TransientError, match="none of 1 levels"):
        await each(LEVELS[:1], tell, 2, timeout_s=0.02)


async def test_where_no_level_could_be_told_it_is_said_why() -> None:
    async def tell(_level: Level) -> str:
        msg = "down"
        raise TransientError(msg)

    with pytest.raises(TransientError, match="down"):
        await each(LEVELS, tell, 2)


def _facts(*numbers: str, status: str = "completed") -> Facts:
    facts = Facts()
    key = ("main", "shopify:1")
    facts.orders[key] = {"status": status}
    body = {"lines": [{"quantity": 2}], "parcels": [{"tracking_number": one} for one in numbers]}
    facts.events["shipment-shipped"].append(("m", key, body))
    return facts


def _shop(*tracking: str, pieces: int = 2) -> dict[str, Any]:
    told = [{"order": "1", "tracking": [one], "lines": {"A": pieces}} for one in tracking]
    return {"shopify": {"orders": {"1": {"cancelled": False}}, "fulfilments": told, "stock": {}}}


def _carrier(*labels: tuple[str, str, str | None]) -> dict[str, Any]:
    sold = [{"tracking_code": n, "printed": f, "refund_status": refund} for n, f, refund in labels]
    return {"easypost": {"labels": sold}}


def _broken(facts: Facts, shop: dict[str, Any], carrier: dict[str, Any]) -> set[str]:
    return {check.name for check in audit(facts, shop, carrier) if not check.ok}


def test_the_audit_of_the_outside_sees_what_is_lost_doubled_or_left_over() -> None:
    right = _carrier(("T1", "1/1", None), ("T0", "1/1", "submitted"))
    assert _broken(_facts("T1"), _shop("T1"), right) == set()
    assert _broken(_facts("T1"), _shop(), right) == {"shops-know-once-what-has-shipped"}
    assert _broken(_facts("T1"), _shop("T1", "T1", pieces=1), right) == {"shops-know-once-what-has-shipped"}
    assert _broken(_facts("T1", status="cancelled"), _shop("T1"), right) == {"shops-know-what-is-cancelled"}
    both = _carrier(("T1", "1/1", None), ("T2", "1/1", None))
    assert _broken(_facts("T1"), _shop("T1"), both) == {
        "no-label-is-paid-for-twice",
        "labels-that-are-not-used-are-given-back",
    }
    unheard = Facts()
    assert "every-order-of-the-shops-is-captured" in _broken(unheard, _shop(), _carrier())


def test_what_a_channel_was_told_later_stands() -> None:
    now = datetime.now(UTC)
    kept = Kept(owner="main", channel="shop", sku="A", available=5, published_at=now)
    message = LevelsPublishedV1(
        owner="main",
        channel="shop",
        levels=(PublishedLevel(sku="A", available=9),),
        published_at=now - timedelta(seconds=1),
    )
    decision = levels_published(Ledger(kept).states, message, now)
    assert decision.writes == []
