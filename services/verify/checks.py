"""The checks of an audit: each looks at the facts and names every violation."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from services.verify.facts import Body, Facts, OrderKey


@dataclass(slots=True)
class Check:
    """One promise, how often it was checked, and where it does not hold."""

    name: str
    checked: int = 0
    violations: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """It holds everywhere."""
        return not self.violations


def _name(key: OrderKey) -> str:
    return f"order {key[1]} of {key[0]}"


def ingest_accounted(facts: Facts) -> Check:
    """Every order that was handed in was answered by an event, or is a dead letter, or is parked, or still waits."""
    check = Check("every-ingested-message-is-accounted-for", len(facts.ingested))
    waiting = any(name.startswith("capture-ingest") for name in facts.open_consumers)
    for identity, (seq, key) in facts.ingested.items():
        known = identity in facts.answered or identity in facts.dead_messages or identity in facts.parked_messages
        if not known and not waiting:
            check.violations.append(f"message {identity} (sequence {seq}, {_name(key)}) is lost: nothing tells of it")
    return check


_ENDED = {"rejected", "cancelled", "completed"}
_OPEN_SHIPMENT = {"allocated", "labelled", "picked", "packed"}


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
                check.violations.append(f"{_name(key)}: {problem}")
    for key in facts.captured_at.keys() - facts.orders.keys():
        check.violations.append(f"{_name(key)} was captured and is nowhere")
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


def stock_conserved(facts: Facts) -> Check:
    """On hand at each location is the sum of its ledger: received − shipped ± adjusted, counted, moved, restocked."""
    check = Check("stock-is-conserved")
    running: dict[tuple[str, str, str], int] = defaultdict(int)
    for where, delta, on_hand in facts.ledger:
        running[where] += delta
        check.checked += 1
        if running[where] != on_hand:
            check.violations.append(
                f"ledger of {where[1]} at {where[2]} of {where[0]} says {on_hand} on hand, and makes {running[where]}"
            )
            running[where] = on_hand
    for (owner, sku), stock in facts.stocks.items():
        for location, place in stock.get("locations", {}).items():
            check.checked += 1
            on_hand, sum_ = place.get("on_hand", 0), facts.moved.get((owner, sku, location), 0)
            if on_hand != sum_:
                check.violations.append(
                    f"{sku} at {location} of {owner}: {on_hand} on hand, and its ledger makes {sum_}"
                )
    for owner, sku, location in facts.moved:
        if location not in facts.stocks.get((owner, sku), {}).get("locations", {}):
            check.violations.append(f"{sku} at {location} of {owner} has a ledger and no stock")
    return check


def commitments_match(facts: Facts) -> Check:
    """What stock says is promised, bound and waited for is what the orders' reservations say."""
    check = Check("stock-matches-reservations")
    promised: Counter[tuple[str, str]] = Counter()
    waiting: Counter[tuple[str, str]] = Counter()
    bound: Counter[tuple[str, str, str]] = Counter()
    for (owner, order_id), reservation in facts.reservations.items():
        for line in reservation.get("lines", []):
            sku = line["sku"]
            promised[owner, sku] += line.get("promised", 0)
            waiting[owner, sku] += line.get("backordered", 0)
            for one in line.get("bound", []):
                bound[owner, sku, one["location_id"]] += one["quantity"]
            parts = (
                line.get("promised", 0) + line.get("backordered", 0) + line.get("shipped", 0) + line.get("released", 0)
            )
            parts += sum(one["quantity"] for one in line.get("bound", []))
            check.checked += 1
            if parts != line["quantity"]:
                check.violations.append(
                    f"order {order_id} of {owner}: line {line['line_id']} has {line['quantity']} pieces, {parts} told"
                )
    for key, stock in facts.stocks.items():
        check.checked += 1
        _same(check, key, "reserved", stock.get("reserved", 0), promised.pop(key, 0))
        _same(check, key, "waiting", stock.get("waiting", 0), waiting.pop(key, 0))
        if not facts.open_consumers:
            _same(check, key, "in waiting lines", stock.get("waiting", 0), facts.waiting.get(key, 0))
        for location, place in stock.get("locations", {}).items():
            _same(check, key, f"allocated at {location}", place.get("allocated", 0), bound.pop((*key, location), 0))
    for left in (promised, waiting, bound):
        check.violations += [f"{key[1]} of {key[0]}: {n} pieces reserved of no stock" for key, n in left.items() if n]
    return check


