"""UPS, FedEx, DHL Express and USPS through karrio: what they are asked, where, what answers and refusals come to."""

import asyncio
import ssl
import sys
import threading
from typing import Any

import pytest

pytest.importorskip("karrio", reason="crossdock[carriers] is not installed")

from crossdock_contracts.values import Address, Dimensions, Money
from services.hub.effects import LostError, PermanentError, TransientError, UnknownError
from services.shipping.carriers import (
    BookPickup,
    BoughtParcel,
    BuyLabel,
    CancelPickup,
    Customs,
    CustomsItem,
    GetRates,
    MakeManifest,
    TrackParcels,
    ValidateAddress,
    VoidLabel,
    Wanted,
)
from services.shipping.carriers.codes import Status
from services.shipping.carriers.karrio.shape import reference, transaction
from tests.adapters.karrio_house import SECRETS, carrier
from tests.adapters.outside import CLOSE, HANG, answer, truncated
from tests.adapters.parcels import purchase
from tests.builders import NOW, later

ALL = ("ups", "fedex", "dhl-express", "usps")
US = Address(
    name="A Shop",
    line1="417 Montgomery St",
    city="San Francisco",
    region="CA",
    postcode="94104",
    country="US",
    phone="4155550100",
)
BUYER = Address(
    name="Elise Muller",
    line1="179 N Harbor Dr",
    line2="Flat 2",
    city="Redondo Beach",
    region="CA",
    postcode="90277",
    country="US",
)
CANADA = Address(name="Jo", line1="1 Rue A", city="Montreal", region="QC", postcode="H2Y1C6", country="CA")
BOX = Dimensions(length_mm=254, width_mm=201, height_mm=100)
SERVICE = {
    "ups": "ups_ground",
    "fedex": "fedex_ground",
    "dhl-express": "mydhl_express_worldwide",
    "usps": "usps_ground_advantage",
}
BUY = {
    "ups": "POST /api/shipments/v2409/ship",
    "fedex": "POST /ship/v1/shipments",
    "dhl-express": "POST /shipments",
    "usps": "POST /labels/v3/label",
}
TOKENS = {
    "ups": ["POST /security/v1/oauth/token"],
    "fedex": ["POST /oauth/token"],
    "dhl-express": [],
    "usps": ["POST /oauth2/v3/token"],
}
REFUSED = {
    "ups": {"response": {"errors": [{"code": "120100", "message": "Missing or invalid shipper number"}]}},
    "fedex": {"errors": [{"code": "ACCOUNT.NUMBER.MISMATCH", "message": "Account number mismatch"}]},
    "dhl-express": {"status": 422, "title": "Unprocessable", "detail": "8001: product not available"},
    "usps": {"error": {"code": "400", "errors": [{"code": "160031", "detail": "Address not found"}]}},
}
SAID = {
    "ups": ("120100", "Missing or invalid shipper number"),
    "fedex": ("ACCOUNT.NUMBER.MISMATCH", "Account number mismatch"),
    "dhl-express": ("422", "8001: product not available"),
    "usps": ("160031", "Address not found"),
}


def label(name: str, **fields: Any) -> BuyLabel:
    asked = {"carrier": name, "service": SERVICE[name], "ship_from": US, "ship_to": BUYER, "formats": ("pdf",)}
    return purchase(**{**asked, "dimensions": BOX, **fields})


# -- labels


@pytest.mark.parametrize("name", ALL)
async def test_a_label_is_bought_at_the_carriers_address_with_a_token(name: str) -> None:
    async with carrier(name) as (adapter, house, server):
        bought = await adapter.call("buy", "k", label(name))
        assert (bought.tracking_number, bought.handle) == (house.bought[0], house.bought[0])
        pays = ["POST /payments/v3/payment-authorization"] if name == "usps" else []
        assert server.called == [*TOKENS[name], *pays, BUY[name]]
        await adapter.call("buy", "k2", label(name))
        assert server.called[-1:] == [BUY[name]]
        assert len(server.called) == len(TOKENS[name]) + len(pays) + 2, "the token is used again"


