"""Values that many contracts share: money, addresses, lines, orders, fulfilments.

Money is integer minor units with an ISO 4217 code, weights are grams, lengths millimetres, times UTC.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, NonNegativeInt, PositiveInt, StringConstraints

from crossdock_contracts.base import Id, Utc, Value

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""ISO 4217 code."""

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2 code."""

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
"""A reason or kind in lower-case words joined by hyphens, for instance ``unknown-listing``."""


def _on_the_calendar(day: str) -> str:
    if day:
        date.fromisoformat(day)
    return day


Day = Annotated[str, StringConstraints(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"), AfterValidator(_on_the_calendar)]
"""A day of the calendar, such as ``2026-09-30``; empty: none."""

Priority = Annotated[int, Field(ge=0, le=9)]
"""0 is served first, 9 last; 5 is usual."""


class Money(Value):
    """An amount in a currency's minor unit: ``Money(amount_minor=1999, currency="EUR")`` is 19.99 euros."""

    amount_minor: int
    currency: Currency


class Dimensions(Value):
    """Outer size of a product or parcel."""

    length_mm: PositiveInt
    width_mm: PositiveInt
    height_mm: PositiveInt

    @property
    def longest_mm(self) -> int:
        """The longest side."""
        return max(self.length_mm, self.width_mm, self.height_mm)

    @property
    def girth_mm(self) -> int:
        """The longest side and the way around the other two together, as carriers limit it."""
        return 2 * (self.length_mm + self.width_mm + self.height_mm) - self.longest_mm


class Address(Value):
    """A postal address; only what a country's format needs is filled."""

    name: str = ""
    company: str = ""
    line1: str = ""
    line2: str = ""
    line3: str = ""
    city: str = ""
    region: str = ""
    """State, province or county, as its country abbreviates it."""
    postcode: str = ""
    country: Country | None = None
    phone: str = ""
    email: str = ""
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    po_box: bool = False
    """It leads to a PO box, which not every carrier serves; the hub finds that out."""


class Customer(Value):
    """The buyer as the channel knows them; one identity across channels is joined on these."""

    channel_customer_id: str = ""
    name: str = ""
    company: str = ""
    email: str = ""
    phone: str = ""
    tax_id: str = ""
    customer_id: str = ""
    """The hub's own id, the same in every channel; empty where nothing tells who the buyer is."""


class LineKind(StrEnum):
    """What a line is. Only physical lines reserve stock and ship."""

    PHYSICAL = "physical"
    DIGITAL = "digital"
    SERVICE = "service"
    CHARGE = "charge"
    """Postage, fee, gift wrap."""
    DISCOUNT = "discount"


class OrderLine(Value):
    """One line of an order: what was sold, and which pieces of which SKU that is."""

    line_id: Id
    kind: LineKind = LineKind.PHYSICAL
    listing_id: str = ""
    """The channel's own id of what was sold; empty where the channel names SKUs."""
    sku: str | None = None
    """Stock-keeping unit; none while the listing is unknown, and for lines without stock."""
    unknown_sku: str = ""
    """The SKU that it was sold as and of which nothing is known yet; empty otherwise."""
    title: str = ""
    ordered_quantity: PositiveInt
    """As the channel counts: two packs of six are 2."""
    quantity: PositiveInt
    """Pieces of the SKU: two packs of six are 12."""
    unit_price_minor: int
    """Price of one as ordered, in the order's currency."""
    discount_minor: NonNegativeInt = 0
    tax_minor: int = 0
    total_minor: int
    """ordered_quantity × unit_price_minor − discount_minor; tax as ``OrderTotals.tax_included`` says."""
    paid_minor: int = 0
    """What the buyer pays for it in all, its share of shipping, charges, tax and discounts included. Over the lines
    that ship (or over all, where none ships) this adds up to the order's total; it is what is charged and paid
    back."""
    weight_g: NonNegativeInt | None = None
    """Weight of one piece; none where the product has none on file."""
    dimensions: Dimensions | None = None
    """Outer size of one piece; none where the product has none on file."""
    hazmat_class: str = ""
    hs_code: str = ""
    """Harmonised System, for customs."""
    origin_country: Country | None = None
    """Where it was made, for customs."""
    kit_line_id: str = ""
    """The sold line (in ``Order.kits``) that this component came out of; empty for lines that are not part of a
    kit."""
    gift_wrap: bool = False
    note: str = ""


class OrderTotals(Value):
    """What the buyer pays, checked: lines − discounts + shipping + tax (unless included) = total."""

    lines_minor: int
    discount_minor: NonNegativeInt = 0
    """Discount on the order as a whole; discounts on lines are in the lines."""
    shipping_minor: NonNegativeInt = 0
    tax_minor: int = 0
    tax_included: bool = False
    total_minor: int
    gift_cards_minor: NonNegativeInt = 0
    """So much of the total is paid with gift cards."""


