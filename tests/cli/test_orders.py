"""`crossdock orders`, `holds` and `warehouse`: an order from hold to return, by hand."""

from pathlib import Path
from typing import Any

import pytest

from tests.builders import unique
from tests.cli.conftest import Crossdock, RunningHub, eventually


def said(crossdock: Crossdock, order_id: str, event: str) -> Any:
    """Wait for an event on an order's timeline; its entry."""

    def look() -> Any:
        timeline = crossdock("orders", "show", order_id, "--json").json["timeline"]
        return next((entry for entry in timeline if f".{event}." in entry["type"]), None)

    return eventually(look)


@pytest.fixture
def order_id(crossdock: Crossdock, hub: RunningHub, sku: str) -> str:
    """An order that has its label."""
    made = hub.order((sku, 2), payment={"method": "token", "token": "tok_1"})
    eventually(lambda: crossdock("orders", "show", made).status == 0)
    said(crossdock, made, "label-bought")
    return made


@pytest.fixture
def held(crossdock: Crossdock, hub: RunningHub, sku: str) -> str:
    """An order that is held, for its totals do not add up."""
    made = hub.order((sku, 1), total_minor=1234)
    eventually(lambda: crossdock("orders", "show", made).status == 0)
    return made


def test_show_tells_every_decision_with_its_reason_in_the_order_of_time(crossdock: Crossdock, order_id: str) -> None:
    found = crossdock("orders", "show", order_id, "--json").json
    said = crossdock("orders", "show", order_id)

    names = [entry["type"].split(".")[2] for entry in found["timeline"]]
    assert sorted(names) == [
        "label-bought",
        "order-captured",
        "order-routed",
        "payment-authorised",
        "stock-allocated",
        "stock-reserved",
    ]
    assert [e["at"] for e in found["timeline"]] == sorted(e["at"] for e in found["timeline"])
    assert {entry["id"] for entry in found["timeline"]} > {e["cause"] for e in found["timeline"][1:]} - {""}
    assert set(found["standing"]) >= {"capture order", "payments payment", "inventory reservation", "routing route"}
    for words in ("20.00 EUR by token", "points (", "instead of", "tracking SB"):
        assert words in said.out


def test_a_timeline_tells_nothing_of_another_order_that_got_its_stock_by_the_same_decision(
    crossdock: Crossdock, hub: RunningHub, sku: str
) -> None:
    hub.order((sku, 10))
    eventually(lambda: crossdock("stock", "show", sku, "--json").json["promisable"] == 0)
    waiting = [hub.order((sku, pieces)) for pieces in (2, 1)]
    for order_id in waiting:
        said(crossdock, order_id, "stock-backordered")
    crossdock("stock", "receive", sku, "BER", 3)
    for order_id in waiting:
        said(crossdock, order_id, "stock-allocated")
        timeline = crossdock("orders", "show", order_id, "--json").json["timeline"]
        assert {entry["body"]["order_id"] for entry in timeline} == {order_id}


def test_list_tells_where_orders_stand_and_filters(crossdock: Crossdock, order_id: str, held: str) -> None:
    said = crossdock("orders", "list")

    assert order_id in said.out
    assert "20.00 EUR" in said.out
    listed = crossdock("orders", "list", "--status", "held", "--json").json
    assert held in {one["order_id"] for one in listed}
    assert {one["status"] for one in listed} == {"held"}
    assert len(crossdock("orders", "list", "--limit", 1, "--json").json) == 1


def test_what_a_shop_calls_its_order_is_shown_as_it_is(crossdock: Crossdock, hub: RunningHub, sku: str) -> None:
    """Brackets are no markup."""
    made = hub.order((sku, 1), order_id=unique("[/b][red]"), total_minor=1234)
    eventually(lambda: crossdock("orders", "show", made, "--json").status == 0)

    assert made in crossdock("orders", "show", made).out
    assert made in crossdock("orders", "list").out
    assert made in crossdock("holds", "list").out
    assert made in crossdock("orders", "show", made + "[/i]").error
    assert made in crossdock("holds", "release", made).out


def test_an_order_that_is_not_known_is_not_found(crossdock: Crossdock) -> None:
    said = crossdock("orders", "show", "web:none")

    assert (said.status, said.error.strip()) == (3, "error: main has no order web:none")


@pytest.mark.parametrize(
    "command",
    [
        ("orders", "amend", "web:none"),
        ("holds", "release", "web:none"),
        ("holds", "reject", "web:none"),
        ("holds", "place", "web:none", "looks-odd"),
        ("channels", "fulfilled", "web:none"),
    ],
)
def test_what_is_asked_of_an_order_that_is_not_known_is_not_found(
    crossdock: Crossdock, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "change.json").write_text('{"note": "ring twice"}')
    said = crossdock(*command, *([tmp_path / "change.json"] if command[1] == "amend" else []))

    assert (said.status, said.error.strip()) == (3, "error: no-such-order: order web:none is not known")


def test_a_cancel_tells_who_has_the_say(crossdock: Crossdock, order_id: str) -> None:
    answer = crossdock("orders", "cancel", order_id, "--reason", "changed-mind")

    assert answer.out.strip() == "everything to be cancelled (changed-mind); routing has the say"
    said(crossdock, order_id, "order-cancelled")
    again = crossdock("orders", "cancel", order_id)
    assert (again.status, again.error.strip()) == (1, "error: ended: the order is cancelled")


