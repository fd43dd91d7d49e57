"""Promise dates, capacity, closed locations and parts of orders, through all services."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from crossdock_contracts.routing import CloseLocationV1, OpenLocationV1, SetLocationCapacityV1
from crossdock_contracts.tracking import TrackingUpdateV1
from services.cli.verify import examine
from tests.builders import NOW
from tests.conftest import settings_for, until
from tests.flow.house import House, about, house_at, rules_in
from tests.nats import NatsServer, short_folder

pytestmark = pytest.mark.asyncio(loop_scope="module")

WEEK = '["mon", "tue", "wed", "thu", "fri", "sat", "sun"]'
PLACES = f"""
[location.BER]
address = {{ country = "DE", latitude = 52.5, longitude = 13.3 }}
calendar = {{ time_zone = "Europe/Berlin", working_days = {WEEK}, daily_capacity = 100 }}
warn_minutes = 100000

[location.ROT]
address = {{ country = "NL", latitude = 51.9, longitude = 4.5 }}
calendar = {{ time_zone = "Europe/Amsterdam", working_days = {WEEK} }}
warn_minutes = 0
"""
"""Two places that always work, around the clock; of what Berlin ships somebody is warned halfway to midnight."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """All services, two partitions of each, over places of these tests' own."""
    folder = tmp_path_factory.mktemp("house")
    rules = rules_in(folder)
    (rules / "locations.toml").write_text(PLACES)
    channels = (rules / "channels.toml").read_text()
    (rules / "channels.toml").write_text(channels.replace('"LON"', '"ROT"'))
    text = (rules / "routing.toml").read_text()
    (rules / "routing.toml").write_text(text[: text.index("[[rule]]")])
    with short_folder() as store:
        async with NatsServer(Path(store)) as server:
            settings = settings_for(server, folder, rules_dir=rules, park_first_s=0.2, partitions=2)
            async with house_at(settings) as opened:
                yield opened
                await opened.rest()
                checks, _ = await examine(opened.client)
                assert [violation for check in checks for violation in check.violations] == []


async def leaving(house: House, location: str = "BER") -> int:
    """What leaves a location on the days to come."""
    answer = await house.client.ask("routing", "locations")
    found = next(one for one in answer["answer"] if one["location_id"] == location)
    return sum(day["fulfilments"] for day in found["leaving"])


async def test_a_fulfilment_carries_its_promise_to_the_label_and_the_cheapest_service_that_keeps_it_is_bought(
    house: House,
) -> None:
    sku = await house.sells(BER=5)
    soon = datetime.now(UTC) + timedelta(days=1)

    plain, urgent = await house.sold((sku, 1)), await house.sold((sku, 1), deliver_by=soon)

    routed = await house.hears("order-routed", plain)
    promise = routed["fulfilments"][0]["promise"]
    assert promise["services"][0] == "sandbox-parcel/standard"
    assert promise["deliver_by"] == routed["deliver_by"] == routed["fulfilments"][0]["deliver_by"]
    bought = await house.hears("label-bought", plain)
    assert bought["parcel"]["service"] == "standard"
    bought = await house.hears("label-bought", urgent)
    assert bought["parcel"]["service"] == "express"
    assert {r["service"] for r in bought["ranking"] if r.get("late")} == {"standard", "world"}


async def test_a_full_location_sends_orders_elsewhere_and_a_cancel_makes_room(house: House) -> None:
    sku = await house.sells(BER=9, ROT=9)
    await house.rest()
    taken = await leaving(house)
    place = {"owner": "main", "location_id": "BER"}
    await house.tells(SetLocationCapacityV1(**place, daily_capacity=taken + 1))

    first = await house.sold((sku, 1))
    assert (await house.hears("label-bought", first))["location_id"] == "BER"
    await house.tells(SetLocationCapacityV1(**place, daily_capacity=0))
    assert (await house.hears("label-bought", await house.sold((sku, 1))))["location_id"] == "ROT"
    assert await leaving(house) == taken + 1
    await house.cancels(first)
    await house.hears("order-cancelled", first)

    await until(lambda: _leaves(house, taken))
    await house.tells(SetLocationCapacityV1(**place))


async def _leaves(house: House, count: int) -> bool:
    return await leaving(house) == count


async def test_a_closed_location_gets_nothing_until_it_is_opened(house: House) -> None:
    sku = await house.sells(BER=9, ROT=9)
    place = {"owner": "main", "location_id": "BER"}

    await house.tells(CloseLocationV1(**place, reason="stocktaking"))
    closed = await house.sold((sku, 1))
    assert (await house.hears("label-bought", closed))["location_id"] == "ROT"
    await house.tells(OpenLocationV1(**place))

    assert (await house.hears("label-bought", await house.sold((sku, 1))))["location_id"] == "BER"
    rules = (await house.said("order-routed", closed))[0]["rules"]
    assert "location is closed (stocktaking)" in [rule["rule"] for rule in rules]
    with pytest.raises(RuntimeError, match=r"no-such-location: locations.toml has BER, ROT"):
        await house.tells(CloseLocationV1(owner="main", location_id="MOON"))


async def test_what_is_there_ships_and_the_rest_follows_and_all_of_it_is_paid_for_once(house: House) -> None:
    here, missing = await house.sells(BER=5), await house.sells()
    payment = {"method": "token", "token": "tok_1"}

    order_id = await house.sold((here, 1), (missing, 2), payment=payment)

    await house.ships(await house.labelled(order_id))
    await house.rest()
    assert await house.status(order_id) == "open"
    await house.receives(missing, "ROT", 2)
    routed = await house.hears("order-routed", order_id, number=2)
    (rest,) = routed["fulfilments"]
    await house.hears("label-bought", order_id, number=2)
    await house.ships({**rest, "owner": "main"})
    await house.rest()
    assert await house.status(order_id) == "completed"
    charged = [one["amount"]["amount_minor"] for one in await house.said("payment-captured", order_id)]
    assert charged == [1000, 2000]
    assert (await house.stock(missing), await house.stock(here)) == ((0, 0, 0, 0), (4, 0, 0, 0))


async def test_an_order_that_ships_complete_waits_for_all_of_it(house: House) -> None:
    here, missing = await house.sells(BER=5), await house.sells()
    order_id = await house.sold((here, 1), (missing, 1), ship_complete=True)
    await house.rest()
    assert await house.said("order-routed", order_id) == []

    await house.receives(missing, "BER", 1)

    assert len((await house.labelled(order_id))["lines"]) == 2


async def test_a_fulfilment_that_will_not_leave_in_time_is_warned_of(house: House) -> None:
    sku = await house.sells(BER=5)

    order_id = await house.sold((sku, 1), ship_by=datetime.now(UTC) + timedelta(seconds=2))

    warning = await house.hears("fulfilment-at-risk", order_id)
    assert (warning["stage"], warning["location_id"]) == ("ship", "BER")


async def test_a_fulfilment_that_has_left_is_watched_until_it_arrives_and_no_longer(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 1))
    fulfilment = await house.labelled(order_id)
    key = (order_id, fulfilment["fulfilment_id"])
    before = await house.document("shipping", "risk", *key)

    await house.ships(fulfilment)
    after = await house.document("shipping", "risk", *key)
    await house.tells(TrackingUpdateV1(**about(fulfilment), status="delivered", occurred_at=NOW))

    assert before is not None
    assert after is not None
    assert before["due_at"] < fulfilment["ship_by"] < after["due_at"] < fulfilment["deliver_by"]
    assert await house.document("shipping", "risk", *key) is None
