"""`crossdock cases …`."""

from tests.cli.conftest import Crossdock, RunningHub, eventually


def test_a_case_is_opened_decided_claimed_and_closed(crossdock: Crossdock, hub: RunningHub, sku: str) -> None:
    order = hub.order((sku, 2))
    parcel = f"{order}/1"
    eventually(lambda: "label-bought" in crossdock("orders", "show", order, "--json").out)
    for step in ("picked", "packed", "shipped"):
        assert crossdock("warehouse", step, parcel).status == 0
    eventually(lambda: "returns sold" in crossdock("orders", "show", order, "--json").out)
    assert crossdock("warehouse", "track", parcel, "exception", "--code", "lost").status == 0
    shown = eventually(lambda: (said := crossdock("cases", "show", order, 1)).status == 0 and said)
    assert f"Case 1 of {order}: {parcel} is lost; open" in shown.out
    assert f"case 1: {parcel} is lost, says carrier" in shown.out

    assert "known already" in crossdock("cases", "open", order, parcel, "lost").out
    assert "1 × " in crossdock("cases", "decide", order, 1, "reship", "--line", "1=1", "--by", "agent-1").out
    refunded = crossdock("cases", "decide", order, 1, "refund", "--by", "agent-1").out
    assert refunded.strip() == f"case 1: 1 × {sku}: refund of 10.00 EUR, by agent-1"
    assert "refund-requested" in crossdock("orders", "show", order).out
    refused = crossdock("cases", "decide", order, 1, "refund", "--line", "1=2")
    assert (refused.status, "decided-already" in refused.error) == (1, True)
    assert "10.00 EUR C-77" in crossdock("cases", "claim", order, 1, 1000, "EUR", "--reference", "C-77").out
    listed = next(one for one in crossdock("cases", "list", "--json").json if one["order_id"] == order)
    assert (listed["claim"]["reference"], listed["status"]) == ("C-77", "decided")
    assert "the carrier pays 4.00 EUR of 10.00 EUR" in crossdock("cases", "answer", order, 1, 400).out
    found = crossdock("cases", "received", order, 1, "BER", "--line", "1=1", "--write-off", "--by", "dock-1")
    assert (found.status, "BER" in found.out, "by dock-1" in found.out) == (0, True, True)

    eventually(lambda: crossdock("cases", "close", order, 1, "--by", "agent-1").status == 0)
    assert order not in crossdock("cases", "list").out
    assert order in crossdock("cases", "list", "--all").out


def test_a_case_that_is_not_there_is_not_found(crossdock: Crossdock) -> None:
    said = crossdock("cases", "show", "web:none", 1)
    assert (said.status, said.error.strip()) == (3, "error: main has no case 1 of order web:none")


def test_pieces_are_named_as_line_and_number(crossdock: Crossdock) -> None:
    assert crossdock("cases", "open", "web:1", "web:1/1", "lost", "--line", "2").status == 2
