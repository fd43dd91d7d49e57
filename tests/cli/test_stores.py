"""`crossdock stores` and `crossdock suppliers`."""

from crossdock_contracts.values import ShippingChoice
from tests.cli.conftest import Crossdock, RunningHub, eventually


def test_what_is_collected_is_made_ready_and_handed_over_against_its_code(
    hub: RunningHub, crossdock: Crossdock, sku: str
) -> None:
    assert crossdock("stock", "receive", sku, "LON", 2).status == 0
    order = hub.order((sku, 2), shipping=ShippingChoice(pickup_location_id="LON"), ship_to=None)
    fulfilment = f"{order}/1"
    eventually(lambda: crossdock("warehouse", "picked", fulfilment).status == 0)
    said = crossdock("stores", "ready", fulfilment, "--by", "clerk-2", "--json")
    (ready,) = [one["body"] for one in said.json if one["type"].endswith("pickup-ready")]
    queue = eventually(lambda: crossdock("stores", "queue", "LON", "--json").json)
    assert [(one["queue"], one["fulfilment_id"]) for one in queue] == [("pickup", fulfilment)]
    assert fulfilment in crossdock("stores", "queue", "LON").out

    wrong = crossdock("stores", "handover", fulfilment, "wrong")
    assert (wrong.status, "4 more tries" in wrong.error) == (1, True)
    renewed = crossdock("stores", "reset-code", fulfilment, "--by", "clerk-3", "--json").json
    (code,) = [one["body"]["code"] for one in renewed if one["type"].endswith("pickup-ready")]
    assert crossdock("stores", "handover", fulfilment, code, "--by", "clerk-1").status == 0

    shown = crossdock("orders", "show", order).out
    assert "handed over by clerk-1" in shown
    assert f"at LON until {ready['hold_until'][:16]}, code number 1 by clerk-2" in shown
    assert f"at LON until {ready['hold_until'][:16]}, code number 2 by clerk-3" in shown
    assert (ready["code"] in shown, code in shown) == (False, False)


def test_what_was_not_offered_or_shipped_or_bought_is_refused_with_what_to_do(
    hub: RunningHub, crossdock: Crossdock, sku: str
) -> None:
    order = hub.order((sku, 1))
    eventually(lambda: "label-bought" in crossdock("orders", "show", order).out)
    fulfilment = f"{order}/1"
    assert "nothing to change" in crossdock("stores", "accept", fulfilment).out
    for command, word in (
        (("stores", "decline", fulfilment), "is a short pick"),
        (("stores", "arrived", fulfilment), "confirm first that it has shipped"),
        (("suppliers", "reject", fulfilment), "is a short pick"),
        (("suppliers", "acknowledge", fulfilment, "--expected", "2026-03-02"), "it is no supplier"),
        (("suppliers", "invoice", fulfilment, 700, "EUR", "I-1"), "that were acknowledged"),
    ):
        said = crossdock(*command)
        assert (said.status, word in said.error) == (1, True)
    assert "waiting at LYS" in crossdock("suppliers", "orders", "LYS").out