def _same(check: Check, key: tuple[str, str], what: str, says: int, sum_: int) -> None:
    if says != sum_:
        check.violations.append(f"{key[1]} of {key[0]}: stock says {says} {what}, reservations make {sum_}")


def oversold(facts: Facts) -> dict[tuple[str, str], int]:
    """Pieces promised or bound beyond what is there, by owner and SKU, where no shortage was recorded."""
    found: dict[tuple[str, str], int] = {}
    for key, stock in facts.stocks.items():
        places = stock.get("locations", {}).values()
        bound = sum(max(0, p.get("allocated", 0) - p.get("on_hand", 0)) for p in places)
        free = sum(max(0, p.get("on_hand", 0) - p.get("allocated", 0)) for p in places)
        missing = bound + max(0, stock.get("reserved", 0) - free)
        if missing and key not in facts.shortages:
            found[key] = missing
    return found


def never_oversold(facts: Facts) -> Check:
    """No reservation is beyond what is there, unless a count or damage took it away, and that is recorded."""
    check = Check("nothing-is-oversold", len(facts.stocks))
    for (owner, sku), missing in oversold(facts).items():
        check.violations.append(f"{sku} of {owner}: {missing} pieces are promised that are not there")
    for key, stock in facts.stocks.items():
        negative = [
            name
            for name, p in stock.get("locations", {}).items()
            if min(p.get("on_hand", 0), p.get("allocated", 0)) < 0
        ]
        if stock.get("reserved", 0) < 0 or stock.get("waiting", 0) < 0 or negative:
            check.violations.append(f"{key[1]} of {key[0]}: stock has counters below zero")
    return check


def _once(name: str, facts: Facts, events: Iterable[str], identity: Callable[[Body], Any], what: str) -> Check:
    """No two events of a kind say the same."""
    check = Check(name)
    seen: dict[Any, str] = {}
    for event in events:
        for message_id, key, body in facts.events.get(event, []):
            check.checked += 1
            said = (key, identity(body))
            if seen.setdefault(said, message_id) != message_id:
                check.violations.append(f"{_name(key)}: {what} twice ({identity(body)}): {seen[said]} and {message_id}")
    return check


def reserved_once(facts: Facts) -> Check:
    """No promise is given twice, and none is bound twice."""
    check = _once(
        "nothing-is-reserved-twice",
        facts,
        ("stock-reserved", "stock-backordered"),
        lambda body: body.get("generation", 0),
        "the same promise",
    )
    bound = _once("", facts, ("stock-allocated",), lambda body: body["fulfilment"]["fulfilment_id"], "bound")
    check.checked += bound.checked
    check.violations += bound.violations
    return check


def charged_once(facts: Facts) -> Check:
    """No order is authorised twice for the same attempt, no fulfilment charged twice."""
    check = _once(
        "nothing-is-charged-twice",
        facts,
        ("payment-authorised",),
        lambda body: (body.get("authorisation_id", ""), body.get("revision", 0)),
        "authorised",
    )
    charged = _once("", facts, ("payment-captured",), lambda body: body["fulfilment_id"], "charged")
    check.checked += charged.checked
    check.violations += charged.violations
    check.violations += _beyond_total(facts, "payment-captured", "charged")
    return check