@pytest.mark.parametrize(("wanted", "begins"), [("pdf", b"%PDF"), ("zpl", b"^XA")])
@pytest.mark.parametrize("name", ALL)
async def test_a_label_comes_in_the_format_that_was_asked_for_first(name: str, wanted: str, begins: bytes) -> None:
    async with carrier(name) as (adapter, _, _):
        bought = await adapter.call("buy", "k", label(name, formats=(wanted, "pdf")))
        assert [*bought.documents] == [wanted]
        assert bought.documents[wanted].startswith(begins)


@pytest.mark.parametrize(
    ("name", "cost"),
    [("ups", (1234, "USD")), ("fedex", (987, "USD")), ("dhl-express", (3691, "EUR")), ("usps", (840, "USD"))],
)
async def test_the_price_is_what_the_account_pays(name: str, cost: tuple[int, str]) -> None:
    async with carrier(name) as (adapter, _, _):
        bought = await adapter.call("buy", "k", label(name))
        assert (bought.cost.amount_minor, bought.cost.currency) == cost


async def test_ups_is_asked_in_its_words_and_the_label_bears_our_reference_first() -> None:
    async with carrier("ups") as (adapter, house, _):
        await adapter.call("buy", "k", label("ups"))
        asked = house.asked[BUY["ups"]]
        shipment = asked.json["ShipmentRequest"]["Shipment"]
        assert asked.headers["transactionsrc"] == "crossdock"
        assert asked.headers["transid"] == transaction("k").replace("-", "")
        assert shipment["Service"]["Code"] == "03"
        assert shipment["Shipper"]["ShipperNumber"] == "A1B2C3"
        assert shipment["ShipTo"]["Address"]["AddressLine"] == ["179 N Harbor Dr", "Flat 2"]
        (package,) = shipment["Package"]
        assert [one["Value"] for one in package["ReferenceNumber"]] == [reference("k"), "web:1/1"]
        assert package["PackageWeight"]["UnitOfMeasurement"]["Code"] == "LBS"
        assert float(package["PackageWeight"]["Weight"]) == pytest.approx(2.65, abs=0.01)


async def test_fedex_is_asked_in_its_words_and_names_the_transaction() -> None:
    async with carrier("fedex") as (adapter, house, _):
        await adapter.call("buy", "k", label("fedex"))
        asked = house.asked[BUY["fedex"]]
        assert asked.headers["x-customer-transaction-id"] == transaction("k")
        assert asked.json["accountNumber"]["value"] == "740561073"
        assert asked.json["requestedShipment"]["serviceType"] == "FEDEX_GROUND"
        (parcel,) = asked.json["requestedShipment"]["requestedPackageLineItems"]
        references = {one["customerReferenceType"]: one["value"] for one in parcel["customerReferences"]}
        assert references == {"CUSTOMER_REFERENCE": reference("k"), "P_O_NUMBER": "web:1/1"}


async def test_usps_gets_a_key_by_which_the_label_is_found() -> None:
    async with carrier("usps") as (adapter, house, _):
        await adapter.call("buy", "k", label("usps"))
        asked = house.asked[BUY["usps"]]
        assert asked.headers["x-idempotency-key"] == transaction("k")
        assert asked.json["packageDescription"]["mailClass"] == "USPS_GROUND_ADVANTAGE"
        assert asked.json["toAddress"]["ZIPCode"] == "90277"


def customs() -> Customs:
    item = CustomsItem(
        description="Cotton shirt",
        quantity=2,
        weight_g=250,
        value=Money(amount_minor=1999, currency="USD"),
        hs_code="610910",
        origin="PT",
        sku="SHIRT",
    )
    return Customs(items=(item,), incoterm="DDP", invoice_number="I-7", signed_by="A Clerk")


