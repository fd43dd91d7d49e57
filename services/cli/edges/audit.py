"""The audit of the outside: what shops and carriers say came of it, held against what the hub says."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from crossdock_contracts.labels import NO_EXCHANGE
from services.cli.client import Client
from services.cli.edges.shops import Label, ShopOrder, State, labels_of, orders_of, stock_of
from services.verify.check import Check
from services.verify.facts import Facts

_OWNER = "main"


def audit(facts: Facts, shops: Mapping[str, State], accounts: Mapping[str, State]) -> list[Check]:
    """All checks but that of stock."""
    orders, labels = orders_of(shops), labels_of(accounts)
    return [
        _captured(facts, orders),
        _told_shipped(facts, orders),
        _told_cancelled(facts, orders),
        _labelled_once(facts, labels),
        _used(facts, labels),
    ]


def _captured(facts: Facts, orders: Mapping[str, ShopOrder]) -> Check:
    check = Check("every-order-of-the-shops-is-captured", len(orders))
    for id_ in orders:
        record = facts.orders.get((_OWNER, id_))
        if record is None or record["status"] == "expected":
            check.violations.append(f"{id_} is in its shop, and the hub has never heard of it")
    return check


def _shipped(facts: Facts) -> dict[str, tuple[int, Counter[str]]]:
    """Pieces and tracking numbers by order, as the hub shipped them."""
    found: dict[str, tuple[int, Counter[str]]] = defaultdict(lambda: (0, Counter()))
    for _, (_owner, id_), body in facts.events["shipment-shipped"]:
        pieces, numbers = found[id_]
        numbers.update(parcel["tracking_number"] for parcel in body["parcels"])
        found[id_] = pieces + sum(line["quantity"] for line in body["lines"]), numbers
    return found


def _told_shipped(facts: Facts, orders: Mapping[str, ShopOrder]) -> Check:
    shipped = _shipped(facts)
    check = Check("shops-know-once-what-has-shipped", len(shipped))
    for id_, order in orders.items():
        pieces, numbers = shipped.get(id_, (0, Counter()))
        if (pieces, numbers) != (order.shipped, order.numbers):
            told = f"{order.shipped} pieces under {', '.join(order.numbers.elements()) or 'no number'}"
            was = f"{pieces} under {', '.join(numbers.elements()) or 'none'}"
            check.violations.append(f"{id_}: its shop knows of {told}; the hub shipped {was}")
    return check


def _told_cancelled(facts: Facts, orders: Mapping[str, ShopOrder]) -> Check:
    check = Check("shops-know-what-is-cancelled", len(orders))
    for id_, order in orders.items():
        record = facts.orders.get((_OWNER, id_))
        gone = record is not None and record["status"] in {"cancelled", "rejected"}
        if gone != order.cancelled:
            there, here = (("cancelled" if one else "open") for one in (order.cancelled, gone))
            check.violations.append(f"{id_} is {there} in its shop, and {here} in the hub")
    return check


def _labelled_once(facts: Facts, labels: list[Label]) -> Check:
    """At the carriers: no fulfilment has more labels than parcels."""
    check = Check("no-label-is-paid-for-twice", len(labels))
    parcels = {
        name: max(1, len(one.get("boxes") or ())) for found in facts.shipments.values() for name, one in found.items()
    }
    for name, count in Counter(label.fulfilment_id for label in labels).items():
        if count > parcels.get(name, 1):
            where = ", ".join(f"{one.number} at {one.account}" for one in labels if one.fulfilment_id == name)
            check.violations.append(f"{name} has {count} labels: {where}")
    return check


def _used(facts: Facts, labels: list[Label]) -> Check:
    """Whatever is paid for goes with a parcel that has shipped."""
    check = Check("labels-that-are-not-used-are-given-back", len(labels))
    used = {number for _, numbers in _shipped(facts).values() for number in numbers}
    check.violations += [
        f"{label.number} at {label.account}, for {label.fulfilment_id}, went with no parcel"
        for label in labels
        if label.number not in used
    ]
    return check


async def refused(client: Client) -> Check:
    """Whatever shops are told can be told."""
    check = Check("no-shop-refuses-what-it-is-told")
    async for one in client.pages("capture", "documents", "documents", owner=_OWNER, kind="telling"):
        check.checked += 1
        if one["status"] != "done":
            detail = one.get("detail", "")
            check.violations.append(f"{one['order_id']}: {one['telling_id']} is {one['status']}: {detail}")
    return check


async def stock_differs(client: Client, shops: Mapping[str, State]) -> list[str]:
    """Where a shop believes that it can sell another number of pieces than the hub would let it."""
    found: list[str] = []
    for shop, believed in stock_of(shops).items():
        answer: list[dict[str, Any]] = (
            await client.ask("inventory", "availability", owner=_OWNER, skus=list(believed), channel=shop)
        )["answer"]
        there = {one["sku"]: max(0, one["for_channel"]) for one in answer}
        found += [
            f"{shop} believes in {pieces} of {sku}; there are {there.get(sku, 0)}"
            for sku, pieces in believed.items()
            if pieces != there.get(sku, 0)
        ]
    return found


def failovers(facts: Facts) -> int:
    """Labels that another carrier sold than the one that was preferred."""
    causes = ({one["cause"] for one in body.get("passed_over", ())} for _, _, body in facts.events["label-bought"])
    return sum(bool(said - {NO_EXCHANGE}) for said in causes)
