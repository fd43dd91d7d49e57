"""UPS, FedEx, DHL Express and USPS through karrio: labels, and what is asked of each for them."""

from typing import Any

import pytest

pytest.importorskip("karrio", reason="crossdock[carriers] is not installed")

from structlog.testing import capture_logs

from crossdock_contracts.values import Address, Money
from services.hub.effects import PermanentError
from services.shipping.carriers import (
    Customs,
    CustomsItem,
)
from services.shipping.carriers.karrio import build
from services.shipping.carriers.karrio.shape import reference, transaction
from tests.adapters.karrio_calls import ALL, BUY, BUYER, TOKENS, US, label
from tests.adapters.karrio_house import carrier

CANADA = Address(name="Jo", line1="1 Rue A", city="Montreal", region="QC", postcode="H2Y1C6", country="CA")


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
        with capture_logs() as logs, pytest.raises(PermanentError, match="not-buildable"):
            await adapter.call("buy", "k", label("usps", ship_to=CANADA))
        assert (server.called, logs) == ([], []), "nothing is wrong in a program"


async def test_a_mistake_of_ours_while_a_request_is_built_is_told_with_where_it_was_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def mistaken(*_: Any) -> None:
        raise KeyError("street")  # noqa: EM101  # as Python raises it

    async with carrier("ups") as (adapter, _, server):
        monkeypatch.setattr(build, "purchase", mistaken)
        with capture_logs() as logs, pytest.raises(PermanentError, match="not-buildable: ups: KeyError: 'street'"):
            await adapter.call("buy", "k", label("ups"))
        (told,) = logs
        assert (server.called, told["log_level"], told["adapter"], told["exc_info"]) == ([], "error", "ups", True)
