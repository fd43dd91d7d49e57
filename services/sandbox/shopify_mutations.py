"""What Shopify's GraphQL mutations do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import get_directive_values

from services.sandbox.api import stamp
from services.sandbox.sales import decimal, minor
from services.sandbox.shopify_parts import bag, gid, number
from services.sandbox.shopify_schema import SCHEMA
from services.sandbox.shopify_views import fulfilment_view

if TYPE_CHECKING:
    from services.sandbox.shopify import Shopify

Payload = dict[str, Any]
_IDEMPOTENT: Any = SCHEMA.get_directive("idempotent")


def _wrong(message: str, *field: str, code: str | None = None) -> Payload:
    return {"field": list(field), "message": message, "code": code}


class Mutations:
    """Changes a shop."""

    def __init__(self, shop: Shopify) -> None:
        self._shop = shop
        self.fulfilments: list[Payload] = []
        """For whoever asks what the shop believes: order, lines, tracking."""
        self._done: dict[str, Payload] = {}
        """Answers by idempotency key."""

    def root(self) -> Payload:
        """What mutations begin with."""
        return {
            "inventorySetQuantities": self._once(self._set_quantities),
            "fulfillmentCreate": self._once(self._fulfil),
            "fulfillmentTrackingInfoUpdate": self._once(self._track),
            "refundCreate": self._once(self._refund),
            "orderCancel": self._once(self._cancel),
            "webhookSubscriptionCreate": self._once(self._subscribe),
        }

    def _once(self, carry_out: Any) -> Any:
        """A mutation with ``@idempotent(key:)`` is carried out once, and answered alike each time."""

        def resolve(info: Any, **given: Any) -> Payload:
            directive = get_directive_values(_IDEMPOTENT, info.field_nodes[0], info.variable_values)
            key = str(directive["key"]) if directive else ""
            if key and key in self._done:
                return self._done[key]
            answer: Payload = carry_out(**given)
            if key:
                self._done[key] = answer
            return answer

        return resolve

    def _set_quantities(self, input: Payload) -> Payload:  # noqa: A002  # the schema's own name
        errors: list[Payload] = []
        wanted: list[tuple[str, int]] = []
        for place, one in enumerate(input["quantities"]):
            where = ("input", "quantities", str(place))
            sku = self._shop.views.sku_of(one["inventoryItemId"])
            if sku is None:
                text = "The specified inventory item could not be found."
                errors.append(_wrong(text, *where, "inventoryItemId", code="INVALID_INVENTORY_ITEM"))
                continue
            compared = one.get("changeFromQuantity", one.get("compareQuantity"))
            if compared is not None and not input.get("ignoreCompareQuantity") and compared != self._shop.stock[sku]:
                text = "The compareQuantity value does not match persisted value."
                errors.append(_wrong(text, *where, "compareQuantity", code="COMPARE_QUANTITY_STALE"))
            wanted.append((sku, one["quantity"]))
        if errors:
            return {"inventoryAdjustmentGroup": None, "userErrors": errors}
        changes = []
        for sku, quantity in wanted:
            changes.append({"name": input["name"], "delta": quantity - self._shop.stock[sku],
                            "quantityAfterChange": quantity, "item": self._shop.views.item(sku)})  # fmt: skip
            self._shop.stock[sku] = quantity
        group = {"id": gid("InventoryAdjustmentGroup", self._shop.new_number()), "createdAt": stamp(),
                 "reason": input["reason"], "changes": changes}  # fmt: skip
        return {"inventoryAdjustmentGroup": group, "userErrors": []}

    def _fulfil(self, fulfillment: Payload, message: str | None = None) -> Payload:
        del message
        tracking = fulfillment.get("trackingInfo") or {}
        shipped: list[tuple[Payload, int]] = []
        known: Payload | None = None
        for part in fulfillment["lineItemsByFulfillmentOrder"]:
            known = self._shop.orders.get(number(part["fulfillmentOrderId"]))
            if known is None:
                return _refused("fulfillment", "Fulfillment order does not exist.")
            lines = {str(line["id"]): line for line in known["line_items"]}
            chosen = part.get("fulfillmentOrderLineItems") or [
                {"id": id_, "quantity": line["fulfillable_quantity"]} for id_, line in lines.items()
            ]
            shipped += [(lines.get(number(one["id"]), {}), one["quantity"]) for one in chosen]
        if known is None or known["cancelled_at"]:
            return _refused("fulfillment", "Fulfillment order is not in a fulfillable state.")
        if not shipped or any(not 0 < pieces <= line.get("fulfillable_quantity", 0) for line, pieces in shipped):
            return _refused("fulfillment", "Invalid fulfillment order line item quantity requested.")
        for line, pieces in shipped:
            line["fulfillable_quantity"] -= pieces
        made = self._fulfilment(known, shipped, tracking)
        done = all(line["fulfillable_quantity"] == 0 for line in known["line_items"])
        known["fulfillment_status"] = "fulfilled" if done else "partial"
        self._shop.touch(known)
        return {"fulfillment": fulfilment_view(made), "userErrors": []}

    def _fulfilment(self, known: Payload, shipped: list[tuple[Payload, int]], tracking: Payload) -> Payload:
        numbers = tracking.get("numbers") or ([tracking["number"]] if tracking.get("number") else [])
        id_ = self._shop.new_number()
        made = {
            "id": id_, "admin_graphql_api_id": gid("Fulfillment", id_), "order_id": known["id"], "status": "success",
            "name": f"{known['name']}.{len(known['fulfillments']) + 1}", "created_at": stamp(), "updated_at": stamp(),
            "tracking_company": tracking.get("company"), "tracking_number": numbers[0] if numbers else None,
            "tracking_numbers": numbers, "tracking_url": tracking.get("url"), "location_id": 1,
            "line_items": [{**line, "quantity": pieces} for line, pieces in shipped],
        }  # fmt: skip
        known["fulfillments"].append(made)
        self.fulfilments.append({
            "order": str(known["id"]), "fulfilment": str(id_), "tracking": numbers,
            "company": tracking.get("company"), "lines": {line["sku"]: pieces for line, pieces in shipped},
        })  # fmt: skip
        return made

    def _track(self, fulfillmentId: str, trackingInfoInput: Payload, notifyCustomer: bool = False) -> Payload:  # noqa: FBT002, N803  # the schema's own names
        del notifyCustomer
        for known in self._shop.orders.values():
            for one in known["fulfillments"]:
                if one["admin_graphql_api_id"] == fulfillmentId:
                    numbers = trackingInfoInput.get("numbers") or [trackingInfoInput.get("number")]
                    one |= {"tracking_numbers": numbers, "tracking_company": trackingInfoInput.get("company")}
                    return {"fulfillment": fulfilment_view(one), "userErrors": []}
        return _refused("fulfillment", "Fulfillment does not exist.")

    def _refund(self, input: Payload) -> Payload:  # noqa: A002  # the schema's own name
        known = self._shop.orders.get(number(input["orderId"]))
        if known is None:
            return _refused("refund", "Order does not exist")
        amount = sum(minor(one["amount"]) for one in input.get("transactions") or [] if one["kind"] == "REFUND")
        paid_back = sum(minor(one["amount"]) for one in known["refunds"])
        if amount + paid_back > minor(known["total_price"]):
            return _refused("refund", "Refund amount exceeds the amount that can be refunded")
        made = self._paid_back(known, amount, input.get("note"), input.get("refundLineItems") or [])
        return {"refund": self.refund_view(made, known), "order": self._shop.views.view(known), "userErrors": []}

    def _paid_back(self, known: Payload, amount: int, note: str | None, items: list[Payload]) -> Payload:
        lines = {str(line["id"]): line for line in known["line_items"]}
        taken: list[Payload] = []
        for one in items:
            line = lines[number(one["lineItemId"])]
            line["current_quantity"] -= one["quantity"]
            restock = one.get("restockType", "NO_RESTOCK")
            if restock == "CANCEL":
                line["fulfillable_quantity"] = max(0, line["fulfillable_quantity"] - one["quantity"])
            if restock in {"CANCEL", "RETURN"}:
                self._shop.stock[line["sku"]] += one["quantity"]
            taken.append({"id": self._shop.new_number(), "line_item_id": line["id"], "quantity": one["quantity"],
                          "restock_type": restock.lower(), "line_item": line})  # fmt: skip
        made = {"id": self._shop.new_number(), "order_id": known["id"], "created_at": stamp(), "note": note,
                "amount": decimal(amount), "refund_line_items": taken, "order_adjustments": [], "transactions": [
                    {"id": self._shop.new_number(), "kind": "refund", "status": "success", "amount": decimal(amount),
                     "currency": known["currency"]}]}  # fmt: skip
        known["refunds"].append(made)
        whole = sum(minor(one["amount"]) for one in known["refunds"]) == minor(known["total_price"])
        if amount:
            known["financial_status"] = "refunded" if whole else "partially_refunded"
        self._shop.touch(known)
        self._shop.tell("REFUNDS_CREATE", made)
        return made

    def refund_view(self, rest: Payload, known: Payload) -> Payload:
        """A refund as GraphQL has it."""
        return {"id": gid("Refund", rest["id"]), "note": rest["note"], "createdAt": rest["created_at"],
                "totalRefundedSet": bag(rest["amount"], known["currency"]),
                "order": lambda _info: self._shop.views.view(known)}  # fmt: skip

    def _cancel(self, orderId: str, reason: str, restock: bool, **more: Any) -> Payload:  # noqa: N803  # the schema's own names
        known = self._shop.orders.get(number(orderId))
        if known is None or known["cancelled_at"] or known["fulfillment_status"]:
            text = "Order does not exist" if known is None else "Cannot cancel an order that is cancelled or fulfilled"
            wrong = [_wrong(text, "orderId", code="INVALID")]
            return {"job": None, "orderCancelUserErrors": wrong, "userErrors": wrong}
        known |= {"cancelled_at": stamp(), "cancel_reason": reason.lower()}
        back = more.get("refund") or (more.get("refundMethod") or {}).get("originalPaymentMethodsRefund")
        items = [{"lineItemId": line["admin_graphql_api_id"], "quantity": line["current_quantity"],
                  "restockType": "CANCEL" if restock else "NO_RESTOCK"}
                 for line in known["line_items"] if line["current_quantity"]]  # fmt: skip
        self._paid_back(known, minor(known["total_price"]) if back else 0, "cancelled", items)
        self._shop.touch(known, "ORDERS_CANCELLED")
        return {"job": {"id": gid("Job", self._shop.new_number()), "done": False}, "orderCancelUserErrors": [],
                "userErrors": []}  # fmt: skip

    def _subscribe(self, topic: str, webhookSubscription: Payload) -> Payload:  # noqa: N803  # the schema's own name
        url = webhookSubscription.get("uri") or webhookSubscription.get("callbackUrl") or ""
        self._shop.subscribe(topic, url)
        made = {"id": gid("WebhookSubscription", self._shop.new_number()), "topic": topic}
        return {"webhookSubscription": made, "userErrors": []}


def _refused(field: str, message: str) -> Payload:
    return {field: None, "order": None, "userErrors": [_wrong(message, field)]}
