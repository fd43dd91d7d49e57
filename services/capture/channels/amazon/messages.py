"""What Amazon is told in feeds: that an order is cancelled, that money is paid back.

OrderAcknowledgement.xsd and OrderAdjustment.xsd; https://developer-docs.amazon.com/sp-api/docs/order-feed-type-values
"""

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element, SubElement, tostring

from crossdock_contracts.values import Money
from services.capture.channels.amazon.parts import ITEM, SHIPPING, Paid
from services.capture.channels.amazon.telling import items_of
from services.capture.channels.api import TellCancelled, TellRefund
from services.capture.channels.speaking import by_hand
from services.capture.decide.money import share
from services.hub.effects import PermanentError
from services.hub.money import major, plain

ACKNOWLEDGEMENT = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
ADJUSTMENT = "POST_PAYMENT_ADJUSTMENT_DATA"

_CANCELLED: Mapping[str, str] = {
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
"""Amazon's reasons of a cancel by a word of ours. For all but NoInventory Amazon raises the stock of the listing."""
_ADJUSTED: Mapping[str, str] = {
    "exchange": "Exchange",
    "out": "NoInventory",
    "price": "PriceError",
    "return": "CustomerReturn",
    "returned": "CustomerReturn",
    "short": "NoInventory",
    "stock": "NoInventory",
    "unavailable": "NoInventory",
    "wrong": "DifferentItem",
}
"""Amazon's reasons of a refund by a word of ours."""
_GENERAL = "GeneralAdjustment"
_COMPONENTS: Mapping[str, str] = {ITEM: "Principal", SHIPPING: "Shipping", "GIFT_WRAP": "GiftWrap", "COD_FEE": "CODFee"}
"""What money is paid back for, by what it was paid for."""


def acknowledgement(told: TellCancelled, seller: str) -> bytes:
    """The feed that cancels an order whole: it could not be taken, for this reason."""
    envelope, order = _message("OrderAcknowledgement", seller)
    SubElement(order, "AmazonOrderID").text = told.channel_order_id
    SubElement(order, "StatusCode").text = "Failure"
    for line in items_of(told.lines):
        item = SubElement(order, "Item")
        SubElement(item, "AmazonOrderItemCode").text = line.line_id
        SubElement(item, "CancelReason").text = _reason(told.reason, _CANCELLED)
    return _written(envelope)


def adjustment(told: TellRefund, seller: str, paid: Paid) -> bytes:
    """The feed that pays an amount back: shared out over what was paid for the items, in proportion.

    So whatever is paid back of an order one after the other, no item gets back more than was paid for it.

    Raises:
        PermanentError: it is more than was paid; or prices are without tax, of which Amazon pays its share back on top.
    """
    if paid.tax_on_top:
        msg = f"pay back {_said(told.amount)} in Seller Central: prices are without tax here, and Amazon adds it"
        raise by_hand(msg)
    wanted = {line.line_id for line in items_of(told.lines)}
    found = [
        (part.line_id, component, amount)
        for part in paid.parts
        if not wanted or part.line_id in wanted
        for kind, component in _COMPONENTS.items()
        if (amount := part.amounts.get(kind, 0) - part.discounts.get(kind, 0)) > 0
    ]
    most = sum(amount for _, _, amount in found)
    if told.amount.currency != paid.currency or told.amount.amount_minor > most:
        code, most_said = "more-than-paid", major(most, paid.currency)
        raise PermanentError(code, f"{_said(told.amount)} is to be paid back, and {most_said} was paid for these items")
    envelope, order = _message("OrderAdjustment", seller)
    SubElement(order, "AmazonOrderID").text = told.channel_order_id
    items: dict[str, Element] = {}
    shares = share(told.amount.amount_minor, [amount for _, _, amount in found])
    for (line_id, component, _), minor in zip(found, shares, strict=True):
        if not minor:
            continue
        if line_id not in items:
            items[line_id] = _adjusted(order, line_id, told)
        one = SubElement(items[line_id], "Component")
        SubElement(one, "Type").text = component
        part = Money(amount_minor=minor, currency=paid.currency)
        SubElement(one, "Amount", {"currency": paid.currency}).text = plain(part)
    return _written(envelope)


def _adjusted(order: Element, line_id: str, told: TellRefund) -> Element:
    """An item of which something is paid back: where its amounts go."""
    item = SubElement(order, "AdjustedItem")
    SubElement(item, "AmazonOrderItemCode").text = line_id
    SubElement(item, "MerchantAdjustmentItemID").text = told.refund_id
    SubElement(item, "AdjustmentReason").text = _reason(told.reason, _ADJUSTED)
    return SubElement(item, "ItemPriceAdjustments")


def _message(kind: str, seller: str) -> tuple[Element, Element]:
    """An envelope, and the one message in it."""
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
    SubElement(envelope, "MessageType").text = kind
    message = SubElement(envelope, "Message")
    SubElement(message, "MessageID").text = "1"
    return envelope, SubElement(message, kind)


def _written(envelope: Element) -> bytes:
    written: bytes = tostring(envelope, encoding="UTF-8", xml_declaration=True)
    return written


def _reason(code: str, known: Mapping[str, str]) -> str:
    """Amazon's reason for one of ours."""
    return next((known[word] for word in _words(code) if word in known), _GENERAL)


def _words(code: str) -> Iterator[str]:
    yield from code.lower().split("-")


def _said(amount: Money) -> str:
    return major(amount.amount_minor, amount.currency)
