"""Documents that all partitions of a service read: what one of them writes, the others go by."""

import pytest

from crossdock_contracts import subjects
from crossdock_contracts.products import KitComponent, Product, UpsertProductV1
from services.cli.client import RefusedError, connected
from services.hub.settings import Settings
from services.products.app import service
from tests.conftest import Run

PARTITIONS = 4


def elsewhere(name: str, other: str) -> str:
    """A SKU that belongs to another partition than that one."""
    there = subjects.partition("main", other, PARTITIONS)
    return next(sku for n in range(99) if subjects.partition("main", sku := f"{name}{n}", PARTITIONS) != there)


async def test_what_another_partition_wrote_since_it_was_found_absent_is_noticed(settings: Settings, run: Run) -> None:
    await run(service(), partitions=PARTITIONS)
    part = elsewhere("P", other="K")
    kit = Product(sku="K", components=(KitComponent(sku=part, quantity=1),))
    async with connected(settings.model_copy(update={"partitions": PARTITIONS})) as client:
        for _ in range(2):  # after the first it is known for sure that there is no such product
            with pytest.raises(RefusedError, match=f"there is no product {part}"):
                await client.order(UpsertProductV1(owner="main", sku="K", product=kit))
        await client.order(UpsertProductV1(owner="main", sku=part, product=Product(sku=part)))

        (said,) = await client.order(UpsertProductV1(owner="main", sku="K", product=kit))

    assert said["type"] == "products.evt.product-changed"
