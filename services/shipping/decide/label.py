"""Labels: bought once for each fulfilment, from the best carrier that sells one; given back where they are not used."""

from collections.abc import Callable, Iterable
from datetime import datetime

from crossdock_contracts.inventory import StockAllocatedV1
from crossdock_contracts.shipping import (
    ConfirmPackedV1,
    LabelBoughtV1,
    LabelRefusedV1,
    LabelVoidedV1,
    LabelWantedV1,
    Parcel,
    RankedRate,
)
from crossdock_contracts.values import Money
from services.hub.decision import Decision, Done, Failed, Intent, Later, Outcome, Refused, States, changed
from services.shipping.carriers import BuyLabel, VoidLabel
from services.shipping.decide.rates import ranked, weight_of
from services.shipping.rules import Rules
from services.shipping.state import Shipment, ShipmentStatus, is_open

IsOpen = Callable[[str], bool]
"""Whether an adapter's circuit is open."""


def creates_shipment(message: StockAllocatedV1) -> Iterable[str]:
    """What a new fulfilment is the first to write."""
    return [Shipment.at(message.owner, message.fulfilment.fulfilment_id)]


def ship(rules: Rules, is_circuit_open: IsOpen, states: States, message: StockAllocatedV1, now: datetime) -> Decision:
    """A fulfilment is bound to its location: buy its label, if it is the hub that does so at release."""
    fulfilment = message.fulfilment
    shipment = states.get(Shipment, message.owner, fulfilment.fulfilment_id)
    if shipment is not None and shipment.status is not ShipmentStatus.EXPECTED:
        return resume(rules, shipment, now)
    asked = shipment.asked if shipment else ()
    shipment = Shipment(
        owner=message.owner,
        fulfilment_id=fulfilment.fulfilment_id,
        order_id=message.order_id,
        status=ShipmentStatus.ALLOCATED,
        fulfilment=fulfilment,
        allocated_at=message.allocated_at,
        stops=shipment.stops if shipment else {},
    )
    for stop in asked:  # it was asked to stop before it came, and the answer was that it does
        shipment = without(shipment, {line.line_id: line.quantity for line in stop.lines})
    if shipment.status is ShipmentStatus.STOPPED:
        return Decision(writes=[shipment])
    origin = rules.locations.get(fulfilment.location_id)
    if origin is None or origin.label_by != "hub" or origin.label_at != "release":
        return Decision(writes=[shipment])
    return buy(rules, is_circuit_open, shipment, now)


def without(shipment: Shipment, quantities: dict[str, int]) -> Shipment:
    """The shipment with so many fewer pieces of each line; stopped where none are left."""
    assert shipment.fulfilment is not None
    left = []
    for line in shipment.fulfilment.lines:
        gone = min(quantities.get(line.line_id, 0), line.quantity)
        if gone < line.quantity:
            value = line.value_minor - line.value_minor * gone // line.quantity
            left.append(changed(line, quantity=line.quantity - gone, value_minor=value) if gone else line)
    if not left:
        return changed(shipment, status=ShipmentStatus.STOPPED)
    cash = sum(line.value_minor for line in left) if shipment.fulfilment.cash_on_delivery_minor else 0
    return changed(shipment, fulfilment=changed(shipment.fulfilment, lines=tuple(left), cash_on_delivery_minor=cash))


def buy(rules: Rules, is_circuit_open: IsOpen, shipment: Shipment, now: datetime) -> Decision:
    """Rank the offers, and set out to buy from the best."""
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    origin = rules.locations[fulfilment.location_id]
    avoid = frozenset(name for name, carrier in rules.carriers.items() if is_circuit_open(carrier.adapter))
    ranking = ranked(rules, fulfilment, shipment.weight_g or weight_of(fulfilment, origin), avoid)
    return _try_next(rules, changed(shipment, ranking=ranking), now)


def _try_next(rules: Rules, shipment: Shipment, now: datetime) -> Decision:
    """Set out to buy from the best carrier that has not failed yet; for what was stopped meanwhile, from none."""
    if not is_open(shipment.status):
        return Decision(writes=[changed(shipment, intent=None)])
    offer = next((rate for rate in shipment.ranking if not rate.refused), None)
    shipment = changed(shipment, generation=shipment.generation + 1, voiding=False)
    if offer is None:
        return _refused(shipment)
    intent = _purchase(rules, shipment, offer)
    return Decision(writes=[changed(shipment, intent=intent.record(now))], intent=intent)


def _refused(shipment: Shipment) -> Decision:
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    why = "; ".join(f"{rate.carrier} {rate.service}: {rate.refused}" for rate in shipment.ranking)
    event = LabelRefusedV1(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        location_id=fulfilment.location_id,
        reason="no-carrier",
        detail=why or "no carrier is set up",
        ranking=shipment.ranking,
        attempt=shipment.generation,
    )
    return Decision(writes=[changed(shipment, intent=None)], events=[event])


def _purchase(rules: Rules, shipment: Shipment, offer: RankedRate, *, resumed: bool = False) -> Intent:
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    origin = rules.locations[fulfilment.location_id]
    cash = fulfilment.cash_on_delivery_minor
    request = BuyLabel(
        carrier=offer.carrier,
        service=offer.service,
        reference=shipment.fulfilment_id,
        ship_from=origin.address,
        ship_to=fulfilment.ship_to,
        weight_g=shipment.weight_g or weight_of(fulfilment, origin),
        rate=offer.cost,
        cash_on_delivery=Money(amount_minor=cash, currency=fulfilment.currency) if cash else None,
        formats=origin.label_formats,
        from_name=origin.name,
    )
    key = f"label:{shipment.owner}/{shipment.fulfilment_id}:{shipment.generation}"
    return Intent(rules.carriers[offer.carrier].adapter, "buy", key, request, resumed=resumed)


