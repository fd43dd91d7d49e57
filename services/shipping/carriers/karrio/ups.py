"""UPS. What became of a purchase is found by its reference, through Label Recovery, which also has the label.

No key keeps a message from being carried out twice, and UPS may still be at work on one whose answer was lost: that
nothing is found is believed only a while later.

Ship, Rating, Tracking and Pickup APIs, v2409: https://developer.ups.com/api/reference
"""

from base64 import b64decode
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import orjson

from crossdock_contracts.values import Money
from services.hub.effects import TransientError
from services.shipping.carriers.answers import Label
from services.shipping.carriers.karrio.picture import image_to_pdf
from services.shipping.carriers.karrio.shape import Connector, Desk, reference, transaction
from services.shipping.carriers.requests import BuyLabel
from services.shipping.carriers.units import money

_NOT_BOUGHT = frozenset({"9801031", "9801040"})
"""No shipment has this reference; it was voided."""
_DOMESTIC = ("US", "PR")


def amend(request: BuyLabel, key: str, _method: str, path: str, headers: dict[str, str], body: Any) -> None:
    """Put our references on the shipment, the one that it is found by first; leave duties to whom UPS bills them."""
    headers |= {"transId": transaction(key).replace("-", ""), "transactionSrc": "crossdock"}
    if not path.endswith("/ship"):
        return
    shipment = body["ShipmentRequest"]["Shipment"]
    references = [{"Value": reference(key)}, {"Value": request.reference[:35]}]
    ways = (request.ship_from.country, request.ship_to.country)
    if ways in [(country, country) for country in _DOMESTIC]:  # elsewhere they belong to the whole shipment
        for package in shipment["Package"]:
            package["ReferenceNumber"] = references
    else:
        shipment["ReferenceNumber"] = references
    charges = shipment["PaymentInformation"]["ShipmentCharge"]
    shipment["PaymentInformation"]["ShipmentCharge"] = [
        charge for charge in charges if charge["Type"] == "01" or "BillReceiver" not in charge
    ]  # a recipient without an account is billed without being named


def paid(answer: Any) -> Money | None:
    """What was agreed, where it is said; else the list price."""
    results = answer["ShipmentResponse"]["ShipmentResults"]
    charge = (results.get("NegotiatedRateCharges") or {}).get("TotalCharge") or (
        results.get("ShipmentCharges") or {}
    ).get("TotalCharges")
    return money(Decimal(charge["MonetaryValue"]), charge["CurrencyCode"]) if charge else None


def recover(desk: Desk, request: BuyLabel, key: str) -> Label | None:
    """The label that stands under our reference; none if there is none, or it was voided."""
    zpl = request.formats[0] == "zpl"
    wanted: dict[str, Any] = {"LabelImageFormat": {"Code": "ZPL" if zpl else "GIF"}}
    if zpl:
        wanted["LabelStockSize"] = {"Height": "6", "Width": "4"}
    body = {
        "LabelRecoveryRequest": {
            "LabelSpecification": wanted,
            "ReferenceValues": {
                "ReferenceNumber": {"Value": reference(key)},
                "ShipperNumber": desk.settings.account_number,
            },
        }
    }
    reply = desk.ask("POST", "/api/labels/v1/recovery", body)
    answer = orjson.loads(reply.body)
    if reply.code >= HTTPStatus.BAD_REQUEST:
        said = answer.get("response", answer).get("errors") or [{}]
        if said[0].get("code") in _NOT_BOUGHT:
            return None
        msg = f"{desk.name}: label recovery: {said[0].get('code')} {said[0].get('message')}"
        raise TransientError(msg)
    found = answer["LabelRecoveryResponse"]
    results = found["LabelResults"]
    result = results[0] if isinstance(results, list) else results
    image = result["LabelImage"]["GraphicImage"]
    return Label(
        tracking_number=result["TrackingNumber"],
        handle=found.get("ShipmentIdentificationNumber") or result["TrackingNumber"],
        cost=request.rate,
        documents={"zpl": b64decode(image)} if zpl else {"pdf": b64decode(image_to_pdf(image))},
    )


CONNECTOR = Connector(
    carrier="ups",
    codes="ups",
    secrets=("client_id", "client_secret"),
    needs=("account_number",),
    amend=amend,
    paid=paid,
    recover=recover,
    settles=True,
)
