"""Orders of Magento and Adobe Commerce: what maps to what, and who signed what is pushed."""

from base64 import b64encode
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings

from crossdock_contracts.handed_in import OrderInput
from crossdock_contracts.values import LineKind, LineQuantity, PaymentMethod
from services.capture.channels import Hook, NotYetError, SignatureError, Topic, UnmappableError
from services.capture.channels.magento import Magento
from services.hub.settings import ROOT
from tests.adapters.channels.mutations import adds_up, mutated, read_or_refuse
from tests.builders import NOW

SAMPLES = ROOT.parent / "shared" / "data" / "payloads" / "channels" / "magento"
ADDRESS = {
    "firstname": "Zoë",
    "lastname": "Ångström",
    "street": ["Storgatan 1", "lgh 12", "c/o A", "gård"],
    "city": "Malmö",
    "postcode": "211 20",
    "country_id": "SE",
    "region": None,
    "telephone": "+46 1",
    "company": None,
    "address_type": "shipping",
}
ITEM: dict[str, Any] = {
    "item_id": 11,
    "product_type": "simple",
    "sku": "A",
    "name": "Mugg",
    "qty_ordered": 2,
    "qty_canceled": 0,
    "qty_refunded": 0,
    "qty_shipped": 0,
    "price": 100,
    "row_total": 200,
    "tax_amount": 45,
    "discount_amount": 25,
    "discount_tax_compensation_amount": 5,
}
ORDER: dict[str, Any] = {
    "entity_id": 7,
    "increment_id": "000000007",
    "state": "processing",
    "status": "processing",
    "created_at": "2026-03-02 09:30:00",
    "updated_at": "2026-03-02 09:31:00",
    "order_currency_code": "SEK",
    "base_currency_code": "SEK",
    "grand_total": 284.0,
    "discount_amount": -25,
    "discount_tax_compensation_amount": 5,
    "shipping_amount": 49.000000000000007,
    "tax_amount": 55,
    "total_due": 0,
    "shipping_description": "Best Way - Table Rate",
    "customer_email": "zoe@example.com",
    "customer_id": 3,
    "customer_firstname": "Zoë",
    "customer_lastname": "Ångström",
    "items": [ITEM],
    "billing_address": ADDRESS | {"address_type": "billing", "vat_id": "SE1"},
    "payment": {"method": "stripe_payments", "last_trans_id": "pi_1", "po_number": None},
    "extension_attributes": {
        "shipping_assignments": [{"shipping": {"address": ADDRESS, "method": "tablerate_bestway"}, "items": [ITEM]}]
    },
}


def read(content: dict[str, Any] | None = None, **fields: Any) -> OrderInput:
    order = Magento().read(orjson.dumps((content or ORDER) | fields))
    assert adds_up(order)
    return order


def items(*several: dict[str, Any], **totals: Any) -> OrderInput:
    """An order of these items, without shipping."""
    content = {**ORDER, "items": [ITEM | one for one in several], "shipping_amount": 0, "discount_amount": 0}
    return read({**content, "discount_tax_compensation_amount": 0, "tax_amount": 0} | totals)


def plain(item_id: int = 11, row: float = 100, qty: int = 1, **fields: Any) -> dict[str, Any]:
    amounts = {"discount_amount": 0, "discount_tax_compensation_amount": 0, "tax_amount": 0}
    return {"item_id": item_id, "qty_ordered": qty, "price": row / qty, "row_total": row, **amounts, **fields}


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


@pytest.mark.parametrize("state", ["pending_payment", "payment_review", "holded"])
def test_an_order_that_magento_would_not_ship_waits(state: str) -> None:
    with pytest.raises(NotYetError, match=rf"^\$\.state: {state}: .*; it comes again"):
        read(state=state)


def test_a_new_order_waits_for_its_bank_transfer() -> None:
    with pytest.raises(NotYetError, match=r"^\$\.state: new: 284\.0000 are to be paid by banktransfer; invoice it"):
        read(state="new", total_due=284, payment={"method": "banktransfer"})


@pytest.mark.parametrize(
    ("method", "found"),
    [
        ("cashondelivery", PaymentMethod.CASH_ON_DELIVERY),
        ("purchaseorder", PaymentMethod.TERMS),
        ("companycredit", PaymentMethod.TERMS),
    ],
)
def test_a_new_order_that_is_paid_later_goes_on(method: str, found: PaymentMethod) -> None:
    order = read(state="new", total_due=284, payment={"method": method, "po_number": "PO-9"})
    assert (order.payment.method, order.customer_po) == (found, "PO-9")


