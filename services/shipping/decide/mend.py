"""Fulfilments whose label did not come: tried again once somebody has looked, or entered by whoever bought it."""

from datetime import datetime

from crossdock_contracts.capture import OrderReleasedV1
from crossdock_contracts.labels import LabelWantedV1, Parcel, ReportLabelV1, SettlePurchaseV1
from crossdock_contracts.reasons import NO_LABEL
from crossdock_contracts.values import Money
from services.hub.decision import Decision, States
from services.shipping.decide.commands import refused, shipment_of
from services.shipping.decide.label import IsOpen, go_on, has_bought, resume
from services.shipping.decide.parcels import labels_of, shared, unlabelled, with_reported
from services.shipping.decide.rates import weight_of
from services.shipping.decide.told import bought
from services.shipping.rules import Rules
from services.shipping.state import LabelTimer, Quote, Shipment, ShipmentStatus, is_open


def want_labels(_states: States, message: OrderReleasedV1, _now: datetime) -> Decision:
    """Holds for want of a label were closed: each of their fulfilments tries again."""
    wanted = dict.fromkeys(hold.about for hold in message.closed if hold.reason == NO_LABEL and hold.about)
    return Decision(
        events=[LabelWantedV1(owner=message.owner, order_id=message.order_id, fulfilment_id=one) for one in wanted]
    )


def buy_again(rules: Rules, is_circuit_open: IsOpen, states: States, message: LabelWantedV1, now: datetime) -> Decision:
    """Ask all carriers anew, if the fulfilment still needs a label."""
    shipment = states.get(Shipment, message.owner, message.fulfilment_id)
    if shipment is None or not is_open(shipment.status) or unlabelled(shipment) is None:
        return Decision.nothing()
    if shipment.intent is not None:
        return resume(rules, shipment, now)
    return go_on(rules, shipment, now, is_circuit_open)


def ask_again(rules: Rules, is_circuit_open: IsOpen, states: States, message: LabelTimer, now: datetime) -> Decision:
    """No carrier could be reached a while ago: all of them are asked anew."""
    shipment = states.get(Shipment, message.owner, message.fulfilment_id)
    if shipment is None or not is_open(shipment.status) or not shipment.waits or unlabelled(shipment) is None:
        return Decision.nothing()
    if shipment.intent is not None:
        return resume(rules, shipment, now)
    return go_on(rules, shipment, now, is_circuit_open)


def settle_purchase(
    rules: Rules, is_circuit_open: IsOpen, states: States, message: SettlePurchaseV1, now: datetime
) -> Decision:
    """Somebody has looked whether a label was bought: it is taken, or one is bought anew."""
    shipment = shipment_of(states, message)
    if shipment is None or shipment.intent is None or shipment.intent.key != shipment.unsettled:
        if shipment is not None and shipment.intent is not None and shipment.unsettled:
            return resume(rules, shipment, now)  # the call that followed upon this command is under way
        return refused(message, shipment, "no purchase of it waits for somebody to look")
    if not message.tracking_number:
        return go_on(rules, shipment, now, is_circuit_open)
    offer = next(rate for rate in shipment.ranking if not rate.refused)
    quote = shipment.quote or Quote()
    label = Parcel(
        parcel_id=f"{shipment.fulfilment_id}/{quote.number}",
        carrier=offer.carrier,
        service=offer.service,
        tracking_number=message.tracking_number,
        weight_g=quote.weight_g,
        cost=message.cost or offer.cost,
    )
    return has_bought(rules, shipment, label, now)


def report_label(rules: Rules, states: States, message: ReportLabelV1, now: datetime) -> Decision:
    """Somebody else bought the label."""
    shipment = shipment_of(states, message)
    if shipment is None:
        return Decision.unknown(message, "fulfilment", message.fulfilment_id, about=message.fulfilment_id)
    trouble = _trouble(shipment, message)
    if trouble:
        detail = f"fulfilment {message.fulfilment_id} {trouble}"
        return Decision.refused(message, "wrong-state", detail, about=message.fulfilment_id)
    assert shipment.fulfilment is not None
    if message.parcel in labels_of(shipment):
        return Decision.nothing()
    origin = rules.locations.get(shipment.fulfilment.location_id)
    usual = weight_of(shipment.fulfilment, origin) if origin else 1
    parcel = Parcel(
        parcel_id=f"{shipment.fulfilment_id}/{message.parcel}",
        carrier=message.carrier,
        service=message.service,
        tracking_number=message.tracking_number,
        weight_g=message.weight_g or shipment.weight_g or usual,
        cost=message.cost or Money(amount_minor=0, currency=shipment.fulfilment.currency),
    )
    shipment = with_reported(shipment, message.parcel, parcel)
    told = shared(shipment) if message.parcel == 1 and shipment.riders else []
    return Decision(writes=[shipment], events=[bought(shipment, message.parcel, now), *told])


def _trouble(shipment: Shipment, message: ReportLabelV1) -> str:
    """Why this label cannot be taken; empty: it can, or it has been."""
    if not is_open(shipment.status):
        return f"is {shipment.status}; only open ones take a label"
    if shipment.status is ShipmentStatus.OFFERED or shipment.is_pickup:
        return "is collected at the store, without a label" if shipment.is_pickup else "has to be accepted first"
    if shipment.intent is not None:
        return "is having its label bought just now; ask again"
    if message.parcel > max(1, len(shipment.boxes)):
        return f"has {max(1, len(shipment.boxes))} parcels, not {message.parcel}; say first how it was packed"
    known = labels_of(shipment).get(message.parcel)
    if known is not None and known.tracking_number != message.tracking_number:
        return f"has the label {known.tracking_number} of {known.carrier} already"
    return ""
