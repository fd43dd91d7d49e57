"""`crossdock products`: the feed from a file, look-ups, listings, and what orders are held for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crossdock_contracts import gtin
from tests.builders import unique
from tests.cli.conftest import Crossdock, RunningHub, Said, eventually

EVERYTHING = (
    "sku,title,barcodes,variant,weight_g,length_mm,width_mm,height_mm,hs_code,origin_country,hazmat_class,track_lot,"
    "track_expiry,track_serial,category,tax_class,cost_minor,cost_currency,components,active"
)

Import = Callable[..., Said]


@pytest.fixture
def imports(crossdock: Crossdock, tmp_path: Path) -> Import:
    """Imports these lines: ``said = imports("sku,title", "A,Mug")``."""
    file = tmp_path / "products.csv"

    def run(*lines: str, options: tuple[str, ...] = ()) -> Said:
        file.write_text("\n".join(lines) + "\n")
        return crossdock("products", "import", file, *options)

    return run


def product(crossdock: Crossdock, sku: str) -> dict[str, Any]:
    """A product as it stands."""
    found: dict[str, Any] = crossdock("products", "show", sku, "--json").json["product"]
    return found


def ean() -> str:
    """A barcode that no other test uses."""
    digits = f"40{int(unique('')):010}"
    return digits + gtin.check_digit(digits)


def test_every_field_of_a_product_comes_in_by_file(crossdock: Crossdock, imports: Import) -> None:
    part, sku, code = unique("P-"), unique("P-"), ean()
    said = imports(
        EVERYTHING,
        f"{sku},Enamel mug,{code},colour=blue; size=M,350,120,90,100,6911.10,PT,3,yes,true,1,kitchen,full,1999,EUR,"
        f"{part}=2,no",
        f"{part},Handle{',' * 18}",
    )

    assert (said.status, said.out.strip()) == (0, "2 new, 0 changed and 0 unchanged products, 0 listings")
    found = product(crossdock, sku)
    assert found == {
        "sku": sku,
        "title": "Enamel mug",
        "barcodes": [code],
        "variant": {"colour": "blue", "size": "M"},
        "weight_g": 350,
        "dimensions": {"length_mm": 120, "width_mm": 90, "height_mm": 100},
        "hs_code": "6911.10",
        "origin_country": "PT",
        "hazmat_class": "3",
        "track_lot": True,
        "track_expiry": True,
        "track_serial": True,
        "category": "kitchen",
        "tax_class": "full",
        "cost": {"amount_minor": 1999, "currency": "EUR"},
        "components": [{"sku": part, "quantity": 2}],
        "active": False,
    }
    shown = crossdock("products", "show", code).out
    for words in (f"{sku} of main", "cost: 19.99 EUR", f"kit of: 2 × {part}", "size: 120 × 90 × 100 mm", "active: no"):
        assert words in shown


def test_importing_twice_changes_nothing_and_a_dry_run_only_says_what_would(
    crossdock: Crossdock, imports: Import
) -> None:
    sku = unique("P-")
    lines = ("sku,title", f"{sku},Mug")

    dry = imports(*lines, options=("--dry-run",))
    assert (dry.status, dry.out.strip()) == (0, "would be: 1 new, 0 changed and 0 unchanged products, 0 listings")
    assert crossdock("products", "show", sku).status == 3
    assert imports(*lines).out.strip() == "1 new, 0 changed and 0 unchanged products, 0 listings"
    assert imports(*lines).out.strip() == "0 new, 0 changed and 1 unchanged products, 0 listings"


def test_what_a_file_does_not_speak_of_stays_and_an_empty_cell_clears(crossdock: Crossdock, imports: Import) -> None:
    sku = unique("P-")
    imports("sku,title,weight_g,category", f"{sku},Mug,300,kitchen")

    assert "0 new, 1 changed" in imports("sku,weight_g,category", f"{sku},310,").out

    assert product(crossdock, sku) | {"title": "Mug", "weight_g": 310, "category": ""} == product(crossdock, sku)


def test_all_lines_that_are_wrong_are_told_and_nothing_is_changed(crossdock: Crossdock, imports: Import) -> None:
    good, kit, code = unique("P-"), unique("K-"), ean()
    said = imports(
        "sku,title,weight_g,barcodes,components,channel,listing_id,variant",
        f"{good},Mug,300,{code},,,,",
        f"{good}x,Mug,heavy,,,,,",
        f"{good}y,Mug,,4006381333932,,,,",
        f"{kit},Set,,,{good}=1; none=1,,,",
        f"{good}z,Mug,,,{good},,,",
        ",Mug,,,,,,",
        f"{good},Cup,300,{code},,,,",
        f"{good},,,,,Web Shop,L,",
        f"{good}v,Mug,,{code},,,,",
        f"{good}w,Mug,,,,,,red",
        f"{good}u,Mug,,,,,,,,too,many",
    )

    assert said.status == 1
    told = [line.partition("products.csv:")[2] for line in said.error.splitlines() if "products.csv:" in line]
    assert [line.partition(":")[0] for line in told] == ["3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]
    for line, words in zip(
        told,
        (
            "weight_g: Input should be a valid integer",
            "its check digit is 1",
            "there is no product none",
            f"components: '{good}' cannot be read; write it like MUG=1; PLATE=2",
            "sku: String should have at least 1 character",
            f"sku: {good} stands on line 2 already, and differently",
            "channel: String should match pattern",
            f"{code} is the barcode of {good}",
            "variant: 'red' cannot be read",
            "it has more cells than the file has columns",
        ),
        strict=True,
    ):
        assert words in line
    assert "10 lines are wrong; nothing was changed" in said.error
    assert crossdock("products", "show", good).status == 3


def test_a_file_and_what_the_hub_knows_are_held_against_each_other(imports: Import) -> None:
    part, kit, code = unique("P-"), unique("K-"), ean()
    assert imports("sku,components,barcodes", f"{kit},{part}=1,", f"{part},,{code}").status == 0

    found = imports(
        "sku,components,barcodes,active",
        f"{part}2,{kit}=1,,",
        f"{part}3,,{code},",
        f"{part},,{code},no",
        options=("--json", "--dry-run"),
    )

    assert found.status == 1
    assert [(one["line"], one["problem"].split(";")[0]) for one in found.json["wrong"]] == [
        (2, f"{kit} is a kit itself"),
        (3, f"{code} is the barcode of {part}"),
        (4, f"{part} is a component of {kit}"),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("sku,colour\nA,red\n", ":1: unknown columns 'colour'; known are sku, title"),
        ("title\nA\n", ":1: no column sku"),
    ],
)
def test_a_file_with_another_head_is_refused(imports: Import, content: str, words: str) -> None:
    said = imports(content)

    assert said.status == 1
    assert words in said.error


def test_lines_of_listings_leave_the_product_as_it_is(crossdock: Crossdock, imports: Import) -> None:
    sku, listing = unique("P-"), unique("L-")
    said = imports(
        "sku,title,channel,listing_id,listing_quantity", f"{sku},Mug,web,{listing},6", f"{sku},,marketplace,{listing},"
    )

    assert said.out.strip() == "1 new, 0 changed and 0 unchanged products, 2 listings"
    assert product(crossdock, sku)["title"] == "Mug"


def test_a_product_is_shown_by_sku_or_barcode_and_a_mistyped_one_is_told(crossdock: Crossdock, imports: Import) -> None:
    sku, code = unique("P-"), ean()
    imports("sku,barcodes", f"{sku},{code}")

    assert crossdock("products", "show", f"0{code}", "--json").json["product"]["sku"] == sku
    wrong = crossdock("products", "show", code[:-1] + str((int(code[-1]) + 1) % 10))
    assert (wrong.status, "is mistyped" in wrong.error) == (3, True)
    assert crossdock("products", "show", "NONE").error.strip() == "error: main has no product NONE"


def test_a_listing_is_mapped_by_hand_and_what_is_not_there_yet_is_said(crossdock: Crossdock, sku: str) -> None:
    listing = unique("L-")

    assert crossdock("products", "map", "web", listing, sku, "--quantity", 6).out.strip().endswith(f"6 × {sku}")
    said = crossdock("products", "map", "web", listing, "LATER")
    assert (said.status, "there is no product LATER yet; orders for" in said.out) == (0, True)


def test_what_orders_are_held_for_is_listed_until_it_is_known(
    crossdock: Crossdock, hub: RunningHub, imports: Import
) -> None:
    sku = unique("P-")
    order_id = hub.order((sku, 1))

    def waits() -> list[dict[str, Any]]:
        rows = crossdock("products", "unmapped", "--json").json
        return [one for one in rows if one.get("sku") == sku]

    (row,) = eventually(waits)
    assert row == {"channel": "", "sku": sku, "orders": 1, "example": order_id}
    assert sku in crossdock("products", "unmapped").out
    imports("sku,title", f"{sku},Mug")
    eventually(lambda: not waits())
    said = crossdock("orders", "show", order_id).out
    assert f"nothing is known of SKU {sku}" in said


def test_the_stock_of_a_kit_is_told_by_its_components(crossdock: Crossdock, imports: Import, sku: str) -> None:
    kit = unique("K-")
    imports("sku,components", f"{kit},{sku}=3")

    said = eventually(lambda: (shown := crossdock("stock", "show", kit)).status == 0 and shown).out

    assert f"kit of 3 × {sku}: 10 available to promise" in said
    assert "available to promise: 3" in said
    refused = crossdock("stock", "receive", kit, "BER", 1)
    assert (refused.status, "is-kit" in refused.error) == (1, True)
