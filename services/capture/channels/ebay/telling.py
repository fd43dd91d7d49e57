"""What eBay is told of orders, and how far it shows that it knows.

https://developer.ebay.com/api-docs/sell/fulfillment/resources/order/shipping_fulfillment/methods/createShippingFulfillment
…/order/methods/issueRefund, https://developer.ebay.com/Devzone/post-order/post-order_v2_cancellation__post.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from crossdock_contracts.values import Money
from services.capture.channels.api import TellCancelled, TellShipped, Tracking
from services.capture.channels.doubts import was_before
from services.capture.channels.reading import exponent
from services.capture.channels.speaking import shares

_CARRIERS = {
    "chronopost": "Chronopost",
    "correos": "Correos",
    "deutschepost": "DeutschePost",
    "dhl": "DHL",
    "fedex": "FedEx",
    "hermes": "Hermes",
    "seur": "Seur",
    "ups": "UPS",
    "usps": "USPS",
}
"""ShippingCarrierCodeType; of others eBay takes any name."""
_CHARGES = frozenset({"fee", "adjustment"})
"""Lines here that are none there."""
_CANCELS = {
    "address": "ADDRESS_ISSUES",
    "undeliverable": "ADDRESS_ISSUES",
    "buyer": "BUYER_ASKED_CANCEL",
    "customer": "BUYER_ASKED_CANCEL",
    "requested": "BUYER_ASKED_CANCEL",
}
"""CancelReasonEnum by a word of ours; any other is that it cannot be fulfilled."""
_NO_STOCK = "OUT_OF_STOCK_OR_CANNOT_FULFILL"
_REFUNDS = {
    "return": "BUYER_RETURN",
    "returned": "BUYER_RETURN",
    "lost": "ITEM_NOT_RECEIVED",
    "defective": "ITEM_NOT_AS_DESCRIBED",
    "damaged": "ITEM_NOT_AS_DESCRIBED",
}
"""ReasonForRefundEnum of what is paid back whole, by a word of ours."""
_SOME = "OTHER_ADJUSTMENT"
_ANSWERED = frozenset({"COMPLETED", "REJECTED"})
_PAID = frozenset({"PAID", "PARTIALLY_REFUNDED", "FULLY_REFUNDED"})


def written(moment: datetime) -> str:
    """A moment as eBay writes it, to the millisecond."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


# -- shipped


def fulfilments(told: TellShipped) -> Iterator[dict[str, Any]]:
    """A fulfilment for each parcel, with its pieces."""
    lines = [line for line in told.lines if line.line_id not in _CHARGES]
    parcels: tuple[Tracking | None, ...] = told.parcels or (None,)
    for parcel, share in zip(parcels, shares(lines, len(parcels)), strict=False):
        yield {
            "lineItems": [{"lineItemId": name, "quantity": quantity} for name, quantity in share.items()],
            "shippedDate": written(told.shipped_at),
            **(_tracking(parcel) if parcel and parcel.number else {}),
        }


def _tracking(parcel: Tracking) -> dict[str, str]:
    """Carrier and number, in letters and digits: eBay takes no others in a number."""
    code = _plain(parcel.carrier).lower()
    known = next((name for word, name in _CARRIERS.items() if code.startswith(word)), parcel.carrier)
    return {"shippingCarrierCode": known or "Other", "trackingNumber": _plain(parcel.number)}


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def is_shown(wanted: Mapping[str, Any], shown: Iterable[Mapping[str, Any]]) -> bool:
    """A fulfilment is among those that eBay shows: by its number, else by its pieces and moment."""
    number = wanted.get("trackingNumber")
    if number:
        return any(_plain(str(one.get("shipmentTrackingNumber") or "")) == number for one in shown)
    return any(
        not one.get("shipmentTrackingNumber")
        and _pieces(one) == _pieces(wanted)
        and str(one.get("shippedDate") or "")[:19] == wanted["shippedDate"][:19]
        for one in shown
    )


def _pieces(fulfilment: Mapping[str, Any]) -> dict[str, int]:
    return {str(one["lineItemId"]): int(one.get("quantity") or 1) for one in fulfilment.get("lineItems") or ()}


# -- cancelled


