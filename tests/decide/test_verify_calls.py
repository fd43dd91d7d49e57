"""The audit names calls that were begun and that nothing will hear the end of."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from services.verify.calls import calls_seen_through
from services.verify.facts import Facts, _take
from services.verify.reading import Entry

KEY = ("main", "web:1")
CALL = {"adapter": "ups", "operation": "buy", "key": "label:main/web:1/1:1", "opened_at": "2026-02-03T04:05:06Z"}
HOLD = {"hold_id": "no-label-web:1/1-1", "reason": "no-label", "about": "web:1/1"}


def begun(**shipment: Any) -> Facts:
    """A label is being bought."""
    facts = Facts()
    facts.orders[KEY] = {"status": "open", "holds": []}
    facts.shipments[KEY]["web:1/1"] = {"status": "allocated", "intent": CALL, **shipment}
    return facts


def parked(facts: Facts, space: str = "parked", order_id: str = "web:1") -> None:
    body = orjson.dumps({"owner": "main", "order_id": order_id})
    headers = {"crossdock-key": "INVENTORY-7", "crossdock-dead-error": "GaveUpError"}
    _take(facts, "shipping", Entry("SHIPPING", 7, f"shipping.{space}.ship.INVENTORY-7", headers, body))


def test_a_call_that_nothing_hears_the_end_of_is_named() -> None:
    (violation,) = calls_seen_through(begun()).violations
    assert "buy at ups under label:main/web:1/1:1" in violation


@pytest.mark.parametrize(
    "carried",
    [
        parked,
        lambda facts: parked(facts, "dead"),
        lambda facts: facts.open_consumers.update({"shipping-ship-0": 1}),
        lambda facts: facts.shipments[KEY]["web:1/1"].update(intent=None),
    ],
)
def test_a_call_that_is_under_way_or_tried_again_is_none(carried: Callable[[Facts], None]) -> None:
    facts = begun()
    carried(facts)
    assert calls_seen_through(facts).ok


def test_what_is_parked_for_another_order_does_not_carry_it_on() -> None:
    facts = begun()
    parked(facts, order_id="web:2")
    facts.open_consumers["capture-ingest-0"] = 1
    assert len(calls_seen_through(facts).violations) == 1


def test_a_purchase_that_nothing_can_tell_of_has_its_hold() -> None:
    facts = begun(unsettled=CALL["key"])
    assert "no hold tells of it" in calls_seen_through(facts).violations[0]
    facts.orders[KEY]["holds"] = [{**HOLD, "about": "web:1/2"}]
    assert not calls_seen_through(facts).ok
    facts.orders[KEY]["holds"] = [HOLD]
    assert calls_seen_through(facts).ok


def test_payments_and_what_channels_are_told_are_seen_through_too() -> None:
    facts = Facts()
    facts.payments[KEY] = {"intents": {"capture:1": {**CALL, "operation": "capture"}}}
    facts.tellings[KEY, "ship:1"] = {"intent": {**CALL, "operation": "ship"}}
    facts.tellings[KEY, "ship:2"] = {"status": "done"}
    check = calls_seen_through(facts)
    assert (check.checked, len(check.violations)) == (2, 2)
