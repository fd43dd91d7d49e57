"""One customer's orders in several partitions at once: none is lost, and the account adds up."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.builders import unique
from tests.conftest import settings_for
from tests.flow.house import House, house_at, rules_in
from tests.nats import NatsServer, short_folder

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sharded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """All services with three partitions each."""
    folder = tmp_path_factory.mktemp("sharded")
    with short_folder() as store:
        async with NatsServer(Path(store)) as server:
            config = settings_for(server, folder, rules_dir=rules_in(folder), park_first_s=0.2, partitions=3)
            async with house_at(config) as opened:
                yield opened


async def test_orders_of_one_customer_in_several_partitions_are_all_counted(sharded: House) -> None:
    sku = await sharded.sells(BER=500)
    buyer = {"email": f"{unique('c')}@example.com", "phone": f"+4930{unique('9')}55555"}
    about = {"customer": buyer, "payment": {"method": "terms"}}

    ids = await asyncio.gather(*(sharded.sold((sku, n), **about) for n in range(1, 25)))

    await asyncio.gather(*(sharded.hears("payment-authorised", order_id) for order_id in ids))
    await sharded.rest()
    customers = {(await sharded.hears("order-captured", one))["order"]["customer"]["customer_id"] for one in ids}
    (customer,) = customers
    known = await sharded.document("capture", "customer", customer)
    account = await sharded.document("payments", "account", customer)
    assert known is not None
    assert account is not None
    assert (known["orders"], len(known["evidence"])) == (24, 2)
    assert account["books"]["EUR"]["ordered_minor"] == sum(range(1, 25)) * 1000
