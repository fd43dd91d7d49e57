"""What payments keeps: one document for each order, and one for each customer on terms."""

from enum import StrEnum

from pydantic import Field

from crossdock_contracts.base import Utc
from crossdock_contracts.values import PaymentMethod
from services.hub.decision import Document, IntentRecord, Part, Timer


class PaymentStatus(StrEnum):
    """Where the money of an order stands."""

    WAITING = "waiting"
    """The order is held, or its day is far: nothing is authorised before it is released."""
    AUTHORISING = "authorising"
    AUTHORISED = "authorised"
    DECLINED = "declined"
    VOIDED = "voided"
    ENDED = "ended"
    """Cancelled before anything was done, or done with."""


MOVES: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.WAITING: frozenset(
        {PaymentStatus.AUTHORISING, PaymentStatus.AUTHORISED, PaymentStatus.DECLINED, PaymentStatus.ENDED}
    ),
    PaymentStatus.AUTHORISING: frozenset({PaymentStatus.AUTHORISED, PaymentStatus.DECLINED, PaymentStatus.ENDED}),
    PaymentStatus.AUTHORISED: frozenset({PaymentStatus.AUTHORISING, PaymentStatus.VOIDED, PaymentStatus.ENDED}),
    PaymentStatus.DECLINED: frozenset(
        {PaymentStatus.AUTHORISING, PaymentStatus.AUTHORISED, PaymentStatus.VOIDED, PaymentStatus.ENDED}
    ),
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
    left_to_channel: bool = False
    """The channel is asked to pay it."""
    adjusted_minor: int = 0
    """How much of it is for a price that changed once its goods had been placed; below zero: it is less by so much."""
    authorisation_id: str = ""
    """What it was taken from."""
    cards_minor: int = 0
    """What gift cards have paid of the goods that it was taken for, beside it."""


class Payment(Document, service="payments", kind="payment", key=("order_id",), traced=True):
    """The money of one order."""

    order_id: str
    status: PaymentStatus
    method: PaymentMethod = PaymentMethod.PREPAID
    currency: str = ""
    amount_minor: int = 0
    cards_minor: int = 0
    """So much of it gift cards have paid, and nobody is asked for."""
    gateway: str = ""
    token: str = Field(default="", repr=False)
    reference: str = ""
    """The channel's own id of a prepaid payment."""
    refund_by: str = "hub"
    customer_id: str = ""
    on_account_minor: int = 0
    """Of this order, on terms and neither shipped nor cancelled."""
    declined_at: Utc | None = None
    generation: int = 0
    authorisation_id: str = ""
    authorised_until: Utc | None = None
    authorised_minor: int = 0
    """What was set aside."""
    asked_minor: int = 0
    """What the authorisation that is under way asks for."""
    superseded: dict[str, int] = Field(default_factory=dict)
    """Authorisations that a larger one took the place of, and that are being given back: what was set aside."""
    revision: int = 0
    """How many amendments of the order are taken account of."""
    adjusted_minor: int = 0
    """What the buyer pays more, or less, for goods that had been placed already."""
    cancelled_minor: int = 0
    """What the buyer no longer pays: cancelled, or amended to less."""
    is_cancelled: bool = False
    """The whole order is cancelled or rejected."""
    cancels: tuple[str, ...] = ()
    captures: dict[str, Movement] = Field(default_factory=dict)
    """By fulfilment; by amendment, where money is taken for that alone."""
    refunds: dict[str, Movement] = Field(default_factory=dict)
    """By refund: ``return:<id>``, ``cancel:<id>``, ``amend:<id>`` or ``substituted:<fulfilment>``."""
    intents: dict[str, IntentRecord] = Field(default_factory=dict)
    """Calls that are under way, by their key."""

    @property
    def has_ended(self) -> bool:
        """No call is under way, and none is going to be made by itself."""
        return not self.intents and self.status not in {PaymentStatus.WAITING, PaymentStatus.AUTHORISING}

    @property
    def is_taken_here(self) -> bool:
        """The hub charges it as goods ship."""
        return self.method in {PaymentMethod.TOKEN, PaymentMethod.TERMS}

    @property
    def due_minor(self) -> int:
        """What the buyer pays for the order as it stands."""
        return self.amount_minor - self.cancelled_minor

    @property
    def owed_minor(self) -> int:
        """What of it the buyer pays with what they pay with beside gift cards."""
        return max(0, self.due_minor - self.cards_minor)

    @property
    def cards_used_minor(self) -> int:
        """What gift cards have paid of goods that have shipped, and that would have been taken otherwise.

        Of what was paid elsewhere it is all of it, unless the channel gives it back by itself.
        """
        if self.is_taken_here:
            return sum(movement.cards_minor for movement in self.captures.values())
        return self.cards_minor if self.refund_by == "hub" else 0

    @property
    def cards_left_minor(self) -> int:
        """What gift cards have paid of goods that are still to ship."""
        return max(0, self.cards_minor - self.cards_used_minor)

    @property
    def taken_minor(self) -> int:
        """Money that was taken, or is being taken."""
        return sum(movement.amount_minor for movement in self.captures.values() if not movement.failed)

    @property
    def taking_minor(self) -> int:
        """Money that is being taken, and may be refused yet."""
        moves = self.captures.values()
        return sum(movement.amount_minor for movement in moves if not movement.done and not movement.failed)

    @property
    def left_minor(self) -> int:
        """What is set aside and has not been taken."""
        current = self.authorisation_id
        used = sum(m.amount_minor for m in self.captures.values() if m.authorisation_id == current and not m.failed)
        return self.authorised_minor - used if current else 0

    @property
    def unsettled_minor(self) -> int:
        """What of a changed price has been neither charged nor credited."""
        moved = (*self.captures.values(), *self.refunds.values())
        return self.adjusted_minor - sum(movement.adjusted_minor for movement in moved)

    @property
    def unshipped_minor(self) -> int:
        """What the buyer pays for goods that are still to ship, at the price before it changed."""
        moves = self.captures.values()
        goods = sum(move.amount_minor + move.cards_minor - move.adjusted_minor for move in moves)
        return self.due_minor - self.adjusted_minor - goods

    @property
    def captured_minor(self) -> int:
        """Money that is the merchant's: taken, charged to an account, or prepaid."""
        if self.is_taken_here:
            return sum(movement.amount_minor for movement in self.captures.values() if movement.done)
        return max(0, self.amount_minor - self.cards_used_minor)

    @property
    def refunded_minor(self) -> int:
        """Money that has gone back, or is on its way."""
        return sum(movement.amount_minor for movement in self.refunds.values() if not movement.failed)


class AuthoriseTimer(Timer, service="payments", kind="authorise", key=("order_id",)):
    """When the money of an order with a release date is made sure of."""

    order_id: str


class Book(Part):
    """What a customer has open on terms in one currency."""

    limit_minor: int | None = None
    """None: no limit."""
    ordered_minor: int = 0
    """Ordered, neither shipped nor cancelled."""
    owed_minor: int = 0
    """Shipped and not paid."""
    references: tuple[str, ...] = ()
    """Of the latest payments, a bounded number, to know one that comes again."""

    @property
    def room_minor(self) -> int | None:
        """How much more may be ordered; none: there is no limit."""
        return None if self.limit_minor is None else self.limit_minor - self.ordered_minor - self.owed_minor


class Account(Document, service="payments", kind="account", key=("customer_id",), shared=True):
    """A customer on terms, by currency; or, with ``same_as``, that it is kept under another id since a merge."""

    customer_id: str
    same_as: str = ""
    books: dict[str, Book] = Field(default_factory=dict)
