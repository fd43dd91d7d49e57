"""Checks of what stock is made of: conditions, lots, expected receipts."""

from collections import Counter
from collections.abc import Iterable

from services.verify.check import Check
from services.verify.facts import Body, Facts, Place

_COUNTERS = {"quarantine": "quarantine", "damaged": "damaged", "in-transit": "in_transit"}
_OF_LOTS = ("on_hand", "quarantine", "damaged")


def _places(facts: Facts) -> Iterable[tuple[Place, Body, Body]]:
    """Each SKU at each location, with its stock."""
    for (owner, sku), stock in facts.stocks.items():
        for location, place in stock.get("locations", {}).items():
            yield (owner, sku, location), place, stock


def conditions_conserved(facts: Facts) -> Check:
    """What cannot be sold is the sum of its ledger; what is in transit is what transfers have sent."""
    check = Check("conditions-are-conserved")
    on_the_way: Counter[Place] = Counter()
    for (owner, _, sku), transfer in facts.transfers.items():
        on_the_way[owner, sku, transfer["to_location_id"]] += transfer["left"]
    for where, place, _ in _places(facts):
        check.checked += 1
        for condition, counter in _COUNTERS.items():
            there, sum_ = place.get(counter, 0), facts.conditions.get((where, condition), 0)
            if there != sum_:
                check.violations.append(f"{_name(where)}: {there} {condition}, and its ledger makes {sum_}")
        there, sent = place.get("in_transit", 0), on_the_way[where]
        if there != sent:
            check.violations.append(f"{_name(where)}: {there} in transit, and transfers have sent {sent}")
    return check


def _name(where: Place) -> str:
    return f"{where[1]} at {where[2]} of {where[0]}"


def lots_match(facts: Facts) -> Check:
    """The lots of a location make up its stock, and are bound as reservations say."""
    check = Check("lots-make-up-their-stock")
    bound = _bound(facts)
    for where, place, _ in _places(facts):
        check.checked += 1
        if where not in facts.lots:  # nothing has happened there since lots are kept
            continue
        lots = facts.lots[where].get("lots", {})
        for counter in _OF_LOTS:
            says, sum_ = place.get(counter, 0), sum(lot.get(counter, 0) for lot in lots.values())
            if says != sum_:
                check.violations.append(f"{_name(where)}: {says} {counter.replace('_', ' ')}, and its lots make {sum_}")
        for name, lot in lots.items():
            says, is_bound = lot.get("allocated", 0), bound.pop((where, name), 0)
            if says != is_bound:
                check.violations.append(
                    f"{_name(where)}: lot {name} has {says} bound, and reservations make {is_bound}"
                )
    for (where, name), pieces in bound.items():
        check.violations.append(f"{_name(where)}: {pieces} bound of lot {name}, which is not there")
    return check


def _bound(facts: Facts) -> Counter[tuple[Place, str]]:
    """Bound pieces by place and lot, as reservations say."""
    bound: Counter[tuple[Place, str]] = Counter()
    for (owner, _), reservation in facts.reservations.items():
        for line in reservation.get("lines", []):
            for one in line.get("bound", []):
                for lot, quantity in one.get("lots", {}).items():
                    bound[(owner, one.get("sku") or line["sku"], one["location_id"]), lot] += quantity
    return bound


def receipts_match(facts: Facts) -> Check:
    """What stock says is expected is what open receipts are still to bring."""
    check = Check("expected-stock-matches-receipts")
    for key, stock in facts.stocks.items():
        check.checked += 1
        receipts = facts.inbound.get(key, {}).get("receipts", {}).values()
        left = sum(max(0, one["quantity"] - one.get("received", 0)) for one in receipts)
        if stock.get("expected", 0) != left:
            check.violations.append(
                f"{key[1]} of {key[0]}: {stock.get('expected', 0)} expected, and receipts are to bring {left}"
            )
    return check
