"""What the files of a load may say, and whose it is then."""

import re

from services.hub.settings import ROOT
from tests.builders import unique
from tests.cli.conftest import Crossdock, Files
from tests.cli.opening import ORDERS, row, told


def test_the_example_of_the_documentation_can_be_loaded(crossdock: Crossdock, files: Files) -> None:
    text = (ROOT / "docs" / "cutover.md").read_text()
    names = re.findall(r"^\*\*`(\w+)\.csv`", text, re.MULTILINE)
    tables = re.findall(r"```csv\n(.*?)\n```", text, re.DOTALL)
    folder = files(**{name: table.splitlines() for name, table in zip(names, tables, strict=True)})

    said = crossdock("load", folder, "--json")

    assert said.status == 0, said
    assert {name: (one["rows"], one["holds"]) for name, one in said.json["files"].items()} == {
        "products.csv": (2, {}), "customers.csv": (1, {}), "stock.csv": (3, {}), "orders.csv": (3, {}),
    }  # fmt: skip
    assert said.json["files"]["orders.csv"]["sums"]["EUR"]["file"] == 6670


def test_what_is_loaded_for_an_owner_is_theirs_alone(crossdock: Crossdock, files: Files) -> None:
    sku, owner = unique("L-"), unique("client-")
    folder = files(products=["sku,title", f"{sku},Mug"], stock=["sku,location_id,on_hand", f"{sku},BER,4"])
    assert crossdock("load", folder, "--owner", owner).status == 0
    assert crossdock("stock", "show", sku, "--owner", owner, "--json").json["on_hand"] == 4
    assert crossdock("stock", "show", sku).status == 3

    files(orders=[ORDERS, row("1", "1", sku, 1, "10.00", "14.90")])
    said = crossdock("load", folder, "--owner", owner)
    assert (said.status, "web is a channel of main" in said.error) == (1, True)


def test_stock_is_opened_by_hand_once(crossdock: Crossdock, files: Files) -> None:
    sku = unique("L-")
    crossdock("products", "import", files(products=["sku,title", f"{sku},Mug"]) / "products.csv")
    assert f"{sku} at BER: counted +6, now 6" in crossdock("stock", "open", sku, "BER", 6, "--safety", 1).out
    crossdock("stock", "receive", sku, "BER", 2)
    said = crossdock("stock", "open", sku, "BER", 6, "--safety", 1).out
    assert f"{sku} at BER: opened with 6 before, now 8; nothing changed" in said
    refused = crossdock("stock", "open", sku, "BER", 7)
    assert (refused.status, "opened-otherwise" in refused.error) == (1, True)


def test_customers_on_terms_are_known_by_phone_or_channel_too(crossdock: Crossdock, files: Files) -> None:
    digits = f"30{int(unique('')):08}"
    folder = files(
        customers=[
            "email,phone,country,channel,channel_customer_id,currency,limit",
            f",0{digits},DE,,,JPY,100000",
            f",,,business,{digits},EUR,none",
            f",+49 {digits},,,,EUR,0",
        ]
    )
    said = crossdock("load", folder, "--json")
    assert said.status == 0, said
    assert {name: one["file"] for name, one in said.json["files"]["customers.csv"]["sums"].items()} == {
        "JPY": 100000, "EUR": 0, "without limit": 1,
    }  # fmt: skip
    again = crossdock("load", folder, "--json").json["files"]["customers.csv"]
    assert (again["there_already"], again["loaded_now"]) == (3, 0)
    wrong = crossdock("load", files(customers=["phone,currency,limit", "030 1,EUR,5", ",EUR,5", f"+49{digits},EUR,"]))
    assert [line.split(":")[1:3] for line in told(wrong)] == [["2", " phone"], ["3", " email"], ["4", " limit"]]


def test_open_orders_keep_all_that_is_said_of_them(crossdock: Crossdock, files: Files, sku: str) -> None:
    order_id = unique("o")
    head = (
        "channel,order_id,placed_at,currency,total,payment_method,payment_reference,discount,shipping,tax,customer_po,"
        "ship_by,priority,ship_complete,ship_to_name,ship_to_line1,ship_to_postcode,ship_to_city,ship_to_country,"
        "bill_to_name,line_id,kind,sku,quantity,unit_price,line_discount,line_tax,note,line_note"
    )
    more = "PO-7,2099-01-01T00:00:00Z,2,yes,Anna Berg,Torstrasse 1,10119,Berlin,DE,Accounts,1,"
    folder = files(
        orders=[
            head,
            f"desk,{order_id},2026-11-20T10:00:00+01:00,JPY,2390,prepaid,P-1,100,300,190,{more},{sku},2,1000,50,95,ring,",
            f"desk,{order_id}{',' * 19}2,charge,,1,50,,,,for the card",
        ]
    )
    assert crossdock("load", folder).status == 0
    order = crossdock("orders", "show", f"desk:{order_id}", "--json").json["timeline"][0]["body"]["order"]
    assert order["totals"] == {
        "lines_minor": 2000, "discount_minor": 100, "shipping_minor": 300, "tax_minor": 190, "total_minor": 2390,
    }  # fmt: skip
    assert (order["placed_at"], order["ship_by"]) == ("2026-11-20T09:00:00Z", "2099-01-01T00:00:00Z")
    assert (order["customer_po"], order["priority"], order["ship_complete"], order["note"]) == (
        "PO-7", 2, True, "ring",
    )  # fmt: skip
    assert (order["payment"]["reference"], order["bill_to"]["name"]) == ("P-1", "Accounts")
    goods, charge = order["lines"]
    assert (goods["discount_minor"], goods["tax_minor"], goods["quantity"]) == (50, 95, 2)
    assert (charge["kind"], charge["note"], charge["total_minor"]) == ("charge", "for the card", 50)
