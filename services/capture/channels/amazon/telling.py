"""What Amazon is told of orders: shipment confirmations, and that an order is cancelled.

https://developer-docs.amazon.com/sp-api/docs/confirm-the-shipment-status, and OrderAcknowledgement.xsd
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from crossdock_contracts.values import LineQuantity
from services.capture.channels.api import TellCancelled, TellShipped, Tracking
from services.capture.channels.speaking import shares, utc

_CARRIERS: Mapping[str, str] = {
    "amazon": "Amazon Shipping",
    "australiapost": "Australia Post",
    "canadapost": "Canada Post",
    "colissimo": "Colissimo",
    "correos": "Correos",
    "deutschepost": "Deutsche Post",
    "dhl": "DHL",
    "dhlecommerce": "DHL eCommerce",
    "dhlexpress": "DHL Express",
    "dpd": "DPD",
    "evri": "Evri",
    "fedex": "FedEx",
    "gls": "GLS",
    "hermes": "Hermes",
    "lasership": "LaserShip",
    "ontrac": "OnTrac",
    "parcelforce": "Parcelforce",
    "postnl": "PostNL",
    "royalmail": "Royal Mail",
    "seur": "SEUR",
    "tnt": "TNT",
    "ups": "UPS",
    "usps": "USPS",
    "yamato": "YAMATO",
    "yodel": "Yodel",
}
"""Amazon's carrier codes by our names, without what is neither letter nor digit; of others the name is told."""
_OTHER = "Other"

_REASONS: Mapping[str, str] = {
    "address": "ShippingAddressUndeliverable",
    "buyer": "BuyerCanceled",
    "customer": "BuyerCanceled",
    "out": "NoInventory",
    "requested": "BuyerCanceled",
    "short": "NoInventory",
    "stock": "NoInventory",
    "undeliverable": "ShippingAddressUndeliverable",
    "unavailable": "NoInventory",
}
"""Amazon's reasons by a word of ours. For all but NoInventory Amazon raises the stock of the listing."""


def packages(told: TellShipped, marketplace: str) -> list[dict[str, Any]]:
    """A confirmation for each parcel. The same fulfilment has the same package ids, so that to tell again is an edit.

    Amazon wants some pieces in each.
    """
    parcels = told.parcels or (Tracking(carrier=_OTHER, number=told.fulfilment_id),)
    found = []
    for number, (parcel, share) in enumerate(zip(parcels, shares(_lines(told.lines), len(parcels)), strict=False)):
        detail = {
            "packageReferenceId": str(_reference(told.fulfilment_id) + number),
            **_carrier(parcel.carrier),
            "trackingNumber": parcel.number,
            "shipDate": utc(told.shipped_at),
            "orderItems": [{"orderItemId": name, "quantity": pieces} for name, pieces in share.items()],
        }
        found.append({"marketplaceId": marketplace, "packageDetail": detail})
    return found


def _lines(lines: Iterable[LineQuantity]) -> list[LineQuantity]:
    """Order items; what was paid beside them, such as gift wrap, is a line here and none there."""
    return [line for line in lines if "/" not in line.line_id]


def _reference(fulfilment_id: str) -> int:
    """A positive number, the same for the same fulfilment; a hundred parcels have room before the next one."""
    return (int(sha256(fulfilment_id.encode()).hexdigest()[:12], 16) % 9_999_999 + 1) * 100


def _carrier(name: str) -> dict[str, str]:
    code = _CARRIERS.get("".join(filter(str.isalnum, name)).lower())
    return {"carrierCode": code} if code else {"carrierCode": _OTHER, "carrierName": name}


def acknowledgement(told: TellCancelled, seller: str) -> bytes:
    """The feed that cancels an order whole: it could not be taken, for this reason."""
    envelope = Element(
        "AmazonEnvelope",
        {
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:noNamespaceSchemaLocation": "amzn-envelope.xsd",
        },
    )
    header = SubElement(envelope, "Header")
    SubElement(header, "DocumentVersion").text = "1.01"
    SubElement(header, "MerchantIdentifier").text = seller
    SubElement(envelope, "MessageType").text = "OrderAcknowledgement"
    message = SubElement(envelope, "Message")
    SubElement(message, "MessageID").text = "1"
    order = SubElement(message, "OrderAcknowledgement")
    SubElement(order, "AmazonOrderID").text = told.channel_order_id
    SubElement(order, "StatusCode").text = "Failure"
    for line in _lines(told.lines):
        item = SubElement(order, "Item")
        SubElement(item, "AmazonOrderItemCode").text = line.line_id
        SubElement(item, "CancelReason").text = reason(told.reason)
    written: bytes = tostring(envelope, encoding="UTF-8", xml_declaration=True)
    return written


def reason(code: str) -> str:
    """Amazon's reason for one of ours."""
    return next((_REASONS[word] for word in _words(code) if word in _REASONS), "GeneralAdjustment")


def _words(code: str) -> Iterator[str]:
    yield from code.lower().split("-")