def _beyond_total(facts: Facts, event: str, verb: str) -> list[str]:
    """Orders of which more was moved by these events than they cost."""
    moved: Counter[OrderKey] = Counter()
    for _, key, body in facts.events.get(event, []):
        moved[key] += body["amount"]["amount_minor"]
    totals = {key: facts.payments.get(key, {}).get("amount_minor", 0) for key in moved}
    return [
        f"{_name(key)}: {amount} was {verb} of {totals[key]}" for key, amount in moved.items() if amount > totals[key]
    ]


def refunded_once(facts: Facts) -> Check:
    """No refund is paid twice, and no more is paid back than was paid."""
    check = _once("nothing-is-refunded-twice", facts, ("payment-refunded",), lambda body: body["refund_id"], "refunded")
    check.violations += _beyond_total(facts, "payment-refunded", "paid back")
    return check


def labelled_once(facts: Facts) -> Check:
    """No label is bought twice for a fulfilment, unless the one before was given back; no number is used twice."""
    check = Check("no-label-is-bought-twice")
    bought: dict[tuple[OrderKey, str], set[str]] = defaultdict(set)
    numbers: dict[str, tuple[OrderKey, str]] = {}
    for _, key, body in facts.events.get("label-bought", []):
        check.checked += 1
        fulfilment = (key, body["fulfilment_id"])
        number = body["parcel"]["tracking_number"]
        bought[fulfilment].add(number)
        if numbers.setdefault(number, fulfilment) != fulfilment:
            check.violations.append(
                f"tracking number {number} belongs to two fulfilments: {numbers[number][1]}, {fulfilment[1]}"
            )
    for _, key, body in facts.events.get("label-voided", []):
        bought[key, body["fulfilment_id"]].discard(body["tracking_number"])
    for (key, fulfilment_id), left in bought.items():
        if len(left) > 1:
            check.violations.append(f"{_name(key)}: {len(left)} labels for {fulfilment_id}: {', '.join(sorted(left))}")
        shipment = facts.shipments.get(key, {}).get(fulfilment_id, {})
        if left and shipment.get("status") == "stopped" and not shipment.get("intent") and not facts.open_consumers:
            check.violations.append(f"{_name(key)}: {fulfilment_id} does not ship, and its label was never given back")
    return check


def money_conserved(facts: Facts) -> Check:
    """What was authorised for an order and is not cancelled is charged, or still to be charged as goods ship."""
    check = Check("money-is-conserved")
    shipped: Counter[OrderKey] = Counter()
    for _, key, body in facts.events.get("shipment-shipped", []):
        shipped[key] += body["value"]["amount_minor"]
    for key, payment in facts.payments.items():
        if payment.get("method", "prepaid") != "token" or facts.open_consumers or facts.parked:
            continue
        check.checked += 1
        captures = payment.get("captures", {}).values()
        taken = sum(c["amount_minor"] for c in captures if c.get("done"))
        failed = sum(c["amount_minor"] for c in captures if c.get("failed"))
        for_prices = sum(c.get("adjusted_minor", 0) for c in captures)
        if taken + failed - for_prices != shipped[key]:
            check.violations.append(
                f"{_name(key)}: goods for {shipped[key]} shipped, and {taken - for_prices} was charged for them"
            )
        due = payment.get("amount_minor", 0) - payment.get("cancelled_minor", 0)
        order = facts.orders.get(key, {})
        refunds = payment.get("refunds", {})
        back = sum(r["amount_minor"] for name, r in refunds.items() if name.startswith("amend:"))
        settled = order.get("status") == "completed" and payment.get("status") == "authorised"
        if settled and taken + failed - back != due:
            check.violations.append(f"{_name(key)}: {due} was due of a completed order, and {taken - back} was charged")
    return check


ALL: tuple[Callable[[Facts], Check], ...] = (
    ingest_accounted,
    one_place,
    stock_conserved,
    commitments_match,
    never_oversold,
    reserved_once,
    charged_once,
    refunded_once,
    labelled_once,
    money_conserved,
)
"""Every check."""


def audit(facts: Facts) -> list[Check]:
    """All checks over the same facts."""
    return [check(facts) for check in ALL]
