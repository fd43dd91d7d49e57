"""DHL Express. A waybill is charged when DHL has the parcel; there is no way to give one back, and no need.

Nor is there a way to have a label again. What became of a purchase is seen by tracking its reference, and told to
whoever has to look.

MyDHL API: https://developer.dhl.com/api-reference/dhl-express-mydhl-api
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import orjson

from crossdock_contracts.values import Money
from services.hub.effects import LostError
from services.shipping.carriers.answers import Label
from services.shipping.carriers.karrio.shape import Connector, Desk, reference, transaction
from services.shipping.carriers.requests import BuyLabel
from services.shipping.carriers.units import decimal, money

_LOOK_BACK = timedelta(days=14)
_BILLED = "BILLC"
"""Kind of price: in the currency that the account is billed in."""


def amend(request: BuyLabel, key: str, method: str, path: str, headers: dict[str, str], body: Any) -> None:
    """Name the message; put our references on the shipment; give prices to the minor unit, which karrio cuts off."""
    headers["Message-Reference"] = transaction(key)
    if method != "POST" or not path.endswith("/shipments"):
        return
    body["customerReferences"] = [
        {"value": reference(key), "typeCode": "CU"},
        {"value": request.reference[:35], "typeCode": "CO"},
    ]
    export = body["content"].get("exportDeclaration")
    if export and request.customs:
        for line, item in zip(export["lineItems"], request.customs.items, strict=True):
            line["price"] = float(decimal(item.value))


def paid(answer: Any) -> Money | None:
    """What is billed, where it is said; else the first price that is."""
    prices = [one for one in answer.get("shipmentCharges") or [] if one.get("price") and one.get("priceCurrency")]
    price = next((one for one in prices if one.get("currencyType") == _BILLED), None) or next(iter(prices), None)
    return money(Decimal(str(price["price"])), price["priceCurrency"]) if price else None


def recover(desk: Desk, request: BuyLabel, key: str) -> Label | None:
    """Nothing: only what somebody should know who looks.

    Raises:
        LostError: always.
    """
    del request
    today = datetime.now(UTC)
    asked = urlencode(
        {
            "shipmentReference": reference(key),
            "shipmentReferenceType": "CU",
            "shipperAccountNumber": desk.settings.account_number,
            "dateRangeFrom": f"{today - _LOOK_BACK:%Y-%m-%d}",
            "dateRangeTo": f"{today:%Y-%m-%d}",
            "trackingView": "shipment-details-only",
        }
    )
    reply = desk.ask("GET", f"/tracking?{asked}")
    answer = orjson.loads(reply.body) if reply.code < HTTPStatus.BAD_REQUEST else {}
    numbers = ", ".join(str(one["shipmentTrackingNumber"]) for one in answer.get("shipments") or [])
    seen = f"was bought as {numbers}; its label is in MyDHL+" if numbers else "is not seen yet; look in MyDHL+"
    msg = f"{desk.name}: reference {reference(key)} {seen}"
    raise LostError(msg)


def as_json(body: bytes) -> bytes:
    """An answer; that a pickup was called off is said by none."""
    return body or b"{}"


CONNECTOR = Connector(
    carrier="mydhl",
    codes="dhl-express",
    secrets=("username", "password"),
    needs=("account_number",),
    amend=amend,
    paid=paid,
    recover=recover,
    as_json=as_json,
    voids=False,
    most_tracked=10,
    validates=True,
)
