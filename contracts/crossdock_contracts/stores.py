"""Locations that have a say, which shipping owns: stores that accept and hand over, suppliers that get orders."""

from typing import Annotated

from pydantic import Field, PositiveInt

from crossdock_contracts.base import Command, Event, Id, Utc, Value
from crossdock_contracts.values import Address, Code, LineQuantity, Money


class AcceptFulfilmentV1(Command, service="shipping", name="accept-fulfilment", version=1, entity="order_id"):
    """A store takes on a fulfilment that it was offered."""

    order_id: Id
    fulfilment_id: Id
    accepted_by: str = ""


class DeclineFulfilmentV1(Command, service="shipping", name="decline-fulfilment", version=1, entity="order_id"):
    """A store does not take on a fulfilment that it was offered: it goes to another location."""

    order_id: Id
    fulfilment_id: Id
    reason: Code
    detail: str = ""
    declined_by: str = ""


class FulfilmentOfferedV1(Event, service="shipping", name="fulfilment-offered", version=1, entity="order_id"):
    """A store is asked to take on a fulfilment; without an answer in time it goes to another location."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1)]
    answer_by: Utc


class FulfilmentAcceptedV1(Event, service="shipping", name="fulfilment-accepted", version=1, entity="order_id"):
    """A store has taken on a fulfilment, or a supplier has acknowledged its purchase order."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    accepted_by: str = ""
    reference: str = ""
    """The supplier's own number of the order."""
    expected_at: Utc | None = None
    """When the supplier means to ship."""
    accepted_at: Utc


class FulfilmentDeclinedV1(Event, service="shipping", name="fulfilment-declined", version=1, entity="order_id"):
    """A location does not ship a fulfilment: its pieces, which are still on the shelf, are placed elsewhere."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1)]
    """What was left of it, which is all promised anew."""
    reason: Code
    """``no-answer``, where nobody answered in time."""
    detail: str = ""
    declined_by: str = ""
    declined_at: Utc


class ConfirmReadyV1(Command, service="shipping", name="confirm-ready", version=1, entity="order_id"):
    """A fulfilment that is collected lies ready in the store that has it."""

    order_id: Id
    fulfilment_id: Id
    ready_by: str = ""


class ReceiveAtStoreV1(Command, service="shipping", name="receive-at-store", version=1, entity="order_id"):
    """What was shipped to a store for its buyer has arrived there, all of its parcels."""

    order_id: Id
    fulfilment_id: Id
    received_by: str = ""


class HandOverV1(Command, service="shipping", name="hand-over", version=1, entity="order_id"):
    """The buyer is in the store and shows the code."""

    order_id: Id
    fulfilment_id: Id
    code: str = Field(repr=False)
    handed_over_by: str = ""


class ResetPickupCodeV1(Command, service="shipping", name="reset-pickup-code", version=1, entity="order_id"):
    """The buyer is to get a new code; wrong ones that were shown count no more."""

    order_id: Id
    fulfilment_id: Id
    reset_by: str = ""


class PickupReadyV1(Event, service="shipping", name="pickup-ready", version=1, entity="order_id"):
    """A fulfilment waits in a store for its buyer, who is told the code; or it has a new code."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    """The store."""
    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1)]
    code: str = Field(repr=False)
    """A secret between the buyer and the hub: the store asks for it."""
    issue: PositiveInt = 1
    """Which code this is: those before it are good no more."""
    hold_until: Utc
    ready_at: Utc
    confirmed_by: str = ""
    """Who made it ready, took it in at the store, or gave the new code."""


class PickupReminderV1(Event, service="shipping", name="pickup-reminder", version=1, entity="order_id"):
    """A fulfilment still waits for its buyer, who is to be reminded."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    code: str = Field(repr=False)
    hold_until: Utc


class PickupLockedV1(Event, service="shipping", name="pickup-locked", version=1, entity="order_id"):
    """Too many wrong codes were shown for a fulfilment: it is handed over once somebody has given it a new one."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    attempts: PositiveInt
    locked_at: Utc


class PickupExpiredV1(Event, service="shipping", name="pickup-expired", version=1, entity="order_id"):
    """The buyer has not come: these pieces are cancelled, and go back on the shelf where they lie."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1)]
    expired_at: Utc


class ParcelUncollectedV1(Event, service="shipping", name="parcel-uncollected", version=1, entity="order_id"):
    """The buyer has not come for what was shipped to the store: somebody has to say what becomes of it."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1)]
    hold_until: Utc


class PurchaseLine(Value):
    """So many pieces that a supplier is to ship."""

    line_id: Id
    sku: Id
    title: str = ""
    quantity: PositiveInt
    note: str = ""


class PurchaseOrderIssuedV1(Event, service="shipping", name="purchase-order-issued", version=1, entity="order_id"):
    """A supplier is to ship a fulfilment to the buyer; without an acknowledgement in time it goes elsewhere.

    It asks for as much less as `FulfilmentStoppedV1` says later.
    """

    order_id: Id
    fulfilment_id: Id
    """It is the number of the purchase order."""
    location_id: Id
    """The supplier."""
    lines: Annotated[tuple[PurchaseLine, ...], Field(min_length=1)]
    ship_to: Address
    service_level: Code = "standard"
    gift_message: str = ""
    note: str = ""
    needed_by: Utc | None = None
    """When it is to be shipped."""
    label_by: Code
    """Who buys the label: the supplier, who reports it, or the hub."""
    acknowledge_by: Utc
    issued_at: Utc


class AcknowledgePurchaseOrderV1(
    Command, service="shipping", name="acknowledge-purchase-order", version=1, entity="order_id"
):
    """A supplier takes on a purchase order."""

    order_id: Id
    fulfilment_id: Id
    reference: str = ""
    """The supplier's own number of the order."""
    expected_at: Utc | None = None
    """When it means to ship."""


class RejectPurchaseOrderV1(Command, service="shipping", name="reject-purchase-order", version=1, entity="order_id"):
    """A supplier does not take on a purchase order: the goods ship from elsewhere."""

    order_id: Id
    fulfilment_id: Id
    reason: Code
    detail: str = ""


class InvoicePurchaseOrderV1(Command, service="shipping", name="invoice-purchase-order", version=1, entity="order_id"):
    """A supplier asks to be paid for a purchase order; there is one invoice for each."""

    order_id: Id
    fulfilment_id: Id
    amount: Money
    reference: Id
    """Number of the invoice."""


class SupplierInvoicedV1(Event, service="shipping", name="supplier-invoiced", version=1, entity="order_id"):
    """A supplier is to be paid for a purchase order."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    amount: Money
    reference: Id
    invoiced_at: Utc
