"""Rates: which carrier services may take a parcel, and in which order they are preferred."""

from operator import itemgetter
from typing import Any

from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.labels import CIRCUIT_OPEN, NO_EXCHANGE, NO_RATE, NO_SERVICE, RankedRate
from crossdock_contracts.values import Dimensions, Money
from services.hub.exchange import Exchange
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

    Services that would arrive after what was promised come behind those that keep it; those that ask in a currency
    without a rate of exchange behind those whose prices can be compared; carriers in `avoid` (their circuit is open)
    behind all others that fit.
    """
    shopped_down = shopped.down if shopped is not None else ()
    fitting: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    refused: list[dict[str, Any]] = []
    for name, carrier in rules.carriers.items():
        if not carrier.active:
            continue
        billed = billed_g(carrier, weight_g, dimensions)
        for title, service in carrier.service.items():
            cost, why = price(carrier, service, fulfilment, billed)
            days, late = transit_days(service, fulfilment), is_late(f"{name}/{title}", fulfilment)
            about = {"carrier": name, "service": title, "cost": cost, "transit_days": days}
            if why:
                refused.append({**about, "refused": why, "cause": NO_SERVICE})
                continue
            if shopped is not None and carrier.rates == "live":
                cost, days, why = _said(rules.exchange, shopped, name, title, cost, days)
            about |= {"cost": cost, "transit_days": days, "late": late}
            if why:
                refused.append({**about, "refused": why, "cause": NO_RATE if name in shopped_down else NO_SERVICE})
                continue
            place = (late, *_figure(rules.exchange, cost), days, name, title)
            fitting.append(
                ((name in avoid, *place), {**about, **_competing(rules.exchange, cost, avoided=name in avoid)})
            )
    fitting.sort(key=itemgetter(0))
    offers = [*(offer for _, offer in fitting), *refused]
    return tuple(RankedRate(rank=rank, **offer) for rank, offer in enumerate(offers, start=1))


def merit(prices: Exchange, rate: RankedRate) -> tuple[bool, str, int, int, str, str]:
    """What offers are preferred by, were all carriers well. Figures of two currencies are never compared."""
    unlike, figure = _figure(prices, rate.cost)
    return (rate.late, unlike, figure, rate.transit_days or 0, rate.carrier, rate.service)


def _figure(prices: Exchange, cost: Money) -> tuple[str, int]:
    """What a price is compared by: its currency, if nothing says what that is worth, and how much it is."""
    minor = prices.minor(cost.amount_minor, cost.currency)
    return (cost.currency, cost.amount_minor) if minor is None else ("", minor)


def _competing(prices: Exchange, cost: Money, *, avoided: bool) -> dict[str, Any]:
    """What an offer competes by, where that is not its price, and why it comes behind others."""
    unlike, figure = _figure(prices, cost)
    said: dict[str, Any] = {"cause": CIRCUIT_OPEN if avoided else NO_EXCHANGE} if avoided or unlike else {}
    if prices.currency and not unlike and cost.currency != prices.currency:
        said["compared"] = Money(amount_minor=figure, currency=prices.currency)
    return said


def _said(
    prices: Exchange, shopped: Shopped, name: str, title: str, expected: Money, days: int
) -> tuple[Money, int, str]:
    """What a carrier says that a service costs and takes, and why it cannot be had; empty: it can."""
    offers = [one for one in shopped.offers if (one.carrier, one.service) == (name, title)]
    if not offers:
        others = ", ".join(one.service for one in shopped.offers if one.carrier == name)
        instead = f"not-offered, but {others}" if others else "not-offered"
        return expected, days, f"no live rate: {shopped.silent.get(name, instead)}"[:200]
    offer = min(offers, key=lambda one: _figure(prices, one.cost))
    return offer.cost, days if offer.transit_days is None else offer.transit_days, ""


def price(carrier: Carrier, service: CarrierService, fulfilment: Fulfilment, billed: int) -> tuple[Money, str]:
    """What a service asks for a parcel that counts for so many grams, and why it does not take it; empty: it does."""
    band = service.band(billed)
    cost = Money(amount_minor=band.asks(billed) if band else 0, currency=carrier.currency)
    return cost, refusal(service, fulfilment) or ("" if band else "too-heavy")