class PaymentMethod(StrEnum):
    """How an order is paid."""

    PREPAID = "prepaid"
    """The channel has the money already."""
    TOKEN = "token"  # noqa: S105  # the word, not one of them
    """A stored card or wallet that the gateway charges."""
    CASH_ON_DELIVERY = "cash-on-delivery"
    TERMS = "terms"
    """On account, against an invoice."""


class PaymentTerms(Value):
    """How this order is paid, and with what."""

    method: PaymentMethod
    gateway: str = ""
    token: str = Field(default="", repr=False)
    """The gateway's handle of the buyer's card or wallet; a secret: never logged."""
    reference: str = ""
    """The channel's own id of the payment."""


class ChannelPolicy(Value):
    """Who does what for orders of a channel: the hub, or the channel itself."""

    payment_by: Code = "hub"
    refund_by: Code = "hub"
    invoice_by: Code = "hub"
    tax_by: Code = "hub"
    notify_by: Code = "hub"
    fulfil_by: Code = "hub"
    """``channel`` for orders that the marketplace ships from its own warehouse: recorded, not routed. ``till`` for
    sales of which the buyer has the goods already: deducted at once."""


class ShippingChoice(Value):
    """What the buyer chose at checkout."""

    service_level: Code = "standard"
    title: str = ""
    carrier: str = ""
    pickup_location_id: str = ""


class Order(Value):
    """An order as captured: everything that the services after capture need to know of it."""

    order_id: Id
    """Unique within the owner: ``<channel>:<the channel's id>``."""
    channel: Code
    channel_order_id: Id
    number: str = ""
    """What the buyer sees on the confirmation."""
    source_version: str = ""
    """The channel's version or update time of this copy, to tell newer from older."""
    revision: NonNegativeInt = 0
    """How often it has been amended."""
    placed_at: Utc
    currency: Currency
    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1)]
    kits: tuple[OrderLine, ...] = ()
    """Lines that were kits, as they were sold. What is reserved, shipped and paid for are their components, which stand
    in ``lines`` with their ``kit_line_id``; the amounts of these add up to those of the kit."""
    totals: OrderTotals
    payment: PaymentTerms
    customer: Customer = Customer()
    ship_to: Address | None = None
    bill_to: Address | None = None
    shipping: ShippingChoice = ShippingChoice()
    policy: ChannelPolicy = ChannelPolicy()
    priority: Priority = 5
    ship_by: Utc | None = None
    deliver_by: Utc | None = None
    requested_at: Utc | None = None
    """The day the buyer asked for."""
    release_at: Utc | None = None
    """Pre-orders and subscriptions: not to be routed before."""
    reserve_until: Utc | None = None
    """The stock promise lapses then, unless the order has been allocated; none: it does not lapse."""
    ship_complete: bool = False
    """All in one go, or ship what is there."""
    customer_po: str = ""
    gift_message: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    created_by: str = ""
    """Who entered it by hand; empty where the buyer ordered."""
    sold_at: str = ""
    """The location whose goods were handed over, of what the channel or a till fulfils."""
    replaces: str = ""
    """The order of which this one sends goods once more; empty: it is not a replacement."""


class Hold(Value):
    """Why an order waits on somebody, who that is, and what happens if they do nothing."""

    hold_id: Id
    reason: Code
    about: str = ""
    """What within the order it is about, for instance a fulfilment; empty: the order."""
    detail: str = ""
    assigned_to: Code = "operations"
    """The role that has to act."""
    opened_at: Utc
    expires_at: Utc
    on_expiry: Annotated[str, StringConstraints(pattern="^(release|reject)$")] = "reject"
    approval: bool = False
    """A gate: whoever releases it has to be named."""
    opened_by: str = ""
    """Who placed it by hand; empty: a rule did."""
    suggestion: Address | None = None
    """The delivery address that would mend it; none: there is no such."""


class LineQuantity(Value):
    """So many pieces of one order line."""

    line_id: Id
    sku: str = ""
    quantity: PositiveInt


class FulfilledQuantity(LineQuantity):
    """So many pieces of one order line, the fulfilment that they were in, if any, and what the buyer pays for them."""

    fulfilment_id: str = ""
    value_minor: NonNegativeInt = 0


class LotQuantity(Value):
    """So many pieces of one lot."""

    lot: Id
    quantity: PositiveInt
    expires_on: Day = ""
    """Its last day; empty where it is not known."""
