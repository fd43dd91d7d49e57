"""Checks of stock: it is conserved, promised as reservations say, and never beyond what is there."""

from collections import Counter, defaultdict

from services.verify.check import Check
from services.verify.facts import Facts


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
                bound[owner, one.get("sku") or sku, one["location_id"]] += one["quantity"]
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
    _shares_match(check, facts)
    for left in (promised, waiting, bound):
        check.violations += [f"{key[1]} of {key[0]}: {n} pieces reserved of no stock" for key, n in left.items() if n]
    return check


def _shares_match(check: Check, facts: Facts) -> None:
    """What stock says that channels hold which have a limit is what their lines hold."""
    used: Counter[tuple[tuple[str, str], str]] = Counter()
    for (owner, _), reservation in facts.reservations.items():
        for line in reservation.get("lines", []):
            bound = sum(one["quantity"] for one in line.get("bound", []) if not one.get("sku"))
            if line.get("channel"):
                used[(owner, line["sku"]), line["channel"]] += line.get("promised", 0) + bound
    for key, stock in facts.stocks.items():
        for channel, says in stock.get("used", {}).items():
            _same(check, key, f"held by {channel}, which has a limit,", says, used.pop((key, channel), 0))
    for (key, channel), pieces in used.items():
        _same(check, key, f"held by {channel}, which has a limit,", 0, pieces)


def _same(check: Check, key: tuple[str, str], what: str, says: int, sum_: int) -> None:
    if says != sum_:
        check.violations.append(f"{key[1]} of {key[0]}: stock says {says} {what}, reservations make {sum_}")


def oversold(facts: Facts) -> dict[tuple[str, str], int]:
    """Pieces promised or bound beyond what is there, by owner and SKU, which nothing accounts for.

    Where a shortage was recorded, promises are taken back until none is beyond what is there; what is bound may stay,
    for it has been picked, or its warehouse decides.
    """
    found: dict[tuple[str, str], int] = {}
    for key, stock in facts.stocks.items():
        places = stock.get("locations", {}).values()
        bound = sum(max(0, p.get("allocated", 0) - p.get("on_hand", 0)) for p in places)
        free = sum(max(0, p.get("on_hand", 0) - p.get("allocated", 0)) for p in places)
        promised = max(0, stock.get("reserved", 0) - free)
        short = key in facts.shortages
        missing = (0 if short else bound) + (0 if short and _is_under_way(facts, key) else promised)
        if missing:
            found[key] = missing
    return found


def _is_under_way(facts: Facts, key: tuple[str, str]) -> bool:
    return key in facts.taking_back or any(name.startswith("inventory-") for name in facts.open_consumers)


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
