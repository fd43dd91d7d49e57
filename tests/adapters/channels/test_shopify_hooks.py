"""Shopify: which webhooks are believed, and what they bring."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import orjson
import pytest

from services.capture.channels import Hook, SignatureError, Topic, UnmappableError
from services.capture.channels.shopify import Shopify
from tests.adapters.channels.shopify import order

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def hook(body: bytes, secret: str = "hush", topic: str = "orders/create", **headers: str) -> Hook:
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    given = {"x-shopify-hmac-sha256": signature, "x-shopify-topic": topic, "x-shopify-webhook-id": "d-1"}
    return Hook(given | {name.replace("_", "-"): value for name, value in headers.items()}, body)


BODY = orjson.dumps(order())


def test_a_webhook_is_believed_that_was_signed_with_one_of_the_secrets() -> None:
    Shopify().check(hook(BODY), ["hush"], NOW)
    Shopify().check(hook(BODY), ["new", "hush"], NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        hook(BODY, "guessed"),
        Hook(hook(BODY).headers, BODY + b" "),
        Hook({"x-shopify-topic": "orders/create"}, BODY),
        hook(BODY, x_shopify_hmac_sha256="ÿ"),
    ],
)
def test_a_webhook_that_was_not_is_refused(wrong: Hook) -> None:
    with pytest.raises(SignatureError):
        Shopify().check(wrong, ["hush", "older"], NOW)


@pytest.mark.parametrize("topic", ["create", "updated", "cancelled", "paid", "fulfilled"])
def test_topics_of_orders_bring_the_order(topic: str) -> None:
    heard = Shopify().heard(hook(BODY, topic=f"orders/{topic}"))
    assert (heard.topic, heard.order_id, heard.delivery_id, heard.body) == (Topic.ORDER, "450789469", "d-1", BODY)


def test_edits_and_refunds_point_to_an_order() -> None:
    edit = b'{"order_edit": {"id": 1, "order_id": 5}}'
    assert Shopify().heard(hook(edit, topic="orders/edited")).order_id == "5"
    found = Shopify().heard(hook(b'{"id": 1, "order_id": 6}', topic="refunds/create"))
    assert (found.topic, found.order_id, found.body) == (Topic.POINTER, "6", b"")
    with pytest.raises(UnmappableError, match=r"\$\.order_id"):
        Shopify().heard(hook(b"{}", topic="refunds/create"))


def test_a_test_is_nothing_to_the_hub() -> None:
    assert Shopify().heard(hook(BODY, x_shopify_test="true")).topic is Topic.OTHER


def test_other_topics_are_nothing_to_the_hub() -> None:
    for topic in ("products/update", "customers/redact", "orders/delete", ""):
        assert Shopify().heard(hook(b"{}", topic=topic)).topic is Topic.OTHER
