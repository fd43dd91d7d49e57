"""What Shopify's REST API answers: an order, or a page of them."""

from typing import Any
from urllib.parse import parse_qsl

import orjson

from services.capture.channels.api import Page
from services.hub.http import Answer, as_json

LIMIT = "x-shopify-shop-api-call-limit"
"""The header that says how many calls of how many are used."""


def one_of(answer: Answer) -> Any:
    """The order of an answer."""
    return as_json(answer)["order"]


def page_of(answer: Answer) -> Page:
    """A page of orders; where the next one begins stands in the header ``Link``."""
    following = answer.links.get("next", {}).get("url", "")
    page = dict(_pairs(following)).get("page_info", "")
    return Page(orders=tuple(orjson.dumps(one) for one in as_json(answer)["orders"]), next=page)


def _pairs(url: str) -> list[tuple[str, str]]:
    return parse_qsl(url.partition("?")[2])