async def test_customs_of_dhl_express_get_hs_code_origin_value_and_incoterm() -> None:
    async with carrier("dhl-express") as (adapter, house, _):
        await adapter.call("buy", "k", label("dhl-express", ship_to=CANADA, customs=customs()))
        asked = house.asked[BUY["dhl-express"]]
        assert asked.headers["message-reference"] == transaction("k")
        content = asked.json["content"]
        assert (content["incoterm"], content["isCustomsDeclarable"], content["declaredValueCurrency"]) == (
            "DDP",
            True,
            "USD",
        )
        (line,) = content["exportDeclaration"]["lineItems"]
        assert line["price"] == 19.99, "karrio would cut the cents off"
        assert (line["manufacturerCountry"], line["quantity"]["value"]) == ("PT", 2)
        assert line["commodityCodes"] == [{"typeCode": "outbound", "value": "610910"}]
        assert asked.json["customerReferences"][0] == {"typeCode": "CU", "value": reference("k")}


async def test_customs_of_ups_get_the_goods_and_the_sender_pays_duties_for_ddp() -> None:
    async with carrier("ups") as (adapter, house, _):
        await adapter.call("buy", "k", label("ups", service="ups_standard", ship_to=CANADA, customs=customs()))
        shipment = house.asked[BUY["ups"]].json["ShipmentRequest"]["Shipment"]
        forms = shipment["ShipmentServiceOptions"]["InternationalForms"]
        (product,) = forms["Product"]
        assert (product["CommodityCode"], product["OriginCountryCode"]) == ("610910", "PT")
        assert (forms["TermsOfShipment"], forms["InvoiceNumber"]) == ("DDP", "I-7")
        charges = shipment["PaymentInformation"]["ShipmentCharge"]
        assert [charge["Type"] for charge in charges] == ["01", "02"]
        assert shipment["ReferenceNumber"][0]["Value"] == reference("k"), "abroad they belong to the shipment"


async def test_a_recipient_who_pays_duties_is_not_named_to_ups_without_an_account() -> None:
    async with carrier("ups") as (adapter, house, _):
        dap = customs().model_copy(update={"incoterm": "DAP"})
        await adapter.call("buy", "k", label("ups", service="ups_standard", ship_to=CANADA, customs=dap))
        shipment = house.asked[BUY["ups"]].json["ShipmentRequest"]["Shipment"]
        assert [charge["Type"] for charge in shipment["PaymentInformation"]["ShipmentCharge"]] == ["01"]


async def test_customs_of_fedex_get_the_goods() -> None:
    async with carrier("fedex") as (adapter, house, _):
        told = label("fedex", service="fedex_international_priority", ship_to=CANADA, customs=customs())
        await adapter.call("buy", "k", told)
        detail = house.asked[BUY["fedex"]].json["requestedShipment"]["customsClearanceDetail"]
        (goods,) = detail["commodities"]
        assert (goods["harmonizedCode"], goods["countryOfManufacture"], goods["quantity"]) == ("610910", "PT", 2)
        assert detail["commercialInvoice"]["termsOfSale"] == "DDP"
        assert detail["dutiesPayment"]["paymentType"] == "SENDER"


@pytest.mark.parametrize(
    ("name", "marks"),
    [
        ("ups", lambda body: body["ShipmentRequest"]["Shipment"]["ReturnService"]["Code"]),
        ("fedex", lambda body: body["requestedShipment"]["shipmentSpecialServices"]["specialServiceTypes"]),
        ("usps", lambda body: body["fromAddress"]["city"] == "Redondo Beach"),
    ],
)
async def test_a_return_label_goes_from_the_buyer_to_the_shop(name: str, marks: Any) -> None:
    async with carrier(name) as (adapter, house, _):
        await adapter.call("buy", "k", label(name, ship_from=BUYER, ship_to=US, is_return=True))
        assert marks(house.asked[BUY[name]].json)


async def test_what_usps_does_not_do_is_refused_before_anything_is_sent() -> None:
    async with carrier("usps") as (adapter, _, server):
        with pytest.raises(PermanentError, match="not-buildable"):
            await adapter.call("buy", "k", label("usps", ship_to=CANADA))
        assert server.called == []


