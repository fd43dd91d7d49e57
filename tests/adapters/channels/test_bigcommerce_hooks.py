"""Webhooks of BigCommerce: how they are known, and which order they point to."""

from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from standardwebhooks import Webhook

from services.capture.channels import Hook, SignatureError, Topic, UnmappableError
from services.capture.channels.bigcommerce import BigCommerce
from tests.builders import NOW

BODY = orjson.dumps(
    {
        "scope": "store/order/created",
        "store_id": "1025646",
        "data": {"type": "order", "id": 250},
        "hash": "dd70c0976e06b67aaf671e73f49dcb79230ebf9d",
        "created_at": 1561479335,
        "producer": "stores/abc",
    }
)


def signed(body: bytes = BODY, secret: str = "client-secret", sent: datetime = NOW) -> Hook:
    signature = Webhook(secret.encode()).sign("m-1", sent, body.decode())
    stamp = str(int(sent.timestamp()))
    return Hook({"webhook-id": "m-1", "webhook-timestamp": stamp, "webhook-signature": signature}, body)


def check(one: Hook, *secrets: str, now: datetime = NOW) -> None:
    BigCommerce().check(one, secrets or ("client-secret",), now)


def test_a_webhook_is_known_by_the_header_that_the_merchant_set() -> None:
    check(Hook({"x-crossdock-secret": "old"}, BODY), "new", "old")


@pytest.mark.parametrize("headers", [{}, {"x-crossdock-secret": ""}, {"x-crossdock-secret": "othér"}])
def test_without_it_it_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(SignatureError):
        check(Hook(headers, BODY), "new", "")


def test_a_webhook_is_known_by_its_signature_with_the_client_secret() -> None:
    check(signed(), "new", "client-secret")


@pytest.mark.parametrize("one", [signed(secret="other"), Hook(signed().headers, BODY + b" ")])
def test_what_is_not_signed_with_it_is_refused(one: Hook) -> None:
    with pytest.raises(SignatureError, match="does not match"):
        check(one)


@pytest.mark.parametrize("off", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_a_replayed_signature_is_refused(off: timedelta) -> None:
    with pytest.raises(SignatureError, match="more than 300 s from now"):
        check(signed(sent=NOW - off))


def test_a_webhook_points_to_its_order() -> None:
    heard = BigCommerce().heard(Hook({}, BODY))
    assert (heard.topic, heard.order_id) == (Topic.POINTER, "250")
    assert heard.delivery_id == "dd70c0976e06b67aaf671e73f49dcb79230ebf9d-1561479335"


@pytest.mark.parametrize(
    ("scope", "data"),
    [
        ("store/order/transaction/created", {"type": "transaction", "id": 1, "order_id": 250}),
        ("store/shipment/created", {"type": "shipment", "id": 1, "orderId": 250}),
        ("store/order/refund/created", {"type": "order", "id": 250, "refund": {"refund_id": 4}}),
    ],
)
def test_what_belongs_to_an_order_points_to_it(scope: str, data: dict[str, Any]) -> None:
    assert BigCommerce().heard(Hook({}, orjson.dumps({"scope": scope, "data": data}))).order_id == "250"


@pytest.mark.parametrize("body", [b'{"scope": "store/product/updated", "data": {"id": 1}}', b"[]", b'{"scope": 1}'])
def test_other_webhooks_are_nothing_to_act_upon(body: bytes) -> None:
    assert BigCommerce().heard(Hook({}, body)).topic is Topic.OTHER


def test_a_webhook_without_its_order_is_refused() -> None:
    with pytest.raises(UnmappableError, match=r"^\$\.data\.id: store/order/updated does not name its order"):
        BigCommerce().heard(Hook({}, b'{"scope": "store/order/updated", "data": {}}'))
