"""EasyPost: what it is asked, where, what its answers and refusals come to; and that no label is bought twice."""

import asyncio
import random
from typing import Any

import pytest

from crossdock_contracts.values import Address, Dimensions, Money
from services.hub.decision import Done, Failed, Intent, Later, Refused
from services.hub.effects import Effects, Limits, PermanentError, TransientError, UnknownError
from services.shipping.carriers import (
    BookPickup,
    BoughtParcel,
    BuyLabel,
    CancelPickup,
    Customs,
    CustomsItem,
    GetRates,
    Label,
    MakeManifest,
    Manifested,
    Offer,
    PickupBooked,
    PickupCancelled,
    Rates,
    TrackParcels,
    ValidateAddress,
    Voided,
    VoidLabel,
    Wanted,
)
from services.shipping.carriers.codes import Status
from services.shipping.carriers.easypost import EasyPost, build
from tests.adapters.easypost_house import House, easypost
from tests.adapters.outside import CLOSE, HANG, RESET, Say, answer, truncated
from tests.adapters.parcels import purchase
from tests.builders import unique

US = Address(
    name="A Shop",
    line1="417 Montgomery St",
    line2="Floor 5",
    city="San Francisco",
    region="CA",
    postcode="94104",
    country="US",
)
BUYER = Address(
    name="Élise Müller",
    line1="179 N Harbor Dr",
    city="Redondo Beach",
    region="CA",
    postcode="90277",
    country="US",
    phone="555",
)
CANADA = Address(name="Jo", line1="1 Rue A", city="Montréal", region="QC", postcode="H2Y1C6", country="CA")
ERROR = answer(
    422,
    {
        "error": {
            "code": "ADDRESS.VERIFY.FAILURE",
            "message": "Unable to verify",
            "errors": [{"field": "zip", "message": "is wrong"}],
        }
    },
)


def label(**fields: Any) -> BuyLabel:
    asked = {
        "carrier": "usps",
        "service": "ground-advantage",
        "ship_from": US,
        "ship_to": BUYER,
        "formats": ("pdf",),
        **fields,
    }
    return purchase(**asked)


# -- rates


async def test_rates_are_asked_for_in_ounces_and_inches() -> None:
    async with easypost() as (carrier, _, server):
        box = Dimensions(length_mm=254, width_mm=200, height_mm=100)
        await carrier.call("rate", "r", GetRates(ship_from=US, ship_to=BUYER, weight_g=1200, dimensions=box))
        assert server.called == ["POST /v2/shipments"]
        asked = server.heard[0].json["shipment"]
        assert asked["parcel"] == {"weight": 42.4, "length": 10.0, "width": 7.9, "height": 4.0}
        assert asked["from_address"] == {
            "name": "A Shop",
            "street1": "417 Montgomery St",
            "street2": "Floor 5",
            "city": "San Francisco",
            "state": "CA",
            "zip": "94104",
            "country": "US",
        }
        assert asked["to_address"]["name"] == "Élise Müller"
        assert "reference" not in asked, "an enquiry is nobody's purchase"


async def test_rates_come_back_cheapest_first() -> None:
    async with easypost() as (carrier, _, _):
        rates = await carrier.call("rate", "r", GetRates(ship_from=US, ship_to=BUYER, weight_g=1200))
        assert isinstance(rates, Rates)
        assert [(offer.carrier, offer.service, offer.cost.amount_minor) for offer in rates.offers] == [
            ("usps", "GroundAdvantage", 607),
            ("usps", "Express", 3415),
            ("dhl-express", "Worldwide", 5101),
        ]
        assert rates.offers[0] == Offer(
            carrier="usps", service="GroundAdvantage", cost=Money(amount_minor=607, currency="USD"), transit_days=1
        )
        only = await carrier.call(
            "rate", "r", GetRates(ship_from=US, ship_to=BUYER, weight_g=1, carriers=("dhl-express",))
        )
        assert isinstance(only, Rates)
        assert [offer.carrier for offer in only.offers] == ["dhl-express"]


async def test_why_a_carrier_makes_no_offer_is_passed_on() -> None:
    silent = answer(
        201,
        {"id": "shp_1", "rates": [], "messages": [{"carrier": "UPS", "type": "rate_error", "message": "no account"}]},
    )
    async with easypost(silent) as (carrier, _, _):
        rates = await carrier.call("rate", "r", GetRates(ship_from=US, ship_to=BUYER, weight_g=1))
        assert rates == Rates(offers=(), silent=("UPS: no account",))