def test_a_cancel_of_single_pieces_is_wanted_as_line_and_number(crossdock: Crossdock, order_id: str) -> None:
    wrong = crossdock("orders", "cancel", order_id, "--line", "1")
    right = crossdock("orders", "cancel", order_id, "--line", "1=1", "--json")

    assert (wrong.status, wrong.error.strip()) == (2, "error: --line 1: write LINE=PIECES, such as 1=2")
    assert right.json[0]["body"]["lines"] == [{"line_id": "1", "sku": "", "quantity": 1}]


def test_a_cancel_of_an_order_that_is_not_known_says_so_and_what_it_waits_for(crossdock: Crossdock) -> None:
    early = unique("web:early")

    asked = crossdock("orders", "cancel", early, "--line", "1=2", "--by", "anna")
    shown = crossdock("orders", "show", early)

    assert asked.out.strip() == (
        f"main knows no order {early}: the cancel is noted, and waits for that order to come in. If it is here "
        "already, its id is another one: see `crossdock orders list`"
    )
    assert "The order itself has not come in. Noted for when it does:" in shown.out
    assert "2 × line 1 to be cancelled (requested), asked for by anna" in shown.out
    assert "Timeline" not in shown.out


def test_a_cancel_of_a_line_that_the_order_has_not_is_refused_whole(crossdock: Crossdock, order_id: str) -> None:
    wrong = crossdock("orders", "cancel", order_id, "--line", "1=1", "--line", "7=2")

    detail = "no-such-line: the order has no line 7; its lines are 1; nothing is cancelled"
    assert (wrong.status, wrong.error.strip()) == (3, f"error: {detail}")
    assert crossdock("orders", "show", order_id, "--json").json["timeline"][-1]["decision"] == detail


def test_holds_are_listed_with_their_reason_and_what_then(crossdock: Crossdock, held: str) -> None:
    (hold,) = [one for one in crossdock("holds", "list", "--json").json if one["order_id"] == held]

    assert (hold["reason"], hold["status"]) == ("totals-mismatch", "held")
    shown = crossdock("holds", "list", "--reason", "totals-mismatch")
    assert "the total is off by 234 EUR minor units" in shown.out
    assert held not in crossdock("holds", "list", "--reason", "unknown-listing").out


def test_a_released_order_goes_on(crossdock: Crossdock, held: str) -> None:
    done = crossdock("holds", "release", held, "--by", "tester")

    assert (done.status, done.out.strip()) == (0, f"released: {held}")
    assert said(crossdock, held, "order-released")["decision"] == "by tester: totals-mismatch"
    said(crossdock, held, "label-bought")
    again = crossdock("holds", "release", held)
    assert (again.status, again.error.strip()) == (1, f"error: no-open-hold: order {held} has no open hold")


def test_a_rejected_order_ends(crossdock: Crossdock, held: str) -> None:
    assert crossdock("holds", "reject", held).out.strip() == f"rejected: {held}"

    assert crossdock("orders", "show", held, "--json").json["standing"]["capture order"]["status"] == "rejected"
    assert "only held orders are rejected" in crossdock("holds", "reject", held).error


def test_a_hold_is_placed_by_hand(crossdock: Crossdock, order_id: str) -> None:
    placed = crossdock("holds", "place", order_id, "looks-odd", "--detail", "ask the buyer", "--by", "anna", "--json")

    assert placed.json[0]["body"]["hold"]["reason"] == "looks-odd"
    assert "looks-odd by anna: ask the buyer" in crossdock("orders", "show", order_id).out
    assert crossdock("holds", "place", order_id, "Looks odd").status == 2
    gone = crossdock("holds", "release", order_id, "--hold", "typo")
    assert (gone.status, "no-such-hold: hold typo is not known" in gone.error) == (3, True)
    crossdock("holds", "release", order_id)


def test_a_warehouse_confirms_by_hand_until_goods_are_back(crossdock: Crossdock, order_id: str, sku: str) -> None:
    fulfilment = f"{order_id}/1"

    assert f"BER: 2 × {sku} by picker-1" in crossdock("warehouse", "picked", fulfilment, "--by", "picker-1").out
    packed = crossdock("warehouse", "packed", fulfilment, "--weight-g", 900, "--by", "packer-1")
    assert "BER: 900 g by packer-1" in packed.out
    assert "sandbox-parcel" in crossdock("warehouse", "shipped", fulfilment).out
    assert crossdock("warehouse", "track", fulfilment, "delivered").status == 0
    said(crossdock, order_id, "payment-captured")
    assert crossdock("warehouse", "return", order_id, "R1", "--line", "1=1").status == 0
    assert crossdock("warehouse", "received", order_id, "R1", "BER", "--line", "1=1").status == 0
    inspected = crossdock("warehouse", "inspected", order_id, "R1", "--restock", "1=1", "--by", "clerk-1")
    assert f"R1 at BER: 1 × {sku} (restock) by clerk-1" in inspected.out

    assert said(crossdock, order_id, "payment-refunded")["decision"] == "10.00 EUR (not-wanted)"
    said(crossdock, order_id, "return-closed")
    assert crossdock("warehouse", "track", fulfilment, "delivered").out.strip() == "nothing to change"


def test_what_a_warehouse_confirms_out_of_turn_is_refused(crossdock: Crossdock, order_id: str) -> None:
    early = crossdock("warehouse", "shipped", f"{order_id}/1")

    assert early.status == 1
    assert "only packed and labelled fulfilments are shipped" in early.error
    assert crossdock("warehouse", "picked", "web:none/1").status == 3
    assert crossdock("warehouse", "return", order_id, "R1", "--line", "1=1").status == 1
    assert crossdock("warehouse", "track", f"{order_id}/1", "lost").status == 2
