"""What carriers do beside the way of a fulfilment, against the sandbox, which is asked what it did."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from crossdock_contracts.amendments import AmendOrderV1
from crossdock_contracts.capture import ReleaseHoldV1
from crossdock_contracts.dock import BookCarrierPickupV1, CancelCarrierPickupV1, MakeManifestV1
from crossdock_contracts.return_labels import SendReturnLabelV1
from crossdock_contracts.returns import CancelReturnV1, RequestReturnV1
from crossdock_contracts.shipping import ConfirmShippedV1
from crossdock_contracts.values import Address
from services.cli.waiting import waits
from services.hub.decision import changed
from services.hub.objects import ObjectStore
from services.sandbox.server import serve
from tests.builders import BERLIN, pieces, unique
from tests.conftest import settings_for, until
from tests.flow.house import House, house_at, rules_in
from tests.nats import NatsServer, short_folder

pytestmark = pytest.mark.asyncio(loop_scope="module")

CARRIERS = """
[account.easypost]
kind = "easypost"
url = "{url}/easypost/v2"
timeout_s = 5
attempts = 2
validates = ["*"]

[carrier.usps]
adapter = "easypost"
currency = "USD"
manifests = true
pickups = true

[carrier.usps.service.GroundAdvantage]
returns = true
transit_days = 4
bands = [{{ up_to_g = 30000, amount_minor = 1 }}]
"""
AT = {"owner": "main", "location_id": "BER"}


class Yard:
    """The house, and the carriers' side of what it did."""

    def __init__(self, house: House, web: httpx.AsyncClient) -> None:
        self.house = house
        self._web = web

    async def at_carrier(self) -> dict[str, Any]:
        return dict((await self._web.get("/sandbox/easypost/state")).json())

    async def faults(self, **wanted: Any) -> None:
        (await self._web.put("/sandbox/faults", json=wanted)).raise_for_status()

    async def packs(self) -> str:
        """An order that has been packed; its id."""
        sku = await self.house.sells(BER=5)
        order = await self.house.sold((sku, 2))
        fulfilment = await self.house.labelled(order)
        await self.house.picks(fulfilment)
        await self.house.packs(fulfilment)
        return order

    async def ships(self) -> str:
        """An order that has been shipped; its id."""
        order = await self.packs()
        await self.house.tells(ConfirmShippedV1(owner="main", order_id=order, fulfilment_id=f"{order}/1"))
        await until(lambda: self.house.document("returns", "sold", order))
        return order

    async def wants_back(self, order: str, *, label: bool = True) -> None:
        about = {"owner": "main", "order_id": order, "return_id": "R-1", "reason": "damaged"}
        await self.house.tells(RequestReturnV1(**about, lines=(pieces(),), label=label))

    async def hold(self, order: str, reason: str) -> dict[str, Any]:
        """Wait until an order is held for this reason alone, and show the hold."""

        async def there() -> dict[str, Any] | None:
            held = (await self.house.document("capture", "order", order) or {}).get("holds", [])
            return held[0] if [one["reason"] for one in held] == [reason] else None

        hold: dict[str, Any] = await until(there)
        return hold

    async def label_of(self, order: str, status: str) -> dict[str, Any]:
        """Wait until the return of an order has a label of this status, and show it."""

        async def there() -> dict[str, Any] | None:
            found = (await self.house.document("returns", "return", order, "R-1") or {}).get("label")
            return found if found and found.get("status", "wanted") == status else None

        label: dict[str, Any] = await until(there)
        return label


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def yard(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Yard]:
    """All services; the only carrier is behind EasyPost, in the sandbox."""
    folder = tmp_path_factory.mktemp("house")
    rules: Path = rules_in(folder)
    with short_folder() as store, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSDOCK_SECRET_CARRIER_EASYPOST_KEY", "a-key")
        async with serve() as sandbox, NatsServer(Path(store)) as server:
            (rules / "carriers.toml").write_text(CARRIERS.format(url=sandbox.url))
            (rules / "addresses.toml").write_text('[[check]]\nwhen = { tags = ["validate"] }\n')
            settings = settings_for(server, folder, rules_dir=rules, park_first_s=0.2)
            async with (
                house_at(settings) as house,
                httpx.AsyncClient(base_url=sandbox.url, timeout=10) as web,
            ):
                yield Yard(house, web)


