"""Orders that a channel was asked for are kept as it showed them, as those are that it hands in."""

from typing import Any

import orjson
import pytest

from crossdock_contracts.capture import OrderCapturedV1
from crossdock_contracts.channels import FetchOrderV1, OrderFetchedV1
from services.capture.channels.api import AskOrder, Order
from services.capture.decide.asked import settle_fetch
from services.capture.inbox import Keeping
from services.hub.decision import Done
from tests.builders import NOW, order_input
from tests.decide.shop import Shop

LARGE = b"{" + b" " * 256 * 1024 + b"}"


class Away:
    """A channel's API that shows one payload."""

    name, batch = "web", 1

    def __init__(self, body: bytes) -> None:
        self.body = body

    async def call(self, _operation: str, _key: str, _request: Any) -> Order:
        return Order(body=self.body)

    async def look_up(self, *_asked: Any) -> None:
        return None

    async def close(self) -> None:
        return None


class Store:
    """Where objects are put."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    async def put_object(self, _bucket: str, name: str, content: bytes) -> str:
        self.objects[name] = content
        return ""


@pytest.mark.parametrize(("body", "objects"), [(b"{}", 0), (LARGE, 1)])
async def test_what_is_too_large_for_a_message_goes_to_the_object_store(body: bytes, objects: int) -> None:
    store: Any = Store()
    shown = await Keeping(Away(body), "main", store).call("order", "k", AskOrder(channel_order_id="1"))
    assert (shown.body, len(store.objects)) == (body, objects)
    assert store.objects == ({shown.original: body} if objects else {})


@pytest.mark.parametrize("original", ["", "main/web/abc"])
def test_what_was_fetched_is_kept_with_what_became_of_it(original: str) -> None:
    shop = Shop()
    body = order_input("7").model_dump_json().encode()
    message = FetchOrderV1(
        owner="main", channel="web", order_id="web:7", channel_order_id="7", received_at=NOW, source="webhook"
    )
    decision = settle_fetch(shop.channels, shop.states, message, Done(Order(body=body, original=original)), NOW)
    kept, captured = decision.events[:2]
    assert isinstance(kept, OrderFetchedV1)
    assert isinstance(captured, OrderCapturedV1)
    assert (kept.original, kept.received_at) == (original, NOW)
    assert orjson.loads(kept.body or body) == orjson.loads(body)
    assert bool(kept.body) is not bool(original)
