"""Replacements: goods that did not arrive are sent once more, as an order of the usual kind with nothing to pay."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.cases import ReplacementOrderedV1
from crossdock_contracts.values import (
    Customer,
    LineKind,
    LineQuantity,
    Order,
    OrderLine,
    OrderTotals,
    PaymentMethod,
    PaymentTerms,
    ShippingChoice,
)
from services.capture.decide.ingest import captured
from services.capture.rules import Channels
from services.capture.state import Item, OrderRecord, OrderStatus
from services.hub.decision import Decision, States, changed


def creates_replacement(message: ReplacementOrderedV1) -> Iterable[str]:
    """What a new order is the first to write."""
    return [OrderRecord.at(message.owner, message.replacement_id)]


def reads_replacement(message: ReplacementOrderedV1) -> Iterable[str]:
    """The order, and what its goods are."""
    return [*creates_replacement(message), *(Item.at(message.owner, line.sku) for line in message.lines)]


def replace(channels: Channels, states: States, message: ReplacementOrderedV1, now: datetime) -> Decision:
    """Goods of a case are sent once more.

    Raises:
        UnknownChannelError: the order's channel is not set up any more; it becomes a dead letter that says so.
    """
    record = states.get(OrderRecord, message.owner, message.replacement_id)
    if record is not None and record.status is not OrderStatus.EXPECTED:
        return Decision.nothing()
    channel = channels[message.channel]
    items = states.get_all(Item, [(message.owner, line.sku) for line in message.lines])
    to = message.ship_to
    order = Order(
        order_id=message.replacement_id,
        channel=message.channel,
        channel_order_id=message.replacement_id.partition(":")[2] or message.replacement_id,
        placed_at=message.ordered_at,
        currency=message.currency,
        lines=tuple(_line(line, item) for line, item in zip(message.lines, items, strict=True)),
        totals=OrderTotals(lines_minor=0, total_minor=0),
        payment=PaymentTerms(method=PaymentMethod.PREPAID),
        customer=Customer(name=to.name, company=to.company, email=to.email, phone=to.phone),
        ship_to=to,
        shipping=ShippingChoice(service_level=message.service_level),
        policy=changed(channel.config.policy, fulfil_by="hub"),
        priority=message.priority,
        note=message.note,
        replaces=message.order_id,
    )
    record = record or OrderRecord(owner=message.owner, order_id=order.order_id, status=OrderStatus.EXPECTED)
    return captured(states, channel, changed(record, captured_at=now), order, [], now)


def _line(line: LineQuantity, item: Item | None) -> OrderLine:
    """So many pieces of a SKU, for nothing."""
    return OrderLine(
        line_id=line.line_id,
        kind=LineKind.PHYSICAL,
        sku=line.sku,
        title=item.title if item else "",
        ordered_quantity=line.quantity,
        quantity=line.quantity,
        unit_price_minor=0,
        total_minor=0,
        weight_g=item.weight_g if item else None,
        hazmat_class=item.hazmat_class if item else "",
        hs_code=item.hs_code if item else "",
        origin_country=item.origin_country if item else None,
    )
