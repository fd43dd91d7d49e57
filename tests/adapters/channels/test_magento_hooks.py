"""Webhooks of Magento and of Adobe: their signatures, and which order they point to."""

from base64 import b64encode
from copy import deepcopy
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.capture.channels import Hook, SignatureError, Topic, UnmappableError
from services.capture.channels.magento import Magento
from tests.builders import NOW

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
