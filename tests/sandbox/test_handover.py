"""Pickups, manifests and addresses at carriers in the sandbox, as the hub's own adapters ask for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import Any

import httpx
import pytest

from crossdock_contracts.values import Address
from services.hub.effects import PermanentError
from services.sandbox.server import Running
from services.shipping.carriers import (
    BookPickup,
    BoughtParcel,
    BuyLabel,
    CancelPickup,
    MakeManifest,
    ValidateAddress,
)
from services.shipping.carriers.easypost import EasyPost
from tests.adapters.parcels import purchase
from tests.builders import BERLIN, NOW, later

US = Address(
    name="Dock", line1="417 Montgomery Street", city="San Francisco", region="CA", postcode="94104", country="US",
    phone="2065550100", email="dock@example.com",
)  # fmt: skip
HOME = US.model_copy(
    update={"name": "Ada", "line1": "1 Main Street", "city": "New York", "region": "NY", "postcode": "10001"}
)
NAMES = {"dhl-express": "dhl"}


@asynccontextmanager
async def karrio(sandbox: Running, name: str) -> AsyncIterator[Any]:
    """The hub's adapter, which asks the sandbox."""
    if find_spec("karrio") is None:
        pytest.skip("karrio, the library that speaks to carriers, is not installed")
    from services.shipping.carriers.karrio import CONNECTORS, Karrio  # noqa: PLC0415  # an extra
    from tests.adapters.karrio_house import SECRETS, SETTINGS  # noqa: PLC0415  # likewise

    url = f"{sandbox.url}/{NAMES.get(name, name)}"
    async with closing(
        Karrio(CONNECTORS[name], lambda secret: SECRETS.get(secret, ""), SETTINGS[name], name=name, url=url)
    ) as made:
        yield made


@asynccontextmanager
async def closing(adapter: Any) -> AsyncIterator[Any]:
    """An adapter, which gives up its connections in the end."""
    try:
        yield adapter
    finally:
        await adapter.close()


def easypost(sandbox: Running) -> Any:
    return closing(EasyPost.at(f"{sandbox.url}/easypost/v2", "a-key"))


def pickup(name: str, *parcels: BoughtParcel) -> BookPickup:
    return BookPickup(
        carrier=name,
        address=US,
        ready_at=NOW,
        closes_at=later(hours=6),
        parcels=parcels or (BoughtParcel(tracking_number="1234"),),
        timezone="America/Los_Angeles",
    )


async def state(web: httpx.AsyncClient, name: str) -> dict[str, Any]:
    return dict((await web.get(f"/sandbox/{NAMES.get(name, name)}/state")).json())


@pytest.mark.parametrize("name", ["ups", "fedex", "dhl-express", "usps"])
async def test_a_carrier_comes_until_it_is_called_off(sandbox: Running, web: httpx.AsyncClient, name: str) -> None:
    async with karrio(sandbox, name) as adapter:
        booked = await adapter.call("pickup", "p", pickup(name))
        assert booked.confirmation
        await adapter.call("cancel-pickup", "c", CancelPickup(carrier=name, pickup_id=booked.pickup_id))
        with pytest.raises(PermanentError):
            await adapter.call("cancel-pickup", "c2", CancelPickup(carrier=name, pickup_id=booked.pickup_id))
    found = await state(web, name)
    assert (found["pickups_booked"], found["pickups_cancelled"]) == (1, 1)


def bought(service: str) -> BuyLabel:
    return purchase(carrier="usps", service=service, ship_from=US, ship_to=HOME, formats=("pdf",))


async def test_usps_closes_each_label_once(sandbox: Running, web: httpx.AsyncClient) -> None:
    async with karrio(sandbox, "usps") as adapter:
        label = await adapter.call("buy", "k", bought("usps_ground_advantage"))
        parcel = BoughtParcel(tracking_number=label.tracking_number)
        wanted = MakeManifest(carrier="usps", ship_from=US, parcels=(parcel,))
        made = await adapter.call("manifest", "m", wanted)
        assert made.documents["manifest.pdf"].startswith(b"%PDF")
        with pytest.raises(PermanentError):
            await adapter.call("manifest", "m2", wanted)
    manifests = (await state(web, "usps"))["manifests"]
    assert manifests == [{"number": made.manifest_id, "pieces": [label.tracking_number]}]


async def test_easypost_closes_each_label_once_and_finds_what_it_did_under_a_key(
    sandbox: Running, web: httpx.AsyncClient
) -> None:
    async with easypost(sandbox) as adapter:
        label = await adapter.call("buy", "k", bought("GroundAdvantage"))
        parcel = BoughtParcel(tracking_number=label.tracking_number, handle=label.handle)
        wanted = MakeManifest(carrier="usps", ship_from=US, parcels=(parcel,))
        made = await adapter.call("manifest", "m", wanted)
        assert await adapter.look_up("manifest", "m", wanted) == made
        with pytest.raises(PermanentError, match="in a scan form"):
            await adapter.call("manifest", "m2", wanted)
        booked = await adapter.call("pickup", "p", pickup("usps", parcel))
    async with easypost(sandbox) as restarted:
        assert await restarted.look_up("pickup", "p", pickup("usps", parcel)) == booked
        assert (await restarted.look_up("buy", "k", bought("GroundAdvantage"))).handle == label.handle
    assert len((await state(web, "easypost"))["pickups"]) == 1


async def test_easypost_and_dhl_say_what_is_wrong_with_an_address(sandbox: Running) -> None:
    nowhere = BERLIN.model_copy(update={"postcode": "00000"})
    for opened in (easypost(sandbox), karrio(sandbox, "dhl-express")):
        async with opened as adapter:
            found = await adapter.call("validate", "v", ValidateAddress(address=BERLIN))
            wrong = await adapter.call("validate", "w", ValidateAddress(address=nowhere))
        assert (found.deliverable, wrong.deliverable, bool(wrong.problems)) == (True, False, True)
