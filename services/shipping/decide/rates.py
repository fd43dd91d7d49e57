"""Rates: which carrier services may take a parcel, and in which order they are preferred."""

from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.labels import CIRCUIT_OPEN, NO_RATE, NO_SERVICE, RankedRate
from crossdock_contracts.values import Dimensions, Money
from services.shipping.carriers.answers import Shopped
from services.shipping.decide.limits import is_late, refusal, transit_days
from services.shipping.rules import Rules
from services.shipping.rules.carriers import Carrier, CarrierService
from services.shipping.rules.locations import ShipFrom


def weight_of(fulfilment: Fulfilment, origin: ShipFrom) -> int:
    """Expected weight of the parcel in grams, its packaging included."""
    goods = sum(
        line.quantity * (line.weight_g if line.weight_g is not None else origin.usual_weight_g)
        for line in fulfilment.lines
    )
    return max(1, goods + origin.packaging_g)


def collected_by_carrier(fulfilment: Fulfilment) -> int:
    """What the carrier collects at the door, in the order's currency: nothing where a store does that."""
    return 0 if fulfilment.collect_at else fulfilment.cash_on_delivery_minor


def billed_g(carrier: Carrier, weight_g: int, dimensions: Dimensions | None) -> int:
    """What a parcel counts for: its weight or, where the carrier goes by volume and it is bulky, its volume.

    Cubic millimetres over cubic centimetres a kilogram are grams.
    """
    if carrier.volumetric_divisor is None or dimensions is None:
        return weight_g
    volume = dimensions.length_mm * dimensions.width_mm * dimensions.height_mm
    return max(weight_g, -(-volume // carrier.volumetric_divisor))


def ranked(
    rules: Rules,
    fulfilment: Fulfilment,
    weight_g: int,
    avoid: frozenset[str] = frozenset(),
    dimensions: Dimensions | None = None,
    shopped: Shopped | None = None,
) -> tuple[RankedRate, ...]:
    """All offers for a parcel: those that fit by cost, then transit time; behind them why others do not.

    What carriers say themselves that they charge is in ``shopped``; without it they are taken to charge what is
    expected of them.

    Services that would arrive after what was promised come behind those that keep it; carriers in `avoid` (their
    circuit is open) behind all others that fit.
    """
    shopped_down = shopped.down if shopped is not None else ()
    fitting: list[tuple[bool, bool, int, int, str, str, Money]] = []
    refused: list[tuple[str, str, Money, int, str, bool, str]] = []
    for name, carrier in rules.carriers.items():
        if not carrier.active:
            continue
        billed = billed_g(carrier, weight_g, dimensions)
        for title, service in carrier.service.items():
            cost, why = price(carrier, service, fulfilment, billed)
            days, late = transit_days(service, fulfilment), is_late(f"{name}/{title}", fulfilment)
            if why:
                refused.append((name, title, cost, days, why, False, NO_SERVICE))
                continue
            if shopped is not None and carrier.rates == "live":
                cost, days, why = _said(shopped, name, title, cost, days)
            if why:
                cause = NO_RATE if name in shopped_down else NO_SERVICE
                refused.append((name, title, cost, days, why, late, cause))
            else:
                fitting.append((name in avoid, late, cost.amount_minor, days, name, title, cost))
    fitting.sort(key=lambda one: one[:6])
    offers = [
        (name, title, cost, days, "", late, CIRCUIT_OPEN if avoided else "")
        for avoided, late, _, days, name, title, cost in fitting
    ]
    return tuple(
        RankedRate(
            rank=rank, carrier=name, service=title, cost=cost, transit_days=days, refused=why, late=late, cause=cause
        )
        for rank, (name, title, cost, days, why, late, cause) in enumerate([*offers, *refused], start=1)
    )


def _said(shopped: Shopped, name: str, title: str, expected: Money, days: int) -> tuple[Money, int, str]:
    """What a carrier says that a service costs and takes, and why it cannot be had; empty: it can."""
    offers = [one for one in shopped.offers if (one.carrier, one.service) == (name, title)]
    if not offers:
        others = ", ".join(one.service for one in shopped.offers if one.carrier == name)
        instead = f"not-offered, but {others}" if others else "not-offered"
        return expected, days, f"no live rate: {shopped.silent.get(name, instead)}"[:200]
    offer = min(offers, key=lambda one: one.cost.amount_minor)
    if offer.cost.currency != expected.currency:
        return expected, days, f"priced in {offer.cost.currency}, not {expected.currency}"
    return offer.cost, days if offer.transit_days is None else offer.transit_days, ""


def price(carrier: Carrier, service: CarrierService, fulfilment: Fulfilment, billed: int) -> tuple[Money, str]:
    """What a service asks for a parcel that counts for so many grams, and why it does not take it; empty: it does."""
    band = service.band(billed)
    cost = Money(amount_minor=band.asks(billed) if band else 0, currency=carrier.currency)
    return cost, refusal(service, fulfilment) or ("" if band else "too-heavy")
