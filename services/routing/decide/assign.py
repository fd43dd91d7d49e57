"""The best assignment of an order's pieces to locations: exact, by enumeration with bounds.

A plan uses some locations. It costs each location's fixed points, `split` points for each location beyond the first,
and for each piece what that location asks for a piece and for its weight. For a given set of locations each SKU is
independent of the others, so the cheapest way is to take each SKU from the cheapest location for it first.

The best set is found by looking at every single location, at every pair that its fixed points alone do not rule out,
and at larger sets as long as they can still be better. What a location adds to a set it cannot add more of to a larger
one (the goods that it serves more cheaply are then served more cheaply already), so from the costs C of sets that are
known C(S + k) ≥ C(S) + C(i + k) − C(i) for every i in S; a set that this bound shows to be no better is never priced.
Pieces that a set lacks cost more than any plan, which makes the same bound rule out sets that do not have the goods.

Points are counted in millionths, as integers: sums are exact, and the same question has the same answer.

The one thing that is left out: a location whose own points are so negative that a split pays for itself is never given
a piece only to collect them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

_UNIT = 1_000_000


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
    kilogram: float = 0.0
    """Points for each kilogram."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What an order needs."""

    pieces: dict[str, int]
    """By SKU."""
    weights_g: dict[str, int]
    """Of one piece, by SKU; SKUs that are not in it weigh nothing."""
    whole: bool = False
    """All pieces of a SKU come from one location."""
    together: tuple[frozenset[str], ...] = ()
    """SKUs that come from one location, all of them; no SKU is in two of these sets."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An assignment: pieces by location and SKU, and its cost."""

    points: float
    shares: dict[str, dict[str, int]]


def best_plans(demand: Demand, sites: Iterable[Site], *, split: float, most: int, keep: int) -> list[Plan]:
    """The best plan for these pieces, and the next best that were looked at, at most `keep` in all, best first.

    None where it cannot be served. Of plans of equal cost the one with fewer locations comes first, then by their ids.
    """
    if not demand.pieces:
        return []
    items = [_Item((sku,), need) for sku, need in demand.pieces.items() if not any(sku in g for g in demand.together)]
    groups = (tuple(sku for sku in demand.pieces if sku in group) for group in demand.together)
    items += [_Item(skus, 1, grouped=True) for skus in groups if skus]
    priced = [row for site in sites if (row := _row(site, demand, items))]
    priced.sort(key=lambda row: (row.add, row.site.location_id))
    if not priced:
        return []
    search = _Search(priced, demand, items, _points(split), min(most, len(priced)))
    search.run()
    return list(islice(search.plans(), keep))


def _points(points: float) -> int:
    return round(points * _UNIT)


@dataclass(frozen=True, slots=True)
class _Item:
    """A SKU with its pieces; or a group of SKUs, which is one piece that a location has whole or not at all."""

    skus: tuple[str, ...]
    need: int
    grouped: bool = False


@dataclass(slots=True)
class _Row:
    """A location in millionths of points."""

    site: Site
    add: int
    """For using it."""
    units: list[int]
    """For one piece of each item."""
    free: list[int]
    """Pieces of each item that it may be asked for."""