async def test_rates_that_are_refused_say_why() -> None:
    async with easypost(ERROR) as (carrier, _, _):
        with pytest.raises(PermanentError, match=r"ADDRESS.VERIFY.FAILURE: Unable to verify; is wrong"):
            await carrier.call("rate", "r", GetRates(ship_from=US, ship_to=BUYER, weight_g=1))


# -- labels


async def test_a_label_is_bought_as_a_shipment_under_our_key_and_one_of_its_rates() -> None:
    async with easypost() as (carrier, house, server):
        await carrier.call("buy", "label:main/web:1/1:1", label(reference="web:1/1", formats=("zpl",)))
        assert server.called[:2] == ["POST /v2/shipments", "POST /v2/shipments/shp_1/buy"]
        asked = server.heard[0].json["shipment"]
        assert asked["reference"] == build.reference("label:main/web:1/1:1")
        assert asked["options"] == {"label_format": "ZPL", "print_custom_1": "web:1/1"}
        assert server.heard[1].json == {"rate": {"id": "rate_1_1"}}
        assert house.bought == ["shp_1"]


async def test_a_label_comes_back_with_number_price_document_and_handle() -> None:
    async with easypost() as (carrier, _, _):
        bought = await carrier.call("buy", "k", label())
        assert bought == Label(
            tracking_number="9400-shp_1",
            cost=Money(amount_minor=607, currency="USD"),
            documents={"pdf": b"a label in pdf"},
            handle="shp_1",
        )


async def test_a_label_in_several_formats_is_bought_as_a_picture_and_made_into_each() -> None:
    async with easypost() as (carrier, _, server):
        bought = await carrier.call("buy", "k", label(formats=("pdf", "zpl")))
        assert isinstance(bought, Label)
        assert bought.documents == {"pdf": b"a label in pdf", "zpl": b"a label in zpl"}
        assert server.heard[0].json["shipment"]["options"]["label_format"] == "PNG"
        assert "GET /v2/shipments/shp_1/label?file_format=ZPL" in server.called


async def test_a_parcel_across_a_border_has_its_customs_papers() -> None:
    shirts = CustomsItem(
        description="Shirts",
        quantity=2,
        weight_g=300,
        value=Money(amount_minor=2325, currency="USD"),
        hs_code="610910",
        origin="PT",
        sku="TEE",
    )
    customs = Customs(
        items=(shirts,),
        incoterm="DDP",
        signed_by="A. Signer",
        invoice_number="R-7",
        export_declaration="NOEEI 30.36",
        tax_ids={"EIN": "12-3"},
    )
    async with easypost() as (carrier, _, server):
        await carrier.call("buy", "k", label(ship_to=CANADA, customs=customs))
        asked = server.heard[0].json["shipment"]
        assert asked["customs_info"] == {
            "contents_type": "merchandise",
            "customs_certify": True,
            "customs_signer": "A. Signer",
            "non_delivery_option": "return",
            "restriction_type": "none",
            "eel_pfc": "NOEEI 30.36",
            "customs_items": [
                {
                    "description": "Shirts",
                    "quantity": 2,
                    "weight": 21.2,
                    "value": "46.50",
                    "currency": "USD",
                    "hs_tariff_number": "610910",
                    "origin_country": "PT",
                    "code": "TEE",
                }
            ],
        }
        assert asked["tax_identifiers"] == [
            {"entity": "SENDER", "tax_id_type": "EIN", "tax_id": "12-3", "issuing_country": "US"}
        ]
        assert asked["options"]["incoterm"] == "DDP"
        assert asked["options"]["invoice_number"] == "R-7"


async def test_the_commercial_invoice_is_kept_with_the_label() -> None:
    async with easypost() as (carrier, house, _):
        made = house.made({"reference": build.reference("k")})
        made["forms"] = [{"form_type": "commercial_invoice", "form_url": f"{house.url}/files/invoice"}]
        assert await carrier.look_up("buy", "k", label()) is None
        bought = await carrier.call("buy", "k", label(formats=()))
        assert isinstance(bought, Label)
        assert bought.documents == {"invoice.pdf": b"a label in invoice"}


async def test_a_return_label_is_asked_for_with_the_addresses_of_the_way_there() -> None:
    async with easypost() as (carrier, _, server):
        await carrier.call("buy", "k", label(ship_from=BUYER, ship_to=US, is_return=True))
        asked = server.heard[0].json["shipment"]
        assert asked["is_return"] is True
        assert asked["to_address"]["name"] == "Élise Müller"
        assert asked["from_address"]["name"] == "A Shop"


