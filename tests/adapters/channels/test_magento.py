"""Orders of Magento and Adobe Commerce: what maps to what."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from crossdock_contracts.values import LineKind, PaymentMethod
from services.capture.channels import UnmappableError
from services.capture.channels.magento import Magento
from services.hub.settings import ROOT
from tests.adapters.channels.magento import ADDRESS, ITEM, ORDER, items, plain, read
from tests.adapters.channels.mutations import adds_up, mutated, read_or_refuse
from tests.builders import NOW

SAMPLES = ROOT.parent / "shared" / "data" / "payloads" / "channels" / "magento"


def extended(**fields: Any) -> dict[str, Any]:
    return ORDER["extension_attributes"] | fields


def test_an_order_is_mapped_with_its_money_without_tax() -> None:
    order = read()
    assert (order.order_id, order.number, order.source_version) == ("7", "000000007", "2026-03-02 09:31:00")
    assert (order.currency, order.placed_at) == ("SEK", NOW)
    assert (order.total_minor, order.shipping_minor, order.tax_minor) == (28400, 4900, 5500)
    assert (order.tax_included, order.shop_total) == (False, None)
    line = order.lines[0]
    assert (line.line_id, line.listing_id, line.sku, line.title) == ("11", "A", "A", "Mugg")
    assert (line.quantity, line.unit_price_minor, line.tax_minor) == (2, 10000, 4500)
    assert (order.payment.method, order.payment.reference) == (PaymentMethod.PREPAID, "pi_1")


def test_the_tax_within_a_discount_is_tax_and_not_discount() -> None:
    order = read()
    assert (order.lines[0].discount_minor, order.discount_minor) == (2000, 0)


def test_a_discount_on_shipping_is_one_on_the_order() -> None:
    order = read(discount_amount=-35, grand_total=276, shipping_discount_tax_compensation_amount=2)
    assert order.discount_minor == 800


def test_the_address_is_that_of_the_shipping_assignment() -> None:
    order = read()
    assert order.ship_to is not None
    assert order.ship_to.name == "Zoë Ångström"
    assert (order.ship_to.line1, order.ship_to.line2, order.ship_to.line3) == ("Storgatan 1", "lgh 12", "c/o A, gård")
    assert (order.ship_to.country, order.ship_to.email, order.ship_to.region) == ("SE", "zoe@example.com", "")
    assert (order.shipping.carrier, order.shipping.title) == ("tablerate", "Best Way - Table Rate")
    assert (order.customer.tax_id, order.customer.channel_customer_id) == ("SE1", "3")


def test_an_order_without_an_assignment_has_no_address() -> None:
    assert read(extension_attributes=[]).ship_to is None


def test_of_a_region_its_code_counts() -> None:
    address = ADDRESS | {"region": {"region": "New York", "region_code": "NY", "region_id": 43}}
    assignments = [{"shipping": {"address": address, "method": "flatrate_flatrate"}}]
    order = read(extension_attributes={"shipping_assignments": assignments})
    assert order.ship_to is not None
    assert order.ship_to.region == "NY"


def test_a_configurable_product_counts_once_as_the_variant_that_it_is() -> None:
    parent = plain(11, 52, sku="MH01-S-Gray", product_type="configurable")
    child = plain(12, 0, sku="MH01-S-Gray", parent_item_id=11, parent_item=parent)
    order = items(parent, child, grand_total=52)
    assert [(line.line_id, line.sku, line.quantity, line.unit_price_minor) for line in order.lines] == [
        ("11", "MH01-S-Gray", 1, 5200)
    ]


def test_a_bundle_that_is_priced_by_its_parts_is_its_parts() -> None:
    bundle = plain(5, 68, sku="KIT-BLUE", product_type="bundle")
    parts = [plain(6, 27, sku="BALL", parent_item_id=5), plain(7, 41, sku="ROLLER", parent_item_id=5)]
    order = items(bundle, *parts, grand_total=68)
    assert [(line.sku, line.unit_price_minor) for line in order.lines] == [("BALL", 2700), ("ROLLER", 4100)]


def test_the_price_of_a_bundle_is_shared_out_to_its_parts() -> None:
    bundle = plain(5, 100, sku="KIT", product_type="bundle", tax_amount=10, discount_amount=20)
    parts = [plain(6, 0, 2, sku="A", parent_item_id=5), plain(7, 0, sku="B", parent_item_id=5)]
    order = items(bundle, *parts, grand_total=90, discount_amount=-20, tax_amount=10)
    assert [(line.sku, line.quantity) for line in order.lines] == [("A", 2), ("B", 1)]
    assert sum(line.quantity * line.unit_price_minor - line.discount_minor for line in order.lines) == 8000
    assert sum(line.tax_minor for line in order.lines) == 1000


def test_a_price_that_does_not_divide_keeps_the_cents_of_the_row() -> None:
    order = items(plain(11, 24.79, 3, price=8.2633), grand_total=24.79)
    line = order.lines[0]
    assert line.quantity * line.unit_price_minor - line.discount_minor == 2479


def test_gift_cards_store_credit_and_points_are_how_it_is_paid() -> None:
    paid = extended(gift_cards_amount=50, customer_balance_amount=20, reward_currency_amount=14)
    order = read(grand_total=200, extension_attributes=paid)
    assert (order.total_minor, order.gift_cards_minor) == (28400, 8400)


def test_wrapping_cards_and_product_taxes_are_charges() -> None:
    wrapping = extended(gw_price="3.0000", gw_items_price="2.0000", gw_card_price="1.0000")
    item = ITEM | {"weee_tax_applied_row_amount": 4, "extension_attributes": {"gw_id": 2}}
    order = read(items=[item], grand_total=294, extension_attributes=wrapping)
    charges = [(line.line_id, line.unit_price_minor) for line in order.lines if line.kind is LineKind.CHARGE]
    assert charges == [
        ("11-weee", 400),
        ("gift-wrapping", 300),
        ("gift-wrapping-items", 200),
        ("gift-card", 100),
    ]
    assert order.lines[0].gift_wrap


def test_virtual_and_downloadable_products_do_not_ship() -> None:
    kinds = ["virtual", "downloadable", "giftcard", "simple"]
    sold = [plain(n, 10, product_type=kind, is_virtual=kind != "simple") for n, kind in enumerate(kinds, start=1)]
    order = items(*sold, grand_total=40)
    found = [LineKind.SERVICE, LineKind.DIGITAL, LineKind.DIGITAL, LineKind.PHYSICAL]
    assert [line.kind for line in order.lines] == found


def test_the_shops_own_currency_stands_beside_the_buyers() -> None:
    order = read(base_currency_code="EUR", base_grand_total=25.5)
    assert order.shop_total is not None
    assert (order.shop_total.amount_minor, order.shop_total.currency) == (2550, "EUR")


@pytest.mark.parametrize(("currency", "total", "minor"), [("JPY", 100, 100), ("KWD", 1.234, 1234)])
def test_currencies_have_their_own_decimals(currency: str, total: float, minor: int) -> None:
    order = items(plain(11, total), grand_total=total, order_currency_code=currency, base_currency_code=currency)
    assert order.total_minor == minor


def test_an_order_to_be_picked_up_names_where() -> None:
    assert read(extension_attributes=extended(pickup_location_code="malmo")).shipping.pickup_location_id == "malmo"


def test_messages_and_notes_are_kept() -> None:
    message = {"sender": "A", "recipient": "B", "message": "Grattis 🎂"}
    order = read(extension_attributes=extended(gift_message=message), customer_note="ring", coupon_code="VÅR")
    assert (order.gift_message, order.note, order.tags) == ("To B, from A: Grattis 🎂", "ring", ("coupon:VÅR",))


def test_what_is_sold_by_weight_is_refused_with_its_path() -> None:
    with pytest.raises(UnmappableError, match=r"^\$\.items\[0\]\.qty_ordered: "):
        read(items=[ITEM | {"qty_ordered": 1.5}])


def test_totals_that_do_not_add_up_are_left_to_be_seen() -> None:
    order = Magento().read(orjson.dumps(ORDER | {"grand_total": 300}))
    assert not adds_up(order)
    assert order.total_minor == 30000


def test_a_search_is_split_into_its_orders_and_an_order_is_not_split_into_its_items() -> None:
    search = {"items": [ORDER, ORDER | {"entity_id": 8}], "search_criteria": {}, "total_count": 2}
    magento = Magento()
    assert [magento.order_id(one) for one in magento.split(orjson.dumps(search))] == ["7", "8"]
    assert [magento.order_id(one) for one in magento.split(orjson.dumps(ORDER))] == ["7"]


@given(mutated(ORDER))
@settings(max_examples=150, deadline=None)
def test_whatever_comes_is_an_order_or_refused(body: bytes) -> None:
    read_or_refuse(Magento(), body)


@pytest.mark.skipif(not SAMPLES.exists(), reason=f"{SAMPLES} is not there")
def test_of_the_documentations_samples_none_is_an_order_and_each_is_refused_for_what_it_lacks() -> None:
    seen = 0
    for file in sorted(SAMPLES.rglob("*.json")):
        for one in Magento().split(file.read_bytes()):
            seen += 1
            with pytest.raises(UnmappableError) as refusal:
                Magento().read(one)
            told = str(refusal.value)
            assert told.startswith(("$: ", "$.")), told
            assert "Field required" in told or "valid dictionary" in told, (file.name, told)
    assert seen >= 40
