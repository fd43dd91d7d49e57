"""What Amazon is told of orders: shipment confirmations.

https://developer-docs.amazon.com/sp-api/docs/confirm-the-shipment-status
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from crossdock_contracts.values import LineQuantity
from services.capture.channels.api import TellShipped, Tracking
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


def packages(told: TellShipped, marketplace: str) -> list[dict[str, Any]]:
    """A confirmation for each parcel. The same fulfilment has the same package ids, so that to tell again is an edit.

    Amazon wants some pieces in each.
    """
    parcels = told.parcels or (Tracking(carrier=_OTHER, number=told.fulfilment_id),)
    found = []
    for number, (parcel, share) in enumerate(zip(parcels, shares(items_of(told.lines), len(parcels)), strict=False)):
        detail = {
            "packageReferenceId": str(_reference(told.fulfilment_id) + number),
            **_carrier(parcel.carrier),
            "trackingNumber": parcel.number,
            "shipDate": utc(told.shipped_at),
            "orderItems": [{"orderItemId": name, "quantity": pieces} for name, pieces in share.items()],
        }
        found.append({"marketplaceId": marketplace, "packageDetail": detail})
    return found


def items_of(lines: Iterable[LineQuantity]) -> list[LineQuantity]:
    """Order items; what was paid beside them, such as gift wrap, is a line here and none there."""
    return [line for line in lines if "/" not in line.line_id]


def _reference(fulfilment_id: str) -> int:
    """A positive number, the same for the same fulfilment; a hundred parcels have room before the next one."""
    return (int(sha256(fulfilment_id.encode()).hexdigest()[:12], 16) % 9_999_999 + 1) * 100


def _carrier(name: str) -> dict[str, str]:
    code = _CARRIERS.get("".join(filter(str.isalnum, name)).lower())
    return {"carrierCode": code} if code else {"carrierCode": _OTHER, "carrierName": name}
