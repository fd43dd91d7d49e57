"""Orders that come in both ways: pushed, past all that is not needed for it, and then listed by a poll."""

from base64 import b64encode
from hashlib import sha256
from hmac import digest
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import orjson
import pytest
from nats.aio.msg import Msg

from services.capture.channels.api import Page
from services.capture.channels.woocommerce import WooCommerce
from services.capture.decide import ingest
from services.capture.edge import Edge
from services.capture.inbox import HandedIn
from services.capture.poll import Poller
from services.capture.rules import Channel, ChannelConfig, Channels
from services.hub.decision import Done, Intent
from services.hub.settings import Settings
from tests.adapters.channels import woocommerce
from tests.adapters.channels.speaking import config

ORDER = woocommerce.order(id=7)


class Shop:
    """A shop that pushes its orders and lists them, and the message server that they are stored by."""

    def __init__(self, folder: Path) -> None:
        (folder / "channel.corner.webhook").write_text("hush")
        api = config("http://shop")
        self._settings = Settings(_env_file=None, secrets_dir=folder)
        self.channel = Channel("corner", ChannelConfig(format="woocommerce", api=api), WooCommerce(), cast("Any", None))
        self._runtime = cast("Any", SimpleNamespace(service=SimpleNamespace(effects=self), calls=self))
        self._poller = Poller(self.channel, api, self._settings, handed_in := HandedIn())
        self.edge = Edge(Channels({"corner": self.channel}), self._runtime, self._settings, handed_in)
        self.listed: tuple[bytes, ...] = ()
        self.stored: list[str] = []

    async def run(self, _intent: Intent) -> Done:
        return Done(Page(orders=self.listed))

    async def one(self, _tasks: Any, _subject: bytes, _headers: bytes, body: bytes, *, timeout_s: float) -> Msg:
        del timeout_s
        self.stored.append(orjson.loads(body).get("order_id", "the poll has ended"))
        return Msg(_client=None, subject="", data=b'{"seq": 1}')  # type: ignore[arg-type]  # never answered

    async def push(self, body: bytes, secret: bytes = b"hush") -> int:
        signature = b64encode(digest(secret, body, sha256)).decode()
        headers = {"x-wc-webhook-topic": "order.created", "x-wc-webhook-signature": signature}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.edge), base_url="http://edge") as web:
            return (await web.post("/webhooks/corner", content=body, headers=headers)).status_code

    async def poll(self, *listed: dict[str, Any]) -> int:
        self.listed = tuple(orjson.dumps(one) for one in listed)
        return await self._poller.poll(self._runtime, None)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


async def test_what_was_pushed_is_not_read_and_stored_again_when_a_poll_lists_it_however_it_is_written(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = orjson.dumps(dict(reversed(ORDER.items())), option=orjson.OPT_INDENT_2)
    assert await shop.push(written) == 202
    monkeypatch.setattr(WooCommerce, "read", None)
    assert [await shop.poll(ORDER), await shop.poll(ORDER)] == [0, 0]
    assert shop.stored == ["corner:7", "the poll has ended", "the poll has ended"]


async def test_a_poll_brings_what_was_refused_as_a_webhook_and_what_has_changed_since_it_was_pushed(
    shop: Shop,
) -> None:
    body = orjson.dumps(ORDER)
    assert await shop.push(body, b"another secret") == 401
    assert await shop.poll(ORDER) == 1
    assert await shop.push(body) == 202
    assert await shop.poll(ORDER | {"customer_note": "ring twice"}, ORDER) == 1


async def test_what_a_poll_brings_is_read_once_for_the_poll_and_for_the_decision(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = ORDER | {"customer_note": "read once"}
    assert await shop.poll(listed) == 1
    monkeypatch.setattr(WooCommerce, "read", None)
    assert ingest.read(shop.channel, orjson.dumps(listed).decode()).note == "read once"


async def test_an_order_is_taken_without_the_layers_that_describe_it(shop: Shop) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(shop.edge), base_url="http://edge") as web:
        described = (await web.get("/openapi.json")).json()["paths"]
        lower = await web.post("/webhooks/corner/orders", content=b"{}")
    assert {path: set(methods) for path, methods in described.items()} == {
        "/webhooks/{channel}": {"get", "post"},
        "/v1/orders": {"post"},
    }
    assert (lower.status_code, lower.headers["content-type"]) == (404, "application/problem+json")
    shop.edge.web = cast("Any", None)
    assert await shop.push(orjson.dumps(ORDER)) == 202
