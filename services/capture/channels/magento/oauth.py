"""How a shop of Magento is got into: an integration's access token, or its four keys by OAuth 1.0a (RFC 5849).

Since 2.4.4 a shop takes the token by itself only where *Allow OAuth Access Tokens to be used as standalone Bearer
tokens* is set; OAuth works in all. Signatures are HMAC-SHA256.
"""

import base64
import hmac
import time
from collections.abc import Generator, Iterable
from secrets import token_hex
from urllib.parse import parse_qsl, quote, urlsplit

import httpx

from services.capture.channels.access import Keys


class Integration(httpx.Auth):
    """Signs each request, or shows the token where there is no consumer key."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Called by httpx for each request.

        Raises:
            TransientError: a secret is not set.
        """
        token = self._keys["token"]
        if not self._keys.has("consumer-key"):
            request.headers["Authorization"] = f"Bearer {token}"
        else:
            said = {
                "oauth_consumer_key": self._keys["consumer-key"],
                "oauth_nonce": token_hex(16),
                "oauth_signature_method": "HMAC-SHA256",
                "oauth_timestamp": str(int(time.time())),
                "oauth_token": token,
                "oauth_version": "1.0",
            }
            signed = signed_text(request.method, str(request.url), said.items())
            secrets = (self._keys["consumer-secret"], self._keys["token-secret"])
            said["oauth_signature"] = signature(signed, *secrets)
            parts = ", ".join(f'{name}="{_escaped(value)}"' for name, value in said.items())
            request.headers["Authorization"] = f"OAuth {parts}"
        yield request


def signed_text(method: str, url: str, said: Iterable[tuple[str, str]]) -> str:
    """What is signed (RFC 5849, 3.4.1): method, address without query, and all parameters in order."""
    parts = urlsplit(url)
    named = [*parse_qsl(parts.query, keep_blank_values=True), *said]
    pairs = sorted((_escaped(name), _escaped(value)) for name, value in named)
    written = "&".join(f"{name}={value}" for name, value in pairs)
    address = f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path}"
    return "&".join((method.upper(), _escaped(address), _escaped(written)))


def signature(text: str, consumer_secret: str, token_secret: str, digest: str = "sha256") -> str:
    """The signature of a text (RFC 5849, 3.4.2)."""
    key = f"{_escaped(consumer_secret)}&{_escaped(token_secret)}".encode()
    return base64.b64encode(hmac.digest(key, text.encode(), digest)).decode()


def _escaped(text: str) -> str:
    return quote(text, safe="~-._")
