"""What Amazon is told without a feed: stock, shipments; each as often as it takes."""

from pathlib import Path
from typing import Any

import pytest

from services.capture.channels.amazon import Amazon
from services.capture.channels.api import AskOrder
from services.hub.decision import Done, Intent, Later
from services.hub.effects import PermanentError
from services.sandbox.profile import Fault, Profile
from tests.adapters.channels.amazon_api import MARKET, amazon, sandboxed
from tests.adapters.channels.speaking import effects, levels, problems, shipped
from tests.adapters.outside import Request, answer

WRONG = answer(400, {"errors": [{"code": "InvalidInput", "message": "shipDate is in the future."}]})


# -- stock


async def test_a_level_is_a_patch_of_the_sellers_own_quantity(tmp_path: Path) -> None:
    def says(request: Request) -> bytes:
        if request.method == "GET":
            return answer(200, {"sku": "A/1", "fulfillmentAvailability": [{"fulfillmentChannelCode": "DEFAULT"}]})
        return answer(200, {"sku": "A/1", "status": "ACCEPTED", "issues": []})

    async with amazon(tmp_path, always=says) as (api, server):
        told = await api.call("stock", "k", levels(**{"A/1": 7}))
        patch = server.heard[-1]
        assert patch.method == "PATCH"
        assert patch.path == f"/listings/2021-08-01/items/S1/A%2F1?marketplaceIds={MARKET}"
        assert patch.json == {
            "productType": "PRODUCT",
            "patches": [
                {
                    "op": "replace",
                    "path": "/attributes/fulfillment_availability",
                    "value": [{"fulfillment_channel_code": "DEFAULT", "quantity": 7}],
                }
            ],
        }
        assert problems(told.levels) == {"A/1": ""}


async def test_what_amazon_keeps_in_stock_itself_is_left_alone(tmp_path: Path) -> None:
    kept = answer(200, {"fulfillmentAvailability": [{"fulfillmentChannelCode": "AMAZON_EU", "quantity": 9}]})
    async with amazon(tmp_path, kept) as (api, server):
        told = await api.call("stock", "k", levels(A=0))
        assert "Amazon keeps it" in told.levels[0].problem
        assert [one.method for one in server.heard] == ["POST", "GET"]
        await api.call("stock", "k2", levels(A=1))
        assert len(server.heard) == 2  # it is remembered


async def test_levels_arrive_in_the_sandbox_and_what_is_unknown_there_is_named(tmp_path: Path) -> None:
    async with sandboxed(tmp_path) as (api, running):
        told = await api.call("stock", "k", levels(A=1, B=2, nope=3))
        assert running.sandbox.apis["amazon"].state()["stock"] == {"A": 1, "B": 2, "C": 50}
        assert problems(told.levels) == {"A": "", "B": "", "nope": problems(told.levels)["nope"]}
        assert "NOT_FOUND" in problems(told.levels)["nope"]


async def test_a_patch_that_is_not_accepted_is_a_problem_of_its_listing(tmp_path: Path) -> None:
    invalid = {"status": "INVALID", "issues": [{"code": "90220", "message": "brand is required", "severity": "ERROR"}]}
    async with amazon(tmp_path, answer(200, {"fulfillmentAvailability": []}), answer(200, invalid)) as (api, _):
        told = await api.call("stock", "k", levels(A=1))
        assert told.levels[0].problem == "90220 brand is required"


# -- ship


async def test_each_parcel_is_confirmed_under_a_package_id_that_stays_the_same(tmp_path: Path) -> None:
    async with amazon(tmp_path, always=answer(204)) as (api, server):
        told = shipped("302-1", "T1", "T2", lines={"11": 3, "11/gift-wrap": 1, "12": 1}, carrier="dhl-express")
        reference = (await api.call("ship", "k", told)).reference
        await api.call("ship", "k", told)
        first, second, again, _ = (one.json for one in server.heard[1:])
        assert server.heard[1].path == "/orders/v0/orders/302-1/shipmentConfirmation"
        assert first["marketplaceId"] == MARKET
        assert first["packageDetail"] == {
            "packageReferenceId": reference,
            "carrierCode": "DHL Express",
            "trackingNumber": "T1",
            "shipDate": "2026-05-04T12:30:00Z",
            "orderItems": [{"orderItemId": "11", "quantity": 3}],
        }
        assert int(second["packageDetail"]["packageReferenceId"]) == int(reference) + 1
        assert second["packageDetail"]["orderItems"] == [{"orderItemId": "12", "quantity": 1}]
        assert again == first


async def test_a_carrier_that_amazon_has_no_code_for_is_named(tmp_path: Path) -> None:
    async with amazon(tmp_path, always=answer(204)) as (api, server):
        await api.call("ship", "k", shipped("o1", "T1", carrier="Bike Brothers"))
        detail = server.heard[1].json["packageDetail"]
        assert (detail["carrierCode"], detail["carrierName"]) == ("Other", "Bike Brothers")


async def test_an_order_is_shipped_in_the_sandbox_once_though_it_is_told_again(tmp_path: Path) -> None:
    async with sandboxed(tmp_path) as (api, running):
        house = running.sandbox.apis["amazon"]
        order_id = house.set_up({"orders": 1})["orders"][0]
        read = Amazon().read((await api.call("order", "k", AskOrder(channel_order_id=order_id))).body)
        told = shipped(order_id, "T1", "T2", lines={line.line_id: line.quantity for line in read.lines})
        running.sandbox.faults.script["amazon"] = [Fault.LOST_ANSWER]
        outcome = await effects(api).run(Intent("shop", "ship", "k", told))
        assert isinstance(outcome, Done)
        assert house.state()["orders"][order_id] == "Shipped"
        assert len(house.state()["shipments"][order_id]) <= 2


async def test_a_confirmation_that_amazon_refuses_says_why(tmp_path: Path) -> None:
    async with amazon(tmp_path, WRONG) as (api, _):
        with pytest.raises(PermanentError, match="InvalidInput: shipDate is in the future"):
            await api.call("ship", "k", shipped())


# -- faults


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_through_faults_the_sandbox_comes_to_believe_what_it_was_told(tmp_path: Path, seed: int) -> None:
    profile = Profile(name="flaky", seed=seed, share=0.3, hang_s=0.2, latency_s=0.05, retry_after_s=0.05)
    async with sandboxed(tmp_path, profile) as (api, running):
        house = running.sandbox.apis["amazon"]
        order_ids = house.set_up({"orders": 4})["orders"]
        calls = effects(api)

        async def until_done(operation: str, key: str, request: Any) -> Any:
            resumed = False
            for _ in range(40):
                outcome = await calls.run(Intent("shop", operation, key, request, resumed=resumed))
                if isinstance(outcome, Done):
                    return outcome.response
                resumed = isinstance(outcome, Later)
            raise AssertionError(outcome)

        for order_id in order_ids:
            body = (await until_done("order", f"o{order_id}", AskOrder(channel_order_id=order_id))).body
            lines = {line.line_id: line.quantity for line in Amazon().read(body).lines}
            await until_done("ship", f"s{order_id}", shipped(order_id, "T1", lines=lines))
        left = {"A": 3, "B": 4, "C": 5}
        while left:  # as long as some could not be told
            for told in (await until_done("stock", f"l{len(left)}", levels(**left))).levels:
                del left[told.sku]

        state = house.state()
        assert state["stock"] == {"A": 3, "B": 4, "C": 5}
        assert {order_id: len(state["shipments"][order_id]) for order_id in order_ids} == dict.fromkeys(order_ids, 1)
        assert set(state["orders"].values()) == {"Shipped"}