def _row(site: Site, demand: Demand, items: list[_Item]) -> _Row | None:
    """A location's prices and stock by item; none where it has nothing of the order."""
    piece, kilogram, weights, stock = _points(site.piece), _points(site.kilogram), demand.weights_g, site.stock
    free: list[int] = []
    units: list[int] = []
    for sku, need in ((item.skus[0], item.need) for item in items if not item.grouped):
        there = stock.get(sku, 0)
        free.append(need if there >= need else 0 if demand.whole or there < 0 else there)
        units.append(piece + kilogram * weights.get(sku, 0) // 1000)
    for item in items[len(free) :]:
        free.append(int(all(stock.get(sku, 0) >= demand.pieces[sku] for sku in item.skus)))
        asked = ((sku, demand.pieces[sku]) for sku in item.skus)
        units.append(sum(need * (piece + kilogram * weights.get(sku, 0) // 1000) for sku, need in asked))
    return _Row(site, _points(site.fixed), units, free) if any(free) else None


class _Search:
    """One search. A set is a tuple of numbers of rows, ascending; its cost is in millionths of points.

    `costs` has for each row what it asks for all pieces of each item, as if it had them all if it has any. What a set
    costs by that (the least of its rows, item by item) is what it costs, or a bound of it where a row has only a part.
    """

    def __init__(self, rows: list[_Row], demand: Demand, items: list[_Item], split: int, most: int) -> None:
        self.rows = rows
        self.items = items
        self.pieces = demand.pieces
        self.needs = [item.need for item in items]
        self.split = split
        self.most = most
        self.adds = [row.add + split for row in rows]
        self.found: list[tuple[int, tuple[int, ...]]] = []
        """Sets that have everything, with what they cost."""
        dearest = sum([max([abs(row.units[n]) for row in rows]) * item.need for n, item in enumerate(items)])
        self.best = self.lack = 1 + 2 * (sum(map(abs, self.adds)) + dearest)
        """What the best set costs; what a missing item costs: more than all there is."""
        self.costs = [
            [
                unit * need if free else self.lack
                for unit, need, free in zip(row.units, self.needs, row.free, strict=True)
            ]
            for row in rows
        ]
        self.floor = sum(map(min, zip(*self.costs, strict=True))) - split
        """What every set costs beyond what its rows ask for being used."""
        if min(self.adds) < 0:
            self.floor += sum(sorted(add for add in self.adds if add < 0)[:most])

    def run(self) -> None:
        """Look at every set of at most so many locations that may be the best."""
        alone = [row.add + sum(costs) for row, costs in zip(self.rows, self.costs, strict=True)]
        for n, row in enumerate(self.rows):
            if row.free == self.needs:
                self.found.append((alone[n], (n,)))
                self.best = min(self.best, alone[n])
        if self.most > 1 and self.floor + self.adds[0] + self.adds[1] < self.best:
            self._count()
            self._pairs(alone)

    def _count(self) -> None:
        """Who has how much of what, for sets of several."""
        self.partly = [n for n, need in enumerate(self.needs) if any(0 < row.free[n] < need for row in self.rows)]
        """Items of which a row has only a part."""
        holders = [
            [k for k, row in enumerate(self.rows) if row.free[n] * self.most >= need]
            for n, need in enumerate(self.needs)
        ]
        self.holders = sorted(holders, key=len)
        """For each item, the scarcest first, the rows that have so much of it that one of them is in every set that has
        enough: the one that has most of it."""
        self.full = (1 << len(holders)) - 1
        self.masks = [0] * len(self.rows)
        """The same by row: which items, as bits."""
        for n, those in enumerate(self.holders):
            for k in those:
                self.masks[k] |= 1 << n

    def _pairs(self, alone: list[int]) -> None:
        """Price the pairs that may be better than the best single location, and go on from them to larger sets."""
        adds, masks, costs = self.adds, self.masks, self.costs
        gains = [[self.lack] * len(adds) for _ in adds]
        pairs: list[tuple[int, int, int]] = []
        for i, own in enumerate(costs):
            end = bisect_left(adds, self.best - self.floor - adds[i])
            for j, other in enumerate(costs[i + 1 : end], start=i + 1):
                cost = adds[i] + adds[j] - self.split + sum(map(min, own, other))
                gains[i][j], gains[j][i] = cost - alone[i], cost - alone[j]
                pairs.append((cost, i, j))
                if cost < self.best and masks[i] | masks[j] == self.full:
                    self._note(cost, (i, j))
        if self.most > 2:  # noqa: PLR2004  # pairs are done
            for cost, i, j in sorted(pairs):
                self._extend((i, j), cost, adds[i] + adds[j], self.full & ~(masks[i] | masks[j]), gains)

    def _extend(self, chosen: tuple[int, ...], cost: int, used: int, missing: int, gains: list[list[int]]) -> None:
        """Add one more location behind the last of a set, for which so much is asked, and which misses these items."""
        end = bisect_left(self.adds, self.best - self.floor - used)
        if len(chosen) + 1 < self.most:
            for k in range(chosen[-1] + 1, end):
                self._add(chosen, k, used, missing, gains)
            return
        within = self.holders[(missing & -missing).bit_length() - 1] if missing else range(end)
        known = [gains[n] for n in chosen]
        for k in within[bisect_right(within, chosen[-1]) : bisect_left(within, end)]:
            if not missing & ~self.masks[k] and all(cost + gain[k] < self.best for gain in known):
                self._add(chosen, k, used, missing, gains)

    def _add(self, chosen: tuple[int, ...], k: int, used: int, missing: int, gains: list[list[int]]) -> None:
        """Price a set with one location more, and go on from it where it may grow."""
        larger = (*chosen, k)
        used += self.adds[k]
        missing &= ~self.masks[k]
        price = used - self.split + sum(map(min, *[self.costs[n] for n in larger]))
        if price < self.best and not missing:
            self._note(price, larger)
        if len(larger) < self.most:
            self._extend(larger, price, used, missing, gains)

    def _short(self, chosen: tuple[int, ...]) -> int | None:
        """What a set costs beyond its bound since rows have only a part of what is needed; none: it lacks something."""
        more = 0
        for n in self.partly:
            left = self.needs[n]
            offers = sorted((self.rows[k].units[n], self.rows[k].free[n]) for k in chosen if self.rows[k].free[n])
            for unit, free in offers:
                more += (unit - offers[0][0]) * min(left, free)
                left -= free
                if left <= 0:
                    break
            else:
                return None
        return more

    def _note(self, cost: int, chosen: tuple[int, ...]) -> None:
        """Remember a set if it has everything; a cheaper one bounds what is still looked at."""
        more = self._short(chosen) if self.partly else 0
        if more is not None:
            self.found.append((cost + more, chosen))
            if cost + more < self.best and self._each_is_needed(chosen):
                self.best = cost + more

    def _each_is_needed(self, chosen: tuple[int, ...]) -> bool:
        """Whether every location has something to ship. Only points of its own could make one that has not cheaper."""
        if all(self.rows[n].add + self.split >= 0 for n in chosen):
            return True
        return self._shares(chosen) is not None

    def plans(self) -> Iterator[Plan]:
        """The plans of the sets that were found, best first; a set of which a location is not needed makes none."""
        names = [row.site.location_id for row in self.rows]
        found = [(cost, len(chosen), sorted(names[n] for n in chosen), chosen) for cost, chosen in self.found]
        for cost, _, _, chosen in sorted(found):
            shares = self._shares(chosen)
            if shares is not None:
                yield Plan(cost / _UNIT, shares)

    def _shares(self, chosen: tuple[int, ...]) -> dict[str, dict[str, int]] | None:
        """Pieces by location and SKU, each SKU from the cheapest location first; none where a location has no share."""
        shares: dict[str, dict[str, int]] = {self.rows[n].site.location_id: {} for n in chosen}
        for n, item in enumerate(self.items):
            left = item.need
            for _, k in sorted((self.rows[k].units[n], k) for k in chosen):
                taken = min(left, self.rows[k].free[n])
                if taken:
                    left -= taken
                    pieces = {sku: self.pieces[sku] if item.grouped else taken for sku in item.skus}
                    shares[self.rows[k].site.location_id].update(pieces)
        return shares if all(shares.values()) else None
