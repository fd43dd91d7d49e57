"""A real routing problem, decided by Crossdock's rules: 9,215 orders, 19 plants, freight by weight bands.

The file is Brunel University's "Supply Chain Logistics Problem" (figshare 7558679, CC BY 4.0): for one day each order
with its product, customer, weight, service level, and the plant and carrier that it really went by; each plant's
capacity in orders a day, its cost a unit, the products that it makes, the ports that it ships from, the customers to
whom alone some may ship; and the carriers' rates by port and weight.

Plants are locations, ports the locations at which a carrier collects, and the customers of a plant a rule. An order is
given to a plant as soon as it is read, on the first day on which the plant has room, and each day of waiting costs.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crossdock_contracts.values import (
    Address,
    Customer,
    Order,
    OrderLine,
    OrderTotals,
    PaymentMethod,
    PaymentTerms,
    ShippingChoice,
)
from services.bench.figure import BenchError
from services.hub.terms import Band
from services.routing.decide.assign import Demand, Site, best_plans
from services.routing.decide.eligible import eligible
from services.routing.decide.ruling import Case
from services.routing.rule import Rule, When
from services.routing.rules import Location, RoutingConfig, Rules, Weights
from services.routing.tariff import Carrier, CarrierService, Tariff

_THEN = datetime(2013, 5, 26, tzinfo=UTC)
_CUSTOMERS_OWN = "crf"
"""Service level of orders whose freight the customer pays to a carrier of its own."""

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Consignment:
    """An order of the file."""

    case: Case
    product: str
    units: int
    grams: int
    plant: str
    """That it really went by."""
    carrier: str


@dataclass(frozen=True, slots=True)
class Problem:
    """The file."""

    rules: Rules
    orders: tuple[Consignment, ...]
    capacity: dict[str, int]
    """Orders a day, by plant."""
    makes: dict[str, frozenset[str]]
    """Plants by product."""


def read(folder: Path) -> Problem:
    """Read the file.

    Raises:
        BenchError: a table is not there.
    """
    capacity = {row["Plant ID"]: int(row["Daily Capacity"]) for row in _rows(folder, "WhCapacities")}
    costs = {row["WH"]: float(row["Cost/unit"]) for row in _rows(folder, "WhCosts") if row["WH"]}
    makes: dict[str, set[str]] = defaultdict(set)
    for row in _rows(folder, "ProductsPerPlant"):
        makes[row["Product ID"]].add(row["Plant Code"])
    ports: dict[str, list[str]] = defaultdict(list)
    for row in _rows(folder, "PlantPorts"):
        ports[row["Port"]].append(row["Plant Code"])
    rules = Rules(
        config=RoutingConfig(
            weights=Weights(distance_per_100_km=0.0, freight=1.0),
            most_locations=1,
            ranking=1,
            rule=tuple(_own_customers(_rows(folder, "VmiCustomers"))),
        ),
        locations={
            plant: Location(address=Address(), piece_points=costs[plant], packaging_g=0) for plant in sorted(capacity)
        },
        carriers=_carriers(list(_rows(folder, "FreightRates")), ports),
    )
    return Problem(
        rules=rules,
        orders=tuple(_consignment(row) for row in _rows(folder, "OrderList")),
        capacity=capacity,
        makes={product: frozenset(plants) for product, plants in makes.items()},
    )


def _rows(folder: Path, table: str) -> Iterator[Row]:
    file = folder / f"{table}.csv"
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines):
                yield {(name or "").strip(): (text or "").strip() for name, text in row.items() if name}
    except FileNotFoundError:
        msg = f"{file} is missing; the folder has to hold the tables of the supply chain logistics problem as CSV"
        raise BenchError(msg) from None


def _own_customers(rows: Iterator[Row]) -> Iterator[Rule]:
    """Plants that ship to customers of their own alone."""
    customers: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        customers[row["Plant Code"]].append(row["Customers"])
    for plant, names in customers.items():
        yield Rule(name=f"{plant} has its own customers", unless=When(customers=tuple(names)), exclude=(plant,))


def _carriers(rows: list[Row], ports: dict[str, list[str]]) -> dict[str, Carrier]:
    """The rates, each lane of a carrier a service; where a lane has a band twice, two.

    A weight between two bands of a lane is asked for as the heavier one.
    """
    lanes: dict[tuple[str, str, str, str, str], dict[int, list[Band]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        key = (row["Carrier"], row["orig_port_cd"], row["svc_cd"], row["mode_dsc"], row["tpt_day_cnt"])
        up_to = round(1000 * _number(row["max_wgh_qty"]))
        least, rate = (round(100 * _number(row[name])) for name in ("minimum cost", "rate"))
        lanes[key][up_to].append(Band(up_to_g=up_to, amount_minor=least, per_kg_minor=rate))
    services: dict[str, dict[str, CarrierService]] = defaultdict(dict)
    for key, bands in lanes.items():
        carrier, port, level, _, days = key
        for number in range(max(map(len, bands.values()))):
            services[carrier][f"{'-'.join(key[1:])}-{number}".lower()] = CarrierService(
                service_levels=(level.lower(),),
                from_locations=tuple(ports[port]),
                transit_days=int(days),
                bands=tuple(those[number] for _, those in sorted(bands.items()) if number < len(those)),
            )
    free = CarrierService(
        service_levels=(_CUSTOMERS_OWN,), transit_days=0, bands=(Band(up_to_g=100_000_000, amount_minor=0),)
    )
    found = {carrier.lower().replace("_", "-"): Carrier(service=those) for carrier, those in services.items()}
    return found | {"customers-own": Carrier(service={"any": free})}


def _number(text: str) -> float:
    return float(text.replace("$", "").replace(",", ""))


def _consignment(row: Row) -> Consignment:
    units, grams = int(row["Unit quantity"]), round(1000 * float(row["Weight"]))
    product, level = row["Product ID"], row["Service Level"].lower()
    order = Order(
        order_id=f"file:{row['Order ID']}",
        channel="file",
        channel_order_id=row["Order ID"],
        placed_at=_THEN,
        currency="USD",
        lines=(
            OrderLine(
                line_id="1", sku=product, ordered_quantity=units, quantity=units, unit_price_minor=0, total_minor=0
            ),
        ),
        totals=OrderTotals(lines_minor=0, total_minor=0),
        payment=PaymentTerms(method=PaymentMethod.TERMS),
        customer=Customer(channel_customer_id=row["Customer"]),
        ship_to=Address(city=row["Destination Port"]),
        shipping=ShippingChoice(service_level=level),
    )
    # the whole order is one parcel, whose weight is known and not that of a unit
    case = Case("main", order, {product: 1}, {product: grams}, frozenset(), grams, _THEN)
    carrier = "customers-own" if level == _CUSTOMERS_OWN else row["Carrier"].lower().replace("_", "-")
    return Consignment(case, product, units, grams, row["Plant Code"], carrier)


@dataclass(slots=True)
class Outcome:
    """An assignment of all orders."""

    cost: float = 0.0
    """Freight and the plants' cost, in dollars."""
    waiting_days: int = 0
    """Days that orders wait for room, of all orders together."""
    days: int = 0
    """Until the last order has left."""
    moved: int = 0
    """Orders that went by another plant than in the file."""

    def count(self, cost: float, day: int, *, moved: bool) -> None:
        """One order more."""
        self.cost += cost
        self.waiting_days += day
        self.days = max(self.days, day + 1)
        self.moved += moved

    def with_waiting(self, wait: float) -> float:
        """What it costs if a day of waiting costs so much."""
        return self.cost + wait * self.waiting_days


