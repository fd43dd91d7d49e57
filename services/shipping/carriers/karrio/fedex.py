"""FedEx. A label is charged when the parcel is handed over, not before.

There is no way to have a label again. What became of a purchase is seen by tracking its reference, if the account may
track: a shipment that is found is cancelled, for its label is lost; if none is found, that proves nothing.

Ship, Rate, Track and Pickup APIs, v1: https://developer.fedex.com/api/en-us/catalog.html
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import orjson

from crossdock_contracts.values import Money
from services.hub.effects import LostError
from services.shipping.carriers.answers import Label
from services.shipping.carriers.karrio.shape import Connector, Desk, reference, transaction
from services.shipping.carriers.requests import BuyLabel
from services.shipping.carriers.units import money

_LOOK_BACK = timedelta(days=14)
_CANCELLED = frozenset({"CA", "RD"})


def amend(request: BuyLabel, key: str, method: str, path: str, headers: dict[str, str], body: Any) -> None:
    """Name the transaction, and put on the parcel what it is found by; the fulfilment stands as order number."""
    headers["x-customer-transaction-id"] = transaction(key)
    if method != "POST" or not path.endswith("/ship/v1/shipments"):
        return
    body.setdefault("labelResponseOptions", "LABEL")
    for parcel in body["requestedShipment"]["requestedPackageLineItems"]:
        kept = [one for one in parcel.get("customerReferences") or [] if one["customerReferenceType"] not in _OURS]
        ours = zip(_OURS, (reference(key), request.reference[:30]), strict=True)
        parcel["customerReferences"] = [
            *({"customerReferenceType": kind, "value": value} for kind, value in ours),
            *kept,
        ]


_OURS = ("CUSTOMER_REFERENCE", "P_O_NUMBER")


def paid(answer: Any) -> Money | None:
    """What the account pays, where it is said; else the first price that is."""
    shipment = answer["output"]["transactionShipments"][0]
    rating = (shipment.get("completedShipmentDetail") or {}).get("shipmentRating") or {}
    prices = rating.get("shipmentRateDetails") or []
    price = next((one for one in prices if one.get("rateType") == rating.get("actualRateType")), None) or next(
        iter(prices), None
    )
    if not price or price.get("totalNetCharge") is None:
        return None
    return money(Decimal(str(price["totalNetCharge"])), price.get("currency") or "USD")


def recover(desk: Desk, request: BuyLabel, key: str) -> Label | None:
    """None, once a shipment that came of it was found and cancelled.

    Raises:
        LostError: none was found, which proves nothing; or it cannot be cancelled.
    """
    del request
    today = datetime.now(UTC)
    asked = {
        "referencesInformation": {
            "type": "CUSTOMER_REFERENCE",
            "value": reference(key),
            "accountNumber": desk.settings.account_number,
            "shipDateBegin": f"{today - _LOOK_BACK:%Y-%m-%d}",
            "shipDateEnd": f"{today:%Y-%m-%d}",
        },
        "includeDetailedScans": False,
    }
    if not desk.settings.track_api_key:
        msg = f"{desk.name}: it can only be seen at fedex.com whether reference {reference(key)} was bought"
        raise LostError(msg)
    reply = desk.ask("POST", "/track/v1/referencenumbers", asked)
    answer = orjson.loads(reply.body) if reply.code < HTTPStatus.BAD_REQUEST else {}
    found = [
        number
        for one in (answer.get("output") or {}).get("completeTrackResults") or []
        for result in one.get("trackResults") or []
        if not result.get("error")
        if (number := (result.get("trackingNumberInfo") or {}).get("trackingNumber"))
        if (result.get("latestStatusDetail") or {}).get("code") not in _CANCELLED
    ]
    if not found:
        msg = f"{desk.name}: nothing is seen yet of reference {reference(key)}; look at fedex.com"
        raise LostError(msg)
    for number in dict.fromkeys(found):
        desk.give_back(number)
    return None


CONNECTOR = Connector(
    carrier="fedex",
    codes="fedex",
    secrets=("api_key", "secret_key"),
    optional=("track_api_key", "track_secret_key"),
    needs=("account_number",),
    amend=amend,
    paid=paid,
    recover=recover,
    most_tracked=30,
)
