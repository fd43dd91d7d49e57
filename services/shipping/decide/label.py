"""Labels: bought once for each parcel, from the best carrier that sells one; given back where they are not used."""

from collections.abc import Callable, Iterable
from datetime import datetime

from crossdock_contracts.inventory import StockAllocatedV1
from crossdock_contracts.labels import (
    CIRCUIT_OPEN,
    OUT_OF_REACH,
    REFUSED,
    LabelVoidedV1,
    LabelWantedV1,
    Parcel,
    SettlePurchaseV1,
)
from crossdock_contracts.shipping import ConfirmPackedV1
from crossdock_contracts.stores import AcceptFulfilmentV1, AcknowledgePurchaseOrderV1
from services.hub.decision import Decision, Done, Failed, Later, Outcome, Refused, States, Unsettled, changed
from services.shipping.carriers.answers import Shopped
from services.shipping.decide import calls
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
from services.shipping.decide.told import bought, refusal
from services.shipping.decide.waits import may_sell, wait
from services.shipping.rules import Rules
from services.shipping.state import LabelTimer, Quote, Shipment, ShipmentStatus, is_open

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
    shipment = _quoted(rules, shipment, number)
    enquiry = calls.enquiry(rules, shipment)
    if enquiry is not None:
        return Decision(writes=[changed(shipment, intent=enquiry.record(now))], intent=enquiry)
    avoid = frozenset(name for name, carrier in rules.carriers.items() if is_circuit_open(carrier.adapter))
    return _try_next(rules, _ranked(rules, shipment, avoid), now)


def _hub_buys(rules: Rules, shipment: Shipment) -> bool:
    assert shipment.fulfilment is not None
    if shipment.inside or shipment.is_pickup or shipment.status is ShipmentStatus.OFFERED:
        return False
    origin = rules.locations.get(shipment.fulfilment.location_id)
    at = origin.hub_buys_at(shipment.owner) if origin else None
    return at == "release" or (at == "pack" and shipment.status is ShipmentStatus.PACKED)


def _quoted(rules: Rules, shipment: Shipment, number: int) -> Shipment:
    """The shipment with what carriers are to be asked for: a label for one of its parcels."""
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    weight_g, dimensions = size_of(rules, shipment, number)
    cash = collected_by_carrier(fulfilment) if number == 1 else 0  # the first parcel collects all of it
    quote = Quote(number=number, weight_g=weight_g, dimensions=dimensions, cash_minor=cash)
    return changed(shipment, quote=quote, unrated=False)


def _ranked(
    rules: Rules, shipment: Shipment, avoid: frozenset[str] = frozenset(), shopped: Shopped | None = None
) -> Shipment:
    """The shipment with what carriers charge for what is to be asked for."""
    fulfilment, quote = shipment.fulfilment, shipment.quote
    assert fulfilment is not None
    assert quote is not None
    return changed(
        shipment, ranking=ranked(rules, fulfilment, quote.weight_g, avoid, quote.dimensions, shopped=shopped)
    )


def _try_next(rules: Rules, shipment: Shipment, now: datetime) -> Decision:
    """Set out to buy from the best carrier that has not failed yet; where all have, wait for one that may yet sell."""
    offer = next((rate for rate in shipment.ranking if not rate.refused), None)
    shipment = changed(shipment, generation=shipment.generation + 1, intent=None)
    if offer is None:
        return wait(rules, shipment, None, now) if may_sell(shipment.ranking) else _refused(shipment)
    intent = calls.purchase(rules, shipment, offer)
    return Decision(writes=[changed(shipment, intent=intent.record(now))], intent=intent)


def _refused(shipment: Shipment) -> Decision:
    why = "; ".join(f"{rate.carrier} {rate.service}: {rate.refused}" for rate in shipment.ranking)
    return Decision(writes=[shipment], events=[refusal(shipment, "no-carrier", why or "no carrier is set up")])


def resume(rules: Rules, shipment: Shipment, now: datetime) -> Decision:
    """The message came before. Where its call is still under way, the answer is looked up."""
    if shipment.intent is None:
        return Decision.nothing()
    if shipment.voiding:
        return Decision(writes=[shipment], intent=calls.void(rules, shipment).begun(shipment.intent))
    if shipment.intent.operation == calls.RATE:
        intent = calls.enquiry(rules, shipment, resumed=True)
        return go_on(rules, shipment, now) if intent is None else Decision(writes=[shipment], intent=intent)
    offer = next(rate for rate in shipment.ranking if not rate.refused)
    return Decision(writes=[shipment], intent=calls.purchase(rules, shipment, offer).begun(shipment.intent))


def _give_back(rules: Rules, shipment: Shipment, number: int, now: datetime) -> Decision:
    shipment = changed(shipment, voiding=True, voids=number)
    intent = calls.void(rules, shipment)
    return Decision(writes=[changed(shipment, intent=intent.record(now))], intent=intent)


