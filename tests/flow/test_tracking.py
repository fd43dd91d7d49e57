"""Carriers tell of parcels, or are asked: what they have delivered is delivered, whatever becomes of their webhooks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio

from crossdock_contracts.returns import RequestReturnV1
from services.cli.verify import examine
from services.hub.runtime import Runtime
from services.hub.service import Service
from services.sandbox.easypost_trackers import signed
from services.sandbox.profile import Profile
from services.sandbox.server import Running, serve
from services.shipping import poll
from services.shipping.edge import CarrierEdge
from services.shipping.rules.carriers import Account
from tests.conftest import published, settings_for, until
from tests.flow.house import House, house_at, rules_in
from tests.nats import NatsServer, short_folder

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "s3cret"
ACCOUNT = """
[account.{name}]
kind = "easypost"
url = "{url}/{api}/v2"
timeout_s = 5
track_minutes = {minutes}

[carrier.{carrier}]
adapter = "{name}"
currency = "USD"

[carrier.{carrier}.service.{service}]
returns = true
from_locations = ["{location}"]
transit_days = 1
bands = [{{ up_to_g = 30000, amount_minor = 1 }}]
"""
"""``told`` tells by itself, and is hardly ever asked; ``asked`` is asked all the time."""


@dataclass
class Street:
    """The house, and the carriers of the sandbox."""

    house: House
    sandbox: Running
    admin: httpx.AsyncClient

    async def shipped(self, location: str) -> tuple[str, dict[str, Any], str]:
        """An order that has left from a location: it, its fulfilment, its tracking number."""
        sku = await self.house.sells(**{location: 1})
        order_id = await self.house.sold((sku, 1))
        fulfilment = await self.house.labelled(order_id)
        await self.house.ships(fulfilment)
        parcel = (await self.house.hears("label-bought", order_id))["parcel"]
        return order_id, fulfilment, parcel["tracking_number"]

    async def move(self, api: str, *statuses: str, codes: tuple[str, ...]) -> None:
        wanted = {"move": {"numbers": codes, "steps": statuses}}
        assert (await self.admin.post(f"/sandbox/{api}", json=wanted)).status_code == 200

    async def webhooks(self, api: str, account: str) -> None:
        """Have the carrier tell the house."""
        hook = {"url": f"{self.house.web.base_url}/webhooks/carriers/{account}", "webhook_secret": SECRET}
        assert (await self.admin.post(f"/sandbox/{api}", json={"webhook": hook})).status_code == 200

    async def posts(self, body: bytes, account: str = "told", secret: str = SECRET) -> httpx.Response:
        path = f"/webhooks/carriers/{account}"
        return await self.house.web.post(path, content=body, headers=signed(secret, path, body))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def street(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Street]:
    """Berlin ships with an account that tells by itself, Rotterdam with one that is asked."""
    folder = tmp_path_factory.mktemp("house")
    secrets = folder / "secrets"
    secrets.mkdir()
    rules = rules_in(folder)
    async with serve() as sandbox:
        text = (rules / "carriers.toml").read_text()
        usps = {"carrier": "usps", "service": "ground-advantage", "location": "BER", "minutes": 1000}
        ups = {"carrier": "ups", "service": "ground", "location": "ROT", "minutes": 0.002}
        text += ACCOUNT.format(name="told", api="easypost", url=sandbox.url, **usps)
        text += ACCOUNT.format(name="asked", api="easypost2", url=sandbox.url, **ups)
        (rules / "carriers.toml").write_text(text + "[exchange]\nrates = { USD = 0.9 }\n")
        for account in ("told", "asked"):
            (secrets / f"carrier.{account}.key").write_text("EZTK1")
            (secrets / f"carrier.{account}.webhook").write_text(f"new-{SECRET}\n{SECRET}\n")
        with short_folder() as store, pytest.MonkeyPatch.context() as patch:
            patch.setattr(poll, "_PAGE", 2)
            async with NatsServer(Path(store)) as server:
                settings = settings_for(
                    server, folder, rules_dir=rules, secrets_dir=secrets, park_first_s=0.2, partitions=2
                )
                async with house_at(settings) as house, httpx.AsyncClient(base_url=sandbox.url) as admin:
                    yield Street(house, sandbox, admin)
                    await house.rest()
                    checks, _ = await examine(house.client)
                    assert [violation for check in checks for violation in check.violations] == []


async def ways(house: House) -> set[str]:
    """The tracking numbers of what is under way."""
    found = await published(house.client, "SHIPPING", "shipping.timer.underway.>")
    return {orjson.loads(message.data)["tracking_number"] for message in found if message.data}


async def test_a_parcel_is_followed_by_what_its_carrier_tells_until_its_buyer_has_it(street: Street) -> None:
    house = street.house
    await street.webhooks("easypost", "told")
    order_id, _, number = await street.shipped("BER")
    assert number in await ways(house)
    await street.move("easypost", "in_transit", "out_for_delivery", codes=(number,))
    await house.hears("shipment-out-for-delivery", order_id)
    await street.move("easypost", "delivered", codes=(number,))
    await house.hears("shipment-delivered", order_id)
    assert number not in await ways(house)


@pytest.mark.parametrize(("location", "api", "account"), [("BER", "easypost", "told"), ("ROT", "easypost2", "asked")])
async def test_a_return_is_followed_to_the_warehouses_door_and_is_not_received_by_that(
    street: Street, location: str, api: str, account: str
) -> None:
    house = street.house
    if account == "told":
        await street.webhooks(api, account)
    order_id, fulfilment, _ = await street.shipped(location)
    await until(lambda: house.document("returns", "sold", order_id))
    about = {"owner": "main", "order_id": order_id, "return_id": "R-1", "reason": "damaged"}
    line = fulfilment["lines"][0]
    lines = ({"line_id": line["line_id"], "sku": line["sku"], "quantity": 1},)
    await house.tells(RequestReturnV1.model_validate({**about, "lines": lines, "label": True}))
    number = (await house.hears("return-label-bought", order_id))["parcel"]["tracking_number"]
    await street.move(api, "in_transit", "delivered", codes=(number,))

    async def at_the_door() -> dict[str, Any] | None:
        found = await house.document("returns", "return", order_id, "R-1")
        return found if found and (found.get("label") or {}).get("tracking") == "delivered" else None

    assert (await until(at_the_door))["status"] == "authorised"
    told = [one["status"] for one in await house.said("return-tracked", order_id)]
    assert told == ["in-transit", "delivered"]
    assert number not in await ways(house)
    assert await house.said("shipment-delivered", order_id) == [], "that is about the way there"


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_becomes_of_webhooks_and_answers_what_is_delivered_is_delivered_once(
    street: Street, seed: int
) -> None:
    await street.webhooks("easypost2", "asked")
    sent = [await street.shipped("ROT") for _ in range(2)]
    street.sandbox.sandbox.faults.use(Profile(share=0.4, seed=seed, hang_s=0.2, latency_s=0.05, retry_after_s=0.05))
    try:
        for statuses in (("in_transit", "failure"), ("in_transit", "out_for_delivery"), ("delivered",)):
            await street.move("easypost2", *statuses, codes=tuple(number for _, _, number in sent))
        for order_id, _, _ in sent:
            await street.house.hears("shipment-delivered", order_id)
    finally:
        street.sandbox.sandbox.faults.use(Profile())
    await street.house.rest()
    for order_id, _, _ in sent:
        assert len(await street.house.said("shipment-delivered", order_id)) == 1
    assert await ways(street.house) & {number for _, _, number in sent} == set()


async def test_a_carrier_that_tells_nothing_is_asked_about_what_has_left_also_after_a_restart(street: Street) -> None:
    await street.admin.post("/sandbox/easypost2", json={"webhook": {"url": ""}})
    order_id, _, number = await street.shipped("ROT")
    await street.house.stop("shipping")
    await street.move("easypost2", "in_transit", "return_to_sender", codes=(number,))
    await street.house.start("shipping")
    said = await street.house.hears("shipment-exception", order_id)
    assert said["code"] == "returned-to-sender"
    await until(lambda: _gone(street.house, number))
    kept = await published(street.house.client, "SHIPPING", "shipping.state.track-round.main.asked")
    assert kept, "how far the round has come is kept"


async def _gone(house: House, number: str) -> bool:
    return number not in await ways(house)


async def test_a_webhook_that_its_carrier_has_not_signed_is_not_let_in(street: Street) -> None:
    body = b'{"description": "tracker.updated", "result": {"tracking_code": "X"}}'
    assert (await street.posts(body, secret="other")).status_code == 401
    assert (await street.house.web.post("/webhooks/carriers/told", content=body)).status_code == 401
    unknown = await street.posts(body, account="nobody")
    assert (unknown.status_code, "asked, told" in unknown.json()["detail"]) == (404, True)
    assert (await street.house.web.get("/webhooks/carriers/told")).status_code == 405
    assert (await street.posts(b"x" * 600_000)).status_code == 413


async def test_a_webhook_about_a_parcel_that_nobody_knows_is_taken_and_noted_once(street: Street) -> None:
    body = b'{"description": "tracker.updated", "result": {"tracking_code": "NOBODYS", "status": "delivered"}}'
    answers = [await street.posts(body), await street.posts(body)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["message_id"] == answers[1].json()["message_id"]
    await street.house.rest()
    noted = [one for one in await street.house.said("scan-unplaced") if one["tracking_number"] == "NOBODYS"]
    assert len(noted) == 1


async def test_a_webhook_that_cannot_be_read_is_kept_byte_for_byte_for_somebody_to_see(street: Street) -> None:
    body = b'{"description": "tracker.updated",  "result": 7}'
    assert (await street.posts(body)).status_code == 202
    letters = await until(lambda: published(street.house.client, "SHIPPING", "shipping.dead.hear.>"))
    assert b'\\"result\\": 7' in letters[-1].data


async def test_nothing_is_acknowledged_while_the_hub_is_away(street: Street) -> None:
    runtime = Runtime(Service("shipping"), street.house.settings)
    edge = CarrierEdge({"told": Account(kind="easypost")}, runtime, street.house.settings)
    body, path = b"{}", "/webhooks/carriers/told"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(edge), base_url="http://edge") as web:
        answer = await web.post(path, content=body, headers=signed(SECRET, path, body))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
