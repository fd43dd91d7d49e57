"""Capacity: how many fulfilments leave a location on a day, and how many may.

What leaves is counted by location and local day. Where a location may ship very many, its orders are divided into
stripes, each with its share of the capacity and a count of its own, so that partitions that route side by side do not
wait for each other: all orders of a stripe belong to one partition. Where it ships fewer there is one count, shared by
all partitions; it is written too seldom to be in anybody's way.
"""

from crossdock_contracts import subjects
from services.hub.decision import Document, States, changed
from services.routing.rules import Rules
from services.routing.state import HOUSE, Places, Route, Workload

STRIPED_FROM = 1000
"""A location that may ship so many for each partition is counted in stripes."""


class Workloads:
    """The counts that one decision reads and changes."""

    def __init__(self, states: States) -> None:
        self._states = states
        self._now: dict[tuple[str, str, str], Workload] = {}
        self._before: dict[tuple[str, str, str], Workload] = {}

    def _at(self, location_id: str, day: str, stripe: str) -> Workload:
        key = (location_id, day, stripe)
        found = self._now.get(key)
        if found is None:
            found = self._states.get(Workload, HOUSE, *key)
            found = found or Workload(owner=HOUSE, location_id=location_id, day=day, stripe=stripe)
            self._before[key] = self._now[key] = found
        return found

    def count(self, location_id: str, day: str, stripe: str) -> int:
        """How many leave there on that day."""
        return self._at(location_id, day, stripe).fulfilments

    def add(self, location_id: str, day: str, stripe: str, by: int) -> None:
        """So many more or fewer leave."""
        load = self._at(location_id, day, stripe)
        self._now[location_id, day, stripe] = changed(load, fulfilments=max(0, load.fulfilments + by))

    def free(self, route: Route) -> Route:
        """The route without the counts of shares of which nothing is left and nothing shipped: there is room again."""
        emptied = {
            share.fulfilment_id for share in route.shares if share.counted and not share.pieces and not share.shipped
        }
        if not emptied:
            return route
        for share in route.shares:
            if share.fulfilment_id in emptied:
                day, _, stripe = share.counted.partition(".")
                self.add(share.location_id, day, stripe, -1)
        shares = tuple(changed(s, counted="") if s.fulfilment_id in emptied else s for s in route.shares)
        return changed(route, shares=shares)

    def writes(self) -> list[Document]:
        """The documents that changed."""
        return [load for key, load in self._now.items() if load is not self._before[key]]


def capacity_of(rules: Rules, places: Places | None, location_id: str) -> int | None:
    """How many fulfilments may leave a location on a day; none: any number."""
    if places is not None and location_id in places.capacity:
        return places.capacity[location_id]
    calendar = rules.locations[location_id].calendar
    return calendar.daily_capacity if calendar is not None else None


def stripes_of(rules: Rules, location_id: str) -> int:
    """How many stripes a location's orders are divided into: as it is configured, whatever was said since."""
    calendar = rules.locations[location_id].calendar
    configured = calendar.daily_capacity if calendar is not None else None
    return rules.partitions if (configured or 0) >= STRIPED_FROM * rules.partitions else 1


def stripe_of(rules: Rules, location_id: str, owner: str, order_id: str) -> int:
    """The stripe of an order: with as many stripes as partitions, the number of its partition."""
    return subjects.partition(owner, order_id, stripes_of(rules, location_id))


def share_of(capacity: int, stripe: int, stripes: int) -> int:
    """A stripe's share of a capacity; the shares of all stripes add up to it."""
    return capacity // stripes + (1 if stripe < capacity % stripes else 0)
