"""The best assignment of an order's pieces to locations: exact, by enumeration with bounds.

A plan uses some locations. It costs each location's fixed points, `split` points for each location beyond the first,
and piece points for each piece. For a given set of locations each SKU is independent of the others, so the cheapest
way is to take each SKU from the location with the fewest piece points first. Every set of at most `most` locations is
looked at, smaller sets first, unless its fixed cost alone shows that it is no better than the best that was found.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Site:
    """A location that may serve the order."""

    location_id: str
    fixed: float
    """Points for using it at all."""
    piece: float
    """Points for each piece."""
    stock: dict[str, int]
    """Free pieces by SKU, of those that the order needs."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An assignment: pieces by location and SKU, and its cost."""

    points: float
    shares: dict[str, dict[str, int]]


def best_plans(demand: dict[str, int], sites: list[Site], *, split: float, most: int, keep: int) -> list[Plan]:
    """The best plan for these pieces by SKU, and the next best that were looked at, at most `keep` in all, best first.

    None where it cannot be served. Plans of equal cost are ordered by the ids of their locations, so that the same
    question has the same answer.
    """
    if not demand:
        return []
    skus = list(demand)
    sites = sorted(
        (site for site in sites if any(site.stock.get(sku, 0) > 0 for sku in skus)),
        key=lambda site: (site.fixed, site.location_id),
    )
    cheapest = sum(demand.values()) * min((site.piece for site in sites), default=0.0)
    found: list[tuple[float, tuple[str, ...], Plan]] = []
    full = (1 << len(skus)) - 1
    masks = {site.location_id: _covers(site, skus, demand) for site in sites}
    for count in range(1, min(most, len(sites)) + 1):
        for chosen in combinations(sites, count):
            floor = sum(site.fixed for site in chosen) + split * (count - 1) + cheapest
            if count > 1 and found and floor > found[0][0]:
                continue
            covered = 0
            for site in chosen:
                covered |= masks[site.location_id]
            if covered != full and not _together(chosen, demand):
                continue
            plan = _plan(chosen, demand, split)
            if plan is not None:
                found.append((plan.points, tuple(sorted(plan.shares)), plan))
                found.sort(key=lambda one: one[:2])
                del found[keep:]
    return [plan for _, _, plan in found]


def _covers(site: Site, skus: list[str], demand: dict[str, int]) -> int:
    """The SKUs that a location can serve alone, as bits."""
    return sum(1 << n for n, sku in enumerate(skus) if site.stock.get(sku, 0) >= demand[sku])


def _together(chosen: tuple[Site, ...], demand: dict[str, int]) -> bool:
    """Whether these locations have enough of everything between them."""
    return all(sum(site.stock.get(sku, 0) for site in chosen) >= needed for sku, needed in demand.items())


def _plan(chosen: tuple[Site, ...], demand: dict[str, int], split: float) -> Plan | None:
    """The cheapest plan that uses exactly these locations; none where one of them is not needed."""
    shares: dict[str, dict[str, int]] = {site.location_id: {} for site in chosen}
    points = sum(site.fixed for site in chosen) + split * (len(chosen) - 1)
    in_order = sorted(chosen, key=lambda site: (site.piece, site.fixed, site.location_id))
    for sku, needed in demand.items():
        left = needed
        for site in in_order:
            taken = min(left, site.stock.get(sku, 0))
            if taken:
                shares[site.location_id][sku] = taken
                points += taken * site.piece
                left -= taken
    if len(chosen) > 1 and not all(shares.values()):
        return None
    return Plan(round(points, 6), shares)