async def test_a_buyer_gets_one_label_for_the_way_back_and_it_is_given_back_where_nothing_comes(yard: Yard) -> None:
    order = await yard.ships()
    await yard.wants_back(order)
    label = await yard.label_of(order, "bought")
    sold = [one for one in (await yard.at_carrier())["labels"] if one["is_return"]]
    assert [one["tracking_code"] for one in sold] == [label["tracking_number"]]

    await yard.house.tells(CancelReturnV1(owner="main", order_id=order, return_id="R-1"))
    voided = await yard.house.hears("return-label-voided", order)
    assert (voided["reason"], voided["tracking_number"]) == ("buyer-keeps", label["tracking_number"])
    await yard.label_of(order, "voided")
    sold = [one for one in (await yard.at_carrier())["labels"] if one["is_return"]]
    assert [one["refund_status"] for one in sold] == ["submitted"]


async def test_a_return_label_waits_while_its_carrier_is_down_and_is_bought_once_it_is_back(yard: Yard) -> None:
    order = await yard.ships()
    before = (await yard.at_carrier())["labels_bought"]
    await yard.wants_back(order, label=False)
    await yard.faults(down=["easypost"])
    await yard.house.tells(SendReturnLabelV1(owner="main", order_id=order, return_id="R-1"))
    await yard.house.hears("return-label-delayed", order)
    await yard.label_of(order, "delayed")
    await yard.faults(down=[])
    await yard.label_of(order, "bought")
    assert (await yard.at_carrier())["labels_bought"] == before + 1


async def test_a_day_is_closed_in_one_manifest_even_if_the_answer_is_lost(yard: Yard) -> None:
    orders = {await yard.ships(), await yard.packs()}
    await yard.faults(next={"easypost": ["truncated"]})
    about = {**AT, "carrier": "usps", "manifest_id": unique("M-")}
    (made,) = await yard.house.tells(MakeManifestV1(**about))
    assert made["type"].endswith("manifest-made")
    parcels = {one["order_id"]: one["tracking_number"] for one in made["body"]["parcels"]}
    manifests = (await yard.at_carrier())["manifests"]
    assert (len(manifests), set(manifests[0]["tracking_codes"]) == set(parcels.values())) == (1, True)
    assert orders <= parcels.keys()
    (kept,) = made["body"]["documents"]
    store = ObjectStore(yard.house.client.connection, yard.house.client.calls, kept["bucket"])
    assert (await store.get(kept["name"])).startswith(b"%PDF")

    assert await yard.house.tells(MakeManifestV1(**about)) == []
    assert len((await yard.at_carrier())["manifests"]) == 1


async def test_a_manifest_waits_for_all_to_see_while_its_carrier_is_down_and_is_made_once_it_is_back(
    yard: Yard,
) -> None:
    order = await yard.packs()
    before = len((await yard.at_carrier())["manifests"])
    await yard.faults(down=["easypost"])
    (delayed,) = await yard.house.tells(MakeManifestV1(**AT, carrier="usps", manifest_id=unique("M-")))
    assert delayed["type"].endswith("manifest-delayed")
    (waiting,) = [one for one in await waits(yard.house.client) if one["handler"] == "manifest-again"]
    assert (waiting["waits_for"], waiting["about"]) == (
        ["easypost:manifest"],
        f"main/BER/usps/{delayed['body']['manifest_id']}",
    )
    await yard.faults(down=[])

    async def made() -> list[dict[str, Any]]:
        return list((await yard.at_carrier())["manifests"])[before:]

    (closed,) = await until(made)
    label = await yard.house.hears("label-bought", order)
    assert label["parcel"]["tracking_number"] in closed["tracking_codes"]