# -- refusals and failures


@pytest.mark.parametrize("name", ALL)
async def test_a_refusal_is_permanent_and_in_the_carriers_own_words(name: str) -> None:
    async with carrier(name) as (adapter, house, _):
        house.faults[BUY[name]] = [answer(422 if name == "dhl-express" else 400, REFUSED[name])]
        with pytest.raises(PermanentError) as refused:
            await adapter.call("buy", "k", label(name))
        code, text = SAID[name]
        assert refused.value.code == code
        assert text in refused.value.detail


@pytest.mark.parametrize(
    "fault", [CLOSE, truncated(), answer(500), answer(502), answer(200, b"{}"), answer(200, b"<a>")]
)
@pytest.mark.parametrize("name", ALL)
async def test_a_purchase_whose_answer_is_lost_or_no_answer_is_unknown(name: str, fault: Any) -> None:
    async with carrier(name) as (adapter, house, _):
        house.lost[BUY[name]] = [fault]
        with pytest.raises(UnknownError):
            await adapter.call("buy", "k", label(name))
        assert len(house.bought) == 1


@pytest.mark.parametrize("name", ALL)
async def test_a_carrier_that_wants_to_be_left_alone_is_asked_later(name: str) -> None:
    async with carrier(name) as (adapter, house, _):
        house.faults[BUY[name]] = [answer(429, {}, Retry_After=7)]
        with pytest.raises(TransientError) as error:
            await adapter.call("buy", "k", label(name))
        assert error.value.retry_after_s == 7
        assert not house.bought


@pytest.mark.parametrize("name", ["ups", "fedex", "usps"])
async def test_without_a_token_nothing_is_bought_and_it_is_certain_that_nothing_was(name: str) -> None:
    async with carrier(name) as (adapter, house, server):
        house.faults[TOKENS[name][0]] = [answer(503)] * 2
        with pytest.raises(TransientError):
            await adapter.call("buy", "k", label(name))
        assert BUY[name] not in server.called


@pytest.mark.parametrize("name", ["ups", "fedex", "usps"])
async def test_a_token_that_is_refused_is_fetched_anew_once(name: str) -> None:
    async with carrier(name) as (adapter, house, _):
        await adapter.call("buy", "k", label(name))
        house.token = "another"
        await adapter.call("buy", "k2", label(name))
        assert (house.tokens, len(house.bought)) == (2, 2)


async def test_one_token_is_fetched_for_all_who_want_one() -> None:
    async with carrier("ups") as (adapter, house, _):
        await asyncio.gather(*(adapter.call("buy", f"k{n}", label("ups", formats=("zpl",))) for n in range(4)))
        assert (house.tokens, len(house.bought)) == (1, 4)


async def test_secrets_are_rotated_without_a_restart_and_a_missing_one_is_named() -> None:
    secrets = {**SECRETS, "client_secret": ""}
    async with carrier("ups", secrets=secrets) as (adapter, house, _):
        with pytest.raises(TransientError, match=r"carrier\.ups\.client_secret"):
            await adapter.call("buy", "k", label("ups"))
        secrets["client_secret"] = "wrong"
        with pytest.raises(PermanentError):
            await adapter.call("buy", "k", label("ups"))
        secrets["client_secret"] = SECRETS["client_secret"]
        assert (await adapter.call("buy", "k", label("ups"))).tracking_number == house.bought[0]


# -- what became of a purchase


@pytest.mark.parametrize("wanted", ["pdf", "zpl"])
@pytest.mark.parametrize("name", ["ups", "usps"])
async def test_a_label_whose_answer_was_lost_is_found_by_its_key(name: str, wanted: str) -> None:
    async with carrier(name) as (adapter, house, _):
        house.lost[BUY[name]] = [CLOSE]
        with pytest.raises(UnknownError):
            await adapter.call("buy", "k", label(name, formats=(wanted,)))
        found = await adapter.look_up("buy", "k", label(name, formats=(wanted,)))
        assert (found.tracking_number, [*found.documents]) == (house.bought[0], [wanted])


