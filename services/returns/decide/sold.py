"""What buyers have got, parcel by parcel; what was paid for it; and parcels that carriers say nothing about."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from crossdock_contracts.base import AboutOrder
from crossdock_contracts.capture import GoodsHandedOverV1
from crossdock_contracts.shipping import ShipmentShippedV2, ShippedLine
from crossdock_contracts.values import FulfilledQuantity
from services.hub.decision import Decision, States, changed
from services.returns.goods import with_goods
from services.returns.rules import Rules
from services.returns.state import Sent, SentLine, Sold, SoldLine, StuckTimer


def reads_sold(message: AboutOrder) -> Iterable[str]:
    """The order's document."""
    return [Sold.at(message.owner, message.order_id)]


def know_shipped(rules: Rules, states: States, message: ShipmentShippedV2, _now: datetime) -> Decision:
    """The buyer will get these: they may come back, or get lost."""
    sold = states.get(Sold, message.owner, message.order_id)
    sold = sold or Sold(owner=message.owner, order_id=message.order_id, currency=message.value.currency)
    if message.fulfilment_id in sold.shipments:
        return Decision.nothing()
    sold = _with(sold, message.lines, message.fulfilment_id, message.shipped_at)
    sold = changed(sold, sent=(*sold.sent, _sent(message)))
    return Decision(writes=[sold, *stuck_timer(rules, sold, message.fulfilment_id, message.shipped_at)])


def know_handed_over(states: States, message: GoodsHandedOverV1, _now: datetime) -> Decision:
    """The buyer has got these from a till or from the channel: they may come back, too."""
    sold = states.get(Sold, message.owner, message.order_id)
    sold = sold or Sold(owner=message.owner, order_id=message.order_id, currency=message.currency)
    if message.handover_id in sold.shipments or not message.lines:
        return Decision.nothing()
    return Decision(writes=[_with(sold, message.lines, message.handover_id, message.handed_over_at)])


def _with(sold: Sold, gone: Iterable[ShippedLine | FulfilledQuantity], shipment: str, at: datetime) -> Sold:
    lines = {line.line_id: line for line in sold.lines}
    for one in gone:
        known = lines.get(one.line_id) or SoldLine(line_id=one.line_id, sku=one.sku, quantity=0, value_minor=0)
        lines[one.line_id] = changed(
            with_goods(known, one) if isinstance(one, ShippedLine) else known,
            quantity=known.quantity + one.quantity,
            value_minor=known.value_minor + one.value_minor,
        )
    return changed(sold, lines=tuple(lines.values()), shipments=(*sold.shipments, shipment), last_shipped_at=at)


def _sent(message: ShipmentShippedV2) -> Sent:
    return Sent(
        fulfilment_id=message.fulfilment_id,
        location_id=message.location_id,
        lines=tuple(
            SentLine(
                line_id=one.line_id,
                sku=one.sku,
                quantity=one.quantity,
                weight_g=one.weight_g,
                title=one.title,
                hs_code=one.hs_code,
                origin_country=one.origin_country,
            )
            for one in message.lines
        ),
        channel=message.channel,
        ship_to=message.ship_to,
        service_level=message.service_level,
        shipped_at=message.shipped_at,
    )


def stuck_timer(rules: Rules, sold: Sold, fulfilment_id: str, moved_at: datetime) -> list[StuckTimer]:
    """When a parcel that moved last then is stuck; nothing where nobody looks for stuck parcels."""
    if not rules.stuck_days:
        return []
    due_at = moved_at + timedelta(days=rules.stuck_days)
    return [StuckTimer(owner=sold.owner, order_id=sold.order_id, fulfilment_id=fulfilment_id, due_at=due_at)]


def parcel(sold: Sold | None, fulfilment_id: str) -> Sent | None:
    """A parcel of an order, if it has left."""
    return next((one for one in sold.sent if one.fulfilment_id == fulfilment_id), None) if sold else None


def with_parcel(sold: Sold, sent: Sent) -> Sold:
    """The order with this parcel different."""
    parcels = (sent if one.fulfilment_id == sent.fulfilment_id else one for one in sold.sent)
    return changed(sold, sent=tuple(parcels))


def paid_for(sold: Sold, quantities: dict[str, int], *, by_case: bool = False) -> tuple[Sold, int]:
    """What was paid for so many pieces of each line; however a line is paid back, its parts add up to what was paid.

    A return has taken its pieces when it was authorised; a case takes them here, so that no return can.
    """
    lines, total = [], 0
    for line in sold.lines:
        quantity = quantities.get(line.line_id, 0)
        if quantity:
            refunded = line.refunded + quantity
            amount = max(0, line.value_minor * refunded // line.quantity - line.refunded_minor)
            total += amount
            line = changed(line, refunded=refunded, refunded_minor=line.refunded_minor + amount)  # noqa: PLW2901  # the same line, paid back
            if by_case:
                line = changed(  # noqa: PLW2901  # as above
                    line, returned=line.returned + quantity, refunded_by_case=line.refunded_by_case + quantity
                )
        lines.append(line)
    return changed(sold, lines=tuple(lines)), total