async def test_cash_is_collected_on_delivery() -> None:
    async with easypost() as (carrier, _, server):
        await carrier.call("buy", "k", label(cash_on_delivery=Money(amount_minor=1999, currency="USD")))
        options = server.heard[0].json["shipment"]["options"]
        assert (options["cod_amount"], options["cod_method"], options["currency"]) == ("19.99", "CASH", "USD")


async def test_a_service_that_is_not_offered_is_refused_and_nothing_is_bought() -> None:
    async with easypost() as (carrier, house, _):
        with pytest.raises(PermanentError, match=r"no-rate: usps overnight is not offered, USPS GroundAdvantage, "):
            await carrier.call("buy", "k", label(service="overnight"))
        assert house.bought == []


async def test_a_carrier_may_be_called_otherwise_there() -> None:
    async with easypost(usps_of_ours="USPS") as (carrier, house, _):
        await carrier.call("buy", "k", label(carrier="usps-of-ours"))
        assert house.bought == ["shp_1"]


async def test_a_purchase_that_is_refused_says_why() -> None:
    async with easypost() as (carrier, house, _):
        house.faults["POST /shipments/*/buy"] = [
            answer(402, {"error": {"code": "PAYMENT_REQUIRED", "message": "No funds"}})
        ]
        with pytest.raises(PermanentError, match="PAYMENT_REQUIRED: No funds"):
            await carrier.call("buy", "k", label())


# -- never twice


LOST: list[Say] = [
    RESET,
    CLOSE,
    HANG,
    truncated(200, {"id": "shp_1", "a": "b" * 100}),
    answer(200, b'{"id": 1'),
    answer(500),
    answer(502),
    answer(504),
]
IDS = ["reset", "closed", "hangs", "truncated", "no JSON", "500", "502", "504"]


async def run(carrier: Any, *, resumed: bool = False, key: str = "k") -> Any:
    effects = Effects(unique("shipping"))
    effects.add(carrier, Limits(timeout_s=5))
    return await effects.run(Intent("easypost", "buy", key, label(), resumed=resumed))


@pytest.mark.parametrize("said", LOST, ids=IDS)
@pytest.mark.parametrize("step", ["POST /shipments", "POST /shipments/*/buy"])
async def test_a_label_whose_answer_is_lost_is_bought_once(step: str, said: Say) -> None:
    async with easypost() as (carrier, house, _):
        house.lost[step] = [said]
        outcome = await run(carrier)
        assert isinstance(outcome, Done)
        assert outcome.response.tracking_number == "9400-shp_1"
        assert house.bought == ["shp_1"]


@pytest.mark.parametrize("said", LOST, ids=IDS)
@pytest.mark.parametrize("step", ["POST /shipments", "POST /shipments/*/buy"])
async def test_a_label_that_did_not_get_through_is_bought_once(step: str, said: Say) -> None:
    async with easypost() as (carrier, house, _):
        house.faults[step] = [said]
        assert isinstance(await run(carrier), Done)
        assert len(house.bought) == 1


@pytest.mark.parametrize("step", ["GET /files/*", "GET /shipments/*/label"])
async def test_a_label_whose_document_cannot_be_fetched_is_not_failed_over(step: str) -> None:
    async with easypost() as (carrier, house, _):
        house.faults[step] = [answer(404)] * 9
        request = label(formats=("pdf", "zpl"))
        with pytest.raises(UnknownError, match="was bought"):
            await carrier.call("buy", "k", request)
        house.faults.clear()
        found = await carrier.look_up("buy", "k", request)
        assert isinstance(found, Label)
        assert house.bought == ["shp_1"]


async def test_after_a_restart_a_purchase_is_found_by_its_reference() -> None:
    async with easypost() as (before, house, _):
        await run(before)
        async with easypost() as (after, other, _):
            other.shipments = house.shipments
            other.url = house.url
            found = await after.look_up("buy", "k", label())
            assert isinstance(found, Label)
            assert isinstance(await run(after, resumed=True), Done)
            assert other.bought == []


async def test_after_a_restart_an_enquiry_that_was_not_bought_is_the_one_that_is_bought() -> None:
    async with easypost() as (carrier, house, _):
        house.made({"reference": build.reference("k")})
        assert isinstance(await run(carrier, resumed=True), Done)
        assert list(house.shipments) == ["shp_1"]
        assert house.bought == ["shp_1"]


