"""What Flipkart is told of a shipment, and how far it shows that it knows. A shipment goes whole.

https://seller.flipkart.com/api-docs/order-api-docs/SelfShipDispatch.html, …/v3/ShipmentRTD.html,
…/v3/ShipmentCancel.html
"""

from collections.abc import Mapping
from datetime import timedelta, timezone
from typing import Any

from services.capture.channels.accounts import FlipkartAccount
from services.capture.channels.api import TellCancelled, TellShipped
from services.capture.channels.speaking import by_hand
from services.hub.effects import PermanentError, UnknownError

_GONE = "CANCELLED"
_LEFT = {"PICKUP_COMPLETE", "SHIPPED", "DELIVERED", "COMPLETED", "RETURN_REQUESTED", "RETURNED"}
_SELF = "SELF"
"""The seller's own carrier takes it; any other type goes with Flipkart's."""
_PACKED = "PACKED"
_READY = "READY_TO_DISPATCH"
_MOMENT = "%Y-%m-%dT%H:%M:%S.000Z"
_INDIA = timezone(timedelta(hours=5, minutes=30))
_FAILED_THERE = {"DEPENDENT_SYSTEM_CALL_FAILED", "INTERNAL_SERVER_ERROR"}
"""Codes of what failed within Flipkart: whether it was done is not said."""

Shipment = Mapping[str, Any]


def open_items(shipment: Shipment) -> list[Mapping[str, Any]]:
    """What of a shipment is not cancelled."""
    return [one for one in shipment.get("orderItems") or () if one.get("status") != _GONE]


def is_own(shipment: Shipment) -> bool:
    """The seller's own carrier takes it."""
    return str(shipment.get("shipmentType") or "").upper() == _SELF


def has_left(shipment: Shipment) -> bool:
    """It is on its way; of one that Flipkart's carrier takes, it is ready to be picked up."""
    known = _LEFT if is_own(shipment) else {*_LEFT, _READY}
    return all(one.get("status") in known for one in open_items(shipment))


def is_packed(shipment: Shipment) -> bool:
    """It has Flipkart's label."""
    return all(one.get("status") in (_PACKED, _READY, *_LEFT) for one in open_items(shipment))


def dispatched(shipment: Shipment, told: TellShipped, account: FlipkartAccount) -> dict[str, Any]:
    """A shipment that the seller's own carrier has taken.

    Raises:
        PermanentError: there is no tracking number.
    """
    if not told.parcels:
        msg = "there is no tracking number; mark the shipment as dispatched in Flipkart's Seller Hub"
        raise by_hand(msg)
    parcel, place = told.parcels[0], str(shipment.get("locationId") or account.location)
    word = parcel.carrier.replace("-", " ").replace("_", " ").split(" ")[0].lower()
    partner = account.partners.get(word, word.upper())
    items = [{"orderItemId": one["orderItemId"], "quantity": one["quantity"]} for one in open_items(shipment)]
    return {
        "shipmentId": told.channel_order_id,
        "locationId": place,
        "dispatchDate": told.shipped_at.strftime(_MOMENT),
        "tentativeDeliveryDate": (told.shipped_at + timedelta(days=account.delivery_days)).strftime(_MOMENT),
        "deliveryPartner": partner,
        "deliveryPartnerCode": partner,
        "trackingId": parcel.number,
        "invoice": {"invoiceDate": f"{told.shipped_at.astimezone(_INDIA):%Y-%m-%d}", "items": items},
        "dispatchLocation": {"locationId": place, "address": account.address},
    }


def groups(shipment: Shipment, told: TellCancelled) -> list[str]:
    """Groups of items that are to be cancelled: Flipkart cancels a group whole, and each item with all its pieces.

    Raises:
        PermanentError: others would be cancelled with them.
    """
    wanted = {line.line_id: line.quantity for line in told.lines}
    found: dict[str, None] = {}
    for one in open_items(shipment):
        name, pieces = str(one["orderItemId"]), int(one["quantity"])
        if name in wanted and wanted[name] < pieces:
            msg = f"Flipkart cancels all {pieces} pieces of {name}, and {wanted[name]} are to be; see to it there"
            raise by_hand(msg)
        if name in wanted:
            found[str(one.get("cancellationGroupId") or "")] = None
    others = [
        str(one["orderItemId"])
        for one in open_items(shipment)
        if str(one.get("cancellationGroupId") or "") in found and str(one["orderItemId"]) not in wanted
    ]
    if others:
        msg = f"Flipkart would cancel {', '.join(others)} with them; see to it there"
        raise by_hand(msg)
    return list(found)


def reason_of(reason: str) -> str:
    """One of Flipkart's reasons."""
    return "not_enough_inventory" if "stock" in reason.split("-") else "cannot_procure_item"


def done(answer: Mapping[str, Any], shipment_id: str) -> None:
    """See to it that a shipment was changed: Flipkart says of each what became of it.

    Raises:
        PermanentError: it was not; why.
        UnknownError: something within Flipkart failed.
        LookupError: nothing is said of it.
    """
    one = {str(one.get("shipmentId")): one for one in answer["shipments"]}[shipment_id]
    if str(one.get("processingStatus") or one.get("status") or "").upper() != "FAILURE":
        return
    code, text = str(one.get("errorCode") or "failure"), str(one.get("errorMessage") or "")
    if code in _FAILED_THERE:
        msg = f"{code}: {text}"
        raise UnknownError(msg)
    raise PermanentError(code, text)
