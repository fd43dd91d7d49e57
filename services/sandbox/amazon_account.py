"""What feeds change in a seller's account: listings, orders that are cancelled, money that is paid back.

OrderAcknowledgement.xsd, OrderAdjustment.xsd, ProcessingReport.xsd. Each message is carried out whole or not at all.
"""

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import orjson
from defusedxml.ElementTree import ParseError, fromstring

from services.sandbox.api import stamp
from services.sandbox.sales import minor

_COMPONENTS = {"Principal": "ItemPrice", "Shipping": "ShippingPrice"}
"""What an item has been paid for, as Orders v0 calls it."""


class Account:
    """Orders and listings as far as feeds change them."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        """As Orders v0 has them."""
        self.items: dict[str, list[dict[str, Any]]] = {}
        self.stock: dict[str, int] = {}
        self.refunds: list[dict[str, Any]] = []

    def acknowledge(self, document: bytes) -> bytes:
        """Cancel orders; the report."""
        return _report(document, "OrderAcknowledgement", self._cancel)

    def adjust(self, document: bytes) -> bytes:
        """Pay money back; the report."""
        return _report(document, "OrderAdjustment", self._pay_back)

    def patch(self, sku: str, patches: list[dict[str, Any]]) -> None:
        """Set the seller's quantity of a listing."""
        for one in patches:
            if one.get("path") == "/attributes/fulfillment_availability":
                self.stock[sku] = int(one["value"][0]["quantity"])

    def publish(self, document: bytes) -> bytes:
        """Set quantities; the report."""
        issues: list[dict[str, Any]] = []
        messages = orjson.loads(document)["messages"]
        for one in messages:
            if one["sku"] in self.stock:
                self.patch(one["sku"], one.get("patches", []))
            else:
                issues.append({"messageId": one["messageId"], "code": "90000900", "severity": "ERROR",
                               "message": f"SKU {one['sku']} is not known."})  # fmt: skip
        figures = {"errors": len(issues), "warnings": 0, "messagesProcessed": len(messages),
                   "messagesAccepted": len(messages) - len(issues), "messagesInvalid": len(issues)}  # fmt: skip
        return orjson.dumps({"header": {"version": "2.0", "status": "DONE"}, "issues": issues, "summary": figures})

    def _cancel(self, message: Element) -> str:
        """Cancel an order; what is wrong with that."""
        id_ = message.findtext("AmazonOrderID", "")
        order = self.orders.get(id_)
        if order is None:
            return f"The order {id_} is not known."
        if message.findtext("StatusCode") != "Failure":
            return ""
        if order["OrderStatus"] not in {"Unshipped", "Canceled"}:
            return f"The order {id_} cannot be cancelled: it is {order['OrderStatus']}."
        reasons = {item.findtext("AmazonOrderItemCode"): item.findtext("CancelReason") for item in message.iter("Item")}
        known = {one["OrderItemId"]: one for one in self.items[id_]}
        if wrong := set(reasons) - set(known):
            return f"The items {sorted(map(str, wrong))} are not of the order {id_}."
        for name, item in known.items():
            if reasons.get(name) != "NoInventory":
                self.stock[item["SellerSKU"]] += item["QuantityOrdered"]
            item["QuantityOrdered"] = 0
        order |= {"OrderStatus": "Canceled", "NumberOfItemsUnshipped": 0, "LastUpdateDate": stamp()}
        order.pop("OrderTotal", None)
        return ""

    def _pay_back(self, message: Element) -> str:
        """Pay money back of an order; what is wrong with that."""
        id_ = message.findtext("AmazonOrderID", "")
        if id_ not in self.orders:
            return f"The order {id_} is not known."
        known = {one["OrderItemId"]: one for one in self.items[id_]}
        made: list[dict[str, Any]] = []
        for item in message.iter("AdjustedItem"):
            name = item.findtext("AmazonOrderItemCode", "")
            if name not in known or not item.findtext("AdjustmentReason"):
                return f"The item {name} is not of the order {id_}, or has no reason."
            for one in item.iter("Component"):
                kind, amount = one.findtext("Type", ""), one.find("Amount")
                paid = known[name].get(_COMPONENTS.get(kind, "")) or {"Amount": "0"}
                back = sum(r["minor"] for r in (*self.refunds, *made) if (r["item"], r["component"]) == (name, kind))
                cents = minor(amount.text) if amount is not None else 0
                if amount is None or amount.get("currency") != paid.get("CurrencyCode") or not cents:
                    return f"The {kind} of the item {name} has no amount in the currency of the order."
                if back + cents > minor(paid["Amount"]):
                    return f"The requested refund of the {kind} of the item {name} is more than is left of it."
                made.append({"order": id_, "item": name, "component": kind, "minor": cents,
                             "reason": item.findtext("AdjustmentReason"),
                             "id": item.findtext("MerchantAdjustmentItemID", "")})  # fmt: skip
        self.refunds += made
        return "" if made else "Nothing is to be paid back."


def _report(document: bytes, kind: str, carry_out: Callable[[Element], str]) -> bytes:
    """Carry out each message of a document; the processing report."""
    root = Element("AmazonEnvelope")
    SubElement(root, "MessageType").text = "ProcessingReport"
    report = SubElement(SubElement(root, "Message"), "ProcessingReport")
    SubElement(report, "StatusCode").text = "Complete"
    wrong: list[tuple[str, str]] = []
    messages: list[Element] = []
    try:
        envelope = fromstring(document)
    except ParseError:
        wrong.append(("0", "This is a malformed or invalid XML document."))
    else:
        messages = list(envelope.iter("Message")) if envelope.findtext("MessageType") == kind else []
        for message in messages:
            content = message.find(kind)
            said = "The message is empty." if content is None else carry_out(content)
            if said:
                wrong.append((message.findtext("MessageID", ""), said))
    summary = SubElement(report, "ProcessingSummary")
    figures = {"MessagesProcessed": len(messages), "MessagesSuccessful": len(messages) - len(wrong),
               "MessagesWithError": len(wrong), "MessagesWithWarning": 0}  # fmt: skip
    for name, number in figures.items():
        SubElement(summary, name).text = str(number)
    for message_id, text in wrong:
        result = SubElement(report, "Result")
        SubElement(result, "MessageID").text = message_id
        SubElement(result, "ResultCode").text = "Error"
        SubElement(result, "ResultMessageCode").text = "18028"
        SubElement(result, "ResultDescription").text = text
    written: bytes = tostring(root, encoding="UTF-8", xml_declaration=True)
    return written
