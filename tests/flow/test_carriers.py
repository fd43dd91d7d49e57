"""Carriers over HTTP: the best of those that answer sells, another takes over, and labels wait until one returns."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("karrio", reason="crossdock[carriers] is not installed")

from crossdock_contracts.labels import SettlePurchaseV1
from crossdock_contracts.products import Product, UpsertProductV1
from services.cli.verify import examine
from services.cli.waiting import waits as waiting
from services.hub.circuit import Limits
from services.hub.settings import Settings
from services.shipping.carriers import shop
from services.shipping.decide import waits
from tests.adapters.karrio_house import House as Carrier
from tests.adapters.outside import CLOSE, answer, outside
from tests.builders import BERLIN
from tests.conftest import until
from tests.flow.house import House, house_at, rules_in

CARRIERS = """
[rates]
deadline_s = 2.0

[exchange]
currency = "EUR"
rates = {{ USD = 0.9 }}

[account.ups]
kind = "ups"
url = "{ups}"
settings = {{ account_number = "A1B2C3", account_country_code = "DE" }}

[account.dhl]
kind = "dhl-express"
url = "{dhl}"
settings = {{ account_number = "123456789", account_country_code = "DE" }}

[carrier.ups]
adapter = "ups"
currency = "USD"
rates = "live"

[carrier.ups.service.ups_ground]
transit_days = 3
bands = [{{ up_to_g = 31500, amount_minor = 1500 }}]

[carrier.dhl]
adapter = "dhl"
currency = "EUR"
rates = "live"

