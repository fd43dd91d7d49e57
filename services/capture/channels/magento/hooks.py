"""What Adobe Commerce pushes: I/O Events, and webhooks of its own. Both only say which order to fetch."""

import binascii
import re
from base64 import b64decode
from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from services.capture.channels import Heard, Hook, SignatureError, Topic, UnmappableError
from services.capture.channels.reading import json_of

_EVENTS = ("x-adobe-digital-signature-1", "x-adobe-digital-signature-2")
_WEBHOOK = "x-adobe-commerce-webhook-signature"
_CLIENT = "client:"
_ARMOUR = re.compile(r"-----[A-Z ]*-----")
"""Around a key in PEM; a secret is one line, with it or without."""
_OF_AN_ORDER = ("creditmemo", "invoice", "shipment")
"""Events of what belongs to an order, which they name as ``order_id``."""


def check(hook: Hook, secrets: Sequence[str]) -> None:
    """See to it that Adobe has signed this, for this shop.

    Raises:
        SignatureError: it has not.
    """
    events = [hook.headers[name] for name in _EVENTS if hook.headers.get(name)]
    signatures = events or [hook.headers.get(_WEBHOOK, "")]
    if not any(signatures):
        msg = "it is not signed"
        raise SignatureError(msg)
    keys = [_key(secret) for secret in secrets if not secret.startswith(_CLIENT)]
    if not any(_signed(hook.body, signature, key) for signature in signatures for key in keys):
        msg = "the signature does not match the body: check the channel's public keys"
        raise SignatureError(msg)
    clients = {secret.removeprefix(_CLIENT) for secret in secrets if secret.startswith(_CLIENT)}
    if events and _recipient(hook.body) not in clients:
        msg = "the event is for another client: add client:<client id of the project> to the channel's secrets"
        raise SignatureError(msg)


def _key(secret: str) -> RSAPublicKey:
    text = "".join(_ARMOUR.sub("", secret).split())
    try:
        key = load_der_public_key(b64decode(text, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPublicKey):
        msg = "a secret of the channel is no public RSA key, as PEM in one line"
        raise SignatureError(msg)
    return key


def _signed(body: bytes, signature: str, key: RSAPublicKey) -> bool:
    try:
        key.verify(b64decode(signature, validate=True), body, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _recipient(body: bytes) -> str:
    """The client that an event is for; it stands in the body, and so it is signed. Adobe's keys sign for everybody."""
    try:
        content = json_of(body)
    except UnmappableError:
        return ""
    found = content if isinstance(content, dict) else {}
    return str(found.get("recipient_client_id") or found.get("recipientclientid") or "")


def heard(hook: Hook) -> Heard:
    """Which order an event or a webhook is about.

    Raises:
        UnmappableError: it is about an order, and does not say which.
    """
    content = json_of(hook.body)
    if not isinstance(content, dict):
        msg = "$: one event is needed; have Adobe deliver them one by one, not in batches"
        raise UnmappableError(msg)
    name = next(
        (found for key in ("type", "event_code", "eventName") if isinstance(found := content.get(key), str)), ""
    )
    delivery = str(content.get("event_id") or content.get("id") or "")
    if "sales_order" not in name and "order_repository" not in name.lower():
        return Heard(Topic.OTHER, delivery_id=delivery)
    event = _object(content, "event") or content
    value = _object(event, "data", "value") or _object(event, "data", "order") or _object(event, "data")
    key = "order_id" if any(part in name for part in _OF_AN_ORDER) else "entity_id"
    found = value.get(key)
    if isinstance(found, bool) or not isinstance(found, (str, int)) or not str(found):
        msg = f"$..{key}: {name} does not name its order; have the subscription send that field"
        raise UnmappableError(msg)
    return Heard(Topic.POINTER, order_id=str(found), delivery_id=delivery)


def _object(content: Any, *path: str) -> dict[str, Any]:
    for step in path:
        content = content.get(step) if isinstance(content, dict) else None
    return content if isinstance(content, dict) else {}