async def test_of_two_enquiries_under_one_key_the_one_that_can_be_found_is_bought() -> None:
    async with easypost() as (carrier, house, _):
        house.faults["POST /shipments"] = [RESET]
        with pytest.raises(UnknownError):
            await carrier.call("buy", "k", label())
        assert await carrier.look_up("buy", "k", label()) is None

        def late(asked: dict[str, Any]) -> dict[str, Any]:
            """The first one comes to be only now, beside the second."""
            second = House.made(house, asked)
            House.made(house, asked)
            return second

        house.made = late  # type: ignore[method-assign]
        await carrier.call("buy", "k", label())
        assert house.bought == ["shp_2"], "what its reference leads to"
        assert isinstance(await run(carrier, resumed=True), Done)
        assert house.bought == ["shp_2"]


async def test_a_label_that_cannot_be_looked_up_waits() -> None:
    async with easypost() as (carrier, house, _):
        house.lost["POST /shipments/*/buy"] = [RESET]
        house.faults["GET /shipments/*"] = [answer(503)] * 9
        assert isinstance(await run(carrier), Later)
        assert house.bought == ["shp_1"]


@pytest.mark.parametrize("restarts", [False, True], ids=["", "restarted"])
@pytest.mark.parametrize("seed", range(4))
async def test_in_a_storm_each_label_is_bought_once(seed: int, *, restarts: bool) -> None:
    """Two calls in five go wrong, before or after they were done; what is parked is taken up again, as the hub does."""
    dice = random.Random(seed)
    troubles: list[Say] = [
        RESET,
        CLOSE,
        truncated(),
        answer(200, b"{"),
        answer(500),
        answer(502),
        answer(503),
        answer(504),
    ]

    def storm() -> tuple[str, Say] | None:
        return (dice.choice(["before", "after"]), dice.choice(troubles)) if dice.random() < 0.4 else None

    async with easypost() as (carrier, house, _):
        house.chaos = storm
        effects = Effects(unique("shipping"))
        effects.add(carrier, Limits(timeout_s=5, breaker_failures=10_000))

        async def bought_at_last(key: str) -> str:
            resumed = False
            while True:
                if restarts:  # it knows of nothing that was made before
                    effects.add(EasyPost(carrier._account.http), Limits(timeout_s=5, breaker_failures=10_000))
                outcome = await effects.run(Intent("easypost", "buy", key, label(), resumed=resumed))
                if isinstance(outcome, Done):
                    return str(outcome.response.handle)
                assert not isinstance(outcome, Refused)
                resumed = True

        handles = await asyncio.gather(*(bought_at_last(f"label:{n}") for n in range(12)))
        assert sorted(house.bought) == sorted(handles)
        assert len(set(handles)) == 12


async def test_what_was_bought_before_and_cannot_be_read_is_not_failed_over() -> None:
    async with easypost() as (carrier, house, _):
        house.faults["POST /shipments/*/buy"] = [
            answer(422, {"error": {"code": "SHIPMENT.POSTAGE.EXISTS", "message": "!"}})
        ]
        house.faults["GET /shipments/*"] = [answer(503)] * 9
        with pytest.raises(UnknownError, match="bought before cannot be seen"):
            await carrier.call("buy", "k", label())


async def test_a_refusal_of_what_an_earlier_try_brought_about_after_all_is_none() -> None:
    async with easypost() as (carrier, house, _):
        refused = answer(422, {"error": {"code": "SHIPMENT.POSTAGE.FAILURE", "message": "busy with it"}})
        house.lost["POST /shipments/*/buy"] = [refused]
        bought = await carrier.call("buy", "k", label())
        assert isinstance(bought, Label)
        assert house.bought == [bought.handle]


async def test_a_house_that_has_enough_is_left_alone_as_long_as_it_asks() -> None:
    async with easypost(answer(429, None, retry_after=30)) as (carrier, house, _):
        assert await run(carrier) == Failed("easypost: POST /v2/shipments: 429", 30)
        assert house.shipments == {}


async def test_a_wrong_key_waits_for_somebody_to_see_to_it() -> None:
    async with easypost(answer(401, {"error": {"code": "APIKEY.INACTIVE", "message": "not active"}})) as (
        carrier,
        _,
        _,
    ):
        outcome = await run(carrier)
        assert isinstance(outcome, Failed)
        assert "not active: it does not let the hub in: see to the secrets of easypost" in outcome.detail


# -- voids


async def bought(carrier: Any) -> Label:
    made = await carrier.call("buy", "k", label())
    assert isinstance(made, Label)
    return made


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


# -- handing over

PARCELS = (BoughtParcel(tracking_number="T1", handle="shp_1"), BoughtParcel(tracking_number="T2", handle="shp_2"))
MANIFEST = MakeManifest(carrier="usps", ship_from=US, parcels=PARCELS)