@pytest.mark.parametrize("name", ["ups", "usps"])
async def test_where_no_label_has_the_key_nothing_was_bought(name: str) -> None:
    async with carrier(name) as (adapter, house, _):
        assert await adapter.look_up("buy", "k", label(name)) is None
        bought = await adapter.call("buy", "k", label(name))
        await adapter.call("void", "v", VoidLabel(carrier=name, tracking_number=bought.tracking_number))
        adapter._sold.clear()
        assert await adapter.look_up("buy", "k", label(name)) is None, "nor does a voided one count"
        assert len(house.bought) == 1


@pytest.mark.parametrize(
    ("name", "path"), [("ups", "POST /api/labels/v1/recovery"), ("usps", "POST /labels/v3/label-reprint")]
)
async def test_a_look_up_that_fails_says_nothing_of_the_purchase(name: str, path: str) -> None:
    async with carrier(name) as (adapter, house, _):
        await adapter.call("buy", "k", label(name))
        adapter._sold.clear()
        for fault in (answer(500), answer(400, REFUSED[name])):
            house.faults[path] = [fault] * 2
            with pytest.raises(TransientError):
                await adapter.look_up("buy", "k", label(name))
            house.faults.clear()


async def test_a_fedex_shipment_that_is_found_is_cancelled_for_its_label_is_lost() -> None:
    async with carrier("fedex") as (adapter, house, server):
        house.lost[BUY["fedex"]] = [CLOSE]
        with pytest.raises(UnknownError):
            await adapter.call("buy", "k", label("fedex"))
        assert await adapter.look_up("buy", "k", label("fedex")) is None
        assert house.voided == house.bought
        assert server.called[-2:] == ["POST /track/v1/referencenumbers", "PUT /ship/v1/shipments/cancel"]


async def test_a_fedex_shipment_that_is_not_found_proves_nothing() -> None:
    async with carrier("fedex") as (adapter, _, _):
        with pytest.raises(LostError, match=reference("k")):
            await adapter.look_up("buy", "k", label("fedex"))


async def test_a_fedex_account_that_may_not_track_needs_somebody_to_look() -> None:
    secrets = {name: value for name, value in SECRETS.items() if not name.startswith("track_")}
    async with carrier("fedex", secrets=secrets) as (adapter, _, server):
        with pytest.raises(LostError, match=r"fedex\.com"):
            await adapter.look_up("buy", "k", label("fedex"))
        assert server.called == []


async def test_a_label_that_could_not_be_put_away_is_had_again_without_asking() -> None:
    async with carrier("dhl-express") as (adapter, house, server):
        bought = await adapter.call("buy", "k", label("dhl-express"))
        assert await adapter.look_up("buy", "k", label("dhl-express")) == bought
        assert (server.called, len(house.bought)) == ([BUY["dhl-express"]], 1)


async def test_whoever_looks_for_a_dhl_express_purchase_is_told_what_is_seen_of_it() -> None:
    async with carrier("dhl-express") as (adapter, house, _):
        with pytest.raises(LostError, match="is not seen yet"):
            await adapter.look_up("buy", "k", label("dhl-express"))
        await adapter.call("buy", "k", label("dhl-express"))
        adapter._sold.clear()
        with pytest.raises(LostError, match=f"was bought as {house.bought[0]}"):
            await adapter.look_up("buy", "k", label("dhl-express"))


# -- voids


@pytest.mark.parametrize("name", ["ups", "fedex", "usps"])
async def test_a_label_is_given_back(name: str) -> None:
    async with carrier(name) as (adapter, house, _):
        bought = await adapter.call("buy", "k", label(name))
        asked = VoidLabel(carrier=name, tracking_number=bought.tracking_number, handle=bought.handle)
        assert (await adapter.call("void", "v", asked)).tracking_number == house.voided[0]


