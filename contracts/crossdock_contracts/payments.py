"""Payments: money is authorised, taken, given back; customers on terms have accounts."""

from pydantic import NonNegativeInt

from crossdock_contracts.base import Command, Event, Id, Utc
from crossdock_contracts.values import Code, Currency, Money, PaymentMethod


class SetCreditLimitV1(Command, service="payments", name="set-credit-limit", version=1, entity="customer_id"):
    """How much a customer may have open on terms: ordered and not paid."""

    customer_id: Id
    currency: Currency
    limit_minor: NonNegativeInt | None = None
    """None: no limit; 0: no terms."""
    set_by: str = ""


class ReceivePaymentV1(Command, service="payments", name="receive-payment", version=1, entity="customer_id"):
    """A customer on terms has paid: so much of their limit is free again."""

    customer_id: Id
    amount: Money
    reference: str = ""
    """Of the bank or the ERP; a payment with a reference that is booked already is refused."""
    received_by: str = ""


class ImportRefundV1(Command, service="payments", name="import-refund", version=1, entity="order_id"):
    """A marketplace has paid a buyer back: it is entered in the books, and not paid again."""

    order_id: Id
    refund_id: Id
    """The channel's own id: the same refund is entered once."""
    amount: Money
    reason: Code = "channel-refund"
    return_id: str = ""
    """The return that it pays for, where the hub asked the channel for it."""


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


class RefundLeftToChannelV1(Event, service="payments", name="refund-left-to-channel", version=1, entity="order_id"):
    """The buyer gets money back, and the channel pays it: whoever speaks with the channel asks for it on this."""

    order_id: Id
    refund_id: Id
    """Ours: purpose and entity."""
    amount: Money
    reason: Code
    left_at: Utc


class AccountChangedV1(Event, service="payments", name="account-changed", version=1, entity="customer_id"):
    """What a customer has open on terms, or may have, is different: one entry of the account."""

    customer_id: Id
    currency: Currency
    limit_minor: NonNegativeInt | None = None
    """None: no limit."""
    ordered_minor: NonNegativeInt
    """Ordered on terms, neither shipped nor cancelled."""
    owed_minor: int
    """Shipped and not paid; negative where the customer paid ahead."""
    reason: Code
    """``ordered``, ``shipped``, ``cancelled``, ``returned``, ``paid``, ``limit-set``, ``customers-merged``."""
    reference: str = ""
    """The order, the payment, or who set the limit."""
    changed_at: Utc
    changed_by: str = ""
    """Who set the limit, or entered the payment."""
