"""EasyPost: labels given back, parcels tracked, addresses verified."""

import pytest

from services.hub.effects import PermanentError, TransientError
from services.shipping.carriers import (
    Label,
    TrackParcels,
    ValidateAddress,
    Voided,
    VoidLabel,
    Wanted,
)
from services.shipping.carriers.codes import Status
from services.shipping.carriers.easypost import build
from tests.adapters.easypost_house import ERROR, US, bought, easypost
from tests.adapters.outside import answer


def void(made: Label) -> VoidLabel:
    return VoidLabel(carrier="usps", tracking_number=made.tracking_number, handle=made.handle)


async def test_a_label_is_given_back_as_a_refund_of_its_shipment() -> None:
    async with easypost() as (carrier, _, server):
        made = await bought(carrier)
        assert await carrier.look_up("void", "v", void(made)) is None
        assert await carrier.call("void", "v", void(made)) == Voided(tracking_number="9400-shp_1")
        assert server.called[-1] == "POST /v2/shipments/shp_1/refund"
        assert await carrier.look_up("void", "v", void(made)) == Voided(tracking_number="9400-shp_1")


@pytest.mark.parametrize(
    ("status", "is_voided"), [("refunded", True), ("not_applicable", True), ("rejected", False), (None, False)]
)
async def test_a_refund_counts_by_its_status(status: str | None, is_voided: bool) -> None:
    async with easypost(answer(200, {"id": "shp_1", "tracking_code": "T", "refund_status": status})) as (carrier, _, _):
        request = VoidLabel(carrier="usps", tracking_number="T", handle="shp_1")
        if is_voided:
            assert await carrier.call("void", "v", request) == Voided(tracking_number="T")
        else:
            with pytest.raises(PermanentError, match="void-refused"):
                await carrier.call("void", "v", request)


async def test_a_label_of_somebody_else_is_not_given_back() -> None:
    async with easypost() as (carrier, _, server):
        with pytest.raises(PermanentError, match="not-bought-here"):
            await carrier.call("void", "v", VoidLabel(carrier="usps", tracking_number="T"))
        assert server.heard == []


# -- tracking


TRACKER = {
    "id": "trk_1",
    "tracking_code": "9400",
    "carrier": "USPS",
    "status": "delivered",
    "est_delivery_date": "2026-11-20T10:00:00Z",
    "tracking_details": [
        {
            "status": "delivered",
            "status_detail": "arrived_at_destination",
            "datetime": "2026-11-20T09:00:00Z",
            "message": "Delivered",
            "tracking_location": {"city": "Berlin", "country": "DE"},
        },
        {
            "status": "in_transit",
            "status_detail": "a_new_one",
            "datetime": "2026-11-19T09:00:00+01:00",
            "message": "Left",
            "tracking_location": None,
        },
        {"status": "puzzled", "status_detail": None, "datetime": "2026-11-19T10:00:00Z"},
    ],
}


ASKED = TrackParcels(parcels=(Wanted(carrier="usps", tracking_number="9400"),))


async def test_a_parcel_that_was_bought_here_is_tracked_by_its_number() -> None:
    async with easypost(answer(200, {"trackers": [TRACKER], "has_more": False})) as (carrier, _, server):
        (tracked,) = (await carrier.call("track", "t", ASKED)).parcels
        assert server.called == ["POST /v2/trackers/batch"]
        assert server.heard[0].json == {"tracking_codes": ["9400"]}
        assert [scan.status for scan in tracked.scans] == [Status.IN_TRANSIT, Status.UNKNOWN, Status.DELIVERED]
        assert tracked.last is not None
        assert (tracked.last.city, tracked.last.country, tracked.last.code) == (
            "Berlin",
            "DE",
            "delivered/arrived_at_destination",
        )


async def test_what_is_news_of_a_parcel_is_told_as_tracking_updates() -> None:
    waiting = {"status": "pre_transit", "datetime": "2026-11-18T09:00:00Z"}
    lost = {"status": "failure", "status_detail": "lost", "datetime": "2026-11-21T09:00:00Z", "message": "Gone"}
    body = {**TRACKER, "tracking_details": [lost, TRACKER["tracking_details"][0], waiting]}  # type: ignore[index]
    async with easypost(answer(200, {"trackers": [body]})) as (carrier, _, _):
        (tracked,) = (await carrier.call("track", "t", ASKED)).parcels
        told = tracked.updates("main", "web:1", "web:1/1")
        assert [(one.status, one.code, one.detail) for one in told] == [
            ("delivered", "", "Delivered, Berlin"),
            ("exception", "lost", "Gone"),
        ]
        assert {(one.owner, one.fulfilment_id, one.tracking_number) for one in told} == {("main", "web:1/1", "9400")}


async def test_another_parcel_gets_a_tracker() -> None:
    async with easypost(answer(200, {"trackers": []}), answer(201, TRACKER)) as (carrier, _, server):
        await carrier.call("track", "t", ASKED)
        assert server.called[1] == "POST /v2/trackers"
        assert server.heard[1].json == {"tracker": {"tracking_code": "9400", "carrier": "usps"}}


async def test_a_tracker_without_details_says_where_it_stands() -> None:
    bare = {
        "tracking_code": "9400",
        "carrier": "USPS",
        "status": "return_to_sender",
        "updated_at": "2026-11-20T09:00:00Z",
    }
    async with easypost(answer(200, {"trackers": [bare]})) as (carrier, _, _):
        (tracked,) = (await carrier.call("track", "t", ASKED)).parcels
        assert [scan.status for scan in tracked.scans] == [Status.RETURNED]


async def test_tracking_that_fails_may_be_asked_again() -> None:
    async with easypost(answer(500), answer(500)) as (carrier, _, _):
        with pytest.raises(TransientError):
            await carrier.call("track", "t", ASKED)


# -- addresses


async def test_an_address_is_sent_to_be_verified() -> None:
    proper = {
        "id": "adr_1",
        "name": "JO",
        "street1": "417 MONTGOMERY ST FL 5",
        "street2": "",
        "city": "SAN FRANCISCO",
        "state": "CA",
        "zip": "94104-1129",
        "country": "US",
        "residential": False,
        "verifications": {"delivery": {"success": True, "errors": []}},
    }
    async with easypost(answer(201, proper)) as (carrier, _, server):
        checked = await carrier.call("validate", "a", ValidateAddress(address=US))
        assert server.called == ["POST /v2/addresses"]
        assert server.heard[0].json == {"address": build.address(US), "verify": True}
        assert checked.deliverable  # type: ignore[union-attr]
        assert checked.address.postcode == "94104-1129"  # type: ignore[union-attr]


async def test_an_address_that_is_none_says_what_is_wrong_with_it() -> None:
    wrong = {
        "id": "adr_1",
        "verifications": {
            "delivery": {"success": False, "errors": [{"code": "E.ADDRESS.NOT_FOUND", "message": "Address not found"}]}
        },
    }
    async with easypost(answer(201, wrong)) as (carrier, _, _):
        checked = await carrier.call("validate", "a", ValidateAddress(address=US))
        assert (checked.deliverable, checked.problems) == (False, ("Address not found",))  # type: ignore[union-attr]


async def test_an_address_that_could_not_be_checked_is_not_called_good() -> None:
    async with easypost(answer(201, {"id": "adr_1", "verifications": {}}), ERROR) as (carrier, _, _):
        checked = await carrier.call("validate", "a", ValidateAddress(address=US))
        assert not checked.deliverable  # type: ignore[union-attr]
        with pytest.raises(PermanentError, match="Unable to verify"):
            await carrier.call("validate", "a", ValidateAddress(address=US))