@dataclass(frozen=True, slots=True)
class Cancellation:
    """How far the cancellation of an order is."""

    cancelled: bool
    request_id: str
    """Of the request that was granted, or is open; empty: there is none."""
    by_buyer: bool
    """The buyer has asked for it, and the seller has not answered."""


def cancellation_of(order: Mapping[str, Any]) -> Cancellation | None:
    """How far an order's cancellation is, as getOrder says; none where nobody has asked for it."""
    status = order.get("cancelStatus") or {}
    requests = status.get("cancelRequests") or ()
    cancelled = status.get("cancelState") == "CANCELED"
    if not cancelled and status.get("cancelState") != "IN_PROGRESS":
        return None
    states = [(one.get("cancelRequestState"), one) for one in requests]
    found = [one for state, one in states if (state == "COMPLETED" if cancelled else state not in _ANSWERED)][-1:]
    by_buyer = any(str(one.get("cancelInitiator") or "").lower() == "buyer" for one in found)
    request_id = str(found[0].get("cancelRequestId") or "") if found else ""
    return Cancellation(cancelled, request_id, by_buyer and not cancelled)


def is_whole(order: Mapping[str, Any], told: TellCancelled) -> bool:
    """It is the order that is cancelled, and nothing of it has left; eBay cancels nothing less."""
    return told.complete and order.get("orderFulfillmentStatus", "NOT_STARTED") == "NOT_STARTED"


def cancellation(order: Mapping[str, Any], told: TellCancelled) -> dict[str, Any]:
    """A seller's own cancellation of a whole order; eBay pays back what the buyer has paid."""
    reason = next((_CANCELS[word] for word in told.reason.split("-") if word in _CANCELS), _NO_STOCK)
    payments = (order.get("paymentSummary") or {}).get("payments") or ()
    paid_at = next((one["paymentDate"] for one in payments if one.get("paymentDate")), None)
    paid = order.get("orderPaymentStatus") in _PAID
    return {
        "legacyOrderId": told.channel_order_id,
        "cancelReason": reason,
        "buyerPaid": paid,
        **({"buyerPaidDate": {"value": paid_at}} if paid and paid_at else {}),
    }


def refused(answer: Mapping[str, Any]) -> list[str]:
    """Why an order may not be cancelled."""
    eligibility = answer.get("orderEligibilityResult") or {}
    reasons = eligibility.get("failureReason") or [
        str(one.get("message") or one.get("errorId")) for one in answer.get("warnings") or ()
    ]
    return [reasons] if isinstance(reasons, str) else [str(one) for one in reasons]


# -- paid back


def payback(order: Mapping[str, Any], amount: Money, reason: str, note: str) -> dict[str, Any]:
    """A refund of an amount, for no line of its own."""
    value = _major(amount)
    whole = value == Decimal(str(((order.get("pricingSummary") or {}).get("total") or {}).get("value") or 0))
    words = [_REFUNDS[word] for word in reason.split("-") if word in _REFUNDS] if whole else []
    return {
        "reasonForRefund": words[0] if words else _SOME,
        "comment": note[:100],
        "orderLevelRefundAmount": {"value": str(value), "currency": amount.currency},
    }


def _major(amount: Money) -> Decimal:
    return Decimal(amount.amount_minor).scaleb(-exponent(amount.currency))


def refunds_of(order: Mapping[str, Any], amount: Money, asked_at: datetime | None) -> list[str]:
    """The ids of an order's refunds of this amount that have not failed, the oldest first; not those from before."""
    listed = [*((order.get("paymentSummary") or {}).get("refunds") or ())]
    listed += [one for line in order.get("lineItems") or () for one in line.get("refunds") or ()]
    return [
        str(one.get("refundId") or one.get("refundReferenceId") or one.get("refundDate") or number)
        for number, one in enumerate(listed)
        if one.get("refundStatus") != "FAILED"
        and _is_of(one.get("amount") or {}, amount)
        and not was_before(_moment(one.get("refundDate")), asked_at)
    ]


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _is_of(money: Mapping[str, Any], amount: Money) -> bool:
    """It is this amount, now or before eBay has converted it."""
    ways = (("value", "currency"), ("convertedFromValue", "convertedFromCurrency"))
    return any(
        Decimal(str(money.get(value) or 0)) == _major(amount) and money.get(currency) == amount.currency
        for value, currency in ways
    )
