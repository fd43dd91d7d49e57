"""The fault proxy: what it says goes wrong goes wrong, and is counted."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest

from services.hub.quota import asked_to_wait
from services.sandbox import hooks, profile
from services.sandbox.profile import PROFILES, Fault, HookFault, Profile
from services.sandbox.server import Running
from tests.conftest import until

KEY = ("key", "")
SHIPMENT = {
    "shipment": {
        "reference": "web:1001/1",
        "to_address": {"name": "A", "street1": "Coolsingel 40", "city": "Rotterdam", "zip": "3011 AD", "country": "NL"},
        "from_address": {"name": "B", "street1": "Street 1", "city": "Berlin", "zip": "10117", "country": "DE"},
        "parcel": {"weight": 12.5},
    }
}


async def script(web: httpx.AsyncClient, *faults: str | None, api: str = "easypost", **more: Any) -> None:
    """The next requests to an API fail so."""
    answer = await web.put("/sandbox/faults", json={"next": {api: list(faults)}, **more})
    assert answer.status_code == 200, answer.text


async def create(web: httpx.AsyncClient) -> httpx.Response:
    """A shipment at EasyPost."""
    return await web.post("/easypost/v2/shipments", json=SHIPMENT, auth=KEY)


async def made(web: httpx.AsyncClient) -> int:
    """How many shipments there are at EasyPost."""
    return int((await web.get("/sandbox/easypost/state")).json()["shipments"])


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_refusal_is_in_the_words_of_its_api_and_does_nothing(web: httpx.AsyncClient, status: int) -> None:
    await script(web, str(status))

    answer = await create(web)

    assert answer.status_code == status
    assert answer.json()["error"]["code"]
    assert ("retry-after" in answer.headers) is (status == 429)
    assert await made(web) == 0
    assert (await create(web)).status_code == 201


async def test_who_comes_too_often_is_told_for_how_long_to_wait_in_seconds_or_by_a_date(
    web: httpx.AsyncClient,
) -> None:
    await script(web, "429", "429", retry_after_s=30)

    first, second = await create(web), await create(web)

    assert (first.headers["retry-after"], asked_to_wait(first.headers)) == ("30", 30)
    assert second.headers["retry-after"].endswith("GMT")
    assert asked_to_wait(second.headers) == pytest.approx(30, abs=1)


async def test_a_bad_gateway_answers_with_a_page(web: httpx.AsyncClient) -> None:
    await script(web, "502")

    answer = await create(web)

    assert (answer.status_code, answer.headers["content-type"][:9]) == (502, "text/html")


async def test_a_reset_connection_did_nothing(web: httpx.AsyncClient) -> None:
    await script(web, "reset")

    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await create(web)

    assert await made(web) == 0


async def test_a_request_that_hangs_did_nothing(web: httpx.AsyncClient) -> None:
    await script(web, "hang")

    with pytest.raises(httpx.ReadTimeout):
        await web.post("/easypost/v2/shipments", json=SHIPMENT, auth=KEY, timeout=0.2)

    assert await made(web) == 0


async def test_an_answer_that_is_lost_had_its_work_done(web: httpx.AsyncClient) -> None:
    await script(web, "lost-answer")

    with pytest.raises(httpx.ReadTimeout):
        await web.post("/easypost/v2/shipments", json=SHIPMENT, auth=KEY, timeout=0.3)

    assert await made(web) == 1


async def test_what_hangs_is_cut_off_after_a_while(web: httpx.AsyncClient) -> None:
    await script(web, "hang", hang_s=0.1)

    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await create(web)


@pytest.mark.parametrize("fault", ["truncated", "garbage"])
async def test_an_answer_that_cannot_be_read_had_its_work_done(web: httpx.AsyncClient, fault: str) -> None:
    await script(web, fault)

    answer = await create(web)

    assert answer.is_success
    with pytest.raises(ValueError, match=r".*"):
        answer.json()
    assert await made(web) == 1


async def test_a_late_answer_is_right(web: httpx.AsyncClient) -> None:
    await script(web, *["latency"] * 5, latency_s=0.2)
    began = time.monotonic()

    assert {(await create(web)).status_code for _ in range(5)} == {201}

    assert time.monotonic() - began > 0.2
    assert await made(web) == 5


async def test_an_expired_token_has_to_be_exchanged_anew(web: httpx.AsyncClient) -> None:
    asked = {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "c", "client_secret": "s"}
    token = (await web.post("/amazon/auth/o2/token", data=asked)).json()["access_token"]
    orders = "/amazon/orders/v0/orders?MarketplaceIds=A1PA6795UKMFR9&CreatedAfter=2020-01-01T00:00:00Z"
    assert (await web.get(orders, headers={"x-amz-access-token": token})).status_code == 200
    await script(web, "expired", api="amazon")

    assert (await web.get(orders, headers={"x-amz-access-token": token})).status_code == 401
    assert (await web.get(orders, headers={"x-amz-access-token": token})).status_code == 403
    token = (await web.post("/amazon/auth/o2/token", data=asked)).json()["access_token"]
    assert (await web.get(orders, headers={"x-amz-access-token": token})).status_code == 200


@pytest.mark.parametrize(
    ("api", "token_path", "method", "path"),
    [
        ("ups", "security/v1/oauth/token", "GET", "api/track/v1/details/1Z999AA10123456784"),
        ("fedex", "oauth/token", "POST", "track/v1/trackingnumbers"),
    ],
)
async def test_a_carriers_expired_token_is_refused_from_then_on(
    web: httpx.AsyncClient, api: str, token_path: str, method: str, path: str
) -> None:
    async def token() -> str:
        asked = {"grant_type": "client_credentials", "client_id": "i", "client_secret": "s"}
        return str((await web.post(f"/{api}/{token_path}", data=asked, auth=("i", "s"))).json()["access_token"])

    async def status(bearer: str) -> int:
        headers = {"Authorization": f"Bearer {bearer}"}
        return (await web.request(method, f"/{api}/{path}", headers=headers, json={})).status_code

    old = await token()
    assert await status(old) != 401
    await script(web, "expired", api=api)

    assert [await status(old) for _ in range(2)] == [401, 401]
    assert await status(await token()) != 401


async def test_an_api_that_is_down_leaves_the_others_alone(web: httpx.AsyncClient) -> None:
    await web.put("/sandbox/faults", json={"down": ["easypost"]})

    assert (await create(web)).status_code == 503
    assert (await web.get("/woocommerce/wp-json/wc/v3/orders", auth=("ck", "cs"))).status_code == 200
    await web.put("/sandbox/faults", json={"down": []})
    assert (await create(web)).status_code == 201


async def test_faults_are_counted_by_api_and_kind(web: httpx.AsyncClient) -> None:
    await script(web, "500", None, "429", "500")
    for _ in range(5):
        await create(web)

    found = (await web.get("/sandbox/faults")).json()

    assert found["faults"] == {"easypost": {"500": 2, "429": 1}}
    assert found["requests"]["easypost"] == 5


async def test_a_profile_can_be_switched_while_it_runs(web: httpx.AsyncClient) -> None:
    found = (await web.put("/sandbox/faults", json={"profile": "flaky", "seed": 7})).json()

    assert (found["profile"]["name"], found["profile"]["share"], found["profile"]["seed"]) == ("flaky", 0.05, 7)
    assert (await web.put("/sandbox/faults", json={"profile": "worse"})).status_code == 422
    assert (await web.put("/sandbox/faults", json={"down": ["ebay"]})).status_code == 422


@pytest.mark.parametrize(("name", "share"), [("none", 0.0), ("flaky", 0.05), ("storm", 0.4)])
def test_the_same_seed_fails_alike_and_as_often_as_the_profile_says(name: str, share: float) -> None:
    profile = PROFILES[name]
    faults = [profile.fault("easypost", number) for number in range(4000)]

    assert faults == [profile.fault("easypost", number) for number in range(4000)]
    assert sum(fault is not None for fault in faults) / 4000 == pytest.approx(share, abs=0.02)
    other = profile.model_copy(update={"seed": 2})
    assert (faults != [other.fault("easypost", number) for number in range(4000)]) is (share > 0)


def test_a_storm_has_every_kind_of_fault_and_outages_in_turn() -> None:
    storm = PROFILES["storm"]
    kinds = Counter(storm.fault("easypost", number) for number in range(5000))
    down = [[place for place in range(4) if storm.is_down(place, 4, at_s)] for at_s in range(120)]

    assert set(Fault) - {Fault.OUTAGE} <= kinds.keys()
    assert all(len(places) <= 1 for places in down), "one after the other"
    assert {place for places in down for place in places} == {0, 1, 2, 3}


@asynccontextmanager
async def listener() -> AsyncIterator[tuple[str, list[int]]]:
    """A URL for webhooks, and the ids of the orders that they were about, as they came."""
    heard: list[int] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = re.search(r"content-length: (\d+)", head.decode().lower())
                heard.append(orjson.loads(await reader.readexactly(int(size[1]) if size else 0))["id"])
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(hear, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", heard


@pytest.mark.parametrize(
    ("fault", "order"),
    [(HookFault.DUPLICATE, [0, 0, 1]), (HookFault.REORDERED, [1, 0]), (HookFault.LOST, [1])],
)
async def test_webhooks_are_doubled_reordered_and_lost(
    sandbox: Running, web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, fault: HookFault, order: list[int]
) -> None:
    monkeypatch.setattr(hooks, "_HELD_BACK_S", 0.2)
    faults = iter([fault])
    monkeypatch.setattr(sandbox.sandbox.faults, "next_hook", lambda _: next(faults, None))
    async with listener() as (url, heard):
        for _ in range(2):
            made = {"webhook": {"url": url, "secret": "s"}, "orders": 1}
            await web.post("/sandbox/woocommerce", json=made)
            if fault is not HookFault.REORDERED:
                await until(lambda: heard or fault is HookFault.LOST)
        await until(lambda: len(heard) == len(order))

    first = min(heard) - min(order)
    assert [id_ - first for id_ in heard] == order


def test_webhooks_fail_as_often_as_the_profile_says() -> None:
    faults = [Profile(share=0.5, seed=3).hook_fault("woocommerce", number) for number in range(3000)]
    counts = Counter(faults)
    assert counts[None] == pytest.approx(1500, abs=120)
    assert {kind: counts[kind] for kind in HookFault} == {kind: pytest.approx(500, abs=90) for kind in HookFault}


def test_where_nothing_is_to_go_wrong_no_lots_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile, "Random", None)
    calm = PROFILES["none"]
    assert (calm.fault("shopify", 1), calm.hook_fault("shopify", 1)) == (None, None)