async def test_a_carrier_comes_once_for_what_is_packed_and_is_called_off(yard: Yard) -> None:
    order, other = await yard.packs(), await yard.packs()
    window = {"ready_at": datetime.now(UTC), "closes_at": datetime.now(UTC) + timedelta(hours=3)}
    about = {**AT, "pickup_id": unique("P-")}
    await yard.faults(next={"easypost": [None, None, "truncated"]})
    (booked,) = await yard.house.tells(BookCarrierPickupV1(**about, carrier="usps", **window))
    assert booked["type"].endswith("carrier-pickup-booked"), booked
    found = await yard.at_carrier()
    assert (found["pickups_booked"], found["pickups"][0]["confirmation"]) == (1, booked["body"]["confirmation"])
    assert {order, other} <= {one["order_id"] for one in booked["body"]["parcels"]}

    cancelled, *waiting = await yard.house.tells(CancelCarrierPickupV1(**about))
    assert cancelled["type"].endswith("carrier-pickup-cancelled")
    assert {order, other} <= {one["body"]["order_id"] for one in waiting}
    assert (await yard.at_carrier())["pickups_cancelled"] == 1
    await yard.house.rest()
    (again, *_) = await yard.house.tells(BookCarrierPickupV1(**{**about, "pickup_id": "P"}, carrier="usps", **window))
    assert again["body"]["parcels"] == booked["body"]["parcels"]


async def test_an_order_waits_for_what_its_carrier_says_of_the_address_and_takes_its_suggestion(yard: Yard) -> None:
    sku = await yard.house.sells(BER=5)
    fine = await yard.house.sold((sku, 1), tags=("validate",))
    await yard.house.labelled(fine)
    assert (await yard.house.hears("address-checked", fine))["result"] == "deliverable"

    wrong = await yard.house.sold((sku, 1), tags=("validate",), ship_to=changed(BERLIN, postcode="00000"))
    checked = await yard.house.hears("address-checked", wrong)
    assert (checked["result"], checked["suggestion"]["postcode"]) == ("undeliverable", "10117")
    hold = await yard.hold(wrong, "address-undeliverable")
    about = {"owner": "main", "order_id": wrong}
    await yard.house.tells(AmendOrderV1(**about, ship_to=Address.model_validate(hold["suggestion"])))
    await yard.house.tells(ReleaseHoldV1(**about, hold_id=hold["hold_id"]))
    assert (await yard.house.labelled(wrong))["ship_to"]["postcode"] == "10117"


async def test_an_order_that_is_amended_after_it_was_routed_is_routed_anew_once_its_carrier_has_seen_the_address(
    yard: Yard,
) -> None:
    sku = await yard.house.sells(BER=5)
    order = await yard.house.sold((sku, 1), tags=("validate",))
    await yard.house.labelled(order)
    about = {"owner": "main", "order_id": order}
    await yard.house.tells(AmendOrderV1(**about, ship_to=changed(BERLIN, postcode="00000")))
    await yard.house.hears("order-amended", order)
    hold = await yard.hold(order, "address-undeliverable")
    await yard.house.rest()
    assert len(await yard.house.said("order-routed", order)) == 1, "it waits for somebody to look"
    await yard.house.tells(ReleaseHoldV1(**about, hold_id=hold["hold_id"]))
    routed = await yard.house.hears("order-routed", order, 2)
    assert routed["fulfilments"][0]["ship_to"]["postcode"] == "00000"


async def test_an_order_goes_on_where_its_carrier_cannot_say(yard: Yard) -> None:
    sku = await yard.house.sells(BER=5)
    await yard.faults(down=["easypost"])
    order = await yard.house.sold((sku, 1), tags=("validate",))
    assert (await yard.house.hears("address-checked", order))["result"] == "unchecked"
    await yard.house.hears("stock-allocated", order)
    await yard.faults(down=[])
    await yard.house.labelled(order)