[carrier.dhl.service.mydhl_express_worldwide]
transit_days = 1
bands = [{{ up_to_g = 31500, amount_minor = 2600 }}]
"""
SECRETS = {
    "carrier.ups.client_id": "an-id",
    "carrier.ups.client_secret": "a-secret",
    "carrier.dhl.username": "an-id",
    "carrier.dhl.password": "a-secret",
}
SHIP, WAYBILL = "POST /api/shipments/v2409/ship", "POST /shipments"
RATED, PRICED = "POST /api/rating/v2409/Shop", "POST /rates"


@dataclass
class Street:
    """The house, and the carriers that it works with."""

    house: House
    ups: Carrier
    dhl: Carrier

    async def sells(self) -> str:
        sku = await self.house.sells(BER=5)
        return await self.house.sold((sku, 1))


@asynccontextmanager
async def street(settings: Settings, folder: Path) -> AsyncIterator[Street]:
    """Two carriers with live rates, and no others."""
    ups, dhl = Carrier("ups"), Carrier("dhl-express")
    async with outside(always=ups.serve) as first, outside(always=dhl.serve) as second:
        rules = rules_in(folder)
        (rules / "carriers.toml").write_text(CARRIERS.format(ups=first.url, dhl=second.url))
        for name, secret in SECRETS.items():
            (folder / name).write_text(secret)
        changed = settings.model_copy(update={"rules_dir": rules, "secrets_dir": folder, "park_first_s": 0.2})
        async with house_at(changed) as house:
            yield Street(house, ups, dhl)
            await house.rest()
            checks, _ = await examine(house.client)
            assert [violation for check in checks for violation in check.violations] == []


async def test_the_best_live_rate_sells_and_the_event_says_what_each_charged(
    settings: Settings, tmp_path: Path
) -> None:
    async with street(settings, tmp_path) as town:
        bought = await town.house.hears("label-bought", await town.sells())
        ranking = [
            (rate["carrier"], rate["cost"]["amount_minor"], rate.get("refused", "")) for rate in bought["ranking"]
        ]
        assert ranking == [("ups", 1450, ""), ("dhl", 2599, "")]
        assert bought["ranking"][0]["compared"] == {"amount_minor": 1305, "currency": "EUR"}
        assert bought["parcel"]["tracking_number"] == town.ups.bought[0]
        assert [label["format"] for label in bought["parcel"]["label"]] == ["pdf"]

        town.ups.faults[RATED] = [answer(503)] * 9
        bought = await town.house.hears("label-bought", await town.sells())
        assert [rate["carrier"] for rate in bought["ranking"]] == ["dhl", "ups"]
        assert bought["ranking"][1].get("refused", "").startswith("no live rate: ups")

        town.ups.faults.clear()
        town.ups.faults[SHIP] = [answer(400, {"response": {"errors": [{"code": "120100", "message": "no"}]}})]
        bought = await town.house.hears("label-bought", await town.sells())
        refused = [rate.get("refused", "") for rate in bought["ranking"]]
        assert ("120100" in refused[0], refused[1], len(town.dhl.bought)) == (True, "", 2)
        (over,) = bought["passed_over"]
        assert (over["carrier"], over["account"], over["cause"], "120100" in over["detail"]) == (
            "ups",
            "ups",
            "refused",
            True,
        )


async def test_labels_wait_for_all_to_see_while_carriers_are_down_and_are_bought_at_once_when_one_returns(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waits, "_FIRST_S", 3600.0)
    monkeypatch.setattr(waits, "_LONGEST_S", 3600.0)
    monkeypatch.setattr(
        shop, "limits", lambda *_: Limits(timeout_s=2, attempts=1, breaker_failures=1, breaker_rest_s=0.2)
    )
    async with street(settings, tmp_path) as town:
        town.ups.faults[RATED] = town.dhl.faults[PRICED] = [answer(503)] * 500
        orders = [await town.sells() for _ in range(3)]
        delayed = [await town.house.hears("label-delayed", order) for order in orders]
        assert "dhl mydhl_express_worldwide: no live rate" in delayed[0]["detail"]
        assert {(one["account"], one["cause"]) for one in delayed[0]["passed_over"]} == {
            ("ups", "no-rate"),
            ("dhl", "no-rate"),
        }
        await until(lambda: _waiting(town.house, orders))

        town.dhl.faults.clear()

        bought = [await town.house.hears("label-bought", order) for order in orders]
        assert ({one["parcel"]["carrier"] for one in bought}, town.ups.bought) == ({"dhl"}, [])
        assert [one["carrier"] for one in bought[0]["passed_over"]] == ["ups"]
        assert await waiting(town.house.client) == []


async def _waiting(house: House, orders: list[str]) -> bool:
    found = await waiting(house.client, "dhl-rates")
    assert all("ups_ground: no live rate" in one["why"] for one in found)
    return sorted(one["about"] for one in found) == sorted(f"main/{order}" for order in orders)


async def test_a_lost_answer_is_looked_up_and_one_that_nothing_can_tell_of_is_held_until_somebody_looked(
    settings: Settings, tmp_path: Path
) -> None:
    async with street(settings, tmp_path) as town:
        town.ups.lost[SHIP] = [CLOSE]
        bought = await town.house.hears("label-bought", await town.sells())
        assert town.ups.bought == [bought["parcel"]["tracking_number"]], "it was found, and not bought again"

        town.ups.faults[RATED] = [answer(400, {"response": {"errors": [{"code": "1", "message": "no"}]}})]
        town.dhl.lost[WAYBILL] = [CLOSE]
        order = await town.sells()
        refused = await town.house.hears("label-refused", order)
        assert (refused["reason"], town.dhl.bought[0] in refused["detail"]) == ("outcome-unknown", True)
        await until(lambda: _held(town.house, order))
        assert (len(town.ups.bought), len(town.dhl.bought)) == (1, 1)

        about = {"owner": "main", "order_id": order, "fulfilment_id": refused["fulfilment_id"]}
        await town.house.tells(SettlePurchaseV1(**about, tracking_number=town.dhl.bought[0]))
        bought = await town.house.hears("label-bought", order)
        assert bought["parcel"]["tracking_number"] == town.dhl.bought[0]


async def _held(house: House, order: str) -> bool:
    return "no-label" in await house.holds(order)


async def test_customs_are_told_what_the_product_says_of_what_goes_abroad(settings: Settings, tmp_path: Path) -> None:
    async with street(settings, tmp_path) as town:
        town.ups.faults[RATED] = [answer(503)] * 9
        sku = await town.house.sells(BER=5)
        shirt = Product(sku=sku, title="Shirt", weight_g=300, hs_code="6109.10", origin_country="PT")
        await town.house.tells(UpsertProductV1(owner="main", sku=sku, product=shirt))
        await until(lambda: _classified(town.house, sku))
        zurich = BERLIN.model_copy(update={"country": "CH", "postcode": "8001", "city": "Zurich", "region": ""})
        await town.house.hears("label-bought", await town.house.sold((sku, 2), ship_to=zurich))
        content = town.dhl.asked[WAYBILL].json["content"]
        (goods,) = content["exportDeclaration"]["lineItems"]
        assert (goods["commodityCodes"][0]["value"], goods["manufacturerCountry"]) == ("610910", "PT")
        assert (goods["quantity"]["value"], goods["price"], content["incoterm"]) == (2, 10.0, "DAP")


async def _classified(house: House, sku: str) -> bool:
    item = await house.document("capture", "item", sku)
    return item is not None and item.get("hs_code") == "6109.10"
