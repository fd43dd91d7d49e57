"""What each location can promise an order: which goods it may send there, by what service, and when they arrive."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from crossdock_contracts.fulfilments import DeliveryPromise
from crossdock_contracts.routing import AppliedRule
from services.hub.decision import States
from services.routing.decide.calendar import (
    Pickup,
    Slot,
    begun,
    day_of,
    delivered,
    finished,
    moment,
    next_slot,
    open_on,
    slot_from,
)
from services.routing.decide.capacity import Workloads, capacity_of, share_of, stripe_of, stripes_of
from services.routing.decide.carriage import Carriage, Service, carriage
from services.routing.decide.eligible import Eligible
from services.routing.decide.ruling import Case
from services.routing.rules import Location, Rules
from services.routing.state import HOUSE, Places, Route
from services.routing.timetables import Calendar

_DAY = timedelta(days=1)
_NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""Days beyond it are asked for by those who ask for none."""
FULL_DAYS = 30
"""So many full days in a row are passed over; a location that has no room then gets nothing more."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What one location promises with one service."""

    service: str
    ready_at: datetime
    """Picked and packed."""
    slot: Slot
    deliver_from: datetime
    deliver_by: datetime
    due_at: datetime | None = None
    """When the goods have to be there, as far as the buyer said or was told."""
    full: tuple[date, ...] = ()
    """Days on which it would have left, had there been room."""