async def test_a_label_that_was_given_back_before_is_given_back() -> None:
    async with carrier("ups") as (adapter, house, _):
        asked = VoidLabel(carrier="ups", tracking_number="1Z0001")
        house.lost["DELETE /api/shipments/v2409/void/cancel/1Z0001"] = [CLOSE]
        with pytest.raises(UnknownError):
            await adapter.call("void", "v", asked)
        assert await adapter.look_up("void", "v", asked) is None
        assert (await adapter.call("void", "v", asked)).tracking_number == "1Z0001"
        assert house.voided == ["1Z0001"]


async def test_a_dhl_express_waybill_that_is_not_used_costs_nothing_and_nobody_is_asked() -> None:
    async with carrier("dhl-express") as (adapter, _, server):
        await adapter.call("void", "v", VoidLabel(carrier="dhl-express", tracking_number="9356"))
        assert server.called == []


# -- rates, tracking, addresses


@pytest.mark.parametrize(
    ("name", "offers"),
    [
        ("ups", [("ups_ground", 1450, "USD", 3), ("ups_3_day_select", 3000, "USD", 1)]),
        ("fedex", [("fedex_ground", 1150, "USD", None)]),
        ("dhl-express", [("mydhl_express_worldwide", 2599, "EUR", None)]),
        ("usps", [("usps_ground_advantage", 840, "USD", 3)]),
    ],
)
async def test_rates_name_services_as_labels_are_bought_by(name: str, offers: list[Any]) -> None:
    async with carrier(name) as (adapter, _, _):
        asked = GetRates(ship_from=US, ship_to=BUYER, weight_g=1200, dimensions=BOX)
        rates = await adapter.call("rate", "r", asked)
        told = [(one.service, one.cost.amount_minor, one.cost.currency, one.transit_days) for one in rates.offers]
        assert told == offers


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("ups", "POST /api/rating/v2409/Shop"),
        ("fedex", "POST /rate/v1/rates/quotes"),
        ("dhl-express", "POST /rates"),
        ("usps", "POST /shipments/v3/options/search"),
    ],
)
async def test_a_carrier_that_makes_no_offer_says_why(name: str, path: str) -> None:
    async with carrier(name) as (adapter, house, _):
        house.faults[path] = [answer(422 if name == "dhl-express" else 400, REFUSED[name])]
        with pytest.raises(PermanentError, match=SAID[name][1]):
            await adapter.call("rate", "r", GetRates(ship_from=US, ship_to=BUYER, weight_g=1200, dimensions=BOX))


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("ups", [("OT", Status.OUT_FOR_DELIVERY), ("FS", Status.DELIVERED)]),
        ("fedex", [("DL", Status.DELIVERED)]),
        ("dhl-express", [("OK", Status.DELIVERED)]),
        ("usps", [("01", Status.DELIVERED)]),
    ],
)
async def test_scans_are_told_in_one_vocabulary_oldest_first(name: str, statuses: list[Any]) -> None:
    async with carrier(name) as (adapter, _, _):
        wanted = TrackParcels(parcels=(Wanted(carrier=name, tracking_number="1234"),))
        (found,) = (await adapter.call("track", "t", wanted)).parcels
        assert [(scan.code, scan.status) for scan in found.scans] == statuses
        assert (found.tracking_number, found.last.at.date().isoformat()) == ("1234", "2026-01-05")


async def test_dhl_express_knows_places() -> None:
    async with carrier("dhl-express") as (adapter, house, _):
        berlin = Address(line1="A 1", city="Berlin", postcode="10117", country="DE")
        checked = await adapter.call("validate", "a", ValidateAddress(address=berlin))
        assert (checked.deliverable, checked.address.city) == (True, "BERLIN")
        house.faults["GET /address-validate"] = [answer(404, {"status": 404, "title": "Not found"})]
        assert not (await adapter.call("validate", "a", ValidateAddress(address=berlin))).deliverable


