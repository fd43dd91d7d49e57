"""`crossdock stock` of lots, conditions, recalls and serial numbers; `crossdock inbound`."""

from pathlib import Path
from typing import Any

import pytest

from tests.builders import unique
from tests.cli.conftest import Crossdock, RunningHub, eventually


@pytest.fixture
def lot_sku(crossdock: Crossdock, tmp_path: Path) -> str:
    """A SKU that is kept by lot, expiry and serial number: two pieces of lot EARLY and three of LATE in Berlin."""
    name = unique("CLI-LOT-")
    file = tmp_path / "product.csv"
    file.write_text(f"sku,title,weight_g,track_lot,track_expiry,track_serial\n{name},Article,300,true,true,true\n")
    assert crossdock("products", "import", file).status == 0
    eventually(lambda: crossdock("stock", "show", name).status == 0)
    for lot, pieces, day in (("LATE", 3, "2099-09-30"), ("EARLY", 2, "2099-06-30")):
        said = crossdock("stock", "receive", name, "BER", pieces, "--lot", lot, "--expires", day)
        assert said.status == 0, said.error
    return name


def place(crossdock: Crossdock, sku: str, location: str = "BER") -> dict[str, Any]:
    found = crossdock("stock", "show", sku, "--json").json
    return next(place for place in found["locations"] if place["location_id"] == location)


def fulfilment_of(crossdock: Crossdock, order_id: str) -> str:
    """The fulfilment of an order, once it has its label."""
    eventually(lambda: "label-bought" in crossdock("orders", "show", order_id).out)
    return f"{order_id}/1"


def ship(crossdock: Crossdock, order_id: str, *serials: str) -> str:
    fulfilment = fulfilment_of(crossdock, order_id)
    read = [part for serial in serials for part in ("--serial", f"1={serial}")]
    for step in (("picked",), ("packed", *read), ("shipped",)):
        said = crossdock("warehouse", step[0], fulfilment, *step[1:])
        assert said.status == 0, said.error
    return fulfilment


def test_lots_are_listed_those_first_that_expire_first(crossdock: Crossdock, lot_sku: str) -> None:
    rows = crossdock("stock", "lots", lot_sku, "--json").json
    assert [(row["lot"], row["expires_on"], row["on_hand"]) for row in rows] == [
        ("EARLY", "2099-06-30", 2),
        ("LATE", "2099-09-30", 3),
    ]
    assert "EARLY" in crossdock("stock", "lots", lot_sku).out


def test_a_receipt_without_its_lot_is_refused(crossdock: Crossdock, lot_sku: str) -> None:
    said = crossdock("stock", "receive", lot_sku, "BER", 1)
    assert said.status == 1
    assert f"lot-missing: {lot_sku} is kept by lot; name the lot that arrived" in said.error


def test_a_recall_quarantines_what_is_left_and_lists_who_got_pieces(
    crossdock: Crossdock, hub: RunningHub, lot_sku: str
) -> None:
    order_id = hub.order((lot_sku, 1))
    fulfilment = ship(crossdock, order_id, f"{lot_sku}-1")

    told = crossdock("stock", "recall", lot_sku, "EARLY", "--reason", "glass-splinters", "--json").json

    assert [(one["location_id"], one["quarantine"], one["on_hand"]) for one in told["quarantined"]] == [("BER", 1, 0)]
    (sent,) = told["shipped"]
    assert (sent["order_id"], sent["fulfilment_id"], sent["quantity"]) == (order_id, fulfilment, 1)
    assert sent["ship_to"]["name"] == "Customer 1"
    assert "Customer 1" in crossdock("stock", "trace", lot_sku, "EARLY").out
    assert crossdock("stock", "trace", lot_sku, "LATE", "--json").json == []
    said = crossdock("stock", "condition", lot_sku, "BER", 1, "quarantine", "sellable", "--lot", "EARLY")
    assert "lot-recalled" in said.error
    assert crossdock("stock", "recall", lot_sku, "EARLY", "--lift").status == 0
    assert crossdock("stock", "condition", lot_sku, "BER", 1, "quarantine", "sellable", "--lot", "EARLY").status == 0