def test_a_cancelled_order_is_cancelled_whole() -> None:
    cancel = read(state="canceled").cancels[0]
    assert (cancel.cancel_id, cancel.lines) == ("cancelled", ())


def test_cancelled_pieces_are_cancels_of_their_own_that_stay_as_they_are() -> None:
    of_three = [
        items(plain(11, 300, 3, qty_canceled=gone), plain(12, 5), grand_total=305).cancels for gone in (1, 2, 2)
    ]
    assert of_three[0] == of_three[1][:1]
    assert of_three[1] == of_three[2]
    assert of_three[1][1].cancel_id == "11-cancelled-2"
    assert of_three[1][1].lines == (LineQuantity(line_id="11", quantity=1),)


def test_what_was_paid_back_before_it_shipped_is_not_to_be_shipped() -> None:
    kept = items(plain(11, 300, 3, qty_refunded=2, qty_shipped=3), grand_total=300)
    stopped = items(plain(11, 300, 3, qty_refunded=2), grand_total=300)
    assert (len(kept.cancels), len(stopped.cancels)) == (0, 2)


def test_credit_memos_are_refunds() -> None:
    memo = {
        "entity_id": 4,
        "state": 2,
        "grand_total": 10,
        "created_at": "2026-03-05 10:00:00",
        "items": [{"order_item_id": 11, "qty": 1}, {"order_item_id": 99, "qty": 0}],
        "extension_attributes": {"customer_balance_amount": 5},
    }
    order = read(credit_memos=[memo, memo | {"entity_id": 5, "state": 3}], total_refunded=15)
    [refund] = order.refunds
    assert (refund.refund_id, refund.amount_minor) == ("4", 1500)
    assert refund.lines == (LineQuantity(line_id="11", quantity=1),)
    assert refund.refunded_at == datetime(2026, 3, 5, 10, tzinfo=UTC)


def test_without_its_credit_memos_what_was_paid_back_is_one_refund() -> None:
    assert [(one.refund_id, one.amount_minor) for one in read(total_refunded=15).refunds] == [("refunded", 1500)]


def test_what_a_credit_memo_took_off_before_it_shipped_is_cancelled_by_the_memo() -> None:
    memos = [
        {"entity_id": n, "state": 2, "grand_total": 100, "items": [{"order_item_id": 11, "qty": 1}]} for n in (4, 5)
    ]
    both = items(plain(11, 300, 3, qty_refunded=2), grand_total=300, credit_memos=memos)
    assert [(one.cancel_id, one.lines[0].quantity) for one in both.cancels] == [("4", 1), ("5", 1)]
    assert [one.refund_id for one in both.refunds] == ["4", "5"]
    came_back = items(plain(11, 300, 3, qty_refunded=2, qty_shipped=2), grand_total=300, credit_memos=memos)
    assert [one.cancel_id for one in came_back.cancels] == ["4"]


def test_what_the_hub_has_cancelled_says_so() -> None:
    said = [{"comment": "as the buyer wished"}, {"comment": "crossdock:cancel:c-7"}]
    memo = {"entity_id": 4, "state": 2, "grand_total": 100, "items": [{"order_item_id": 11, "qty": 1}]}
    order = items(plain(11, 300, 3, qty_refunded=1), grand_total=300, credit_memos=[memo | {"comments": said}])
    assert [(one.cancel_id, one.asked_as) for one in order.cancels] == [("4", "c-7")]


@pytest.mark.parametrize("state", ["complete", "closed"])
def test_what_the_shop_has_shipped_is_recorded(state: str) -> None:
    order = items(plain(11, 100, qty_shipped=1), grand_total=100, state=state)
    assert (order.fulfil_by, order.fulfilled_at) == ("channel", datetime(2026, 3, 2, 9, 31, tzinfo=UTC))
    assert items(plain(11, 100), grand_total=100, state=state).fulfil_by is None


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


KEY, OTHER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signature(body: bytes, key: rsa.RSAPrivateKey = KEY) -> str:
    return b64encode(key.sign(body, PKCS1v15(), SHA256())).decode()


