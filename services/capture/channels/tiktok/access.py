"""How TikTok Shop is spoken to: each request signed, each answer an envelope whose code says whether it was done.

https://partner.tiktokshop.com/docv2/page/sign-your-api-request, …/docv2/page/common-errors
"""

import hmac
import time
from collections.abc import AsyncGenerator, Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Any

import httpx
import orjson

from services.capture.channels.access import NOT_LET_IN_S, Granted, Keys
from services.hub.effects import ThrottledError
from services.hub.http import Http, NotLetInError, StatusError
from services.hub.tokens import FetchToken, Token, TokenAuth

_TOO_MANY = 36009002
_INTERNAL = 36009003
"""«Internal error. Please try again»: whether it was done is not said."""
_LATER_S = 1.0
_CREDENTIALS = ("Expired credentials", "Invalid credentials")
"""How messages begin that say that a token, a key or a signature is not taken."""
_EPOCH = 1e9


def signature(secret: str, path: str, params: Mapping[str, str], body: bytes) -> str:
    """HMAC-SHA256 in hexadecimal: path, parameters by name but for the signature, and body, the secret around it."""
    named = "".join(f"{name}{params[name]}" for name in sorted(params) if name not in ("sign", "access_token"))
    text = f"{secret}{path}{named}".encode() + body + secret.encode()
    return hmac.new(secret.encode(), text, sha256).hexdigest()


def not_let_in(answer: httpx.Response) -> bool:
    """An answer, whose body has been read, says that the token is not good any more."""
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        return True
    return b"credentials" in answer.content[:500] and _said(answer).startswith(_CREDENTIALS)


def _said(answer: httpx.Response) -> str:
    try:
        return str(orjson.loads(answer.content).get("message") or "")
    except (ValueError, AttributeError):
        return ""


class Signed(TokenAuth):
    """Shows the shop's token, and signs each request anew: a signature is good for five minutes."""

    def __init__(self, keys: Keys, cipher: str, fetch: FetchToken) -> None:
        super().__init__(fetch, "x-tts-access-token", "", not_let_in)
        self._keys = keys
        self._cipher = cipher

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Called by httpx for each request."""
        flow = super().async_auth_flow(request)
        outgoing = await anext(flow)
        while True:
            self._sign(outgoing)
            response = yield outgoing
            await response.aread()  # that a token is refused may stand in an answer of 200
            try:
                outgoing = await flow.asend(response)
            except StopAsyncIteration:
                return

    def _sign(self, request: httpx.Request) -> None:
        params = {name: value for name, value in request.url.params.items() if name != "sign"}
        params |= {
            "app_key": self._keys["client-id"],
            "shop_cipher": self._cipher,
            "timestamp": str(int(time.time())),
        }
        params["sign"] = signature(self._keys["client-secret"], request.url.path, params, request.content)
        request.url = request.url.copy_with(params=params)


def data_of(answer: httpx.Response) -> dict[str, Any]:
    """What an answer brings.

    Raises:
        ThrottledError, NotLetInError, StatusError: its code is not 0.
        ValueError, LookupError: it is no whole answer, or TikTok does not know what became of it.
    """
    content = orjson.loads(answer.content)
    code, text = content["code"], str(content.get("message") or "")
    if code == 0:
        return content.get("data") or {}
    if code == _TOO_MANY:
        raise ThrottledError(text, _LATER_S)
    if code == _INTERNAL:
        raise ValueError(text)
    refusal = StatusError(str(code), text, answer.status_code, answer.content)
    if not_let_in(answer):
        msg = f"{text}: see to the secrets of the channel"
        raise NotLetInError(msg, NOT_LET_IN_S, refusal)
    raise refusal


def tokens_of(answer: httpx.Response) -> Granted:
    """The tokens of an answer; when they end is a moment, in seconds from 1970."""
    data = data_of(answer)
    until = float(data["access_token_expire_in"])
    lasts_s = until - time.time() if until > _EPOCH else until
    return Token(data["access_token"], lasts_s), str(data.get("refresh_token") or "")


class Shop:
    """Calls of one shop; each answers its ``data``."""

    def __init__(self, http: Http) -> None:
        self.http = http

    async def get(self, operation: str, path: str, **params: str) -> dict[str, Any]:
        """Ask."""
        return await self.http.send(operation, "GET", path, params=params, read=data_of)

    async def search(self, operation: str, path: str, body: Mapping[str, Any], **params: str) -> dict[str, Any]:
        """Ask, by a POST that changes nothing."""
        return await self.http.send(operation, "POST", path, params=params, json=body, read=data_of, safe=True)

    async def tell(
        self, operation: str, path: str, body: Mapping[str, Any], *, safe: bool = False, **params: str
    ) -> dict[str, Any]:
        """Change something; ``safe``: it may be said twice."""
        return await self.http.send(operation, "POST", path, params=params, json=body, read=data_of, safe=safe)

    async def all(self, operation: str, path: str, key: str, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All that a search finds, page by page."""
        found: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            page = await self.search(operation, path, body, page_size="50", **more)
            found += page.get(key) or ()
            token = str(page.get("next_page_token") or "")
            if not token:
                return found
            more = {"page_token": token}
