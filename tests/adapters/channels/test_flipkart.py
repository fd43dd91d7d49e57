"""Shipments of Flipkart: what maps to what, and who signed what is pushed."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha1
from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from crossdock_contracts.handed_in import OrderInput
from crossdock_contracts.values import LineQuantity, PaymentMethod
from services.capture.channels import Hook, NotYetError, SignatureError, Topic, UnmappableError
from services.capture.channels.flipkart import Flipkart
from tests.adapters.channels.mutations import adds_up, mutated, read_or_refuse
from tests.builders import NOW

ITEM: dict[str, Any] = {
    "orderItemId": "1883",
    "orderId": "OD1088",
    "cancellationGroupId": "grp1883",
    "orderDate": "2026-03-02T15:00:00.000+05:30",
    "paymentType": "PREPAID",
    "status": "APPROVED",
    "quantity": 3,
    "fsn": "DIAE777",
    "sku": "KURTA-L",
    "listingId": "LSTDIAE777",
    "title": "कुर्ता",
    "priceComponents": {
        "sellingPrice": 1000.0,
        "totalPrice": 1049.0,
        "shippingCharge": 49.0,
        "customerPrice": 999.0,
        "flipkartDiscount": 50.0,
    },
    "serviceProfile": "NON_FBF",
    "is_replacement": False,
}
SHIPMENT: dict[str, Any] = {
    "shipmentId": "d133588f",
    "updatedAt": "2026-03-02T15:01:00.000+05:30",
    "hold": False,
    "dispatchAfterDate": "2026-03-02T16:00:00.000+05:30",
    "dispatchByDate": "2026-03-04T10:00:00.000+05:30",
    "locationId": "LOC1",
    "packagingPolicy": "GREEN_PACKAGE",
    "shipmentType": "NORMAL",
    "orderItems": [ITEM],
    "deliveryAddress": {
        "firstName": "आशा",
        "lastName": "Rao",
        "addressLine1": "12 MG Road",
        "addressLine2": "Indiranagar",
        "landmark": "opp. metro",
        "city": "Bengaluru",
        "state": "Karnataka",
        "pinCode": "560038",
        "contactNumber": "98450",
    },
}


def read(**fields: Any) -> OrderInput:
    order = Flipkart().read(orjson.dumps(SHIPMENT | fields))
    assert adds_up(order)
    return order


def item(**fields: Any) -> dict[str, Any]:
    return ITEM | fields


def test_a_shipment_is_an_order_in_rupees_with_tax_in_its_prices() -> None:
    order = read()
    assert (order.order_id, order.number, order.currency, order.total_minor) == ("d133588f", "OD1088", "INR", 99900)
    assert (order.placed_at, order.source_version) == (NOW, "2026-03-02T15:01:00.000+05:30")
    assert (order.shipping_minor, order.tax_included, order.ship_complete) == (4900, True, True)
    assert order.tags == ("location:LOC1", "green-package")


def test_prices_are_for_all_pieces_of_an_item() -> None:
    line = read().lines[0]
    assert (line.line_id, line.listing_id, line.sku, line.title) == ("1883", "LSTDIAE777", "KURTA-L", "कुर्ता")
    assert line.quantity * line.unit_price_minor - line.discount_minor == 95000
    assert line.unit_price_minor == 33334


@pytest.mark.parametrize("prices", [{"customerPrice": 950.0}, {"customerPrice": 0}])
def test_what_the_buyer_pays_is_told_with_shipping_or_without_it_or_made_up(prices: dict[str, float]) -> None:
    order = read(orderItems=[item(priceComponents=ITEM["priceComponents"] | prices)])
    assert order.total_minor == 99900


def test_prices_that_do_not_add_up_are_left_to_be_seen() -> None:
    items = [item(priceComponents=ITEM["priceComponents"] | {"customerPrice": 900.0})]
    order = Flipkart().read(orjson.dumps(SHIPMENT | {"orderItems": items}))
    assert not adds_up(order)
    assert order.total_minor == 90000


def test_the_address_is_in_india() -> None:
    address = read().ship_to
    assert address is not None
    assert (address.name, address.line1, address.line3) == ("आशा Rao", "12 MG Road", "opp. metro")
    assert (address.city, address.region, address.postcode, address.country) == (
        "Bengaluru",
        "Karnataka",
        "560038",
        "IN",
    )


def test_an_address_that_nobody_asked_for_is_none() -> None:
    assert read(deliveryAddress=None).ship_to is None


def test_when_it_may_be_packed_and_has_to_be_dispatched() -> None:
    order = read()
    assert order.release_at == datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
    assert order.ship_by == datetime(2026, 3, 4, 4, 30, tzinfo=UTC)


def test_a_shipment_on_hold_waits() -> None:
    with pytest.raises(NotYetError, match=r"^\$\.hold: Flipkart verifies it; it comes again"):
        read(hold=True)


def test_cash_on_delivery() -> None:
    assert read(orderItems=[item(paymentType="COD")]).payment.method is PaymentMethod.CASH_ON_DELIVERY
    assert read().payment.method is PaymentMethod.PREPAID


@pytest.mark.parametrize("profile", ["FBF", "Flipkart_Fulfilment"])
def test_what_flipkart_ships_is_recorded(profile: str) -> None:
    order = read(orderItems=[item(serviceProfile=profile, status="SHIPPED")])
    assert order.fulfil_by == "channel"
    assert order.fulfilled_at == datetime(2026, 3, 2, 9, 31, tzinfo=UTC)


def test_what_has_left_is_recorded() -> None:
    assert read(orderItems=[item(status="SHIPPED"), item(orderItemId="2", status="DELIVERED")]).fulfil_by == "channel"
    assert read(orderItems=[item(status="SHIPPED"), item(orderItemId="2", status="PACKED")]).fulfil_by is None


@pytest.mark.parametrize("profile", ["NON_FBF", "FBF_LITE", "Seller_Fulfilment", "Smart_Fulfilment"])
def test_what_the_seller_ships_is_the_hubs(profile: str) -> None:
    assert read(orderItems=[item(serviceProfile=profile)]).fulfil_by is None


def test_a_cancelled_item_is_cancelled_and_all_of_them_are_the_shipment() -> None:
    gone = item(status="CANCELLED", cancellationReason="Order cancelled by buyer!", cancellationDate="2026-03-02")
    [one] = read(orderItems=[gone, item(orderItemId="1884")]).cancels
    assert (one.cancel_id, one.lines) == ("1883", (LineQuantity(line_id="1883", quantity=3),))
    assert (one.reason, one.cancelled_at) == ("order-cancelled-by-buyer", datetime(2026, 3, 2, tzinfo=UTC))
    assert [whole.lines for whole in read(orderItems=[gone]).cancels] == [()]


def test_a_replacement_is_tagged() -> None:
    assert "replacement" in read(orderItems=[item(is_replacement=True)]).tags
    notified = {name: value for name, value in ITEM.items() if name != "is_replacement"} | {"isReplacement": True}
    assert "replacement" in read(orderItems=[notified]).tags
    assert "replacement" not in read().tags


def test_a_wrong_field_is_named_by_its_path() -> None:
    with pytest.raises(UnmappableError, match=r"^\$\.orderItems\[0\]\.quantity: "):
        read(orderItems=[item(quantity=0)])
    with pytest.raises(UnmappableError, match=r"^\$\.orderItems\[0\]\.priceComponents\.sellingPrice: 0\.005 INR"):
        read(orderItems=[item(priceComponents={"sellingPrice": "0.005"})])


def test_an_answer_is_split_into_its_shipments() -> None:
    answer = orjson.dumps({"shipments": [SHIPMENT, SHIPMENT | {"shipmentId": "2"}], "hasMore": False})
    assert [Flipkart().order_id(one) for one in Flipkart().split(answer)] == ["d133588f", "2"]


@given(mutated(SHIPMENT))
@settings(max_examples=150, deadline=None)
def test_whatever_comes_is_an_order_or_refused(body: bytes) -> None:
    read_or_refuse(Flipkart(), body)


URL = "https://hub.example.com/webhooks/flipkart"
BODY = orjson.dumps(
    {"eventType": "shipment_created", "source": "flipkart", "version": "v3", "shipmentId": "d133588f", "attributes": {}}
)


def hook(app: str = "app", key: str = "s3cret", sent: datetime = NOW, url: str = URL) -> Hook:
    date = format_datetime(sent, usegmt=True)
    signature = sha1((date + url + "POST" + key).encode()).hexdigest()
    login = b64encode(f"{app}:{signature}".encode()).decode()
    return Hook({"x_date": date, "x_authorization": f"FKLOGIN {login}"}, BODY, url)


def check(one: Hook, *secrets: str) -> None:
    Flipkart().check(one, secrets or ("app:s3cret",), NOW)


def test_a_notification_is_signed_over_date_address_method_and_secret() -> None:
    check(hook())
    check(hook(key="old"), "app:new", "app:old")


@pytest.mark.parametrize(
    "one",
    [
        hook(key="other"),
        hook(app="other"),
        Hook(hook().headers, BODY, URL + "2"),
        Hook({**hook().headers, "x_date": format_datetime(NOW + timedelta(seconds=1), usegmt=True)}, BODY, URL),
        Hook({**hook().headers, "x_authorization": "FKLOGIN ?"}, BODY, URL),
        Hook({}, BODY, URL),
    ],
)
def test_what_flipkart_did_not_sign_is_refused(one: Hook) -> None:
    with pytest.raises(SignatureError):
        check(one)


def test_a_replayed_notification_is_refused() -> None:
    with pytest.raises(SignatureError, match="more than 3600 s from now"):
        check(hook(sent=NOW - timedelta(hours=2)))


def test_the_body_is_not_signed_and_so_nothing_of_it_is_believed_but_the_shipment() -> None:
    heard = Flipkart().heard(hook())
    assert (heard.topic, heard.order_id, heard.body) == (Topic.POINTER, "d133588f", b"")


@pytest.mark.parametrize("body", [b'{"eventType": "return_created"}', b"[]", b'{"eventType": 1}'])
def test_other_notifications_are_nothing_to_act_upon(body: bytes) -> None:
    assert Flipkart().heard(Hook({}, body)).topic is Topic.OTHER


def test_a_notification_without_its_shipment_is_refused() -> None:
    with pytest.raises(UnmappableError, match=r"^\$\.shipmentId: an id is needed"):
        Flipkart().heard(Hook({}, b'{"eventType": "shipment_created"}'))