async def test_a_manifest_is_waited_for_and_fetched() -> None:
    async with easypost() as (carrier, house, server):
        form = {"id": "sf_1", "status": "creating", "tracking_codes": ["T1", "T2"]}
        drawn = {**form, "status": "created", "form_url": f"{house.url}/files/form"}
        server.says += [answer(201, form), answer(200, drawn)]
        made = await carrier.call("manifest", "m", MANIFEST)
        assert made == Manifested(
            manifest_id="sf_1", tracking_numbers=("T1", "T2"), documents={"pdf": b"a label in form"}
        )
        assert server.called == ["POST /v2/scan_forms", "GET /v2/scan_forms/sf_1", "GET /files/form"]
        assert server.heard[0].json == {"shipments": [{"id": "shp_1"}, {"id": "shp_2"}]}


async def test_a_manifest_that_fails_says_why() -> None:
    async with easypost(answer(201, {"id": "sf_1", "status": "failed", "message": "wrong day"})) as (carrier, _, _):
        with pytest.raises(PermanentError, match="manifest-failed: wrong day"):
            await carrier.call("manifest", "m", MANIFEST)


async def test_a_manifest_whose_answer_was_lost_is_found_at_its_parcels() -> None:
    async with easypost() as (carrier, house, _):
        house.made({})
        assert await carrier.look_up("manifest", "m", MANIFEST) is None
        house.shipments["shp_1"]["scan_form"] = {
            "id": "sf_1",
            "status": "created",
            "form_url": f"{house.url}/files/form",
        }
        found = await carrier.look_up("manifest", "m", MANIFEST)
        assert isinstance(found, Manifested)


def visit(*parcels: BoughtParcel) -> BookPickup:
    return BookPickup(
        carrier="usps",
        address=US,
        ready_at="2026-11-23T09:00:00Z",
        closes_at="2026-11-23T17:00:00Z",
        parcels=parcels,
        instructions="Dock 4",
    )


async def test_a_pickup_is_booked_at_the_best_price() -> None:
    async with easypost() as (carrier, _, server):
        booked = await carrier.call("pickup", "p", visit(PARCELS[0]))
        assert booked == PickupBooked(
            pickup_id="pickup_1", confirmation="WTC1", cost=Money(amount_minor=0, currency="USD")
        )
        assert server.called == ["POST /v2/pickups", "POST /v2/pickups/pickup_1/buy"]
        asked = server.heard[0].json["pickup"]
        assert asked["shipment"] == {"id": "shp_1"}
        assert asked["min_datetime"] == "2026-11-23T09:00:00+00:00"
        assert server.heard[1].json == {"carrier": "USPS", "service": "Later"}


async def test_several_parcels_are_fetched_as_a_batch() -> None:
    async with easypost() as (carrier, _, server):
        await carrier.call("pickup", "p", visit(*PARCELS))
        assert server.heard[0].json == {"batch": {"shipments": [{"id": "shp_1"}, {"id": "shp_2"}]}}
        assert server.heard[1].json["pickup"]["batch"] == {"id": "batch_1"}


@pytest.mark.parametrize("step", ["POST /pickups", "POST /pickups/*/buy"])
async def test_a_pickup_whose_answer_is_lost_is_booked_once(step: str) -> None:
    async with easypost() as (carrier, house, _):
        house.lost[step] = [RESET]
        effects = Effects(unique("shipping"))
        effects.add(carrier, Limits())
        assert isinstance(await effects.run(Intent("easypost", "pickup", "p", visit(PARCELS[0]))), Done)
        assert house.bought == ["pickup_1"]


async def test_a_carrier_that_does_not_come_is_a_refusal() -> None:
    async with easypost() as (carrier, _, _):
        with pytest.raises(PermanentError, match="no-pickup"):
            await carrier.call("pickup", "p", visit(PARCELS[0]).model_copy(update={"carrier": "fedex"}))


async def test_a_pickup_is_called_off() -> None:
    async with easypost() as (carrier, _, server):
        await carrier.call("pickup", "p", visit(PARCELS[0]))
        off = CancelPickup(carrier="usps", pickup_id="pickup_1")
        assert await carrier.look_up("cancel-pickup", "c", off) is None
        assert await carrier.call("cancel-pickup", "c", off) == PickupCancelled(pickup_id="pickup_1")
        assert server.called[-1] == "POST /v2/pickups/pickup_1/cancel"
        assert await carrier.look_up("cancel-pickup", "c", off) == PickupCancelled(pickup_id="pickup_1")


async def test_what_it_does_not_do_is_refused() -> None:
    async with easypost() as (carrier, _, _):
        with pytest.raises(PermanentError, match="not-supported"):
            await carrier.call("dance", "d", object())