def resume(rules: Rules, shipment: Shipment, _now: datetime) -> Decision:
    """The message came before. Where its call is still under way, the answer is looked up."""
    if shipment.intent is None:
        return Decision.nothing()
    if shipment.voiding:
        intent = _void_intent(rules, shipment, resumed=True)
        return Decision(writes=[shipment], intent=intent)
    offer = next(rate for rate in shipment.ranking if not rate.refused)
    return Decision(writes=[shipment], intent=_purchase(rules, shipment, offer, resumed=True))


def _void_intent(rules: Rules, shipment: Shipment, *, resumed: bool = False) -> Intent:
    parcel = shipment.parcel
    assert parcel is not None
    key = f"void:{shipment.owner}/{shipment.fulfilment_id}:{shipment.generation}"
    request = VoidLabel(carrier=parcel.carrier, tracking_number=parcel.tracking_number)
    return Intent(rules.carriers[parcel.carrier].adapter, "void", key, request, resumed=resumed)


def void(rules: Rules, shipment: Shipment, now: datetime) -> Decision:
    """Give back a label that will not be used; whoever reported one gives it back on hearing of the stop."""
    if shipment.reported:
        return Decision(writes=[shipment])
    intent = _void_intent(rules, shipment)
    return Decision(writes=[changed(shipment, voiding=True, intent=intent.record(now))], intent=intent)


def settle_label(
    rules: Rules,
    states: States,
    message: StockAllocatedV1 | ConfirmPackedV1 | LabelWantedV1,
    outcome: Outcome,
    now: datetime,
) -> Decision:
    """What follows from the carrier's answer: a label, the next carrier, or waiting."""
    key = message.fulfilment.fulfilment_id if isinstance(message, StockAllocatedV1) else message.fulfilment_id
    shipment = states.get(Shipment, message.owner, key)
    if shipment is None or shipment.intent is None:
        return Decision.nothing()
    return settle(rules, shipment, outcome, now)


def settle(rules: Rules, shipment: Shipment, outcome: Outcome, now: datetime) -> Decision:
    """What follows from a carrier's answer to a purchase or a void."""
    assert shipment.intent is not None
    if outcome.key != shipment.intent.key:  # two messages had the same call made, and the other one has gone on
        return Decision.nothing()
    if shipment.voiding:
        return _voided(shipment, outcome, now)
    match outcome:
        case Done(response=label):
            return _bought(rules, shipment, label, now)
        case Refused(code=code, detail=detail):
            return _next_after(rules, shipment, f"{code} {detail}".strip(), now)
        case Failed(detail=detail):
            others = sum(1 for rate in shipment.ranking if not rate.refused)
            if others > 1 or not is_open(shipment.status):  # it is certain that nothing was bought
                return _next_after(rules, shipment, detail, now)
            return Decision(later=Later(detail, not_before_s=outcome.retry_after_s))


def _next_after(rules: Rules, shipment: Shipment, why: str, now: datetime) -> Decision:
    failed = next(rate for rate in shipment.ranking if not rate.refused)
    ranking = tuple(changed(rate, refused=why[:200]) if rate is failed else rate for rate in shipment.ranking)
    return _try_next(rules, changed(shipment, ranking=ranking), now)


def _bought(rules: Rules, shipment: Shipment, parcel: Parcel, now: datetime) -> Decision:
    status = ShipmentStatus.LABELLED if shipment.status is ShipmentStatus.ALLOCATED else shipment.status
    shipment = changed(shipment, status=status, parcel=parcel, intent=None)
    if not is_open(status):  # it was stopped while the label was bought
        return void(rules, shipment, now)
    return Decision(writes=[shipment], events=[bought(shipment, parcel, now)])


def bought(shipment: Shipment, parcel: Parcel, now: datetime) -> LabelBoughtV1:
    """That a fulfilment has its label."""
    assert shipment.fulfilment is not None
    return LabelBoughtV1(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        location_id=shipment.fulfilment.location_id,
        parcel=parcel,
        ranking=() if shipment.reported else shipment.ranking,
        bought_at=now,
    )


def _voided(shipment: Shipment, outcome: Outcome, now: datetime) -> Decision:
    parcel = shipment.parcel
    assert parcel is not None
    if isinstance(outcome, Failed):
        return Decision(later=Later(outcome.detail, not_before_s=outcome.retry_after_s))
    shipment = changed(shipment, intent=None, voiding=False)
    if isinstance(outcome, Refused):
        fulfilment = shipment.fulfilment
        event = LabelRefusedV1(
            owner=shipment.owner,
            order_id=shipment.order_id,
            fulfilment_id=shipment.fulfilment_id,
            location_id=fulfilment.location_id if fulfilment else "-",
            reason="void-refused",
            detail=f"{parcel.carrier} keeps {parcel.tracking_number}: {outcome.code} {outcome.detail}",
            attempt=shipment.generation,
        )
        return Decision(writes=[shipment], events=[event])
    voided = LabelVoidedV1(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        voided_at=now,
    )
    return Decision(writes=[changed(shipment, parcel=None)], events=[voided])
