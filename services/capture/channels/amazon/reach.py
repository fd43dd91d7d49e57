"""How Amazon is reached: access tokens of Login with Amazon, tokens for restricted data, usage plans.

https://developer-docs.amazon.com/sp-api/docs/connect-to-the-selling-partner-api,
https://developer-docs.amazon.com/sp-api/docs/usage-plans-and-rate-limits
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx

from services.capture.channels.access import Keys, exchanged
from services.hub.http import Http
from services.hub.quota import Allowance, Quota, steady
from services.hub.tokens import Token, TokenAuth

TOKEN_URL = "https://api.amazon.com/auth/o2/token"  # noqa: S105  # where tokens come from, not one of them
HEADER = "x-amz-access-token"
_PLANS: Mapping[str, tuple[float, int]] = {
    "getOrders": (0.0167, 20),
    "getOrder": (0.5, 30),
    "getOrderItems": (0.5, 30),
    "searchOrders": (0.0056, 20),
    "confirmShipment": (2.0, 10),
    "getListingsItem": (5.0, 5),
    "patchListingsItem": (5.0, 5),
    "createFeedDocument": (0.5, 15),
    "createFeed": (0.0083, 15),
    "getFeed": (2.0, 15),
    "getFeeds": (0.0222, 10),
    "getFeedDocument": (0.0222, 10),
    "createRestrictedDataToken": (1.0, 10),
}
"""Calls a second, and at once, of the default usage plans. The account's own rate is told by each answer."""
_PATIENCE_S = 10.0
_RESTRICTED = ("/orders/v0/orders", "/orders/v0/orders/{orderId}", "/orders/v0/orders/{orderId}/orderItems")
_DATA = (("buyerInfo", "shippingAddress"), ("buyerInfo", "shippingAddress"), ("buyerInfo",))


def quota() -> Quota:
    """The usage plan of each operation; buckets are full at first.

    Of a burst one call is kept back: Amazon counts from when the first one arrived, and that is later than it was sent.
    """
    made = Quota(steady("x-amzn-ratelimit-limit"), per_operation=True, patience_s=_PATIENCE_S)
    for operation, (rate, burst) in _PLANS.items():
        made.told(operation, Allowance(remaining=burst - 2, limit=burst - 1, rate_per_s=rate))
    return made


def access(http: Http, url: str, keys: Keys) -> TokenAuth:
    """Access tokens, exchanged for the seller's refresh token."""

    async def fetch() -> Token:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": keys["refresh-token"],
            "client_id": keys["client-id"],
            "client_secret": keys["client-secret"],
        }
        return await exchanged(http, url, data=form)

    return TokenAuth(fetch, HEADER, "", refused)


def restricted(http: Http) -> TokenAuth:
    """Tokens that show names and addresses in Orders v0, exchanged for access tokens; each is good for all orders."""

    async def fetch() -> Token:
        resources = [
            {"method": "GET", "path": path, "dataElements": list(data)}
            for path, data in zip(_RESTRICTED, _DATA, strict=True)
        ]
        answer: Any = await http.send(
            "createRestrictedDataToken",
            "POST",
            "/tokens/2021-03-01/restrictedDataToken",
            json={"restrictedResources": resources},
            safe=True,
        )
        return Token(answer["restrictedDataToken"], float(answer.get("expiresIn") or 3600))

    return TokenAuth(fetch, HEADER, "", refused)


def refused(answer: httpx.Response) -> bool:
    """The token is not good any more: Amazon says 403 to that as well as to a role that is missing."""
    if answer.status_code == HTTPStatus.FORBIDDEN:
        return b"access token" in answer.content.lower()
    return answer.status_code == HTTPStatus.UNAUTHORIZED
