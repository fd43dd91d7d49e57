"""What Shopify's GraphQL queries answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from services.sandbox.shopify_parts import LOCATION, bag, connection, gid, line_view, number, order_view

if TYPE_CHECKING:
    from services.sandbox.shopify import Shopify

_FIELDS = {"updated_at": "updated_at", "created_at": "created_at", "processed_at": "processed_at"}


class Views:
    """Reads a shop."""

    def __init__(self, shop: Shopify) -> None:
        self._shop = shop

    def root(self) -> dict[str, Any]:
        """What queries begin with."""
        shop = self._shop
        return {
            "shop": {"id": gid("Shop", 1), "name": "Sandbox", "myshopifyDomain": shop.domain, "currencyCode": "EUR"},
            "orders": self._orders,
            "ordersCount": lambda _info, query="", **_: {"count": len(self._searched(query)), "precision": "EXACT"},
            "order": lambda _info, id: self.order(id),  # noqa: A006  # the schema's own name
            "node": lambda _info, id: self._node(id),  # noqa: A006  # as above
            "nodes": lambda _info, ids: [self._node(one) for one in ids],
            "fulfillment": lambda _info, id: self._fulfilment(id),  # noqa: A006  # as above
            "fulfillmentOrder": lambda _info, id: self._open(id),  # noqa: A006  # as above
            "productVariants": lambda info, query="", **page: connection(
                [self.variant(sku) for sku in shop.variants if _is_named(sku, query)]
            )(info, **page),
            "inventoryItems": lambda info, query="", **page: connection(
                [self.item(sku) for sku in shop.variants if _is_named(sku, query)]
            )(info, **page),
            "inventoryItem": lambda _info, id: self._item_by_id(id),  # noqa: A006  # as above
            "locations": connection([LOCATION]),
        }

    def chosen(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        """Orders by the parameters of REST."""
        found = list(self._shop.orders.values())
        for field in _FIELDS:
            if bound := asked.get(f"{field}_min"):
                found = [one for one in found if _moment(one[field]) >= _moment(bound)]
            if bound := asked.get(f"{field}_max"):
                found = [one for one in found if _moment(one[field]) <= _moment(bound)]
        if since := asked.get("since_id"):
            found = [one for one in found if one["id"] > int(since)]
        if ids := asked.get("ids"):
            found = [one for one in found if str(one["id"]) in ids.split(",")]
        status = asked.get("status", "open")
        return [one for one in found if status == "any" or (one["cancelled_at"] is None) is (status == "open")]

    def _searched(self, query: str) -> list[dict[str, Any]]:
        """Orders by a search such as ``updated_at:>='2030-01-01T00:00:00Z' AND status:any``."""
        found = list(self._shop.orders.values())
        for term in query.replace("(", " ").replace(")", " ").split():
            name, _, value = term.partition(":")
            value = value.strip("'\"")
            if name in _FIELDS:
                sign = value[: len(value) - len(value.lstrip("<>="))]
                bound = _moment(value.lstrip("<>=").strip("'\""))
                found = [one for one in found if _holds(_moment(one[name]), sign or "=", bound)]
            elif name == "name":
                found = [one for one in found if one["name"].lstrip("#") == value.lstrip("#")]
        return found

    def _orders(self, info: Any, query: str | None = None, **given: Any) -> Any:
        by = "updated_at" if given.pop("sortKey", None) == "UPDATED_AT" else "created_at"
        newest_first = bool(given.pop("reverse", False))
        found = sorted(self._searched(query or ""), key=lambda one: (one[by], one["id"]), reverse=newest_first)
        return connection([self.view(one) for one in found])(info, **given)

    def order(self, id_: str) -> dict[str, Any] | None:
        """An order by its global id."""
        found = self._shop.orders.get(number(id_))
        return self.view(found) if found is not None else None

    def view(self, rest: dict[str, Any]) -> dict[str, Any]:
        """An order as GraphQL has it, with its one fulfilment order."""
        currency = rest["currency"]
        lines = [line_view(line, currency, self.variant(line["sku"])) for line in rest["line_items"]]
        done = all(line["fulfillable_quantity"] == 0 for line in rest["line_items"])
        open_ = {
            "__typename": "FulfillmentOrder",
            "id": gid("FulfillmentOrder", rest["id"]),
            "status": "CANCELLED" if rest["cancelled_at"] else "CLOSED" if done else "OPEN",
            "requestStatus": "UNSUBMITTED",
            "assignedLocation": {"name": LOCATION["name"], "location": LOCATION},
            "lineItems": connection([
                {
                    "id": gid("FulfillmentOrderLineItem", line["id"]), "sku": line["sku"], "lineItem": shown,
                    "totalQuantity": line["quantity"], "remainingQuantity": line["fulfillable_quantity"],
                }
                for line, shown in zip(rest["line_items"], lines, strict=True)
            ]),
        }  # fmt: skip
        return order_view(rest, lines) | {
            "fulfillmentOrders": connection([open_]),
            "fulfillments": lambda _info, first=None: [fulfilment_view(one) for one in rest["fulfillments"]][:first],
            "refunds": lambda _info, first=None: [
                self._shop.mutations.refund_view(one, rest) for one in rest["refunds"]
            ][:first],
            "transactions": lambda _info, first=None: transactions_view(rest)[:first],
        }

    def variant(self, sku: str) -> dict[str, Any]:
        """A variant by its SKU; one that is not sold any more has no stock."""
        place = self._shop.variants.get(sku, 0)
        return {
            "__typename": "ProductVariant", "id": gid("ProductVariant", place), "sku": sku, "title": f"Article {sku}",
            "inventoryQuantity": self._shop.stock.get(sku, 0), "inventoryItem": lambda _info: self.item(sku),
        }  # fmt: skip

    def item(self, sku: str) -> dict[str, Any]:
        """What is counted of a SKU."""
        level = {
            "id": gid("InventoryLevel", self._shop.variants.get(sku, 0)), "location": LOCATION,
            "item": lambda _info: self.item(sku),
            "quantities": lambda _info, names: [
                {"name": name, "quantity": self._shop.stock.get(sku, 0)} for name in names
            ],
        }  # fmt: skip
        return {
            "__typename": "InventoryItem", "id": gid("InventoryItem", self._shop.variants.get(sku, 0)), "sku": sku,
            "tracked": True, "variant": lambda _info: self.variant(sku),
            "inventoryLevel": lambda _info, **_: level, "inventoryLevels": connection([level]),
        }  # fmt: skip

    def sku_of(self, id_: str) -> str | None:
        """The SKU of an inventory item or variant."""
        return next((sku for sku, place in self._shop.variants.items() if str(place) == number(id_)), None)

    def _item_by_id(self, id_: str) -> dict[str, Any] | None:
        sku = self.sku_of(id_)
        return self.item(sku) if sku is not None else None

    def _node(self, id_: str) -> dict[str, Any] | None:
        sku = self.sku_of(id_)
        if "/ProductVariant/" in id_:
            return self.variant(sku) if sku is not None else None
        return self.order(id_) if "/Order/" in id_ else self._item_by_id(id_)

    def _fulfilment(self, id_: str) -> dict[str, Any] | None:
        made = (one for known in self._shop.orders.values() for one in known["fulfillments"])
        found = next((one for one in made if one["admin_graphql_api_id"] == id_), None)
        return fulfilment_view(found) if found is not None else None

    def _open(self, id_: str) -> dict[str, Any] | None:
        """A fulfilment order, which has the number of its order."""
        order = self.order(id_)
        return order["fulfillmentOrders"](None)["nodes"][0] if order is not None else None


def fulfilment_view(rest: dict[str, Any]) -> dict[str, Any]:
    """A fulfilment as GraphQL has it."""
    tracking = [
        {"company": rest["tracking_company"], "number": one, "url": rest["tracking_url"]}
        for one in rest["tracking_numbers"]
    ]
    return {
        "id": rest["admin_graphql_api_id"], "name": rest["name"], "status": rest["status"].upper(),
        "createdAt": rest["created_at"], "trackingInfo": lambda _info, first=None: tracking[:first],
        "fulfillmentLineItems": connection([
            {
                "id": gid("FulfillmentLineItem", line["id"]), "quantity": line["quantity"],
                "lineItem": line_view(line, "EUR", None),
            }
            for line in rest["line_items"]
        ]),
    }  # fmt: skip


def transactions_view(rest: dict[str, Any]) -> list[dict[str, Any]]:
    """The payment of an order, and what was paid back of it."""
    currency = rest["currency"]
    about = {"status": "SUCCESS", "gateway": rest["payment_gateway_names"][0]}
    paid = {"id": gid("OrderTransaction", rest["id"]), "kind": "SALE", "parentTransaction": None,
            "amountSet": bag(rest["total_price"], currency), **about}  # fmt: skip
    back = [
        {"id": gid("OrderTransaction", one["id"]), "kind": "REFUND", "parentTransaction": paid,
         "amountSet": bag(one["amount"], currency), **about}
        for refund in rest["refunds"] for one in refund["transactions"] if one["amount"] != "0.00"
    ]  # fmt: skip
    return [paid, *back]


def _is_named(sku: str, query: str) -> bool:
    """Whether a search such as ``sku:'A' OR sku:'B'`` is for this SKU; an empty one is for all."""
    terms = {term.removeprefix("sku:").strip("'\"") for term in query.split(" OR ")}
    return terms == {""} or sku in terms


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _holds(one: datetime, sign: str, bound: datetime) -> bool:
    return {">=": one >= bound, ">": one > bound, "<": one < bound, "<=": one <= bound, "=": one == bound}[sign]
