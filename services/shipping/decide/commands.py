"""What the decisions on commands about a fulfilment share."""

from collections.abc import Iterable

from crossdock_contracts.inventory import SubstitutionDecidedV1
from crossdock_contracts.labels import LabelWantedV1, ReportLabelV1, SettlePurchaseV1
from crossdock_contracts.shipping import ConfirmPackedV1, ConfirmPickedV1, ConfirmShippedV1
from crossdock_contracts.stores import (
    AcceptFulfilmentV1,
    AcknowledgePurchaseOrderV1,
    ConfirmReadyV1,
    DeclineFulfilmentV1,
    HandOverV1,
    InvoicePurchaseOrderV1,
    ReceiveAtStoreV1,
    RejectPurchaseOrderV1,
    ResetPickupCodeV1,
)
from crossdock_contracts.tracking import TrackingUpdateV1
from crossdock_contracts.warehouse import ConfirmStepV1, ParcelJoinedV1, ParcelSharedV1, ParcelUnsharedV1
from services.hub.decision import Decision, States
from services.shipping.state import Shipment

Work = (
    ConfirmPickedV1
    | ConfirmPackedV1
    | ConfirmShippedV1
    | ConfirmStepV1
    | TrackingUpdateV1
    | ReportLabelV1
    | SettlePurchaseV1
    | LabelWantedV1
    | AcceptFulfilmentV1
    | DeclineFulfilmentV1
    | ConfirmReadyV1
    | ReceiveAtStoreV1
    | HandOverV1
    | ResetPickupCodeV1
    | AcknowledgePurchaseOrderV1
    | RejectPurchaseOrderV1
    | InvoicePurchaseOrderV1
)

Word = ParcelJoinedV1 | ParcelSharedV1 | ParcelUnsharedV1 | SubstitutionDecidedV1
"""What others say of a fulfilment."""


def shipment_of(states: States, message: Work) -> Shipment | None:
    """The fulfilment that a message is about, if it is one of the order that the message names."""
    found = states.get(Shipment, message.owner, message.fulfilment_id)
    return found if found is None or found.order_id == message.order_id else None


def reads_shipment(message: Work | Word) -> Iterable[str]:
    """The document of the fulfilment."""
    return [Shipment.at(message.owner, message.fulfilment_id)]


def refused(message: Work, shipment: Shipment | None, wanted: str, reason: str = "wrong-state") -> Decision:
    """A command that cannot be carried out: where the fulfilment stands, and what to do."""
    if shipment is None:
        return Decision.unknown(message, "fulfilment", message.fulfilment_id, about=message.fulfilment_id)
    detail = f"fulfilment {message.fulfilment_id} is {shipment.status}; {wanted}"
    return Decision.refused(message, reason, detail, about=message.fulfilment_id)


def about(shipment: Shipment) -> dict[str, str]:
    """What each event about a fulfilment names."""
    return {
        "owner": shipment.owner,
        "order_id": shipment.order_id,
        "fulfilment_id": shipment.fulfilment_id,
        "location_id": shipment.fulfilment.location_id if shipment.fulfilment else "-",
    }


def to_be_done(steps: list[str]) -> str:
    """What to do about steps that are open or failed."""
    return f"first {', '.join(steps)} has to be done and confirmed"
