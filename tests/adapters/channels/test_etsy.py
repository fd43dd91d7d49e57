"""Receipts of Etsy: what maps to what, and who signed what is pushed."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from standardwebhooks import Webhook

from crossdock_contracts.handed_in import OrderInput
from crossdock_contracts.values import LineKind
from services.capture.channels import Hook, NotYetError, SignatureError, Topic, UnmappableError
from services.capture.channels.etsy import Etsy
from tests.adapters.channels.mutations import adds_up, mutated, read_or_refuse
from tests.builders import NOW

PLACED = 1772443800  # NOW


def gbp(amount: int, divisor: int = 100) -> dict[str, Any]:
    return {"amount": amount, "divisor": divisor, "currency_code": "GBP"}


TRANSACTION: dict[str, Any] = {
    "transaction_id": 345,
    "title": "Mug — Stoneware",
    "quantity": 2,
    "is_digital": False,
    "listing_id": 12,
    "product_id": 567,
    "sku": "MUG-1",
    "price": gbp(1250),
    "variations": [{"formatted_name": "Personalisation", "formatted_value": "Für Zoë"}],
    "shipping_upgrade": None,
    "shipping_method": "Royal Mail 48",
    "expected_ship_date": PLACED + 86400,
    "shop_coupon": 2.5,
    "buyer_coupon": 0,
}
RECEIPT: dict[str, Any] = {
    "receipt_id": 2345,
    "status": "Paid",
    "is_paid": True,
    "is_shipped": False,
    "is_gift": True,
    "gift_message": "Happy birthday",
    "gift_sender": "Ann",
    "created_timestamp": PLACED,
    "updated_timestamp": PLACED + 60,
    "buyer_user_id": 99,
    "buyer_email": None,
    "name": "Zoë Lind",
    "first_line": "1 High Street",
    "second_line": None,
    "city": "Leeds",
    "state": None,
    "zip": "LS1 1AA",
    "country_iso": "GB",
    "payment_method": "cc",
    "message_from_buyer": "Thank you!",
    "grandtotal": gbp(2900),
    "total_price": gbp(2500),
    "total_shipping_cost": gbp(350),
    "total_tax_cost": gbp(0),
    "total_vat_cost": gbp(0),
    "discount_amt": gbp(250),
    "gift_wrap_price": gbp(300),
    "transactions": [TRANSACTION],
    "refunds": [],
}


def read(**fields: Any) -> OrderInput:
    order = Etsy().read(orjson.dumps(RECEIPT | fields))
    assert adds_up(order)
    return order


def test_a_transaction_is_a_line() -> None:
    order = read()
    assert (order.order_id, order.source_version, order.currency, order.total_minor) == (
        "2345",
        str(PLACED + 60),
        "GBP",
        2900,
    )
    assert order.placed_at == NOW
    line = order.lines[0]
    assert (line.line_id, line.listing_id, line.sku, line.quantity) == ("345", "567", "MUG-1", 2)
    assert (line.unit_price_minor, line.discount_minor, order.discount_minor) == (1250, 250, 0)
    assert line.note == "Personalisation: Für Zoë"


def test_gift_wrap_is_a_charge_and_the_lines_are_wrapped() -> None:
    order = read()
    assert [(line.kind, line.unit_price_minor) for line in order.lines[1:]] == [(LineKind.CHARGE, 300)]
    assert order.lines[0].gift_wrap
    assert (order.gift_message, order.note, order.tags) == ("From Ann: Happy birthday", "Thank you!", ("gift",))


def test_a_discount_that_no_transaction_tells_of_is_one_on_the_order() -> None:
    order = read(transactions=[TRANSACTION | {"shop_coupon": 0}])
    assert (order.lines[0].discount_minor, order.discount_minor) == (0, 250)


def test_sales_tax_comes_on_top() -> None:
    order = read(total_tax_cost=gbp(200), grandtotal=gbp(3100))
    assert (order.tax_minor, order.tax_included) == (200, False)


def test_vat_is_included_unless_the_total_adds_it() -> None:
    within = read(total_vat_cost=gbp(400))
    on_top = read(total_vat_cost=gbp(400), grandtotal=gbp(3300))
    assert (within.tax_minor, within.tax_included) == (400, True)
    assert (on_top.tax_minor, on_top.tax_included) == (400, False)


def test_amounts_come_with_their_divisor() -> None:
    price = gbp(12500, 1000)
    assert read(transactions=[TRANSACTION | {"price": price}]).lines[0].unit_price_minor == 1250
    with pytest.raises(UnmappableError, match=r"^\$\.transactions\[0\]\.price: 12\.505 GBP is not a whole number"):
        read(transactions=[TRANSACTION | {"price": gbp(12505, 1000)}])


def test_amounts_in_different_currencies_are_refused() -> None:
    with pytest.raises(UnmappableError, match=r"^\$\.discount_amt\.currency_code: USD, and the total is in GBP"):
        read(discount_amt=gbp(250) | {"currency_code": "USD"})


def test_a_yen_has_no_pennies_whatever_the_divisor() -> None:
    def yen(amount: int) -> dict[str, Any]:
        return {"amount": amount * 100, "divisor": 100, "currency_code": "JPY"}

    nothing = {"total_shipping_cost": None, "total_tax_cost": None, "total_vat_cost": None, "gift_wrap_price": None}
    line = TRANSACTION | {"price": yen(500), "shop_coupon": 0}
    assert read(grandtotal=yen(1000), discount_amt=None, transactions=[line], **nothing).total_minor == 1000


def test_the_address_is_the_receipts() -> None:
    address = read().ship_to
    assert address is not None
    assert (address.name, address.line1, address.city, address.postcode, address.country) == (
        "Zoë Lind",
        "1 High Street",
        "Leeds",
        "LS1 1AA",
        "GB",
    )


def test_an_address_that_etsy_does_not_show_is_none() -> None:
    assert read(first_line=None, city=None, zip=None, country_iso=None).ship_to is None


def test_the_first_expected_date_is_the_ship_by() -> None:
    later = TRANSACTION | {"transaction_id": 346, "price": gbp(0), "shop_coupon": 0, "expected_ship_date": PLACED * 2}
    order = read(transactions=[later, TRANSACTION])
    assert order.ship_by == datetime.fromtimestamp(PLACED + 86400, UTC)


def test_an_upgrade_is_the_service_level() -> None:
    order = read(transactions=[TRANSACTION | {"shipping_upgrade": "Next day delivery"}])
    assert (order.shipping.service_level, order.shipping.title) == ("express", "Next day delivery")


def test_a_digital_listing_does_not_ship() -> None:
    line = read(transactions=[TRANSACTION | {"is_digital": True}]).lines[0]
    assert (line.kind, line.listing_id, line.gift_wrap) == (LineKind.DIGITAL, "", False)


@pytest.mark.parametrize("fields", [{"is_paid": False}, {"status": "Payment Processing"}, {"status": "open"}])
def test_what_is_not_paid_waits(fields: dict[str, Any]) -> None:
    with pytest.raises(NotYetError, match=r"^\$\.is_paid: .*; it comes again"):
        read(**fields)


def test_a_cancelled_receipt_is_cancelled_whole() -> None:
    assert [one.lines for one in read(status="Canceled", is_paid=False).cancels] == [()]
    assert [one.reason for one in read(status="Fully Refunded").cancels] == ["refunded"]
    assert read(status="Fully Refunded", is_shipped=True).cancels == ()


def test_what_was_shipped_is_recorded() -> None:
    order = read(is_shipped=True, transactions=[TRANSACTION | {"shipped_timestamp": PLACED + 7}])
    assert (order.fulfil_by, order.fulfilled_at) == ("channel", datetime.fromtimestamp(PLACED + 7, UTC))
    assert read().fulfil_by is None


def test_refunds_are_known_by_time_and_amount() -> None:
    refund = {"amount": gbp(500), "created_timestamp": PLACED + 9, "status": "success"}
    failed = refund | {"status": "failed"}
    first = read(refunds=[refund, failed]).refunds
    second = read(refunds=[refund, refund, refund | {"amount": gbp(100)}]).refunds
    assert [one.refund_id for one in first] == [f"{PLACED + 9}-500"]
    assert [one.refund_id for one in second] == [f"{PLACED + 9}-500", f"{PLACED + 9}-500-2", f"{PLACED + 9}-100"]


def test_a_list_is_split_into_its_receipts() -> None:
    answer = orjson.dumps({"count": 2, "results": [RECEIPT, RECEIPT | {"receipt_id": 1}]})
    assert [Etsy().order_id(one) for one in Etsy().split(answer)] == ["2345", "1"]


@given(mutated(RECEIPT | {"refunds": [{"amount": gbp(1), "created_timestamp": PLACED}]}))
@settings(max_examples=150, deadline=None)
def test_whatever_comes_is_an_order_or_refused(body: bytes) -> None:
    read_or_refuse(Etsy(), body)


BODY = orjson.dumps(
    {
        "event_type": "order.paid",
        "resource_url": "https://openapi.etsy.com/v3/application/shops/12345/receipts/54321",
        "shop_id": 42,
    }
)
SECRET = "whsec_" + b64encode(b"k" * 24).decode()
OTHER = "whsec_" + b64encode(b"o" * 24).decode()


def hook(body: bytes = BODY, secret: str = SECRET, sent: datetime = NOW) -> Hook:
    signature = Webhook(secret).sign("m-1", sent, body.decode())
    stamp = str(int(sent.timestamp()))
    return Hook({"webhook-id": "m-1", "webhook-timestamp": stamp, "webhook-signature": f"v1,AAAA {signature}"}, body)


def check(one: Hook, *secrets: str) -> None:
    Etsy().check(one, secrets or (SECRET,), NOW)


def test_a_webhook_is_signed_over_id_time_and_body() -> None:
    check(hook())
    check(hook(), OTHER, SECRET)


@pytest.mark.parametrize(
    "one",
    [
        hook(secret=OTHER),
        Hook(hook().headers, BODY + b" "),
        Hook(hook().headers, b"\xff"),
        Hook({**hook().headers, "webhook-id": "m-2"}, BODY),
        Hook({**hook().headers, "webhook-timestamp": "soon"}, BODY),
        Hook({}, BODY),
    ],
)
def test_what_etsy_did_not_sign_is_refused(one: Hook) -> None:
    with pytest.raises(SignatureError):
        check(one)


def test_a_replayed_webhook_is_refused() -> None:
    with pytest.raises(SignatureError, match="more than 300 s from now"):
        check(hook(sent=NOW - timedelta(minutes=6)))


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_*"])
def test_a_secret_that_is_none_signs_nothing(secret: str) -> None:
    with pytest.raises(SignatureError, match="does not match"):
        check(hook(), secret)


def test_a_paid_order_points_to_its_receipt() -> None:
    heard = Etsy().heard(hook())
    assert (heard.topic, heard.order_id, heard.delivery_id) == (Topic.POINTER, "54321", "m-1")


@pytest.mark.parametrize("kind", ["order.shipped", "order.delivered", "shop.updated", 7])
def test_other_events_are_nothing_to_act_upon(kind: Any) -> None:
    assert Etsy().heard(Hook({}, orjson.dumps({"event_type": kind}))).topic is Topic.OTHER


def test_an_event_without_its_receipt_is_refused() -> None:
    with pytest.raises(UnmappableError, match=r"^\$\.resource_url: order\.paid does not lead to a receipt"):
        Etsy().heard(Hook({}, b'{"event_type": "order.paid"}'))
