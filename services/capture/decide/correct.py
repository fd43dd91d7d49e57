"""Corrections by operators and agents: the same way as a newer copy, from the order as it stands."""

from datetime import datetime

from crossdock_contracts.amendments import AmendOrderV1
from crossdock_contracts.values import Order
from services.capture.decide.amend import amend
from services.capture.decide.cancel import by_line
from services.capture.decide.checks import problems
from services.capture.decide.difference import Standing, difference, standing_of
from services.capture.decide.money import part
from services.capture.rules import Channels
from services.capture.state import ENDED, OrderRecord, OrderStatus
from services.hub.decision import Decision, States, changed

_FIELDS = ("ship_to", "bill_to", "shipping", "requested_at", "ship_by", "deliver_by", "gift_message", "note")


def amend_order(channels: Channels, states: States, message: AmendOrderV1, now: datetime) -> Decision:
    """Change an order as an operator or agent asks; what its source said is remembered, and compared with later on."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    if record is None or record.status is OrderStatus.EXPECTED:
        return Decision.unknown(message, "order", message.order_id)
    if record.status in ENDED or record.order is None:
        return Decision.refused(message, "no-open-order", f"order {message.order_id} is {record.status}")
    under_way = record.amending.amendment_id if record.amending else ""
    if message.amendment_id and message.amendment_id in (*record.amended, under_way):
        return Decision.nothing()
    if record.amending or record.cancels:
        return Decision.refused(
            message, "busy", "an amendment or a cancel of this order is being decided; try again shortly"
        )
    return _amended(channels, record, message, now)


def _amended(channels: Channels, record: OrderRecord, message: AmendOrderV1, now: datetime) -> Decision:
    standing = standing_of(record)
    strange = by_line(message.lines).keys() - {line.line_id for line in standing.net.lines}
    if strange:
        return Decision.refused(message, "no-such-line", f"nothing is left of line {', '.join(sorted(strange))}")
    found = difference(standing, standing.net, _wanted(standing, message))
    if found.trouble or not found.changes:
        return Decision.refused(message, "nothing-changed", found.trouble or "the order is like that already")
    wrong = [detail for _, detail in problems(channels[found.order.channel], found.order, []) if message.ship_to]
    if wrong and record.status is not OrderStatus.HELD:
        return Decision.refused(message, "incomplete", "; ".join(wrong))
    name = message.amendment_id or f"correction-{len(record.amended) + 1}"
    return amend(record, name, found, record.source or record.order, message.requested_by, now)


def _wanted(standing: Standing, message: AmendOrderV1) -> Order:
    """The order as it is asked for: lines at the price that is paid for one of their pieces now."""
    order = standing.net
    lines, more = [], 0
    asked = by_line(message.lines)
    for line in order.lines:
        pieces = asked.get(line.line_id, line.quantity)
        paid = part(line.paid_minor, pieces, line.quantity)
        ordered = max(1, pieces * line.ordered_quantity // line.quantity)
        more += paid - line.paid_minor
        lines.append(changed(line, quantity=pieces, ordered_quantity=ordered, paid_minor=paid))
    totals = order.totals
    totals = changed(totals, lines_minor=totals.lines_minor + more, total_minor=totals.total_minor + more)
    given = {name: value for name in _FIELDS if (value := getattr(message, name)) is not None}
    return changed(order, lines=tuple(lines), totals=totals, **given)
