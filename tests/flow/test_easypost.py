"""Labels bought over HTTP: once each, whatever the line does; the next carrier where the best cannot; given back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.adapters.easypost_house import KEY
from tests.adapters.easypost_house import House as Post
from tests.adapters.outside import RESET, answer, outside
from tests.conftest import settings_for, until
from tests.flow.house import House, house_at, rules_in
from tests.nats import NatsServer, short_folder

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCOUNT = """
[exchange]
rates = {{ USD = 0.9 }}

[account.easypost]
kind = "easypost"
url = "{url}/v2"
timeout_s = 5

[carrier.usps]
adapter = "easypost"
currency = "USD"

[carrier.usps.service.ground-advantage]
service_levels = ["standard"]
transit_days = 1
bands = [{{ up_to_g = 30000, amount_minor = 1 }}]
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def post() -> AsyncIterator[Post]:
    """EasyPost."""
    made = Post()
    async with outside(always=made.serve) as server:
        made.url = server.url
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(post: Post, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """All services; the cheapest carrier is behind EasyPost."""
    folder = tmp_path_factory.mktemp("house")
    rules: Path = rules_in(folder)
    carriers = rules / "carriers.toml"
    carriers.write_text(carriers.read_text() + ACCOUNT.format(url=post.url))
    with short_folder() as store, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSDOCK_SECRET_CARRIER_EASYPOST_KEY", KEY)
        async with NatsServer(Path(store)) as server:
            settings = settings_for(server, folder, rules_dir=rules, park_first_s=0.2)
            async with house_at(settings) as opened:
                yield opened


async def bought(house: House, order_id: str) -> dict[str, Any]:
    parcel: dict[str, Any] = (await house.hears("label-bought", order_id))["parcel"]
    return parcel


async def test_a_label_is_bought_at_the_price_that_was_paid_and_kept(house: House, post: Post) -> None:
    sku = await house.sells(BER=5)
    parcel = await bought(house, await house.sold((sku, 1)))
    assert (parcel["carrier"], parcel["cost"]) == ("usps", {"amount_minor": 607, "currency": "USD"})
    assert parcel["handle"] in post.bought
    assert parcel["tracking_number"] == f"9400-{parcel['handle']}"
    assert all(trace.startswith("00-") for trace in post.traces), "the order's trace is passed on"
    assert sorted(one["format"] for one in parcel["label"]) == ["pdf", "zpl"]


async def test_a_label_whose_answer_is_lost_is_bought_once(house: House, post: Post) -> None:
    sku = await house.sells(BER=5)
    before = len(post.bought)
    post.lost["POST /shipments/*/buy"] = [RESET]
    post.faults["GET /shipments/*"] = [answer(500)] * 4
    parcel = await bought(house, await house.sold((sku, 1)))
    await house.rest()
    assert post.bought[before:] == [parcel["handle"]]


async def test_a_label_that_is_not_used_is_given_back(house: House, post: Post) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 1), payment={"method": "token", "token": "tok_1"})
    parcel = await bought(house, order_id)
    await house.cancels(order_id)
    await house.hears("label-voided", order_id)
    assert post.shipments[parcel["handle"]]["refund_status"] == "submitted"


async def test_where_it_refuses_the_next_carrier_is_asked_and_the_event_says_why(house: House, post: Post) -> None:
    sku = await house.sells(BER=5)
    post.faults["POST /shipments"] = [answer(402, {"error": {"code": "PAYMENT_REQUIRED", "message": "No funds"}})]
    order_id = await house.sold((sku, 1))
    parcel = await bought(house, order_id)
    assert parcel["carrier"] == "sandbox-parcel"
    ranking = (await house.hears("label-bought", order_id))["ranking"]
    assert ranking[0]["refused"] == "PAYMENT_REQUIRED No funds"


async def test_what_has_enough_is_passed_over(house: House, post: Post) -> None:
    sku = await house.sells(BER=5)
    post.faults["POST /shipments"] = [answer(429, None, retry_after=1)]
    order_id = await house.sold((sku, 1))
    assert (await bought(house, order_id))["carrier"] in ("usps", "sandbox-parcel")
    await until(lambda: not post.faults["POST /shipments"])
