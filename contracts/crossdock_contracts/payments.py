"""Payments: money is authorised, taken, given back."""

from pydantic import NonNegativeInt

from crossdock_contracts.base import Event, Id, Utc
from crossdock_contracts.values import Code, Money, PaymentMethod


class PaymentAuthorisedV1(Event, service="payments", name="payment-authorised", version=1, entity="order_id"):
    """The money for an order is certain enough to ship: paid, authorised, or to be collected."""

    order_id: Id
    method: PaymentMethod
    amount: Money
    gateway: str = ""
    authorisation_id: str = ""
    expires_at: Utc | None = None
    authorised_at: Utc
    revision: NonNegativeInt = 0
    """How many amendments of the order the amount takes account of."""


class PaymentDeclinedV1(Event, service="payments", name="payment-declined", version=1, entity="order_id"):
    """The gateway refused, for good."""

    order_id: Id
    method: PaymentMethod
    amount: Money
    gateway: str
    code: Code
    detail: str = ""
    generation: NonNegativeInt
    """Which attempt this was: a release of the hold starts the next."""
    declined_at: Utc


class PaymentCapturedV1(Event, service="payments", name="payment-captured", version=1, entity="order_id"):
    """Authorised money was taken for what shipped."""

    order_id: Id
    fulfilment_id: Id
    """Or the amendment, where money was taken for that alone."""
    amount: Money
    gateway: str
    capture_id: str
    captured_at: Utc


class PaymentVoidedV1(Event, service="payments", name="payment-voided", version=1, entity="order_id"):
    """An authorisation was given back, unused."""

    order_id: Id
    amount: Money
    gateway: str
    voided_at: Utc


class PaymentRefundedV1(Event, service="payments", name="payment-refunded", version=1, entity="order_id"):
    """Money went back to the buyer."""

    order_id: Id
    refund_id: Id
    """Ours: purpose and entity, the same for each attempt."""
    amount: Money
    gateway: str
    reference: str
    """The gateway's."""
    reason: Code
    refunded_at: Utc


class PaymentFailedV1(Event, service="payments", name="payment-failed", version=1, entity="order_id"):
    """A capture, void or refund was refused; somebody has to look."""

    order_id: Id
    purpose: Code
    amount: Money
    gateway: str
    code: Code
    detail: str = ""
    failed_at: Utc
