"""Checks of orders: all accounted for, each in one place, nothing said of them twice."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from services.verify.check import Check, order_name, said_once
from services.verify.facts import Body, Facts, OrderKey


def ingest_accounted(facts: Facts) -> Check:
    """Every order that was handed in was answered by an event, or is a dead letter, or is parked, or still waits."""
    check = Check("every-ingested-message-is-accounted-for", len(facts.ingested))
    waiting = any(name.startswith("capture-ingest") for name in facts.open_consumers)
    for identity, (seq, key) in facts.ingested.items():
        known = identity in facts.answered or identity in facts.dead_messages or identity in facts.parked_messages
        if not known and not waiting:
            check.violations.append(
                f"message {identity} (sequence {seq}, {order_name(key)}) is lost: nothing tells of it"
            )
    return check


_ENDED = {"rejected", "cancelled", "completed"}
_OPEN_SHIPMENT = {"offered", "allocated", "labelled", "picked", "packed", "ready"}


def one_place(facts: Facts) -> Check:
    """Every captured order stands in exactly one place: with its holds, its route, its fulfilments, or it has ended."""
    check = Check("every-captured-order-is-in-exactly-one-place", len(facts.orders))
    busy = bool(facts.open_consumers or facts.parked)
    for key, order in facts.orders.items():
        if order["status"] == "expected":
            continue
        route, shipments = facts.routes.get(key), facts.shipments.get(key, {})
        for problem in _misplaced(order, route, shipments, key in facts.captured_at or order["status"] in _ENDED):
            if not busy or problem.startswith("two places"):
                check.violations.append(f"{order_name(key)}: {problem}")
    for key in facts.captured_at.keys() - facts.orders.keys():
        check.violations.append(f"{order_name(key)} was captured and is nowhere")
    return check


def _misplaced(order: Body, route: Body | None, shipments: dict[str, Body], told: bool) -> Iterable[str]:
    open_ = {name: s for name, s in shipments.items() if s["status"] in _OPEN_SHIPMENT}
    ended = order["status"] in _ENDED
    if not told:
        yield "it is captured, and no event says so"
    if order["status"] in {"rejected", "cancelled"} and open_:
        yield f"two places: it is {order['status']}, and {', '.join(open_)} is still to ship"
    if order["status"] in {"rejected", "cancelled"} and route and route.get("status", "waiting") != "ended":
        yield f"two places: it is {order['status']}, and routing still has it {route.get('status', 'waiting')}"
    if order["status"] == "held" and shipments:
        yield f"two places: it is held, and {', '.join(shipments)} was made of it"
    if not ended and route is None:
        yield "routing has never heard of it"
    if route and route.get("status") == "ended" and open_:
        yield f"two places: routing has ended it, and {', '.join(open_)} is still to ship"
    if route and order["status"] != "expected":
        yield from _shares(route, shipments)


def _shares(route: Body, shipments: dict[str, Body]) -> Iterable[str]:
    """What routing gave to locations is what shipping has, piece by piece."""
    for share in route.get("shares", []):
        given = {piece["line_id"]: piece["quantity"] for piece in share["pieces"]}
        shipment = shipments.get(share["fulfilment_id"])
        if not given or share.get("shipped"):
            continue
        if shipment is None:
            yield f"fulfilment {share['fulfilment_id']} was routed, and shipping has never heard of it"
        elif shipment["status"] in _OPEN_SHIPMENT:
            has = {line["line_id"]: line["quantity"] for line in shipment["fulfilment"]["lines"]}
            if has != given:
                yield f"fulfilment {share['fulfilment_id']} was given {given}, and shipping has {has}"
        elif shipment["status"] == "stopped":
            yield f"fulfilment {share['fulfilment_id']} is stopped, and routing still counts on it"
    known = {share["fulfilment_id"] for share in route.get("shares", [])}
    if route.get("status") != "ended":
        for name in shipments.keys() - known:
            yield f"two places: fulfilment {name} is in shipping, and routing never made it"


def reserved_once(facts: Facts) -> Check:
    """No promise is given twice, and none is bound twice."""
    check = said_once(
        "nothing-is-reserved-twice",
        facts,
        ("stock-reserved", "stock-backordered"),
        lambda body: body.get("generation", 0),
        "the same promise",
    )
    bound = said_once("", facts, ("stock-allocated",), lambda body: body["fulfilment"]["fulfilment_id"], "bound")
    check.checked += bound.checked
    check.violations += bound.violations
    return check


def labelled_once(facts: Facts) -> Check:
    """No label is bought twice for a parcel, unless the one before was given back; no number is used twice."""
    check = Check("no-label-is-bought-twice")
    bought: dict[tuple[OrderKey, str], dict[str, str]] = defaultdict(dict)
    numbers: dict[str, tuple[OrderKey, str]] = {}
    for _, key, body in facts.events.get("label-bought", []):
        check.checked += 1
        fulfilment = (key, body["fulfilment_id"])
        number = body["parcel"]["tracking_number"]
        bought[fulfilment][number] = body["parcel"].get("parcel_id", f"{fulfilment[1]}/1")
        if numbers.setdefault(number, fulfilment) != fulfilment:
            check.violations.append(
                f"tracking number {number} belongs to two fulfilments: {numbers[number][1]}, {fulfilment[1]}"
            )
    for _, key, body in facts.events.get("label-voided", []):
        bought[key, body["fulfilment_id"]].pop(body["tracking_number"], None)
    for (key, fulfilment_id), left in bought.items():
        if max(Counter(left.values()).values(), default=0) > 1:
            check.violations.append(
                f"{order_name(key)}: {len(left)} labels for {fulfilment_id}: {', '.join(sorted(left))}"
            )
        shipment = facts.shipments.get(key, {}).get(fulfilment_id, {})
        if left and shipment.get("status") == "stopped" and not shipment.get("intent") and not facts.open_consumers:
            check.violations.append(
                f"{order_name(key)}: {fulfilment_id} does not ship, and its label was never given back"
            )
    return check
