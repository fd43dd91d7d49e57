"""Past decisions taken again, by other rules.

Each decision is replayed as it stood: the order as it was known, the stock that its promise named, the moment. What a
replayed decision takes from another location than the real one did is missing there from then on, and is still there
where the real one took it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.inventory import Candidate, PromisedLine, StockReservedV1
from crossdock_contracts.routing import OrderRoutedV1, OrderUnroutableV1
from crossdock_contracts.values import Order
from services.hub.decision import States
from services.routing.decide.eligible import kilometres
from services.routing.decide.landed import Landed, landed
from services.routing.decide.route import know_promise
from services.routing.decide.ruling import case_of
from services.routing.rules import Rules
from services.routing.state import Pieces, Route

Shares = dict[str, dict[str, int]]
"""Pieces by location and SKU."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision of routing, and what it was taken on."""

    owner: str
    order: Order
    attempt: int
    at: datetime
    pieces: tuple[Pieces, ...]
    promised: tuple[PromisedLine, ...]
    """What was promised of them, and where it lay."""
    shares: Shares = field(default_factory=dict)
    """Where they ship from; nothing: it was unroutable."""
    reason: str = ""
    """Why it was unroutable."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A decision, what it came to, and what it comes to by other rules."""

    decided: Decided
    before: Landed | None
    """None: unroutable."""
    after: Landed | None
    shares: Shares
    """Where it would ship from."""
    reason: str = ""
    """Why it would be unroutable."""

    @property
    def moved(self) -> bool:
        """It would have been decided otherwise."""
        return self.shares != self.decided.shares

    @property
    def saved_minor(self) -> int:
        """What it would have cost less; nothing where one of both was not routed."""
        return self.before.cost_minor - self.after.cost_minor if self.before and self.after else 0


def shares_of(fulfilments: Iterable[Fulfilment]) -> Shares:
    """Pieces by location and SKU."""
    shares: Shares = defaultdict(lambda: defaultdict(int))
    for fulfilment in fulfilments:
        for line in fulfilment.lines:
            shares[fulfilment.location_id][line.sku] += line.quantity
    return {name: dict(pieces) for name, pieces in shares.items()}


def replay(rules: Rules, past: Iterable[Decided]) -> Iterator[Replayed]:
    """Take decisions again, the oldest first. Locations of the past that are in no file any more are passed over."""
    differences: dict[tuple[str, str, str], int] = defaultdict(int)
    for decided in past:
        if decided.shares.keys() - rules.locations.keys():
            continue
        shares, reason = _again(rules, decided, differences)
        for sign, given in ((1, decided.shares), (-1, shares)):
            for name, pieces in given.items():
                for sku, quantity in pieces.items():
                    differences[decided.owner, sku, name] += sign * quantity
        yield Replayed(
            decided, _comes_to(rules, decided, decided.shares), _comes_to(rules, decided, shares), shares, reason
        )


def _again(rules: Rules, decided: Decided, differences: Mapping[tuple[str, str, str], int]) -> tuple[Shares, str]:
    """Where an order ships from by these rules; nothing, and the reason, where it cannot."""
    route = Route(
        owner=decided.owner,
        order_id=decided.order.order_id,
        order=decided.order.model_copy(update={"release_at": None}),
        authorised=True,
        unplaced=decided.pieces,
        attempt=decided.attempt - 1,
        attempts_before=decided.attempt - 1,
    )
    promise = StockReservedV1(
        owner=decided.owner,
        order_id=decided.order.order_id,
        lines=tuple(_then(decided, line, rules, differences) for line in decided.promised),
        generation=1,
        reserved_at=decided.at,
    )
    for event in know_promise(rules, States.of(route), promise, decided.at).events:
        if isinstance(event, OrderRoutedV1):
            return shares_of(event.fulfilments), ""
        if isinstance(event, OrderUnroutableV1):
            return {}, event.detail
    return {}, "it would wait"


def _then(
    decided: Decided, line: PromisedLine, rules: Rules, differences: Mapping[tuple[str, str, str], int]
) -> PromisedLine:
    """A promised line with the stock that would have been there."""
    free = {one.location_id: one.available for one in line.candidates}
    for name in rules.locations:
        if difference := differences.get((decided.owner, line.sku, name)):
            free[name] = max(0, free.get(name, 0) + difference)
    places = tuple(Candidate(location_id=name, available=pieces) for name, pieces in free.items() if pieces)
    return line.model_copy(update={"candidates": places})


def _comes_to(rules: Rules, decided: Decided, shares: Shares) -> Landed | None:
    if not shares:
        return None
    demand: dict[str, int] = defaultdict(int)
    for pieces in shares.values():
        for sku, quantity in pieces.items():
            demand[sku] += quantity
    case = case_of(rules, decided.owner, decided.order, dict(demand), decided.at)
    distances = rules.config.distances
    km = {name: kilometres(rules.locations[name].address, decided.order.ship_to, distances) for name in shares}
    return landed(rules, case, shares, km)
