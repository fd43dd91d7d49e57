"""Whether a weighed parcel fits the label that was bought for it, and whether anybody takes it at all."""

from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.values import Dimensions, Money
from services.shipping.decide.parcels import size_of
from services.shipping.decide.rates import billed_g, collected_by_carrier, price, ranked
from services.shipping.rules import Rules
from services.shipping.state import Box, Shipment


def misfit(rules: Rules, shipment: Shipment) -> tuple[str, str]:
    """Why the label that was bought at release is given back for another, and what is to be said either way.

    It is kept where weighing makes less of a difference than the location cares for, and where nobody sells another.
    """
    fulfilment, paid = shipment.fulfilment, _paid(rules, shipment)
    if fulfilment is None or paid is None:
        return "", ""
    weight_g, size = size_of(rules, shipment, 1)
    why, matters = _difference(rules, shipment, fulfilment, (weight_g, size), paid)
    if not why:
        return "", ""
    if not matters:
        return "", f"label kept: {why}, which is below what another label is bought for"
    if not any(not rate.refused for rate in ranked(rules, fulfilment, weight_g, dimensions=size)):
        return "", f"label kept, though {why}: no carrier sells another"
    return why, f"label given back: {why}"


def _difference(
    rules: Rules, shipment: Shipment, fulfilment: Fulfilment, parcel: tuple[int, Dimensions | None], paid: Money
) -> tuple[str, bool]:
    """What is otherwise than when the label of the first parcel was bought, and whether that is enough for another."""
    label, quote = shipment.parcel, shipment.quote
    weight_g, size = parcel
    assert label is not None
    cash = collected_by_carrier(fulfilment)
    if quote is not None and quote.cash_minor != cash:
        return f"it collects {quote.cash_minor}, and {cash} is due", True
    carrier = rules.carriers.get(label.carrier)
    service = carrier.service.get(label.service) if carrier else None
    if carrier is None or service is None:  # they are no longer worked with
        return "", False
    due, no = price(carrier, service, fulfilment, billed_g(carrier, weight_g, size))
    if no:
        return f"{label.carrier} {label.service} does not take {weight_g} g: {no}", True
    difference = abs(due.amount_minor - paid.amount_minor)
    if not difference or due.currency != paid.currency:  # figures of two currencies are not compared
        return "", False
    why = f"{weight_g} g cost {due.amount_minor} rather than {paid.amount_minor} {due.currency} minor units"
    return why, difference >= rules.locations[fulfilment.location_id].rerate_from_minor


def _paid(rules: Rules, shipment: Shipment) -> Money | None:
    """What the label of the first parcel was expected to cost; none where there is none, or somebody else bought it.

    Of a carrier that says itself what it charges, that is what the table has for the weight that it was asked about:
    the same is compared with the same.
    """
    label, quote = shipment.parcel, shipment.quote
    if label is None or shipment.reported:
        return None
    carrier = rules.carriers.get(label.carrier)
    service = carrier.service.get(label.service) if carrier else None
    if carrier and service and carrier.rates == "live" and quote and shipment.fulfilment:
        return price(carrier, service, shipment.fulfilment, billed_g(carrier, quote.weight_g, quote.dimensions))[0]
    taken = ((rate.carrier, rate.service) == (label.carrier, label.service) for rate in shipment.ranking)
    return next((rate.cost for rate, is_it in zip(shipment.ranking, taken, strict=True) if is_it), None)


def too_heavy(rules: Rules, fulfilment: Fulfilment, boxes: tuple[Box, ...]) -> str:
    """Which parcel no carrier takes for its weight or volume, and what to do about it; empty: all are taken."""
    for box in boxes:
        offers = ranked(rules, fulfilment, box.weight_g, dimensions=box.dimensions)
        if any(not rate.refused for rate in offers) or not any(rate.refused == "too-heavy" for rate in offers):
            continue
        most = max(
            rules.carriers[rate.carrier].service[rate.service].most_g for rate in offers if rate.refused == "too-heavy"
        )
        size = box.dimensions
        volume = f" and {size.length_mm} × {size.width_mm} × {size.height_mm} mm" if size else ""
        return (
            f"parcel {box.number} has {box.weight_g} g{volume}; what may go there goes up to {most} g: "
            "pack it as several parcels, each with its weight"
        )
    return ""
