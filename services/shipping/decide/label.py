"""Labels: bought once for each parcel, from the best carrier that sells one; given back where they are not used."""

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
from crossdock_contracts.stores import AcceptFulfilmentV1, AcknowledgePurchaseOrderV1
from crossdock_contracts.values import Money
from services.hub.decision import Decision, Done, Failed, Intent, Later, Outcome, Refused, States, changed
from services.shipping.carriers import BuyLabel, VoidLabel
from services.shipping.decide.dropship import offered
from services.shipping.decide.fit import misfit
from services.shipping.decide.parcels import (
    labels_of,
    shared,
    size_of,
    spare_label,
    unlabelled,
    with_label,
    without,
    without_label,
)
from services.shipping.decide.queues import queued
from services.shipping.decide.rates import collected_by_carrier, ranked
from services.shipping.decide.steps import planned
from services.shipping.rules import Rules
from services.shipping.state import Quote, Shipment, ShipmentStatus, is_open

IsOpen = Callable[[str], bool]
"""Whether an adapter's circuit is open."""


def creates_shipment(message: StockAllocatedV1) -> Iterable[str]:
    """What a new fulfilment is the first to write."""
    return [Shipment.at(message.owner, message.fulfilment.fulfilment_id)]


def ship(rules: Rules, is_circuit_open: IsOpen, states: States, message: StockAllocatedV1, now: datetime) -> Decision:
    """A fulfilment is bound to its location, which is asked first if it answers for itself."""
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
    decision = offered(rules, shipment, now) or begin(rules, shipment, now, is_circuit_open)
    return queued(rules, states, None, decision, now)


def begin(rules: Rules, shipment: Shipment, now: datetime, is_circuit_open: IsOpen) -> Decision:
    """Its location has a fulfilment to ship: its steps, and its label if it is the hub that buys it at release."""
    assert shipment.fulfilment is not None
    origin = rules.locations.get(shipment.fulfilment.location_id)
    shipment, said = planned(rules, shipment, now) if rules.steps else (shipment, [])
    decision = Decision(writes=[shipment], events=said)
    if origin is not None and origin.hub_buys_at(shipment.owner) == "release" and not shipment.is_pickup:
        decision = decision.and_then(go_on(rules, shipment, now, is_circuit_open))
    return decision


def go_on(rules: Rules, shipment: Shipment, now: datetime, is_circuit_open: IsOpen = lambda _: False) -> Decision:
    """The next call that a fulfilment's labels need: give one back, then buy what is missing; none where all is well.

    No other call of it may be under way.
    """
    if shipment.intent is not None or shipment.voiding:
        shipment = changed(shipment, intent=None, voiding=False)
    spare = spare_label(shipment)
    if spare is not None:
        return _give_back(rules, shipment, spare, now)
    number = unlabelled(shipment)
    if number is None or not is_open(shipment.status) or not _hub_buys(rules, shipment):
        return Decision(writes=[shipment])
    avoid = frozenset(name for name, carrier in rules.carriers.items() if is_circuit_open(carrier.adapter))
    return _try_next(rules, _offers(rules, shipment, number, avoid), now)


def _hub_buys(rules: Rules, shipment: Shipment) -> bool:
    assert shipment.fulfilment is not None
    if shipment.inside or shipment.is_pickup or shipment.status is ShipmentStatus.OFFERED:
        return False
    origin = rules.locations.get(shipment.fulfilment.location_id)
    at = origin.hub_buys_at(shipment.owner) if origin else None
    return at == "release" or (at == "pack" and shipment.status is ShipmentStatus.PACKED)


def _offers(rules: Rules, shipment: Shipment, number: int, avoid: frozenset[str] = frozenset()) -> Shipment:
    """The shipment with what carriers ask for one of its parcels, and with what they are to be asked for."""
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    weight_g, dimensions = size_of(rules, shipment, number)
    cash = collected_by_carrier(fulfilment) if number == 1 else 0  # the first parcel collects all of it
    return changed(
        shipment,
        ranking=ranked(rules, fulfilment, weight_g, avoid, dimensions),
        quote=Quote(number=number, weight_g=weight_g, dimensions=dimensions, cash_minor=cash),
        unrated=False,
    )


def _try_next(rules: Rules, shipment: Shipment, now: datetime) -> Decision:
    """Set out to buy from the best carrier that has not failed yet."""
    offer = next((rate for rate in shipment.ranking if not rate.refused), None)
    shipment = changed(shipment, generation=shipment.generation + 1, intent=None)
    if offer is None:
        return _refused(shipment)
    intent = _purchase(rules, shipment, offer)
    return Decision(writes=[changed(shipment, intent=intent.record(now))], intent=intent)


def _refused(shipment: Shipment) -> Decision:
    why = "; ".join(f"{rate.carrier} {rate.service}: {rate.refused}" for rate in shipment.ranking)
    return Decision(writes=[shipment], events=[_refusal(shipment, "no-carrier", why or "no carrier is set up")])


