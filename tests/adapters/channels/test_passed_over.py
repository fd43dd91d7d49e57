"""What is plainly nothing to work on: neither an order nor a dead letter, but told as ignored, with the reason."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import orjson
import pytest
from prometheus_client import REGISTRY

from crossdock_contracts.capture import IngestV1, SubmissionIgnoredV1
from services.capture.channels import PassedOverError
from services.capture.channels.woocommerce import WooCommerce
from services.capture.decide import ingest
from services.capture.edge import Edge
from services.capture.formats import FORMATS
from services.capture.inbox import HandedIn
from services.capture.poll import Poller
from services.capture.rules import Channel, ChannelConfig, Channels
from services.hub.decision import States
from services.hub.settings import Settings
from tests.adapters.channels import shopify, test_square, woocommerce
from tests.adapters.channels.speaking import config
from tests.builders import NOW

NOTHING: list[tuple[str, str, Any]] = [
    ("shopify", "no-order", shopify.order(test=True)),
    ("shopify", "no-order", shopify.order(admin_graphql_api_id="gid://shopify/DraftOrder/7")),
    ("shopify", "no-order", shopify.order(abandoned_checkout_url="https://shop.example.com/7")),
    ("shopify", "not-yet", shopify.order(financial_status="pending")),
    *(("woocommerce", "not-yet", woocommerce.order(status=one)) for one in ("checkout-draft", "auto-draft", "pending")),
    ("square", "no-order", test_square.ORDER | {"line_items": [], "returns": [{"source_order_id": "O-0"}]}),
    ("square", "no-order", test_square.ORDER | {"line_items": []}),
]


@pytest.mark.parametrize(("format_", "reason", "content"), NOTHING)
async def test_what_is_no_order_is_neither_polled_into_the_inbox_nor_a_dead_letter(
    format_: str, reason: str, content: dict[str, Any]
) -> None:
    body = orjson.dumps(content)
    channel = Channel("shop", ChannelConfig(format=format_), FORMATS[format_](), cast("Any", None))
    with pytest.raises(PassedOverError) as refused:
        channel.format.read(body)
    assert refused.value.reason == reason

    poller, before = Poller(channel, config("http://shop"), Settings(), HandedIn()), _passed_over(reason)
    inbox = cast("Any", SimpleNamespace())  # nothing is put into it
    assert [await poller._hand_in(inbox, body) for _ in range(2)] == [0, 0]
    assert _passed_over(reason) - before == 1  # it is listed again with each overlap, and counted once

    pushed = IngestV1(owner="main", channel="shop", order_id="shop:7", body=body.decode(), received_at=NOW)
    decision = ingest.ingest(Channels({"shop": channel}), States.of(), pushed, NOW, pushed.body)
    (ignored,) = decision.events
    assert isinstance(ignored, SubmissionIgnoredV1)
    assert (ignored.reason, ignored.detail) == (reason, str(refused.value))


def _passed_over(reason: str) -> float:
    labels = {"channel": "shop", "reason": reason}
    return REGISTRY.get_sample_value("crossdock_polled_passed_over_total", labels) or 0.0


async def test_a_webhook_that_nothing_is_done_on_is_answered_with_exactly_200(tmp_path: Path) -> None:
    (tmp_path / "channel.corner.webhook").write_text("hush")
    channel = Channel("corner", ChannelConfig(format="woocommerce"), WooCommerce(), cast("Any", None))
    edge = Edge(Channels({"corner": channel}), cast("Any", None), Settings(secrets_dir=tmp_path), HandedIn())
    form = {"content-type": "application/x-www-form-urlencoded"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(edge), base_url="http://edge") as web:
        answer = await web.post("/webhooks/corner", content="webhook_id=12", headers=form)
    assert answer.status_code == 200
