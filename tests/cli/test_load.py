"""`crossdock load`: everything is checked first, loaded once, and adds up."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from crossdock_contracts.inventory import ReceiveStockV1
from services.capture.channels.sheet import Problem
from services.cli.client import Client
from services.cli.cutover.part import Entry
from services.cli.cutover.stock import StockPart
from tests.builders import unique
from tests.cli.conftest import Crossdock, Files, eventually
from tests.cli.opening import ORDERS, row, told


def stock(crossdock: Crossdock, sku: str) -> dict[str, Any]:
    found: dict[str, Any] = crossdock("stock", "show", sku, "--json").json
    return found


@pytest.fixture
def opening(files: Files) -> tuple[Path, str, str]:
    """A folder with something of everything; its SKU, and its order."""
    sku, order_id = unique("L-"), unique("o")
    folder = files(
        products=["sku,title,weight_g,channel,listing_id", f"{sku},Mug,300,,", f"{sku}b,Plate,400,web,{sku}-listing"],
        customers=["email,name,currency,limit", f"{order_id}@example.com,Anna Berg,EUR,500.00"],
        stock=["sku,location_id,on_hand,safety,damaged", f"{sku},BER,10,1,2", f"{sku},ROT,5,,", f"{sku}b,BER,3,,"],
        orders=[
            ORDERS,
            row(order_id, "1", sku, 2, "12.50", "33.89"),
            row(order_id, "2", f"{sku}b", 1, "3.99", "33.89"),
        ],
    )
    return folder, sku, f"web:{order_id}"


def test_a_folder_is_loaded_and_adds_up(crossdock: Crossdock, opening: tuple[Path, str, str]) -> None:
    folder, sku, order_id = opening
    said = crossdock("load", folder, "--json")

    assert said.status == 0, said
    assert said.json["adds_up"]
    found = said.json["files"]
    assert {name: (one["rows"], one["loaded_now"], one["there_already"]) for name, one in found.items()} == {
        "products.csv": (2, 2, 0), "customers.csv": (1, 1, 0), "stock.csv": (3, 3, 0), "orders.csv": (2, 2, 0),
    }  # fmt: skip
    assert found["stock.csv"]["sums"]["pieces"] == {"file": 18, "loaded_now": 18, "there_already": 0}
    assert found["orders.csv"]["sums"] == {"EUR": {"file": 3389, "loaded_now": 3389, "there_already": 0}}
    (berlin,) = (place for place in stock(crossdock, sku)["locations"] if place["location_id"] == "BER")
    assert (berlin["safety"], berlin["damaged"]) == (1, 2)
    shown = crossdock("orders", "show", order_id, "--json").json
    assert shown["timeline"][0]["body"]["order"]["totals"]["total_minor"] == 3389
    account = crossdock("customers", "show", f"{order_id.partition(':')[2]}@example.com", "--json").json["account"]
    assert account["EUR"]["limit_minor"] == 50000


def test_a_load_is_loaded_once_even_after_trading_has_begun(
    crossdock: Crossdock, opening: tuple[Path, str, str]
) -> None:
    folder, sku, _ = opening
    assert crossdock("load", folder).status == 0
    crossdock("stock", "receive", sku, "BER", 7)
    before = stock(crossdock, sku)

    said = crossdock("load", folder, "--json")

    assert said.status == 0, said
    assert stock(crossdock, sku) == before
    for one in said.json["files"].values():
        assert (one["loaded_now"], one["there_already"], one["refused"]) == (0, one["rows"], 0)
    assert said.json["files"]["stock.csv"]["sums"]["pieces"] == {"file": 18, "loaded_now": 0, "there_already": 18}
    assert "everything adds up" in crossdock("load", folder).out


def test_a_load_that_was_broken_off_goes_on_with_what_is_left(
    crossdock: Crossdock, opening: tuple[Path, str, str]
) -> None:
    folder, _, _ = opening
    aside = {name: (folder / name).read_text() for name in ("stock.csv", "orders.csv")}
    (folder / "orders.csv").unlink()
    (folder / "stock.csv").write_text("\n".join(aside["stock.csv"].splitlines()[:2]))
    assert crossdock("load", folder).status == 0
    for name, content in aside.items():
        (folder / name).write_text(content)

    found = crossdock("load", folder, "--json").json

    assert found["adds_up"]
    assert (found["files"]["stock.csv"]["loaded_now"], found["files"]["stock.csv"]["there_already"]) == (2, 1)
    assert found["files"]["stock.csv"]["sums"]["pieces"] == {"file": 18, "loaded_now": 8, "there_already": 10}


def test_a_dry_run_says_what_would_be_loaded_and_changes_nothing(
    crossdock: Crossdock, opening: tuple[Path, str, str]
) -> None:
    folder, sku, order_id = opening
    found = crossdock("load", folder, "--dry-run", "--json").json
    assert {one["file"]: one["to_load"] for one in found["files"]} == {
        "products.csv": 2, "customers.csv": 1, "stock.csv": 3, "orders.csv": 2,
    }  # fmt: skip
    assert "Would be loaded" in crossdock("load", folder, "--dry-run").out
    assert crossdock("products", "show", sku).status == 3
    assert crossdock("orders", "show", order_id).status == 3


def test_every_error_of_every_file_is_told_by_line_and_column_and_nothing_is_sent(
    crossdock: Crossdock, files: Files
) -> None:
    sku, other = unique("L-"), unique("L-")
    folder = files(
        products=["sku,weight_g", f"{sku},300", f"{sku}x,heavy"],
        customers=["email,currency,limit", "nobody,EUR,5", "a@example.com,EUR,5.001", "b@example.com,euro,5"],
        stock=[
            "sku,location_id,on_hand",
            f"{sku},BER,10",
            f"{sku},BER,11",
            f"{sku},MOON,1",
            f"{other},BER,1.5",
            ",BER,",
        ],
        orders=[
            ORDERS,
            row("1", "1", sku, 1, "10.00", "14.91"),
            row("2", "1", sku, 1, "ten", "14.90"),
            row("3", "1", sku, 1, "10.00", "24.90", channel="moon"),
            row("4", "1", other, 1, "10.00", "14.90"),
            row("5", "1", sku, 1, "10.00", "24.90"),
            row("5", "1", sku, 1, "10.00", "24.90"),
            row("6", "1", sku, 1, "10.00", "24.90").replace("+01:00", ""),
            row("7", "1", sku, 1, "10.00", "24.90"),
            row("7", "2", sku, 1, "10.00", "24.90").replace("Torstrasse 1", "Torstrasse 2"),
            row("8", "1", sku, 1, "10.00", "14.90", channel="till"),
        ],
    )
    said = crossdock("load", folder)

    assert said.status == 1
    places = [":".join(line.split(":")[:3]).replace(" ", "") for line in told(said)]
    assert places == [
        "products.csv:3:weight_g",
        "customers.csv:2:email",
        "customers.csv:3:limit",
        "customers.csv:4:currency",
        "stock.csv:3:sku",
        "stock.csv:4:location_id",
        "stock.csv:5:on_hand",
        "stock.csv:5:sku",
        "stock.csv:6:on_hand",
        "stock.csv:6:sku",
        "orders.csv:2:total",
        "orders.csv:3:unit_price",
        "orders.csv:4:channel",
        "orders.csv:5:sku",
        "orders.csv:7:line_id",
        "orders.csv:8:placed_at",
        "orders.csv:10:ship_to_line1",
        "orders.csv:11:channel",
    ]
    assert "18 errors: 1 in products.csv, 3 in customers.csv, 6 in stock.csv, 8 in orders.csv; nothing was sent" in (
        said.error
    )
    assert "14.91 EUR is not what lines, discounts, shipping and tax make: 14.90 EUR" in said.error
    assert crossdock("products", "show", sku).status == 3


def test_files_that_say_otherwise_than_the_hub_are_refused_whole(
    crossdock: Crossdock, opening: tuple[Path, str, str], sku: str
) -> None:
    folder, _, _ = opening
    assert crossdock("load", folder).status == 0
    orders, shelf = folder / "orders.csv", folder / "stock.csv"
    orders.write_text(orders.read_text().replace("Torstrasse 1", "Torstrasse 2"))
    shelf.write_text(shelf.read_text().replace("BER,10", "BER,11") + f"{sku},BER,4,,\n{sku},ROT,4,,\n")
    customers = folder / "customers.csv"
    customers.write_text(customers.read_text().replace("500.00", "600.00"))

    said = crossdock("load", folder)

    assert said.status == 1
    assert [line.split(": ")[1][:40] for line in told(said)] == [
        "the limit is 500.00 EUR already; take th",
        "it was opened with 10 on hand, 1 safety,",
        "goods were booked there before the load;",
        "the hub has the order already, not as it",
    ]
    assert {place["location_id"] for place in stock(crossdock, sku)["locations"]} == {"BER"}


def test_orders_that_are_held_are_counted_by_reason(crossdock: Crossdock, files: Files, sku: str) -> None:
    order_id = unique("o")
    folder = files(orders=[ORDERS, row(order_id, "1", sku, 1, "10.00", "14.90").replace("10119", "")])
    said = crossdock("load", folder, "--json")
    assert said.status == 0, said
    assert said.json["files"]["orders.csv"]["holds"] == {"address-incomplete": 1}
    assert eventually(lambda: f"web:{order_id}" in crossdock("holds", "list").out)


def test_a_folder_without_files_and_columns_that_nobody_knows_are_refused(crossdock: Crossdock, files: Files) -> None:
    assert crossdock("load", files()).status == 2
    said = crossdock("load", files(stock=["sku,location_id,colour", "A,BER,red"]))
    assert (said.status, [line.split(": ")[1] for line in told(said)]) == (1, ["colour", "on_hand"])


def test_without_a_hub_a_dry_run_checks_the_files_alone(
    crossdock: Crossdock, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = files(stock=["sku,location_id,on_hand", "NOBODY-KNOWS,BER,1"])
    monkeypatch.setenv("CROSSDOCK_NATS_URL", "nats://127.0.0.1:1")
    said = crossdock("load", folder, "--dry-run")
    assert (said.status, "not checked against what the hub has" in said.error) == (0, True)
    assert crossdock("load", folder).status == 4


def test_what_others_book_between_check_and_load_is_told_and_the_rest_is_loaded(
    crossdock: Crossdock, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    sku = unique("L-")
    shelf = ["sku,location_id,on_hand", f"{sku},BER,4", f"{sku},ROT,6"]
    folder = files(products=["sku,title", f"{sku},Mug"], stock=shelf)
    hand_in = StockPart.hand_in

    async def too_late(part: StockPart, client: Client, entries: Sequence[Entry]) -> list[Problem]:
        await client.order(ReceiveStockV1(owner="main", sku=sku, location_id="BER", quantity=1))
        return await hand_in(part, client, entries)

    monkeypatch.setattr(StockPart, "hand_in", too_late)
    said = crossdock("load", folder, "--json")

    assert (said.status, said.json["adds_up"]) == (1, False)
    found = said.json["files"]["stock.csv"]
    assert (found["rows"], found["loaded_now"], found["refused"]) == (2, 1, 1)
    assert found["sums"]["pieces"] == {"file": 10, "loaded_now": 6, "there_already": 0}
    (problem,) = found["problems"]
    assert problem.startswith("stock.csv:2: on_hand: booked-already: goods were booked there before")


def test_the_audit_finds_nothing_wrong_with_what_was_loaded(
    crossdock: Crossdock, opening: tuple[Path, str, str]
) -> None:
    folder, sku, order_id = opening
    assert crossdock("load", folder).status == 0
    said = crossdock("verify", "--json")
    violations = str([check for check in said.json["checks"] if check["violations"]])
    assert sku not in violations
    assert order_id not in violations