async def test_what_a_carrier_does_not_do_is_refused() -> None:
    async with carrier("ups") as (adapter, _, _):
        with pytest.raises(PermanentError, match="not-supported"):
            await adapter.call("validate", "a", ValidateAddress(address=US))
        with pytest.raises(PermanentError, match="not-supported"):
            await adapter.call("manifest", "m", MakeManifest(carrier="ups", ship_from=US, parcels=()))


# -- handing over


def pickup(name: str) -> BookPickup:
    return BookPickup(
        carrier=name,
        address=US,
        ready_at=NOW,
        closes_at=later(hours=6),
        parcels=(BoughtParcel(tracking_number="1234"),),
        timezone="America/Los_Angeles",
    )


@pytest.mark.parametrize(
    ("name", "pickup_id"),
    [("ups", "2929602E9CP"), ("fedex", "3001|2026-03-02|NQAA"), ("dhl-express", "PRG1"), ("usps", "WTC1")],
)
async def test_a_pickup_is_booked_in_the_places_own_time_and_called_off(name: str, pickup_id: str) -> None:
    async with carrier(name) as (adapter, _, server):
        booked = await adapter.call("pickup", "p", pickup(name))
        assert booked.pickup_id == pickup_id
        sent = server.heard[-1].body.decode()
        assert "01:30" in sent or "0130" in sent or name == "usps", "09:30 UTC"
        if name != "usps":
            await adapter.call("cancel-pickup", "c", CancelPickup(carrier=name, pickup_id=pickup_id))


async def test_a_pickup_whose_answer_was_lost_needs_somebody_to_look() -> None:
    async with carrier("ups") as (adapter, _, _):
        with pytest.raises(LostError):
            await adapter.look_up("pickup", "p", pickup("ups"))


async def test_usps_makes_one_form_of_what_is_handed_over() -> None:
    async with carrier("usps") as (adapter, _, _):
        parcels = (BoughtParcel(tracking_number="9200"), BoughtParcel(tracking_number="9201"))
        made = await adapter.call("manifest", "m", MakeManifest(carrier="usps", ship_from=US, parcels=parcels))
        assert (made.manifest_id, made.tracking_numbers) == ("M1", ("9200", "9201"))
        assert made.documents["manifest.pdf"].startswith(b"%PDF")


# -- karrio, tamed


async def test_karrio_leaves_the_check_of_certificates_on() -> None:
    async with carrier("ups"):
        assert ssl._create_default_https_context().verify_mode is ssl.CERT_REQUIRED


async def test_karrio_sends_nothing_by_itself_and_writes_nothing_to_the_terminal(capfd: Any) -> None:
    async with carrier("fedex") as (adapter, _, _):
        await adapter.call("buy", "k", label("fedex"))
        with pytest.raises(RuntimeError, match="hub's client"):
            sys.modules["karrio.core.utils.helpers"].request(url="http://127.0.0.1:9/")
    assert capfd.readouterr() == ("", "")


async def test_a_carrier_that_hangs_takes_no_thread_of_another_and_lets_its_own_go() -> None:
    async with carrier("ups", threads=2) as (slow, house, server), carrier("fedex", threads=2) as (quick, _, _):
        await slow.call("buy", "k", label("ups", formats=("zpl",)))
        house.faults[BUY["ups"]] = [HANG] * 4
        hanging = [asyncio.create_task(slow.call("buy", f"h{n}", label("ups"))) for n in range(4)]
        while server.at_once < 2:  # noqa: ASYNC110  # a server counts, and tells nobody
            await asyncio.sleep(0.01)
        assert (await quick.call("buy", "k", label("fedex"))).tracking_number
        rate = GetRates(ship_from=US, ship_to=BUYER, weight_g=1200)
        assert (await slow.call("rate", "r", rate)).offers, "nor does a purchase that hangs keep rates away"
        assert server.most_at_once <= 3
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
        house.faults.clear()
        async with asyncio.timeout(5):
            assert (await slow.call("buy", "k2", label("ups", formats=("zpl",)))).tracking_number
    busy = [thread.name for thread in threading.enumerate() if thread.name.startswith("carrier-ups")]
    assert len(busy) <= 4
