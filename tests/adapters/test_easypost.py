"""EasyPost: rates and labels; what it is asked, where, what its answers and refusals come to."""

import pytest

from crossdock_contracts.values import Address, Dimensions, Money
from services.hub.effects import PermanentError
from services.shipping.carriers import (
    Customs,
    CustomsItem,
    GetRates,
    Label,
    Offer,
    Rates,
)
from services.shipping.carriers.easypost import build
from tests.adapters.easypost_house import BUYER, ERROR, US, easypost, label
from tests.adapters.outside import answer

CANADA = Address(name="Jo", line1="1 Rue A", city="Montréal", region="QC", postcode="H2Y1C6", country="CA")


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