def _refusal(shipment: Shipment, reason: str, detail: str) -> LabelRefusedV1:
    assert shipment.fulfilment is not None
    number = shipment.quote.number if shipment.quote else 1
    return LabelRefusedV1(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        location_id=shipment.fulfilment.location_id,
        reason=reason,
        detail=detail if number == 1 else f"parcel {number}: {detail}",
        ranking=shipment.ranking if reason == "no-carrier" else (),
        attempt=shipment.generation,
    )


def _purchase(rules: Rules, shipment: Shipment, offer: RankedRate, *, resumed: bool = False) -> Intent:
    fulfilment, quote = shipment.fulfilment, shipment.quote or Quote()
    assert fulfilment is not None
    origin = rules.locations[fulfilment.location_id]
    cash = quote.cash_minor
    request = BuyLabel(
        carrier=offer.carrier,
        service=offer.service,
        reference=shipment.fulfilment_id,
        ship_from=origin.address,
        ship_to=fulfilment.ship_to,
        weight_g=quote.weight_g,
        dimensions=quote.dimensions,
        parcel=quote.number,
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
        return Decision(writes=[shipment], intent=_void_intent(rules, shipment, resumed=True))
    offer = next(rate for rate in shipment.ranking if not rate.refused)
    return Decision(writes=[shipment], intent=_purchase(rules, shipment, offer, resumed=True))


def _give_back(rules: Rules, shipment: Shipment, number: int, now: datetime) -> Decision:
    shipment = changed(shipment, voiding=True, voids=number)
    intent = _void_intent(rules, shipment)
    return Decision(writes=[changed(shipment, intent=intent.record(now))], intent=intent)


def _void_intent(rules: Rules, shipment: Shipment, *, resumed: bool = False) -> Intent:
    parcel = labels_of(shipment)[shipment.voids]
    key = f"void:{shipment.owner}/{shipment.fulfilment_id}:{shipment.generation}"
    key = key if shipment.voids == 1 else f"{key}.{shipment.voids}"
    request = VoidLabel(carrier=parcel.carrier, tracking_number=parcel.tracking_number, handle=parcel.handle)
    return Intent(rules.carriers[parcel.carrier].adapter, "void", key, request, resumed=resumed)


def settle_label(
    rules: Rules,
    states: States,
    message: StockAllocatedV1 | ConfirmPackedV1 | LabelWantedV1 | AcceptFulfilmentV1 | AcknowledgePurchaseOrderV1,
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
        return _voided(rules, shipment, outcome, now)
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
    """One carrier did not sell; the next is asked, for what has been weighed by now, unless it does not ship at all."""
    if not is_open(shipment.status):
        return go_on(rules, shipment, now)
    failed = next(rate for rate in shipment.ranking if not rate.refused)
    if shipment.unrated and shipment.quote:
        said = {(rate.carrier, rate.service): rate.refused for rate in shipment.ranking if rate.refused}
        said[failed.carrier, failed.service] = why[:200]
        shipment = _offers(rules, shipment, shipment.quote.number)
        ranking = tuple(
            changed(rate, refused=rate.refused or said.get((rate.carrier, rate.service), ""))
            for rate in shipment.ranking
        )
    else:
        ranking = tuple(changed(rate, refused=why[:200]) if rate is failed else rate for rate in shipment.ranking)
    return _try_next(rules, changed(shipment, ranking=ranking), now)


def _bought(rules: Rules, shipment: Shipment, label: Parcel, now: datetime) -> Decision:
    number = shipment.quote.number if shipment.quote else 1
    shipment = with_label(shipment, number, label)
    if not is_open(shipment.status):  # it was stopped while the label was bought
        return go_on(rules, shipment, now)
    told = shared(shipment) if number == 1 and shipment.riders else []
    decision = Decision(events=[bought(shipment, number, now), *told])
    if shipment.unrated:
        shipment = changed(shipment, unrated=False, returning=misfit(rules, shipment)[0])
    return decision.and_then(go_on(rules, shipment, now))


def bought(shipment: Shipment, number: int, now: datetime, *, reported: bool = False) -> LabelBoughtV1:
    """That a parcel of a fulfilment has its label."""
    assert shipment.fulfilment is not None
    return LabelBoughtV1(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        location_id=shipment.fulfilment.location_id,
        parcel=labels_of(shipment)[number],
        ranking=() if reported else shipment.ranking,
        bought_at=now,
    )


def _voided(rules: Rules, shipment: Shipment, outcome: Outcome, now: datetime) -> Decision:
    """A label was given back, or the carrier keeps it: then a parcel that ships goes with it as it is."""
    if isinstance(outcome, Failed):
        return Decision(later=Later(outcome.detail, not_before_s=outcome.retry_after_s))
    parcel = labels_of(shipment)[shipment.voids]
    if isinstance(outcome, Refused):
        detail = f"{parcel.carrier} keeps {parcel.tracking_number}: {outcome.code} {outcome.detail}"
        kept = changed(shipment, kept=(*shipment.kept, parcel.tracking_number), returning="")
        refusal = _refusal(changed(shipment, quote=None), "void-refused", detail)
        return Decision(events=[refusal]).and_then(go_on(rules, kept, now))
    voided = LabelVoidedV1(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        voided_at=now,
        reason=shipment.returning,
    )
    return Decision(events=[voided]).and_then(go_on(rules, without_label(shipment, shipment.voids), now))
