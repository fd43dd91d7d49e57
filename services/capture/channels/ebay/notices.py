"""Notifications of eBay's Notification API: which order they are about, and whether eBay signed them.

https://developer.ebay.com/api-docs/commerce/notification/overview.html
"""

import base64
import binascii
import re
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from services.capture.channels import Heard, Hook, SignatureError, Topic
from services.capture.channels.reading import Camel, Payload, Text

_DIGESTS: dict[str, type[hashes.HashAlgorithm]] = {
    "SHA1": hashes.SHA1,
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}
_FRAME = re.compile(r"-----(BEGIN|END) PUBLIC KEY-----|\s")


class _Signature(Payload):
    signature: Text = ""
    digest: Text = ""


def check(hook: Hook, keys: Sequence[str]) -> None:
    """See to it that eBay sent this: ECDSA over the bytes as they came, with one of its public keys.

    ``keys`` are what getPublicKey answers for the key id of the header, with or without line breaks.

    Raises:
        SignatureError: it did not.
    """
    header = hook.headers.get("x-ebay-signature", "")
    if not header:
        msg = "the header X-EBAY-SIGNATURE is missing"
        raise SignatureError(msg)
    try:
        said = _Signature.of(base64.b64decode(header, validate=True))
        signature = base64.b64decode(said.signature, validate=True)
    except ValueError:
        msg = "the header X-EBAY-SIGNATURE is not base64 of JSON with a signature"
        raise SignatureError(msg) from None
    digest = _DIGESTS.get(said.digest.upper().replace("-", ""))
    if digest is None:
        msg = f"the header X-EBAY-SIGNATURE names the digest {said.digest!r}; known: {', '.join(_DIGESTS)}"
        raise SignatureError(msg)
    if not any(_signed(_key(key), signature, hook.body, digest()) for key in keys):
        msg = "the signature does not match the body: check that the key of its key id is among the channel's secrets"
        raise SignatureError(msg)


def _key(text: str) -> EllipticCurvePublicKey:
    try:
        key = load_der_public_key(base64.b64decode(_FRAME.sub("", text), validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, EllipticCurvePublicKey):
        msg = "one of the channel's secrets is no public key as eBay's getPublicKey answers"
        raise SignatureError(msg)
    return key


def _signed(key: EllipticCurvePublicKey, signature: bytes, body: bytes, digest: hashes.HashAlgorithm) -> bool:
    try:
        key.verify(signature, body, ECDSA(digest))
    except InvalidSignature:
        return False
    return True


def answer(challenge_code: str, token: str, url: str) -> dict[str, str]:
    """What eBay wants to read when it asks, by GET with ``challenge_code``, whether an endpoint is ours.

    ``token`` is the verification token and ``url`` the endpoint as they were given to eBay.
    """
    return {"challengeResponse": sha256((challenge_code + token + url).encode()).hexdigest()}


class _Metadata(Camel):
    topic: Text = ""


class _Order(Camel):
    order_id: Text = ""


class _Data(_Order):
    order: _Order | None = None


class _Notification(Camel):
    notification_id: Text = ""
    data: _Data | None = None


class _Notice(Camel):
    metadata: _Metadata
    notification: _Notification


def heard(hook: Hook) -> Heard:
    """Which order a notification is about: one of the topics that name an order, such as ORDER_CONFIRMATION.

    Raises:
        UnmappableError: it is no notification.
    """
    notice = _Notice.of(hook.body)
    data = notice.notification.data or _Data()
    order_id = data.order_id or (data.order.order_id if data.order else "")
    topic = Topic.POINTER if order_id else Topic.OTHER
    return Heard(topic, order_id=order_id, delivery_id=notice.notification.notification_id)
