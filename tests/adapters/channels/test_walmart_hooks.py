"""Webhooks of Walmart: their signature, and which order they point to."""

import base64
import hmac
from datetime import datetime
from hashlib import sha256

import orjson
import pytest

from services.capture.channels import Heard, Hook, SignatureError, Topic
from services.capture.channels.walmart import Walmart
from tests.builders import NOW, later

NOTICE = orjson.dumps(
    {
        "source": {"eventType": "ORDER_UPDATES", "eventVersion": "V1", "eventId": "e-1"},
        "payload": {"subEventType": "PO_CREATED", "order": {"purchaseOrderId": "179"}},
    }
)


def signed(body: bytes = NOTICE, *, secret: str = "s1", at: datetime = NOW) -> Hook:
    stamp = str(int(at.timestamp()))
    text = f"POST\n/webhooks/walmart?a=1\n{stamp}\n{sha256(body).hexdigest()}"
    signature = base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha256")).decode()
    headers = {"wm_sec.timestamp": stamp, "wm_sec.signature": signature}
    return Hook(headers, body, url="https://hub.example.com/webhooks/walmart?a=1")


def refused(hook: Hook, *secrets: str) -> str:
    with pytest.raises(SignatureError) as caught:
        Walmart().check(hook, secrets, NOW)
    return str(caught.value)


def test_a_webhook_is_signed_with_its_address_and_time() -> None:
    Walmart().check(signed(), ["s1"], NOW)
    Walmart().check(signed(), ["s2", "s1"], NOW)


def test_a_webhook_that_walmart_did_not_sign_is_refused() -> None:
    good = signed()
    assert "does not match" in refused(signed(secret="s2"), "s1")
    assert "does not match" in refused(Hook(good.headers, NOTICE + b" ", good.url), "s1")
    assert "does not match" in refused(Hook(good.headers, NOTICE, "https://hub.example.com/webhooks/other"), "s1")
    later_stamp = {**good.headers, "wm_sec.timestamp": str(int(later(minutes=9).timestamp()))}
    assert "does not match" in refused(Hook(later_stamp, NOTICE, good.url), "s1")
    assert "not signed" in refused(Hook({}, NOTICE), "s1")
    assert "does not match" in refused(signed(secret=""), ""), "a secret that is not set is none"


def test_a_webhook_that_is_sent_again_much_later_is_refused() -> None:
    assert "more than 300 s" in refused(signed(at=later(minutes=-6)), "s1")


@pytest.mark.parametrize("prefix", ["", "HMACSHA256 "])
def test_a_subscription_may_have_the_body_alone_signed(prefix: str) -> None:
    digest = hmac.digest(b"s1", NOTICE, "sha256")
    for signature in (digest.hex(), base64.b64encode(digest).decode()):
        Walmart().check(Hook({"authorization": prefix + signature}, NOTICE), ["s1"], NOW)
        assert "does not match" in refused(Hook({"authorization": prefix + signature}, NOTICE + b" "), "s1")


def test_an_event_points_to_its_order() -> None:
    assert Walmart().heard(signed()) == Heard(Topic.POINTER, "179", "e-1")
    older = {"source": {"eventType": "PO_CREATED", "eventId": "e-2"}, "payload": {"purchaseOrderId": "180"}}
    assert Walmart().heard(signed(orjson.dumps(older))) == Heard(Topic.POINTER, "180", "e-2")
    item = {"source": {"eventType": "OFFER_UNPUBLISHED", "eventId": "e-3"}, "payload": {"sku": "A"}}
    assert Walmart().heard(signed(orjson.dumps(item))) == Heard(Topic.OTHER, "", "e-3")