EVENT = {
    "event_id": "e-1",
    "type": "com.adobe.commerce.observer.sales_order_save_commit_after",
    "recipient_client_id": "client-1",
    "event": {"data": {"key": "k", "value": {"entity_id": 7, "state": "new"}}},
}


def hook(content: Any = EVENT, *headers: str, key: rsa.RSAPrivateKey = KEY) -> Hook:
    body = orjson.dumps(content)
    return Hook({name: signature(body, key) for name in headers}, body)


def check(one: Hook, *secrets: str) -> None:
    Magento().check(one, secrets, NOW)


def test_a_webhook_is_signed_with_the_shops_key() -> None:
    check(hook(EVENT, "x-adobe-commerce-webhook-signature"), pem(OTHER), pem(KEY))


def test_a_key_is_one_line_with_its_armour_or_without() -> None:
    one = hook(EVENT, "x-adobe-commerce-webhook-signature")
    check(one, pem(KEY).replace("\n", ""))
    check(one, "".join(pem(KEY).splitlines()[1:-1]))


@pytest.mark.parametrize("header", ["x-adobe-digital-signature-1", "x-adobe-digital-signature-2"])
def test_an_event_is_signed_with_either_of_adobes_keys(header: str) -> None:
    check(hook(EVENT, header), pem(OTHER), pem(KEY), "client:client-1")


def test_an_event_for_somebody_else_is_refused_for_adobes_keys_sign_everybodys() -> None:
    one = hook(EVENT | {"recipient_client_id": "client-2"}, "x-adobe-digital-signature-1")
    with pytest.raises(SignatureError, match="for another client"):
        check(one, pem(KEY), "client:client-1")


def test_a_webhook_that_another_key_signed_is_refused() -> None:
    with pytest.raises(SignatureError, match="does not match"):
        check(hook(EVENT, "x-adobe-commerce-webhook-signature", key=OTHER), pem(KEY))


def test_a_changed_body_is_refused() -> None:
    one = hook(EVENT, "x-adobe-commerce-webhook-signature")
    with pytest.raises(SignatureError, match="does not match"):
        check(Hook(one.headers, one.body.replace(b'"new"', b'"old"')), pem(KEY))


@pytest.mark.parametrize("header", ["", "ä", "not base64"])
def test_what_is_not_signed_is_refused(header: str) -> None:
    with pytest.raises(SignatureError):
        check(Hook({"x-adobe-commerce-webhook-signature": header}, b"{}"), pem(KEY))


def test_a_secret_that_is_no_key_is_named() -> None:
    with pytest.raises(SignatureError, match="no public RSA key, as PEM in one line"):
        check(hook(EVENT, "x-adobe-commerce-webhook-signature"), "secret")


def test_an_event_points_to_its_order() -> None:
    heard = Magento().heard(hook())
    assert (heard.topic, heard.order_id, heard.delivery_id) == (Topic.POINTER, "7", "e-1")


def test_an_event_as_cloud_event_points_to_its_order() -> None:
    event = {"id": "e-2", "type": EVENT["type"], "data": {"key": "k", "value": {"entity_id": "8"}}}
    heard = Magento().heard(hook(event))
    assert (heard.topic, heard.order_id, heard.delivery_id) == (Topic.POINTER, "8", "e-2")


def test_an_event_of_a_credit_memo_points_to_the_order_that_it_belongs_to() -> None:
    event = deepcopy(EVENT) | {"type": "com.adobe.commerce.observer.sales_order_creditmemo_save_after"}
    event["event"]["data"]["value"] = {"entity_id": 4, "order_id": 7}  # type: ignore[index]
    assert Magento().heard(hook(event)).order_id == "7"


def test_a_webhook_points_to_its_order() -> None:
    content = {"subject": [], "eventName": "sales_order_place_after", "data": {"order": {"entity_id": 7}}}
    assert Magento().heard(hook(content)).order_id == "7"


def test_other_events_are_nothing_to_act_upon() -> None:
    assert Magento().heard(hook({"type": "observer.catalog_product_save_after"})).topic is Topic.OTHER


def test_an_event_that_does_not_name_its_order_is_refused() -> None:
    with pytest.raises(UnmappableError, match="does not name its order"):
        Magento().heard(hook(EVENT | {"event": {"data": {"value": {}}}}))


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
