"""`crossdock stock`."""

from typing import Any

import pytest

from tests.cli.conftest import Crossdock, RunningHub, eventually


def at(crossdock: Crossdock, sku: str, location: str) -> dict[str, Any]:
    """One SKU at one location."""
    found = crossdock("stock", "show", sku, "--json").json
    return next(place for place in found["locations"] if place["location_id"] == location)


def test_show_tells_the_pieces_by_location(crossdock: Crossdock, sku: str) -> None:
    said = crossdock("stock", "show", sku)

    assert said.status == 0
    assert "BER" in said.out
    assert "available to promise: 10" in said.out


def test_list_tells_every_sku(crossdock: Crossdock, sku: str) -> None:
    assert sku in crossdock("stock", "list").out
    row = next(one for one in crossdock("stock", "list", "--json").json if one["sku"] == sku)
    assert (row["on_hand"], row["allocated"], row["reserved"], row["promisable"]) == (10, 0, 0, 10)


def test_receive_says_what_is_there_now(crossdock: Crossdock, sku: str) -> None:
    said = crossdock("stock", "receive", sku, "BER", 5, "--reference", "PO-1")

    assert said.out.strip() == f"{sku} at BER: received +5, now 15"
    (event,) = crossdock("stock", "receive", sku, "ROT", 1, "--json").json
    assert event["type"] == "inventory.evt.stock-moved"
    assert event["body"]["on_hand"] == 1


def test_adjust_takes_a_negative_difference(crossdock: Crossdock, sku: str) -> None:
    assert crossdock("stock", "adjust", sku, "BER", "-3", "--reason", "broken").status == 0
    assert at(crossdock, sku, "BER")["on_hand"] == 7


def test_count_says_what_is_there_and_nothing_where_it_was_so_already(crossdock: Crossdock, sku: str) -> None:
    assert "counted -2, now 8" in crossdock("stock", "count", "enter", sku, "BER", 8).out
    assert crossdock("stock", "count", "enter", sku, "BER", 8).out.strip() == "nothing to change"


def test_a_count_below_what_is_promised_is_called_short(crossdock: Crossdock, hub: RunningHub, sku: str) -> None:
    order_id = hub.order((sku, 6))
    eventually(lambda: at(crossdock, sku, "BER")["allocated"])

    said = crossdock("stock", "count", "enter", sku, "BER", 4)

    assert f"short: 2 of {sku}" in said.out
    crossdock("stock", "count", "enter", sku, "BER", 10)
    assert order_id in crossdock("orders", "show", order_id).out


def test_transfer_moves_free_pieces(crossdock: Crossdock, sku: str) -> None:
    assert crossdock("stock", "transfer", sku, "BER", "LYS", 4).status == 0
    assert (at(crossdock, sku, "BER")["on_hand"], at(crossdock, sku, "LYS")["on_hand"]) == (6, 4)


def test_safety_keeps_pieces_back(crossdock: Crossdock, sku: str) -> None:
    assert crossdock("stock", "safety", sku, "BER", 4).out.strip() == f"{sku} at BER: 4 pieces are kept back"
    assert at(crossdock, sku, "BER")["available"] == 6


def test_goods_are_not_booked_at_a_location_that_there_is_not(crossdock: Crossdock, sku: str) -> None:
    said = crossdock("stock", "receive", sku, "MOON", 4)

    assert said.status == 3
    assert said.error.startswith("error: there is no location MOON in locations.toml; known: BER, ")
    assert crossdock("warehouse", "queue", "MOON").status == 3
    assert "BER has a system of its own" in crossdock("warehouse", "queue", "BER", "--queue", "none").out


def test_a_sku_that_nobody_has_is_not_found(crossdock: Crossdock) -> None:
    said = crossdock("stock", "show", "NONE")

    assert said.status == 3
    assert said.error.strip() == "error: main has no stock of NONE"
    assert crossdock("stock", "show", "NONE", "--owner", "other", "--json").status == 3


def test_a_command_that_is_refused_says_why_and_fails(crossdock: Crossdock, sku: str) -> None:
    said = crossdock("stock", "transfer", sku, "BER", "LYS", 11)

    assert said.status == 1
    assert f"not-enough-free: BER has 10 free pieces of {sku}, 11 were asked for" in said.error
    assert crossdock("stock", "adjust", sku, "BER", "-11").status == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("receive", "A", "BER", "0"), "quantity 0: Input should be greater than 0"),
        (("receive", "A", "BER", "many"), "Invalid value for 'quantity': Input should be a valid integer"),
        (("receive", "", "BER", "1"), "sku '': String should have at least 1 character"),
        (("receive", "A", "BER"), "Missing argument 'quantity'"),
        (("count", "enter", "A", "BER", "-1"), "No such option: -1"),
        (("adjust", "A", "BER", "1", "--reason", "Not A Code"), "reason 'Not A Code': String should match"),
        (("safety", "A", "BER", "1", "--owner", ""), "owner '': "),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage_and_says_where(
    crossdock: Crossdock, arguments: tuple[str, ...], words: str
) -> None:
    said = crossdock("stock", *arguments)

    assert said.status == 2
    assert words in said.error
    assert "Traceback" not in said.error
    assert said.out == ""
