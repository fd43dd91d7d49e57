"""What payments keeps: one document for each order."""

from enum import StrEnum

from pydantic import Field

from crossdock_contracts.base import Utc
from crossdock_contracts.values import PaymentMethod
from services.hub.decision import Document, IntentRecord, Part


class PaymentStatus(StrEnum):
    """Where the money of an order stands."""

    WAITING = "waiting"
    """The order is held: nothing is authorised before it is released."""
    AUTHORISING = "authorising"
    AUTHORISED = "authorised"
    DECLINED = "declined"
    VOIDED = "voided"
    ENDED = "ended"
    """Cancelled before anything was done, or done with."""


MOVES: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.WAITING: frozenset({PaymentStatus.AUTHORISING, PaymentStatus.AUTHORISED, PaymentStatus.ENDED}),
    PaymentStatus.AUTHORISING: frozenset({PaymentStatus.AUTHORISED, PaymentStatus.DECLINED, PaymentStatus.ENDED}),
    PaymentStatus.AUTHORISED: frozenset({PaymentStatus.VOIDED, PaymentStatus.ENDED}),
    PaymentStatus.DECLINED: frozenset({PaymentStatus.AUTHORISING, PaymentStatus.ENDED}),
    PaymentStatus.VOIDED: frozenset(),
    PaymentStatus.ENDED: frozenset(),
}
"""The legal moves of a payment."""


class Movement(Part):
    """Money that was taken or given back, once."""

    amount_minor: int
    reference: str = ""
    """The gateway's."""
    done: bool = False
    failed: str = ""


class Payment(Document, service="payments", kind="payment", key=("order_id",), traced=True):
    """The money of one order."""

    order_id: str
    status: PaymentStatus
    method: PaymentMethod = PaymentMethod.PREPAID
    currency: str = ""
    amount_minor: int = 0
    gateway: str = ""
    token: str = Field(default="", repr=False)
    reference: str = ""
    """The channel's own id of a prepaid payment."""
    refund_by: str = "hub"
    generation: int = 0
    authorisation_id: str = ""
    authorised_until: Utc | None = None
    cancelled_minor: int = 0
    is_cancelled: bool = False
    """The whole order is cancelled or rejected."""
    cancels: tuple[str, ...] = ()
    captures: dict[str, Movement] = Field(default_factory=dict)
    """By fulfilment."""
    refunds: dict[str, Movement] = Field(default_factory=dict)
    """By refund: ``return:<id>``, ``cancel:<id>`` or ``substituted:<fulfilment>``."""
    intents: dict[str, IntentRecord] = Field(default_factory=dict)
    """Calls that are under way, by their key."""

    @property
    def has_ended(self) -> bool:
        """No call is under way, and none is going to be made by itself."""
        return not self.intents and self.status not in {PaymentStatus.WAITING, PaymentStatus.AUTHORISING}

    @property
    def captured_minor(self) -> int:
        """Money that is the merchant's: taken, or prepaid."""
        if self.method is PaymentMethod.TOKEN:
            return sum(movement.amount_minor for movement in self.captures.values() if movement.done)
        return self.amount_minor

    @property
    def refunded_minor(self) -> int:
        """Money that has gone back, or is on its way."""
        return sum(movement.amount_minor for movement in self.refunds.values() if not movement.failed)
