"""Webhooks of TikTok Shop: their signature, and which order they point to."""

import hmac
from hashlib import sha256

import orjson
import pytest

from services.capture.channels import Hook, SignatureError, Topic, UnmappableError
from services.capture.channels.tiktok import TikTok
from tests.builders import NOW

PLACED = 1772443800  # NOW
BODY = orjson.dumps(
    {
        "type": 1,
        "tts_notification_id": "n-1",
        "shop_id": "74",
        "timestamp": PLACED,
        "data": {"order_id": "5764", "order_status": "AWAITING_SHIPMENT", "update_time": PLACED},
    }
)


def hook(body: bytes = BODY, key: str = "app", secret: str = "s3cret") -> Hook:
    return Hook({"authorization": hmac.new(secret.encode(), key.encode() + body, sha256).hexdigest()}, body)


def check(one: Hook, *secrets: str) -> None:
    TikTok().check(one, secrets or ("app:s3cret",), NOW)


def test_a_webhook_is_signed_over_the_apps_key_and_the_body() -> None:
    check(hook())


def test_secrets_are_rotated_without_a_gap() -> None:
    check(hook(secret="old"), "app:new", "app:old")


@pytest.mark.parametrize(
    "one", [hook(secret="other"), hook(key="other"), Hook(hook().headers, BODY + b" "), Hook({}, BODY)]
)
def test_what_tiktok_did_not_sign_is_refused(one: Hook) -> None:
    with pytest.raises(SignatureError):
        check(one)


def test_a_secret_without_its_key_is_named() -> None:
    with pytest.raises(SignatureError, match="<app key>:<app secret>"):
        check(hook(), "s3cret")


def test_a_change_of_status_points_to_its_order() -> None:
    heard = TikTok().heard(hook())
    assert (heard.topic, heard.order_id, heard.delivery_id) == (Topic.POINTER, "5764", "n-1")


@pytest.mark.parametrize("body", [b'{"type": 5}', b"[]", b'{"type": []}', b"{}"])
def test_other_notices_are_nothing_to_act_upon(body: bytes) -> None:
    assert TikTok().heard(Hook({}, body)).topic is Topic.OTHER


def test_a_notice_without_its_order_is_refused() -> None:
    with pytest.raises(UnmappableError, match=r"^\$\.data\.order_id: an id is needed"):
        TikTok().heard(Hook({}, b'{"type": 1, "data": {}}'))