def test_a_lot_that_nobody_has_seen_is_told_to_be_that(crossdock: Crossdock, lot_sku: str) -> None:
    traced = crossdock("stock", "trace", lot_sku, "TYPO")
    assert (traced.status, f"main has not seen lot TYPO of {lot_sku}" in traced.error) == (3, True)
    assert (
        crossdock("stock", "trace", lot_sku, "LATE").out.strip() == f"nothing of lot LATE of {lot_sku} has been shipped"
    )
    recalled = crossdock("stock", "recall", lot_sku, "TYPO")
    assert recalled.out.strip() == (f"main has not seen lot TYPO of {lot_sku}; what arrives of it goes into quarantine")
    said = crossdock("stock", "receive", lot_sku, "BER", 1, "--lot", "TYPO", "--expires", "2099-06-30")
    assert (said.status, place(crossdock, lot_sku)["quarantine"]) == (0, 1)


def test_a_serial_number_tells_its_order(crossdock: Crossdock, hub: RunningHub, lot_sku: str) -> None:
    order_id = hub.order((lot_sku, 1))
    ship(crossdock, order_id, "SN-4711")

    assert f"SN-4711: order {order_id}" in crossdock("stock", "serial", lot_sku, "SN-4711").out
    assert crossdock("stock", "serial", lot_sku, "SN-0").status == 3


def test_a_pick_and_a_pack_that_cannot_be_are_refused(crossdock: Crossdock, hub: RunningHub, lot_sku: str) -> None:
    fulfilment = fulfilment_of(crossdock, hub.order((lot_sku, 2)))
    assert "lots-differ" in crossdock("warehouse", "picked", fulfilment, "--lot", "1=LATE:1").error
    assert crossdock("warehouse", "picked", fulfilment, "--lot", "1=LATE").status == 2
    assert crossdock("warehouse", "picked", fulfilment, "--lot", "1=LATE:2").status == 0
    assert "serials-missing" in crossdock("warehouse", "packed", fulfilment, "--serial", "1=A").error
    assert crossdock("warehouse", "packed", fulfilment, "--serial", "1").status == 2


def test_conditions_and_lots_are_changed_and_shown(crossdock: Crossdock, lot_sku: str) -> None:
    said = crossdock("stock", "condition", lot_sku, "BER", 2, "sellable", "quarantine", "--lot", "LATE")
    assert said.out.strip() == f"{lot_sku} at BER: 2 of lot LATE from sellable to quarantine, now 3 sellable"
    assert place(crossdock, lot_sku)["quarantine"] == 2
    said = crossdock("stock", "correct-lot", lot_sku, "BER", 1, "EARLY", "OTHER", "--expires", "2099-07-31")
    assert f"1 × {lot_sku} at BER are of lot OTHER, not EARLY" in said.out


def test_a_transfer_is_in_transit_until_it_arrives(crossdock: Crossdock, sku: str) -> None:
    name = unique("T-")
    assert crossdock("stock", "dispatch", name, sku, "BER", "LYS", 4).status == 0
    assert (place(crossdock, sku)["on_hand"], place(crossdock, sku, "LYS")["in_transit"]) == (6, 4)
    said = crossdock("stock", "arrive", name, sku, 3)
    assert f"{name}: 3 × {sku} at LYS, 0 on their way, 1 short, 0 over" in said.out
    assert (place(crossdock, sku, "LYS")["on_hand"], place(crossdock, sku, "LYS")["in_transit"]) == (3, 0)
    assert crossdock("stock", "arrive", name, sku, 1).status == 1
    assert crossdock("stock", "arrive", unique("T-"), sku, 1).status == 3


def test_receipts_are_expected_listed_slipped_received_and_closed(crossdock: Crossdock, sku: str) -> None:
    receipt = unique("PO-")
    said = crossdock("inbound", "expect", receipt, sku, "ROT", 10, "2099-04-01", "--supplier", "Supplier 1")
    assert said.out.strip() == f"{receipt}: 10 × {sku} at ROT, 0 of them here, expected 2099-04-01"
    assert crossdock("inbound", "slip", receipt, sku, "2099-05-01").status == 0
    (row,) = crossdock("inbound", "list", "--sku", sku, "--json").json
    assert (row["receipt_id"], row["expected_at"][:10], row["supplier"]) == (receipt, "2099-05-01", "Supplier 1")
    assert receipt in crossdock("inbound", "list").out

    said = crossdock("inbound", "receive", receipt, sku, 4)
    assert f"{sku} at ROT: received +4, now 4" in said.out
    assert crossdock("stock", "show", sku, "--json").json["expected"] == 6
    assert "short" in crossdock("inbound", "close", receipt, sku, "--reason", "short").out
    assert crossdock("inbound", "list", "--sku", sku, "--json").json == []
    assert crossdock("inbound", "receive", receipt, sku, 1).status == 3
    assert crossdock("inbound", "slip", receipt, sku, "2099-06-01").status == 3