def decide(problem: Problem, wait: float) -> tuple[Outcome, list[dict[str, float]]]:
    """Order by order, as they come, with the router's own optimiser; a day of waiting for room costs so many points.

    Beside the outcome: for each order what each plant that may ship it would cost without waiting.
    """
    given: Counter[str] = Counter()
    outcome = Outcome()
    offered: list[dict[str, float]] = []

    def reached(one: Consignment, plant: str) -> bool:
        """A carrier takes such an order there."""
        level = one.case.order.shipping.service_level
        return problem.rules.tariff.cheapest(plant, None, level, one.grams) is not None

    for one in problem.orders:
        allowed = eligible(problem.rules, one.case)
        plants = {
            plant for plant in problem.makes.get(one.product, ()) if plant in allowed.fixed and reached(one, plant)
        }
        if not plants:
            msg = f"order {one.case.order.channel_order_id}: no plant may ship it"
            raise BenchError(msg)
        days = {plant: given[plant] // problem.capacity[plant] for plant in plants}
        stock = {one.product: one.units}
        sites = [Site(p, allowed.fixed[p] + wait * days[p], allowed.piece[p], stock) for p in plants]
        (best,) = best_plans(Demand(stock, {}), sites, split=0.0, most=1, keep=1)
        (plant,) = best.shares
        given[plant] += 1
        outcome.count(best.points - wait * days[plant], days[plant], moved=plant != one.plant)
        offered.append({p: allowed.fixed[p] + one.units * allowed.piece[p] for p in sorted(plants)})
    return outcome, offered


def as_it_was(problem: Problem) -> Outcome:
    """What the file's own assignment costs: each order by its own plant and carrier, on the first day with room."""
    tariffs = {name: Tariff({name: carrier}) for name, carrier in problem.rules.carriers.items()}
    given: Counter[str] = Counter()
    outcome = Outcome()
    for one in problem.orders:
        level = one.case.order.shipping.service_level
        freight = tariffs[one.carrier].cheapest(one.plant, None, level, one.grams)
        if freight is None:
            msg = f"order {one.case.order.channel_order_id}: {one.carrier} has no rate from {one.plant}"
            raise BenchError(msg)
        cost = freight.cost_minor / 100 + one.units * problem.rules.locations[one.plant].piece_points
        outcome.count(cost, given[one.plant] // problem.capacity[one.plant], moved=False)
        given[one.plant] += 1
    return outcome
