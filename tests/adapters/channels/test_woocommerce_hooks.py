"""WooCommerce: which webhooks are believed, what they bring, and anything that may come."""

import base64
import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.capture.channels import Hook, SignatureError, Topic, UnmappableError
from services.capture.channels.woocommerce import WooCommerce
from services.capture.decide.money import expected_total, totals
from tests.adapters.channels.samples import files, stands_anything
from tests.adapters.channels.woocommerce import line, meta, order

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


BODY = orjson.dumps(order())


def hook(body: bytes = BODY, secret: str = "hush", topic: str = "order.updated", **headers: str) -> Hook:
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    given = {"x-wc-webhook-signature": signature, "x-wc-webhook-topic": topic, "x-wc-webhook-delivery-id": "d-1"}
    return Hook(given | headers, body)


def test_a_webhook_is_believed_that_was_signed_with_one_of_the_secrets() -> None:
    WooCommerce().check(hook(), ["new", "hush"], NOW)


@pytest.mark.parametrize("wrong", [hook(secret="guessed"), Hook(hook().headers, BODY + b" "), Hook({}, BODY)])
def test_a_webhook_that_was_not_is_refused(wrong: Hook) -> None:
    with pytest.raises(SignatureError):
        WooCommerce().check(wrong, ["hush", "older"], NOW)


def test_the_ping_of_a_new_webhook_is_answered_and_nothing_is_done_about_it() -> None:
    ping = Hook({}, b"webhook_id=12")
    WooCommerce().check(ping, ["hush"], NOW)
    assert WooCommerce().heard(ping).topic is Topic.OTHER
    named = Hook({"x-wc-webhook-topic": "order.created"}, b"webhook_id=12")
    assert WooCommerce().heard(named).topic is Topic.OTHER


def test_topics_bring_orders_or_point_to_them() -> None:
    heard = WooCommerce().heard(hook())
    assert (heard.topic, heard.order_id, heard.delivery_id, heard.body) == (Topic.ORDER, "727", "d-1", BODY)
    gone = WooCommerce().heard(hook(b'{"id": 727}', topic="order.deleted"))
    assert (gone.topic, gone.order_id) == (Topic.POINTER, "727")
    assert WooCommerce().heard(hook(topic="product.updated")).topic is Topic.OTHER
    with pytest.raises(UnmappableError, match=r"\$\.id"):
        WooCommerce().heard(hook(b"{}"))


def test_lists_are_split() -> None:
    bodies = WooCommerce().split(orjson.dumps([order(), order(id=2)]))
    assert [WooCommerce().order_id(one) for one in bodies] == ["727", "2"]


@given(st.integers(0, 2**32))
def test_whatever_comes_becomes_an_order_or_a_refusal(seed: int) -> None:
    rich = order(
        line(meta_data=meta(a="b", _virtual="no"), bundled_by="2"),
        fee_lines=[{"id": 5, "name": "Fee", "total": "1.00"}],
        shipping_lines=[{"method_id": "local_pickup", "method_title": "x", "total": "1.00", "meta_data": meta(a="b")}],
        refunds=[{"id": 8, "total": "-1.00"}],
        gift_cards=[{"amount": 1}],
    )
    stands_anything(WooCommerce(), rich, seed)


_TEMPLATE = re.compile(r"\{\{.*\}\}.*")
"""Some recorded payloads are templates, which put a date in."""


def _orders(part: Any) -> Iterator[dict[str, Any]]:
    """Orders out of whatever a payload was recorded in."""
    if isinstance(part, dict) and "line_items" in part:
        yield {name: _TEMPLATE.sub("2026-03-01T10:00:00", v) if isinstance(v, str) else v for name, v in part.items()}
    else:
        for one in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            yield from _orders(one)


def test_all_recorded_payloads_are_read_or_refused_with_a_reason() -> None:
    read_, refused, unreadable, off = 0, Counter[str](), [], set()
    for file in files("payloads/channels/woocommerce", "reference-only/channels/woocommerce", pattern="*order*.json"):
        try:
            content = orjson.loads(file.read_bytes())
        except orjson.JSONDecodeError:
            unreadable.append(file.name)
            continue
        for one in _orders(content):
            try:
                found = WooCommerce().read(orjson.dumps(one))
            except UnmappableError as error:
                refused[": ".join(str(error).split(": ")[:2])] += 1
                continue
            read_ += 1
            if expected_total(totals(found)) != found.total_minor:
                off.add((file.name, found.order_id))
    assert read_ > 40
    assert off == {  # made up by hand: their totals are not those of their lines, and they would be held
        ("orders_all_detailed.json", "2788"),
        ("orders_3337.json", "3337"),
    }
    assert set(refused) == {
        "$: an order of the legacy API; set the API version of the webhook to 'WP REST API Integration v3'",
        "$.status: pending",
        "$.status: on-hold",
        "$.status: auto-draft",
        "$.line_items[1].quantity: Input should be a valid integer, got a number with a fractional part",
    }
    assert unreadable == [
        "order-shipping-labels-without-data.json",
        "order-shipping-labels.json",
        "order-with-line-item-attributes.json",
    ]  # they are no JSON
