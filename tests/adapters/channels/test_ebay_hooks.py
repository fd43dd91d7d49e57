"""Notifications of eBay's: their signature, and which order they point to."""

import base64
from hashlib import sha256

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.capture.channels import Heard, Hook, SignatureError, Topic
from services.capture.channels.ebay import Ebay
from services.capture.channels.ebay.notices import answer
from tests.builders import NOW

KEY, OTHER = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
NOTICE = orjson.dumps(
    {
        "metadata": {"topic": "ORDER_CONFIRMATION", "schemaVersion": "1.0"},
        "notification": {"notificationId": "n-1", "data": {"orderId": "04-1"}},
    }
)


def public(key: EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def hook(content: bytes = NOTICE, *, key: EllipticCurvePrivateKey = KEY, digest: str = "SHA1") -> Hook:
    signature = key.sign(content, ECDSA(SHA1() if digest == "SHA1" else SHA256()))  # eBay's own
    header = {"alg": "ecdsa", "kid": "k", "signature": base64.b64encode(signature).decode(), "digest": digest}
    return Hook({"x-ebay-signature": base64.b64encode(orjson.dumps(header)).decode()}, content)


def refused(given: Hook, *keys: str) -> str:
    with pytest.raises(SignatureError) as caught:
        Ebay().check(given, keys, NOW)
    return str(caught.value)


@pytest.mark.parametrize("digest", ["SHA1", "SHA256"])
def test_a_notification_is_checked_with_ebays_public_key(digest: str) -> None:
    Ebay().check(hook(digest=digest), [public(KEY)], NOW)
    Ebay().check(hook(digest=digest), [public(KEY).replace("\n", "")], NOW)


def test_a_key_that_ebay_changed_for_another_goes_on_being_known() -> None:
    Ebay().check(hook(), [public(OTHER), public(KEY)], NOW)


def test_a_notification_that_ebay_did_not_sign_is_refused() -> None:
    assert "does not match the body" in refused(hook(key=OTHER), public(KEY))
    assert "does not match the body" in refused(Hook(hook().headers, NOTICE + b" "), public(KEY))
    assert "is missing" in refused(Hook({}, NOTICE), public(KEY))
    assert "not base64 of JSON" in refused(Hook({"x-ebay-signature": "§"}, NOTICE), public(KEY))
    assert "digest 'MD5'" in refused(hook(digest="MD5"), public(KEY))
    assert "no public key" in refused(hook(), "-----BEGIN PUBLIC KEY-----")
    assert "does not match the body" in refused(hook())


def test_a_notification_points_to_its_order() -> None:
    assert Ebay().heard(hook()) == Heard(Topic.POINTER, "04-1", "n-1")
    other = {"metadata": {"topic": "MARKETPLACE_ACCOUNT_DELETION"}, "notification": {"notificationId": "n-2"}}
    assert Ebay().heard(hook(orjson.dumps(other))) == Heard(Topic.OTHER, "", "n-2")


def test_ebays_challenge_is_answered() -> None:
    expected = sha256(b"codetokenhttps://example.com/webhooks/ebay").hexdigest()
    assert answer("code", "token", "https://example.com/webhooks/ebay") == {"challengeResponse": expected}