def settle_label(
    rules: Rules,
    states: States,
    message: StockAllocatedV1
    | ConfirmPackedV1
    | LabelWantedV1
    | AcceptFulfilmentV1
    | AcknowledgePurchaseOrderV1
    | SettlePurchaseV1
    | LabelTimer,
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
    if shipment.voiding or shipment.intent.operation == calls.RATE:
        return (_voided if shipment.voiding else _shopped)(rules, shipment, outcome, now)
    match outcome:
        case Done(response=label):
            return has_bought(rules, shipment, label, now)
        case Refused(code=code, detail=detail):
            return _next_after(rules, shipment, f"{code} {detail}".strip(), REFUSED, now)
        case Failed():
            return _failed(rules, shipment, outcome, now)
        case Unsettled(detail=detail):
            looks = shipment.looks + 1 if shipment.unsettled == shipment.intent.key else 0
            shipment = changed(shipment, unsettled=shipment.intent.key, looks=looks)
            return Decision(writes=[shipment], events=[refusal(shipment, "outcome-unknown", detail)])


def _failed(rules: Rules, shipment: Shipment, outcome: Failed, now: datetime) -> Decision:
    """It is certain that nothing was bought: the next carrier is asked, or where there is none all of them later."""
    others = sum(1 for rate in shipment.ranking if not rate.refused)
    cause = CIRCUIT_OPEN if outcome.unasked else OUT_OF_REACH
    if others > 1 or not is_open(shipment.status):
        return _next_after(rules, shipment, outcome.detail, cause, now)
    return wait(rules, _tried(shipment, outcome.detail, cause), outcome.retry_after_s, now)


def _tried(shipment: Shipment, why: str, cause: str) -> Shipment:
    """The shipment with why the carrier that was asked did not sell."""
    failed = next(rate for rate in shipment.ranking if not rate.refused)
    ranking = tuple(
        changed(rate, refused=why[:200], cause=cause) if rate is failed else rate for rate in shipment.ranking
    )
    return changed(shipment, ranking=ranking)


def _shopped(rules: Rules, shipment: Shipment, outcome: Outcome, now: datetime) -> Decision:
    """Carriers have said what they charge, as many as did in time: the best is bought from."""
    if not is_open(shipment.status) or shipment.unrated:  # it is stopped, or has been weighed meanwhile
        return go_on(rules, shipment, now)
    shopped = outcome.response if isinstance(outcome, Done) else None
    if not isinstance(shopped, Shopped):
        return Decision(later=Later(f"carriers could not be asked: {outcome}"))
    shipment = _ranked(rules, shipment, frozenset(shopped.avoid), shopped)
    return _try_next(rules, shipment, now)


def _next_after(rules: Rules, shipment: Shipment, why: str, cause: str, now: datetime) -> Decision:
    """One carrier did not sell; the next is asked, for what has been weighed by now, unless it does not ship at all."""
    if not is_open(shipment.status):
        return go_on(rules, shipment, now)
    shipment = _tried(shipment, why, cause)
    if shipment.unrated and shipment.quote:
        if calls.enquiry(rules, shipment) is not None:
            return go_on(rules, shipment, now)
        said = {(rate.carrier, rate.service): rate for rate in shipment.ranking if rate.refused}
        shipment = _ranked(rules, _quoted(rules, shipment, shipment.quote.number))
        ranking = tuple(
            changed(rate, refused=known.refused, cause=known.cause)
            if not rate.refused and (known := said.get((rate.carrier, rate.service)))
            else rate
            for rate in shipment.ranking
        )
        shipment = changed(shipment, ranking=ranking)
    return _try_next(rules, shipment, now)


def has_bought(rules: Rules, shipment: Shipment, label: Parcel, now: datetime) -> Decision:
    """What follows once a label was bought."""
    number = shipment.quote.number if shipment.quote else 1
    shipment = changed(with_label(shipment, number, label), waits=0)
    if not is_open(shipment.status):  # it was stopped while the label was bought
        return go_on(rules, shipment, now)
    told = shared(shipment) if number == 1 and shipment.riders else []
    decision = Decision(events=[bought(shipment, number, now, rules), *told])
    if shipment.unrated:
        shipment = changed(shipment, unrated=False, returning=misfit(rules, shipment)[0])
    return decision.and_then(go_on(rules, shipment, now))


def _voided(rules: Rules, shipment: Shipment, outcome: Outcome, now: datetime) -> Decision:
    """A label was given back, or the carrier keeps it: then a parcel that ships goes with it as it is."""
    if isinstance(outcome, Failed):
        return Decision(later=Later(outcome.detail, not_before_s=outcome.retry_after_s))
    parcel = labels_of(shipment)[shipment.voids]
    if not isinstance(outcome, Done):
        outcome = outcome if isinstance(outcome, Refused) else Refused("outcome-unknown", outcome.detail)
        detail = f"{parcel.carrier} keeps {parcel.tracking_number}: {outcome.code} {outcome.detail}"
        kept = changed(shipment, kept=(*shipment.kept, parcel.tracking_number), returning="")
        said = refusal(changed(shipment, quote=None), "void-refused", detail)
        return Decision(events=[said]).and_then(go_on(rules, kept, now))
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
