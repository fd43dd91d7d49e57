"""Signatures of calls that give a seller's money back: eBay wants them of sellers of the EU and the United Kingdom.

HTTP message signatures (RFC 9421) over the digest of the body (RFC 9530), the key's JWE, method, path and host.
https://developer.ebay.com/develop/guides/digital-signatures-for-apis
"""

import base64
import binascii
import time
from hashlib import sha256

import httpx
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from services.capture.channels.access import NOT_LET_IN_S, Keys
from services.hub.effects import TransientError

_KEY, _JWE = "signing-key", "signing-jwe"


class Signer:
    """Signs with the key that createSigningKey of the Key Management API gave, if one is set."""

    def __init__(self, keys: Keys, url: str) -> None:
        self._keys = keys
        self._host = httpx.URL(url).netloc.decode().lower()

    def headers(self, method: str, path: str, body: bytes = b"") -> dict[str, str]:
        """What a call bears besides; nothing where no key is set.

        Raises:
            TransientError: the key is none, or its JWE is not set.
        """
        if not self._keys.has(_KEY):
            return {}
        fields = {"x-ebay-signature-key": self._keys[_JWE]}
        if body:
            fields = {"content-digest": f"sha-256=:{_encoded(sha256(body).digest())}:", **fields}
        covered = {**fields, "@method": method, "@path": path, "@authority": self._host}
        parameters = f"({' '.join(f'{chr(34)}{name}{chr(34)}' for name in covered)});created={int(time.time())}"
        lines = [f'"{name}": {value}' for name, value in covered.items()]
        base = "\n".join([*lines, f'"@signature-params": {parameters}'])
        signature = _encoded(_private(self._keys[_KEY]).sign(base.encode()))
        return {**fields, "signature-input": f"sig1={parameters}", "signature": f"sig1=:{signature}:"}


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _private(text: str) -> Ed25519PrivateKey:
    try:
        key = load_der_private_key(base64.b64decode(text, validate=True), None)
    except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        msg = f"{_KEY} is no Ed25519 key as eBay's createSigningKey answers: base64, in one line, without a frame"
        raise TransientError(msg, NOT_LET_IN_S)
    return key
