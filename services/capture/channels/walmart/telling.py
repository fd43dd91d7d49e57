"""What Walmart is told of orders, and how far it shows that it knows.

https://developer.walmart.com/us-marketplace/reference/shippingupdates, …/cancelorderlines
"""

from collections.abc import Iterator, Mapping
from typing import Any

from crossdock_contracts.values import LineQuantity
from services.capture.channels.api import TellCancelled, TellShipped, Tracking
from services.capture.channels.speaking import shares

_CARRIERS = {
    "dhl": "DHL",
    "fedex": "FedEx",
    "ontrac": "OnTrac",
    "ups": "UPS",
    "usps": "USPS",
    "canadapost": "Canada Post",
}
_STANDARD = "Standard"
_REASONS = {
    "address": "SELLER_CANCEL_ADDRESS_NOT_SERVICEABLE",
    "buyer": "CUSTOMER_REQUESTED_SELLER_TO_CANCEL",
    "customer": "CUSTOMER_REQUESTED_SELLER_TO_CANCEL",
    "requested": "CUSTOMER_REQUESTED_SELLER_TO_CANCEL",
    "price": "SELLER_CANCEL_PRICING_ERROR",
    "undeliverable": "SELLER_CANCEL_ADDRESS_NOT_SERVICEABLE",
}
"""Walmart's reasons by a word of ours; any other is that there is no stock."""
_NO_STOCK = "SELLER_CANCEL_OUT_OF_STOCK"


def statuses(order: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """How far pieces are: line number and status."""
    for line in order["orderLines"]["orderLine"]:
        for one in (line.get("orderLineStatuses") or {}).get("orderLineStatus") or ():
            yield str(line["lineNumber"]), one


def counted(order: Mapping[str, Any], *wanted: str) -> dict[str, int]:
    """Pieces by line that are this far."""
    found: dict[str, int] = {}
    for number, one in statuses(order):
        if one.get("status") in wanted:
            pieces = int((one.get("statusQuantity") or {}).get("amount") or 0)
            found[number] = found.get(number, 0) + pieces
    return found


def tracked(order: Mapping[str, Any], told: TellShipped) -> bool:
    """The order shows the tracking numbers of this fulfilment."""
    shown = {(one.get("trackingInfo") or {}).get("trackingNumber") for _, one in statuses(order)}
    pieces = sum(line.quantity for line in _lines(order, told))
    return {parcel.number for parcel in told.parcels[:pieces]} <= shown


def _lines(order: Mapping[str, Any], told: TellShipped) -> list[LineQuantity]:
    numbers = {str(line["lineNumber"]) for line in order["orderLines"]["orderLine"]}
    return [line for line in told.lines if line.line_id in numbers]


def shipment(order: Mapping[str, Any], told: TellShipped) -> dict[str, Any]:
    """Lines with their pieces, by parcel."""
    method = (order.get("shippingInfo") or {}).get("methodCode") or _STANDARD
    by_line: dict[str, list[dict[str, Any]]] = {}
    lines = _lines(order, told)
    for parcel, share in zip(told.parcels, shares(lines, len(told.parcels)), strict=False):
        info = {
            "shipDateTime": int(told.shipped_at.timestamp() * 1000),
            "carrierName": _carrier(parcel),
            "methodCode": method,
            "trackingNumber": parcel.number,
            **({"trackingURL": parcel.url} if parcel.url else {}),
        }
        for number, quantity in share.items():
            status = {"status": "Shipped", "statusQuantity": _each(quantity), "trackingInfo": info}
            by_line.setdefault(number, []).append(status)
    made = [
        {"lineNumber": number, "sellerOrderId": told.fulfilment_id, "orderLineStatuses": {"orderLineStatus": found}}
        for number, found in by_line.items()
    ]
    return {"orderShipment": {"orderLines": {"orderLine": made}}}


def cancellation(told: TellCancelled) -> dict[str, Any]:
    """Lines with the pieces that will not come."""
    reason = next((_REASONS[word] for word in told.reason.split("-") if word in _REASONS), _NO_STOCK)
    made = [
        {
            "lineNumber": line.line_id,
            "orderLineStatuses": {
                "orderLineStatus": [
                    {"status": "Cancelled", "cancellationReason": reason, "statusQuantity": _each(line.quantity)}
                ]
            },
        }
        for line in told.lines
        if "/" not in line.line_id
    ]
    return {"orderCancellation": {"orderLines": {"orderLine": made}}}


def _each(quantity: int) -> dict[str, str]:
    return {"unitOfMeasurement": "EACH", "amount": str(quantity)}


def _carrier(parcel: Tracking) -> dict[str, str]:
    code = "".join(filter(str.isalnum, parcel.carrier.lower()))
    known = next((name for word, name in _CARRIERS.items() if code.startswith(word)), "")
    return {"carrier": known} if known else {"otherCarrier": parcel.carrier}
