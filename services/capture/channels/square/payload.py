"""Orders of Square as its Orders API writes them, as far as they are read. Amounts are in minor units."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from services.capture.channels.parts import MaybeWhen, Pieces, When
from services.capture.channels.reading import Payload, Text

SHIP, CANCEL = "crossdock-ship-", "crossdock-cancel-"
"""How the names begin of what the hub notes at fulfilments, in their metadata."""
_MOST = 10**15
_several = BeforeValidator(lambda found: found or ())


class Money(Payload):
    """``{"amount": 1250, "currency": "USD"}``; where the amount is left out it is 0."""

    amount: Annotated[int, Field(ge=-_MOST, le=_MOST), BeforeValidator(lambda amount: amount or 0)] = 0
    currency: Text = ""


_Money = Annotated[Money, BeforeValidator(lambda found: {} if found is None else found)]
NOTHING = Money()


class Modifier(Payload):
    """``line_items[].modifiers[]``: what was chosen with an item."""

    name: Text = ""
    total_price_money: _Money = NOTHING


class Line(Payload):
    """``line_items[]``."""

    uid: Text
    name: Text = ""
    variation_name: Text = ""
    quantity: Pieces
    item_type: Text = "ITEM"
    catalog_object_id: Text = ""
    note: Text = ""
    base_price_money: _Money = NOTHING
    variation_total_price_money: Money | None = None
    modifiers: Annotated[tuple[Modifier, ...], _several] = ()
    total_discount_money: _Money = NOTHING
    total_tax_money: _Money = NOTHING


class Tax(Payload):
    """``taxes[]``: one of the order's taxes."""

    type: Text = "ADDITIVE"
    applied_money: _Money = NOTHING


class ServiceCharge(Payload):
    """``service_charges[]``."""

    uid: Text
    name: Text = ""
    amount_money: _Money = NOTHING
    applied_money: Money | None = None


class AddressOf(Payload):
    """``address`` of a recipient."""

    first_name: Text = ""
    last_name: Text = ""
    organization: Text = ""
    address_line_1: Text = ""
    address_line_2: Text = ""
    address_line_3: Text = ""
    locality: Text = ""
    administrative_district_level_1: Text = ""
    postal_code: Text = ""
    country: Text = ""


class Recipient(Payload):
    """Who gets a fulfilment."""

    customer_id: Text = ""
    display_name: Text = ""
    email_address: Text = ""
    phone_number: Text = ""
    address: AddressOf | None = None


class Details(Payload):
    """``pickup_details``, ``shipment_details`` or ``delivery_details``."""

    recipient: Recipient | None = None
    note: Text = ""
    shipping_note: Text = ""
    carrier: Text = ""
    tracking_number: Text = ""
    shipping_type: Text = ""
    pickup_at: MaybeWhen = None
    deliver_at: MaybeWhen = None
    expected_shipped_at: MaybeWhen = None


class Entry(Payload):
    """``entries[]``: pieces of a line that a fulfilment is for."""

    line_item_uid: Text
    quantity: Pieces


class Fulfilment(Payload):
    """``fulfillments[]``."""

    uid: Text = ""
    type: Text = ""
    state: Text = ""
    pickup_details: Details | None = None
    shipment_details: Details | None = None
    delivery_details: Details | None = None
    entries: Annotated[tuple[Entry, ...], _several] = ()
    metadata: Annotated[dict[str, Text], BeforeValidator(lambda found: found or {})] = Field(default_factory=dict)


class ReturnLine(Payload):
    """``returns[].return_line_items[]``."""

    source_line_item_uid: Text = ""
    quantity: Pieces


class Return(Payload):
    """``returns[]``."""

    source_order_id: Text = ""
    return_line_items: Annotated[tuple[ReturnLine, ...], _several] = ()


class Refund(Payload):
    """``refunds[]``."""

    id: Text
    status: Text = ""
    amount_money: _Money = NOTHING
    created_at: MaybeWhen = None


class Tender(Payload):
    """``tenders[]``: how it was paid."""

    id: Text = ""
    type: Text = ""
    payment_id: Text = ""
    amount_money: _Money = NOTHING


class Rounding(Payload):
    """``rounding_adjustment``: of cash, where there are no coins so small."""

    amount_money: _Money = NOTHING


class Source(Payload):
    """``source``: the application that made the order."""

    name: Text = ""


class Order(Payload):
    """An order."""

    id: Text
    location_id: Text
    state: Text = ""
    version: Text = ""
    reference_id: Text = ""
    ticket_name: Text = ""
    source: Source | None = None
    customer_id: Text = ""
    created_at: When
    updated_at: Text = ""
    closed_at: MaybeWhen = None
    line_items: Annotated[tuple[Line, ...], _several] = ()
    taxes: Annotated[tuple[Tax, ...], _several] = ()
    service_charges: Annotated[tuple[ServiceCharge, ...], _several] = ()
    fulfillments: Annotated[tuple[Fulfilment, ...], _several] = ()
    returns: Annotated[tuple[Return, ...], _several] = ()
    refunds: Annotated[tuple[Refund, ...], _several] = ()
    tenders: Annotated[tuple[Tender, ...], _several] = ()
    rounding_adjustment: Rounding | None = None
    total_money: Money
    total_tax_money: _Money = NOTHING
    total_discount_money: _Money = NOTHING
    total_tip_money: _Money = NOTHING
    net_amount_due_money: Money | None = None
