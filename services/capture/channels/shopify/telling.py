"""What Shopify is told, out of what it shows: which pieces to fulfil, which payments to pay back from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crossdock_contracts.values import LineQuantity, Money
from services.capture.channels.api import TellShipped
from services.capture.channels.shopify.graph import gid, tail
from services.hub.effects import PermanentError
from services.hub.money import plain

_COMPANIES = {
    "ups": "UPS", "usps": "USPS", "fedex": "FedEx", "dhl": "DHL Express", "dhl-express": "DHL Express",
    "dhl-ecommerce": "DHL eCommerce", "dhl-parcel-de": "DHL Germany", "dpd": "DPD", "gls": "GLS",
    "hermes": "Evri", "evri": "Evri", "royal-mail": "Royal Mail", "postnl": "PostNL", "la-poste": "La Poste",
    "colissimo": "La Poste", "australia-post": "Australia Post", "canada-post": "Canada Post",
    "deutsche-post": "Deutsche Post (DE)", "postnord": "PostNord", "correos": "Correos", "seur": "SEUR",
    "aramex": "Aramex", "ontrac": "OnTrac", "purolator": "Purolator", "yamato": "Yamato (JA)",
}  # fmt: skip
"""Carriers by the names with which Shopify makes a tracking address by itself; others go as they are."""
_REASONS = {
    "fraud": "FRAUD",
    "out-of-stock": "INVENTORY",
    "payment-declined": "DECLINED",
    "staff-error": "STAFF",
    "requested": "CUSTOMER",
    "customer-changed-mind": "CUSTOMER",
}
_FULFILLABLE = {"OPEN", "IN_PROGRESS"}


@dataclass(frozen=True, slots=True)
class Open:
    """Pieces that a shop waits for to be fulfilled."""

    order_id: str
    """Of the fulfilment order."""
    item_id: str
    line_id: str
    location: str
    pieces: int


def open_of(fulfilment_orders: Iterable[Mapping[str, Any]]) -> list[Open]:
    """What of an order can be fulfilled now."""
    return [
        Open(
            order_id=one["id"],
            item_id=item["id"],
            line_id=tail(item["lineItem"]["id"]),
            location=tail(((one.get("assignedLocation") or {}).get("location") or {}).get("id") or ""),
            pieces=item["remainingQuantity"],
        )
        for one in fulfilment_orders
        if one["status"] in _FULFILLABLE
        for item in one["lineItems"]["nodes"]
        if item["remainingQuantity"] > 0
    ]


def numbers_of(request: TellShipped) -> list[str]:
    """The tracking numbers of a shipment. One that has none bears our id, so that it can be found again."""
    return [one.number for one in request.parcels if one.number] or [request.fulfilment_id]


def fulfilments(
    request: TellShipped, done: Mapping[str, int], there: Sequence[Open], place: str
) -> list[dict[str, Any]]:
    """What to create so that all pieces are fulfilled, one for each location; ``done`` are pieces that are already.

    ``place`` is the location that they were shipped from, as the shop calls it: what it waits for there goes first.

    Raises:
        PermanentError: the shop does not wait for so many pieces.
    """
    taken: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    here_first = sorted(there, key=lambda one: one.location != place)
    for line in request.lines:
        missing = line.quantity - done.get(line.line_id, 0)
        for one in here_first:
            pieces = min(missing, one.pieces) if one.line_id == line.line_id else 0
            if pieces > 0:
                taken[one.location][one.order_id].append({"id": one.item_id, "quantity": pieces})
                missing -= pieces
        if missing > 0:
            code = "not-fulfillable"
            detail = f"line {line.line_id}: {missing} of {line.quantity} pieces are not open in the shop: see whether "
            detail += "they were cancelled, put on hold or fulfilled there"
            raise PermanentError(code, detail)
    return [
        {
            "lineItemsByFulfillmentOrder": [
                {"fulfillmentOrderId": name, "fulfillmentOrderLineItems": items} for name, items in orders.items()
            ],
            "trackingInfo": tracking_of(request),
        }
        for orders in taken.values()
    ]


def tracking_of(request: TellShipped) -> dict[str, Any]:
    """Numbers and carrier; a fulfilment has one carrier, the first parcel's."""
    found: dict[str, Any] = {"numbers": numbers_of(request)}
    if request.parcels:
        found["company"] = _COMPANIES.get(request.parcels[0].carrier.lower(), request.parcels[0].carrier)
    if urls := [one.url for one in request.parcels if one.url]:
        found["urls"] = urls
    return found


def reason_of(code: str) -> str:
    """Why an order is cancelled, as Shopify has it."""
    return _REASONS.get(code, "OTHER")


def cancelled_lines(lines: Iterable[LineQuantity], location: str) -> list[dict[str, Any]]:
    """Pieces that do not leave."""
    return [
        {
            "lineItemId": gid("LineItem", line.line_id),
            "quantity": line.quantity,
            "restockType": "CANCEL",
            "locationId": gid("Location", location),
        }
        for line in lines
    ]


def paid_back(order_id: str, transactions: Iterable[Mapping[str, Any]], amount: Money) -> list[dict[str, Any]]:
    """From which payments an amount is paid back, the oldest first; none where nothing has been taken.

    Raises:
        PermanentError: less is left of them.
    """
    left: dict[str, tuple[Decimal, str]] = {}
    for one in transactions:
        value = Decimal(one["amountSet"]["presentmentMoney"]["amount"])
        parent = (one.get("parentTransaction") or {}).get("id", "")
        if one["status"] == "SUCCESS" and one["kind"] in {"SALE", "CAPTURE"}:
            left[one["id"]] = (value, one["gateway"])
        elif one["status"] in {"SUCCESS", "PENDING"} and one["kind"] == "REFUND" and parent in left:
            left[parent] = (left[parent][0] - value, left[parent][1])
    wanted = Decimal(plain(amount))
    if not left or not wanted:
        return []
    found = []
    for id_, (value, gateway) in left.items():
        part = min(wanted, value)
        if part > 0:
            wanted -= part
            found.append(
                {
                    "orderId": gid("Order", order_id),
                    "parentId": id_,
                    "gateway": gateway,
                    "kind": "REFUND",
                    "amount": str(part),
                }
            )
    if wanted > 0:
        code, detail = "more-than-paid", f"{wanted} {amount.currency} more than is left of what was paid in the shop"
        raise PermanentError(code, detail)
    return found