class Offers:
    """What each location can promise one order, as things stand now."""

    def __init__(
        self,
        rules: Rules,
        states: States,
        workloads: Workloads,
        route: Route,
        case: Case,
    ) -> None:
        self._rules = rules
        self._workloads = workloads
        self._places = states.get(Places, HOUSE)
        self._route = route
        self._order = case.order
        self._asked = min(case.order.requested_at, _NEVER) if case.order.requested_at is not None else None
        self._moment = case.now
        self._carriage = carriage(rules, case)
        self._hazmat = {line.sku: line.hazmat_class for line in case.order.lines if line.hazmat_class}
        self._offers: dict[str, Offer] = {}

    # -- which locations, of what, at what cost

    def weigh(self, allowed: Eligible, stock: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        """Free pieces by location and SKU, those left out that may not be sent from there; dates count as points."""
        kept: dict[str, dict[str, int]] = {}
        further = self._further()
        for name, free in stock.items():
            if name not in allowed.fixed:
                continue
            may, why = self._sendable(name, free)
            if why:
                effect = "left out" if may else "excluded"
                allowed.applied.append(AppliedRule(rule=why, effect=effect, location_id=name))
            if not may:
                continue
            kept[name] = may
            offer = self._offers.get(name)
            parts = self._points(offer) if offer is not None else {}
            if further is not None and name not in further:
                parts["split"] = self._rules.config.weights.split
            if parts:
                allowed.parts[name] |= parts
                allowed.fixed[name] += sum(parts.values())
            if offer is not None and offer.full:
                days = ", ".join(map(str, offer.full))
                effect = f"full on {days}: leaves on {offer.slot.day}"
                allowed.applied.append(AppliedRule(rule="daily capacity", effect=effect, location_id=name))
        return kept

    def _further(self) -> set[str] | None:
        """Where a parcel of this order is being made already; none where this is its first."""
        if not any(share.pieces or share.shipped for share in self._route.shares):
            return None
        return {share.location_id for share in self._route.shares if share.pieces and not share.shipped}

    def _sendable(self, name: str, free: dict[str, int]) -> tuple[dict[str, int], str]:
        """Which free pieces a location may send to this address, and why not all of them, or not from now."""
        location = self._rules.locations[name]
        start, closed = self._opening(name, location)
        if start is None:
            return {}, closed
        barred = {sku for sku in free if self._hazmat.get(sku, "") not in ("", *location.hazmat_classes)}
        may, why = free.keys() - barred, "location may not ship these hazardous goods" if barred else ""
        services = self._carriage_from(name)
        if services is not None:
            may, untaken = services.sendable(may)
            why = f"no carrier service takes it: {untaken}" if untaken else why
            if may and location.calendar is not None:
                offer = self._best(name, location.calendar, services.taking(may) or services.services)
                if offer is None:
                    return {}, f"no carrier collects there, or it is full for {FULL_DAYS} days"
                self._offers[name] = offer
        return {sku: pieces for sku, pieces in free.items() if sku in may}, why or closed

    def _carriage_from(self, name: str) -> Carriage | None:
        """The services that a location sends with; none where it has its own, or none is needed."""
        if self._carriage is None or self._rules.locations[name].label_by != "hub":
            return None
        return self._carriage.at(name)

    def _opening(self, name: str, location: Location) -> tuple[datetime | None, str]:
        """From when on a location works for this order, and why not from now; no moment: it does not."""
        closure = self._places.closed.get(name) if self._places is not None else None
        if closure is None or (closure.until is not None and closure.until <= self._moment):
            return self._moment, ""
        reason = f" ({closure.reason})" if closure.reason else ""
        if closure.until is None or location.calendar is None:
            return None, f"location is closed{reason}"
        return closure.until, f"location is closed{reason} until {closure.until:%Y-%m-%d %H:%M} UTC"

    def _points(self, offer: Offer) -> dict[str, float]:
        weights = self._rules.config.weights
        points = {"promise": weights.promise_per_day * _days(offer.deliver_by - self._moment)}
        if offer.due_at is not None and offer.deliver_by > offer.due_at:
            points["late"] = weights.late_per_day * ceil(_days(offer.deliver_by - offer.due_at))
        return points

    # -- dates

    def _zone(self, calendar: Calendar) -> ZoneInfo:
        """By whose clock the buyer's days are counted."""
        zones, to = self._rules.zones, self._order.ship_to
        return zones.get(to.country, calendar.zone) if to is not None and to.country is not None else calendar.zone

    def _due(self, zone: ZoneInfo) -> datetime | None:
        """When the goods have to be there, as far as the buyer said or was told."""
        asked, told = self._asked, self._order.deliver_by
        if asked is None:
            return told
        end = moment(day_of(asked, zone) + _DAY, time.min, zone)
        return end if told is None else min(end, told)

    def _best(self, name: str, calendar: Calendar, services: Iterable[Service]) -> Offer | None:
        """With the cheapest service that is in time; where none is, with the earliest."""
        start, _ = self._opening(name, self._rules.locations[name])
        ready, zone = finished(calendar.hours, start or self._moment, calendar.handling), self._zone(calendar)
        if ready is None:
            return None
        due, best = self._due(zone), None
        for service in services:
            offer = self._dates(name, service, ready, zone)
            if offer is not None and (due is None or offer.deliver_by <= due):
                return offer
            if offer is not None and (best is None or offer.deliver_by < best.deliver_by):
                best = offer
        return best

    def _dates(self, name: str, service: Service, ready: datetime, zone: ZoneInfo) -> Offer | None:
        pickup = self._rules.pickups[name, service.name]
        slot = next_slot(pickup, ready)
        if self._asked is not None:
            slot = self._not_before_its_day(pickup, service, slot, zone)
        full: list[date] = []
        while slot is not None and self._is_full(name, slot.day):
            full.append(slot.day)
            slot = slot_from(pickup, slot.day + _DAY) if len(full) < FULL_DAYS else None
        there = delivered(service.transit, slot.day, service.transit_days, zone) if slot is not None else None
        if slot is None or there is None:
            return None
        begin = max(slot.pickup_at, there[1])
        return Offer(service.name, ready, slot, begin, max(begin, there[2]), self._due(zone), tuple(full))

    def _not_before_its_day(self, pickup: Pickup, service: Service, slot: Slot | None, zone: ZoneInfo) -> Slot | None:
        """The first pickup from this one on that does not bring the goods before the day that the buyer asked for."""
        assert self._asked is not None
        wanted = day_of(self._asked, zone)
        early = wanted - timedelta(days=service.transit_days + FULL_DAYS)
        if slot is not None and slot.day < early:
            slot = slot_from(pickup, early)
        while slot is not None:
            there = delivered(service.transit, slot.day, service.transit_days, zone)
            if there is None or there[0] >= wanted:
                return slot
            slot = slot_from(pickup, slot.day + _DAY)
        return None

    # -- room

    def _is_full(self, name: str, day: date) -> bool:
        capacity = capacity_of(self._rules, self._places, name)
        if capacity is None:
            return False
        stripe = stripe_of(self._rules, name, self._route.owner, self._route.order_id)
        share = share_of(capacity, stripe, stripes_of(self._rules, name))
        return self._workloads.count(name, day.isoformat(), str(stripe)) >= share

    # -- what follows for the plan that was chosen

    def release_at(self, names: Iterable[str]) -> datetime | None:
        """Not before then is an order released that these locations ship: it would arrive before the day asked for."""
        if self._asked is None:
            return None
        starts = []
        for name in names:
            offer, calendar = self._offers.get(name), self._rules.locations[name].calendar
            if offer is not None and calendar is not None:
                start = begun(calendar.hours, offer.slot.cutoff_at, calendar.handling)
                window = open_on(calendar.hours, day_of(start, calendar.zone))
                starts.append(window[0] if window is not None else start)
        return min(starts, default=None)

    def deliver_by(self, names: Iterable[str]) -> datetime | None:
        """When all that these locations ship is promised to be there; none where one of them promises nothing."""
        return latest([self._offers[name].deliver_by if name in self._offers else None for name in names])

    def parcels(self, shares: dict[str, dict[str, int]]) -> list[tuple[str, dict[str, int]]]:
        """What each location ships, as it can go together in one parcel: location, and pieces by SKU."""
        return [
            (name, {sku: count for sku, count in pieces.items() if sku in together})
            for name, pieces in sorted(shares.items())
            for together in self._together(name, pieces)
        ]

    def _together(self, name: str, skus: Iterable[str]) -> list[set[str]]:
        services = self._carriage_from(name)
        return services.parcels(skus) if services is not None else [set(skus)]

    def settle(self, name: str, skus: Iterable[str]) -> tuple[DeliveryPromise | None, str]:
        """What a location promises for these SKUs, and where they count against its capacity; empty: nowhere.

        They are counted.
        """
        calendar, promised = self._rules.locations[name].calendar, self._offers.get(name)
        carriers = self._carriage_from(name)
        if promised is None or calendar is None or carriers is None:
            return None, ""
        services, zone = carriers.taking(skus), self._zone(calendar)
        offer = (self._best(name, calendar, services) if carriers.without else None) or promised
        others = [
            service.name
            for service in services
            if service.name != offer.service
            and (other := self._dates(name, service, offer.ready_at, zone)) is not None
            and other.deliver_by <= offer.deliver_by
        ]
        promise = DeliveryPromise(
            services=(offer.service, *others),
            cutoff_at=offer.slot.cutoff_at,
            pickup_at=offer.slot.pickup_at,
            deliver_from=offer.deliver_from,
            deliver_by=offer.deliver_by,
        )
        if capacity_of(self._rules, self._places, name) is None:
            return promise, ""
        day, stripe = offer.slot.day.isoformat(), stripe_of(self._rules, name, self._route.owner, self._route.order_id)
        self._workloads.add(name, day, str(stripe), 1)
        return promise, f"{day}.{stripe}"


def latest(ends: Iterable[datetime | None]) -> datetime | None:
    """The latest of these; none where one of them is not known, or there are none."""
    known: list[datetime] = []
    for end in ends:
        if end is None:
            return None
        known.append(end)
    return max(known, default=None)


def _days(span: timedelta) -> float:
    return span.total_seconds() / 86_400
