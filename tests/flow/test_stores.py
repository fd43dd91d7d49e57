"""Stores that answer for themselves and hand over, and suppliers that ship, through the running services."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from crossdock_contracts.stores import AcceptFulfilmentV1, DeclineFulfilmentV1
from services.cli.verify import examine
from tests.conftest import settings_for
from tests.flow.house import House, about, house_at, rules_in
from tests.nats import NatsServer, short_folder

pytestmark = pytest.mark.asyncio(loop_scope="module")

_BERLIN = 'address = { line1 = "Street 2", postcode = "10117", city = "Berlin", country = "DE" }'
PLACES = f"""
[location.SHOP]
{_BERLIN}
accept_minutes = 30

[location.HASTY]
{_BERLIN}
accept_minutes = 0.003
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A house in two partitions, with stores in Berlin."""
    folder = tmp_path_factory.mktemp("house")
    rules = rules_in(folder)
    places = rules / "locations.toml"
    places.write_text(places.read_text() + PLACES)
    with short_folder() as store:
        async with NatsServer(Path(store)) as server:
            settings = settings_for(server, folder, rules_dir=rules, park_first_s=0.2, partitions=2)
            async with house_at(settings) as opened:
                yield opened
                await opened.rest()
                checks, _ = await examine(opened.client)
                assert [violation for check in checks for violation in check.violations] == []


async def test_what_a_store_accepts_is_labelled_and_ships_as_ever(house: House) -> None:
    sku = await house.sells(SHOP=3)
    order_id = await house.sold((sku, 2))
    offered = await house.hears("fulfilment-offered", order_id)
    await house.rest_of("shipping")
    assert await house.said("label-bought", order_id) == []
    await house.tells(AcceptFulfilmentV1(**about(offered), accepted_by="clerk-1"))
    await house.ships(await house.labelled(order_id))
    await house.rest()
    assert (await house.status(order_id), await house.stock(sku)) == ("completed", (1, 0, 0, 0))


@pytest.mark.parametrize("shop", ["SHOP", "HASTY"])
async def test_what_a_store_declines_or_does_not_answer_ships_from_elsewhere(house: House, shop: str) -> None:
    sku = await house.sells(**{shop: 3, "LYS": 3})
    order_id = await house.sold((sku, 2))
    offered = await house.hears("fulfilment-offered", order_id)
    if shop == "SHOP":
        await house.tells(DeclineFulfilmentV1(**about(offered), reason="too-busy"))

    fulfilment = await house.labelled(order_id)

    assert (fulfilment["location_id"], fulfilment["fulfilment_id"]) == ("LYS", f"{order_id}/2")
    await house.ships(fulfilment)
    await house.rest()
    assert (await house.status(order_id), await house.stock(sku)) == ("completed", (4, 0, 0, 0))
