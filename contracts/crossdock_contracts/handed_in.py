"""Orders as channels and shops hand them in."""

from typing import Annotated, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from crossdock_contracts.base import MOST, Id, Moment, Value
from crossdock_contracts.values import (
    Address,
    Code,
    Currency,
    Customer,
    LineKind,
    LineQuantity,
    Money,
    PaymentTerms,
    Priority,
    ShippingChoice,
)


class LineInput(Value):
    """One line of an order as a shop hands it in: what was sold, by listing or SKU, and for how much."""

    line_id: Id
    kind: LineKind = LineKind.PHYSICAL
    listing_id: str = ""
    """The channel's id of what was sold; empty where ``sku`` names it."""
    sku: str = ""
    title: str = ""
    quantity: PositiveInt
    unit_price_minor: int
    discount_minor: NonNegativeInt = 0
    tax_minor: int = 0
    gift_wrap: bool = False
    note: str = ""


class CancelInput(Value):
    """Pieces of an order that its channel has cancelled."""

    cancel_id: Id
    """The channel's own id of it, or one that is made of what it says: the same cancel is carried out once."""
    lines: tuple[LineQuantity, ...] = ()
    """Which pieces, as the channel counts them; empty: everything."""
    reason: Code = "requested"
    cancelled_at: Moment | None = None
    counted: NonNegativeInt = 0
    """How many pieces of each of its lines are cancelled with it, where the channel only tells how many are, and not
    which it cancelled itself: as many as the hub has cancelled are the hub's; 0: the channel tells."""
    asked_as: str = ""
    """The hub's own id of it, where the channel did it because the hub had it cancelled; empty: the channel did so."""


class RefundInput(Value):
    """Money that the channel has paid back to the buyer."""

    refund_id: Id
    """The channel's own id."""
    amount_minor: PositiveInt
    """In the order's currency."""
    lines: tuple[LineQuantity, ...] = ()
    """Pieces that it is for, as the channel counts them; empty: none in particular."""
    reason: Code = "channel-refund"
    refunded_at: Moment | None = None


class OrderInput(Value):
    """An order as a shop hands it in: the body of ``POST /v1/orders`` and of native webhooks."""

    order_id: Id
    """The channel's own id."""
    number: str = ""
    source_version: str = ""
    """Version or update time of this copy; empty where the channel has none."""
    placed_at: Moment
    currency: Currency
    lines: Annotated[tuple[LineInput, ...], Field(min_length=1)]
    discount_minor: NonNegativeInt = 0
    """Discount on the order as a whole."""
    shipping_minor: NonNegativeInt = 0
    tax_minor: int = 0
    tax_included: bool = False
    total_minor: int
    payment: PaymentTerms
    customer: Customer = Customer()
    ship_to: Address | None = None
    bill_to: Address | None = None
    shipping: ShippingChoice = ShippingChoice()
    priority: Priority = 5
    ship_by: Moment | None = None
    deliver_by: Moment | None = None
    requested_at: Moment | None = None
    release_at: Moment | None = None
    reserve_until: Moment | None = None
    ship_complete: bool = False
    customer_po: str = ""
    gift_message: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    created_by: str = ""
    """Who enters it by hand, for a buyer on the phone; empty where the buyer ordered."""
    fulfil_by: Code | None = None
    """``hub``, ``channel`` or ``till``, where this order differs from what its channel usually does."""
    sold_at: str = ""
    """The location that hands the goods over, where ``fulfil_by`` is not the hub; empty: the channel's."""
    fulfilled_at: Moment | None = None
    """The channel, which fulfils it, has shipped it."""
    shop_total: Money | None = None
    """The total in the currency that the shop keeps its books in, where the buyer pays in another."""
    gift_cards_minor: NonNegativeInt = 0
    """So much of the total is paid with gift cards."""
    cancels: tuple[CancelInput, ...] = ()
    """What the channel has cancelled of it so far; ``lines`` count all that was ordered."""
    refunds: tuple[RefundInput, ...] = ()
    """What the channel has paid back so far."""

    @model_validator(mode="after")
    def _can_be_reckoned_with(self) -> Self:
        seen: set[str] = set()
        for line in self.lines:
            if line.line_id in seen:
                msg = f"line {line.line_id[:80]} stands there twice: give each line an id of its own"
                raise ValueError(msg)
            seen.add(line.line_id)
            worth = line.quantity * max(abs(line.unit_price_minor), 1)
            if max(worth, line.discount_minor, abs(line.tax_minor)) > MOST:
                msg = f"line {line.line_id[:80]}: numbers, and what its pieces cost, go up to {MOST}"
                raise ValueError(msg)
        if max(abs(self.total_minor), self.discount_minor, self.shipping_minor, abs(self.tax_minor)) > MOST:
            msg = f"amounts go up to {MOST}"
            raise ValueError(msg)
        if self.total_minor < 0 and any(line.kind is LineKind.PHYSICAL for line in self.lines):
            msg = "total_minor is below zero: nobody is paid for taking goods; what a buyer gets back is a refund"
            raise ValueError(msg)
        return self
