"""Labels with which buyers send goods back: wanted by returns, bought and given back by shipping."""

from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveInt

from crossdock_contracts.base import Command, Event, Id, Utc, Value
from crossdock_contracts.labels import Parcel, RankedRate
from crossdock_contracts.tracking import Progress
from crossdock_contracts.values import Address, Code, Country, Currency, Money


class ReturnedGoods(Value):
    """Pieces of one line that are to come back, with what a carrier and customs have to know of them."""

    line_id: Id
    sku: Id
    quantity: PositiveInt
    value_minor: NonNegativeInt = 0
    """What was paid for these pieces in all."""
    weight_g: NonNegativeInt | None = None
    """Of one piece."""
    title: str = ""
    hs_code: str = ""
    origin_country: Country | None = None


class SendReturnLabelV1(Command, service="returns", name="send-return-label", version=1, entity="order_id"):
    """The buyer of an authorised return gets a label after all, or it is tried again where none could be bought."""

    order_id: Id
    return_id: Id
    ship_from: Address | None = None
    """Where the parcel starts; none: where the goods were delivered to."""


class ReturnLabelWantedV1(Event, service="returns", name="return-label-wanted", version=1, entity="order_id"):
    """The seller pays for the way back: shipping buys a label for these goods."""

    order_id: Id
    return_id: Id
    fulfilment_id: str = ""
    """In which they were sent; empty: no carrier brought them."""
    location_id: str = ""
    """Which sent them."""
    ship_from: Address
    lines: Annotated[tuple[ReturnedGoods, ...], Field(min_length=1)]
    currency: Currency
    channel: Code
    service_level: Code = "standard"
    attempt: PositiveInt = 1
    """How often it was asked for."""


class ReturnLabelBoughtV1(Event, service="shipping", name="return-label-bought", version=1, entity="order_id"):
    """A carrier sold a label for a return; the ranking says why this one."""

    order_id: Id
    return_id: Id
    location_id: Id
    """Where the parcel goes."""
    parcel: Parcel
    ranking: tuple[RankedRate, ...] = ()
    bought_at: Utc


class ReturnLabelRefusedV1(Event, service="shipping", name="return-label-refused", version=1, entity="order_id"):
    """There is no label for a return, or one that is not used is not taken back; somebody has to look."""

    order_id: Id
    return_id: Id
    reason: Code
    detail: str
    ranking: tuple[RankedRate, ...] = ()
    attempt: PositiveInt = 1
    """Which of the times that it was asked for."""


class ReturnLabelDelayedV1(Event, service="shipping", name="return-label-delayed", version=1, entity="order_id"):
    """No carrier can be reached that would bring a return: its label waits, and is bought when one comes back."""

    order_id: Id
    return_id: Id
    detail: str
    """Why, of each."""
    attempt: PositiveInt = 1
    delayed_at: Utc


class ReturnLabelVoidedV1(Event, service="shipping", name="return-label-voided", version=1, entity="order_id"):
    """The label of a return that was called off, or expired, was given back."""

    order_id: Id
    return_id: Id
    carrier: Code
    tracking_number: Id
    reason: str
    voided_at: Utc


class ReturnTrackedV1(Event, service="shipping", name="return-tracked", version=1, entity="order_id"):
    """What a carrier says of a return on its way back, each thing once.

    ``delivered``: the parcel is at the warehouse's door. It is received once somebody there has counted what is in it.
    """

    order_id: Id
    return_id: Id
    status: Progress
    tracking_number: Id
    occurred_at: Utc
    code: str = ""
    """What an exception is: ``lost``, ``damaged``, ``returned-to-sender``, or another word of the carrier's."""
    detail: str = ""


class SettleReturnLabelV1(Command, service="shipping", name="settle-return-label", version=1, entity="order_id"):
    """Somebody has looked what became of the purchase of a return's label whose answer was lost."""

    order_id: Id
    return_id: Id
    tracking_number: str = ""
    """Of the label that was bought; empty: none was, and one is bought anew."""
    cost: Money | None = None
    """What it cost; none: what was offered."""
