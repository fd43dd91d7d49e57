"""Polls of channels that misbehave: lists without end, and orders that nobody can read."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest
from nats.aio.msg import Msg

from crossdock_contracts.base import LONGEST_ID
from services.capture.channels.api import AskOrders, Page
from services.capture.channels.woocommerce import WooCommerce
from services.capture.formats import FORMATS
from services.capture.inbox import HandedIn
from services.capture.poll import Poller, PollError
from services.capture.rules import Channel, ChannelConfig
from services.hub.decision import Done, Intent
from services.hub.settings import Settings
from tests.adapters.channels import woocommerce
from tests.adapters.channels.speaking import config


class House:
    """A channel that lists orders by page, and the message server that they are stored by."""

    def __init__(self, *pages: Page) -> None:
        self.pages = {str(number or ""): page for number, page in enumerate(pages)}
        self.asked: list[str] = []
        self.stored: list[dict[str, Any]] = []

    async def run(self, intent: Intent) -> Done:
        assert isinstance(intent.request, AskOrders)
        self.asked.append(intent.request.page)
        assert len(self.asked) < 20, "it is asked without end"
        return Done(self.pages.get(intent.request.page) or self.pages["*"])

    async def one(self, _tasks: Any, _subject: bytes, _headers: bytes, body: bytes, *, timeout_s: float) -> Msg:
        del timeout_s
        self.stored.append(orjson.loads(body))
        return Msg(_client=None, subject="", data=b'{"seq": 1}')  # type: ignore[arg-type]  # never answered

    async def poll(self, format_: str = "woocommerce") -> int:
        channel = Channel("shop", ChannelConfig(format=format_), FORMATS[format_](), cast("Any", None))
        runtime = cast("Any", SimpleNamespace(service=SimpleNamespace(effects=self), calls=self))
        return await Poller(channel, config("http://shop"), Settings(_env_file=None), HandedIn()).poll(runtime, None)


def order(number: int, **fields: Any) -> bytes:
    return orjson.dumps(woocommerce.order(id=number, **fields))


async def test_a_list_that_comes_back_to_a_page_is_not_gone_through_for_ever() -> None:
    house = House(Page(orders=(order(1),), next="1"), Page(orders=(order(2),), next="2"), Page(next="1"))
    with pytest.raises(PollError, match="again and again"):
        await house.poll()
    assert house.asked == ["", "1", "2"]


async def test_a_list_that_says_the_same_on_each_page_is_not_gone_through_for_ever() -> None:
    same = (order(1), order(2))
    house = House(*(Page(orders=same, next=str(number)) for number in range(1, 20)))
    with pytest.raises(PollError, match="again and again"):
        await house.poll()
    assert len(house.asked) == 3


async def test_a_page_may_come_twice_where_all_of_it_changed_at_one_moment() -> None:
    same = (order(1), order(2))
    house = House(Page(orders=same, next="1"), Page(orders=same, next="2"), Page(orders=(order(3),)))
    assert await house.poll() == 3


@pytest.mark.parametrize(
    "strange",
    [
        order(2, date_created_gmt="9999-12-31T23:59:59-23:59"),
        orjson.dumps({"id": "9" * LONGEST_ID}),
        b'{"id": ',
        order(2, customer_note="broken"),
    ],
)
async def test_an_order_that_nobody_can_read_keeps_none_back_that_is_listed_after_it(
    strange: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = WooCommerce.read
    monkeypatch.setattr(WooCommerce, "read", lambda self, body: 1 / 0 if b"broken" in body else read(self, body))
    house = House(Page(orders=(order(1), strange, order(3))))
    assert await house.poll() == 3
    *orders, finished = house.stored
    assert [one["order_id"] for one in orders][::2] == ["shop:1", "shop:3"]
    assert datetime.fromisoformat(finished["until"]) <= datetime.now(UTC)
