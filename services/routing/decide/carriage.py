"""What may go where: which carrier services take an order's goods to its address, and why others do not."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from crossdock_contracts.values import Address, OrderLine
from services.routing.decide.calendar import Transit
from services.routing.decide.ruling import Case
from services.routing.rules import Rules
from services.routing.tariff import CarrierService


@dataclass(frozen=True, slots=True)
class Service:
    """A carrier service that goes where the order goes."""

    name: str
    """``<carrier>/<service>``."""
    price_minor: int | None
    """For all that is to be placed, in the house's currency; only compared with others. None: it cannot be."""
    transit_days: int
    transit: Transit
    collects_at: tuple[str, ...] = ()
    """Locations at which it collects; empty: all."""


@dataclass(slots=True)
class Carriage:
    """The services for one order."""

    services: list[Service] = field(default_factory=list)
    """Those that go there, cheapest first; those last that ask in a currency without a rate of exchange."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why the others do not, by name."""
    without: dict[str, dict[str, str]] = field(default_factory=dict)
    """Of those that go there, the SKUs that they do not take, and why."""

    def at(self, location_id: str) -> "Carriage":
        """Those of them that collect at a location."""
        away = {one.name for one in self.services if one.collects_at and location_id not in one.collects_at}
        if not away:
            return self
        return Carriage(
            [one for one in self.services if one.name not in away],
            {**self.refused, **dict.fromkeys(away, "does not collect there")},
            {name: skus for name, skus in self.without.items() if name not in away},
        )

    def taking(self, skus: Iterable[str]) -> list[Service]:
        """The services that take all of these in one parcel, cheapest first."""
        if not self.without:
            return self.services
        wanted = set(skus)
        return [service for service in self.services if not self.without.get(service.name, {}).keys() & wanted]

    def sendable(self, skus: Iterable[str]) -> tuple[set[str], str]:
        """Those of these SKUs that some service takes, and why none takes the others."""
        wanted = set(skus)
        if self.services and len(self.without) < len(self.services):
            return wanted, ""
        barred = {sku for sku in wanted if all(sku in self.without[one.name] for one in self.services)}
        if not barred:
            return wanted, ""
        why = {name: {reason for sku, reason in left.items() if sku in barred} for name, left in self.without.items()}
        reasons = {name: ", ".join(sorted(reason)) for name, reason in why.items()}
        return wanted - barred, _told({**self.refused, **reasons})

    def parcels(self, skus: Iterable[str]) -> list[set[str]]:
        """The SKUs as they can go together: in one parcel, unless no service takes all of them."""
        left: set[str] = set(skus)
        if not self.without:
            return [left]
        found = []
        while left:
            takes = [left - self.without.get(one.name, {}).keys() for one in self.services]
            together = max(takes, key=len, default=left) or left
            found.append(together)
            left -= together
        return found


def _told(reasons: dict[str, str]) -> str:
    return "; ".join(f"{name}: {why}" for name, why in sorted(reasons.items()))


def carriage(rules: Rules, case: Case) -> Carriage | None:
    """The services for these pieces of an order; none where nothing is known of carriers, or none is needed."""
    order = case.order
    if not rules.carriers or order.ship_to is None or order.shipping.pickup_location_id:
        return None
    goods = {line.sku: line for line in order.lines if line.sku in case.pieces}
    weight_g = case.weight_g
    found = Carriage()
    for carrier_name, carrier in rules.carriers.items():
        if not carrier.active:
            continue
        for title, service in carrier.service.items():
            name = f"{carrier_name}/{title}"
            why = _goes(service, order.shipping.service_level, order.ship_to)
            if why:
                found.refused[name] = why
                continue
            days = service.days_to(order.ship_to.country)
            transit = (service.calendar or carrier.calendar).transit
            price = rules.exchange.minor(service.asks(weight_g), carrier.currency)
            found.services.append(Service(name, price, days, transit, service.from_locations))
            left = {sku: why for sku, line in goods.items() if sku and (why := _takes(service, line))}
            if left:
                found.without[name] = left
    found.services.sort(key=lambda one: (one.price_minor is None, one.price_minor or 0, one.transit_days, one.name))
    return found


def _goes(service: CarrierService, level: str, to: Address) -> str:
    """Why a service does not go there at all; empty where it does."""
    if level not in service.service_levels:
        return "other service level"
    return service.not_there(to.country, po_box=to.po_box).replace("-", " ")


def _takes(service: CarrierService, line: OrderLine) -> str:
    """Why a service does not take one piece of these goods; empty where it does."""
    if line.hazmat_class and not service.carries({line.hazmat_class}):
        return f"hazardous goods of class {line.hazmat_class}"
    if line.weight_g is not None and line.weight_g > service.most_g:
        return f"a piece of {line.weight_g} g is too heavy"
    why = service.too_large(line.dimensions)
    if why == "too-long" and line.dimensions is not None:
        return f"a piece of {line.dimensions.longest_mm} mm is too long"
    return "a piece is too large around" if why else ""
