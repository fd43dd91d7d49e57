"""Accepting: a location takes on what it was offered; only then it is worked on and labelled."""

from datetime import datetime
from typing import Any

from crossdock_contracts.stores import AcceptFulfilmentV1, AcknowledgePurchaseOrderV1, FulfilmentAcceptedV1
from services.hub.decision import Decision, States, changed
from services.shipping.decide.commands import about, refused, shipment_of
from services.shipping.decide.label import IsOpen, begin, resume
from services.shipping.decide.queues import queued
from services.shipping.rules import Rules
from services.shipping.state import ShipmentStatus

_OVER = (ShipmentStatus.EXPECTED, ShipmentStatus.STOPPED)


def accept(
    rules: Rules,
    is_circuit_open: IsOpen,
    states: States,
    message: AcceptFulfilmentV1 | AcknowledgePurchaseOrderV1,
    now: datetime,
) -> Decision:
    """The location takes it on, or the supplier acknowledges: it goes its way as any other from here."""
    shipment = shipment_of(states, message)
    if shipment is not None and shipment.intent is not None:  # it may have been stopped while its label was bought
        return resume(rules, shipment, now)
    if shipment is None or shipment.status in _OVER:
        return refused(message, shipment, "only what was offered is accepted or acknowledged")
    if isinstance(message, AcknowledgePurchaseOrderV1) and shipment.purchase is None:
        return refused(message, shipment, "it is no supplier that ships it", reason="no-purchase-order")
    if shipment.status is not ShipmentStatus.OFFERED:
        return resume(rules, shipment, now)
    said = FulfilmentAcceptedV1(**about(shipment), **_answer(message), accepted_at=now)
    accepted = changed(shipment, status=ShipmentStatus.ALLOCATED)
    decision = Decision(events=[said]).and_then(begin(rules, accepted, now, is_circuit_open))
    return queued(rules, states, shipment, decision, now)


def _answer(message: AcceptFulfilmentV1 | AcknowledgePurchaseOrderV1) -> dict[str, Any]:
    if isinstance(message, AcceptFulfilmentV1):
        return {"accepted_by": message.accepted_by}
    return {"reference": message.reference, "expected_at": message.expected_at}
