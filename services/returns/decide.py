"""Returns' rules: only what was shipped comes back, within the days that the policy gives, and is paid back once."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from crossdock_contracts.base import Event
from crossdock_contracts.capture import GoodsHandedOverV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.payments import PaymentRefundedV1
from crossdock_contracts.returns import (
    ImportReturnV1,
    InspectedGoods,
    InspectReturnV1,
    ReceiveReturnV1,
    RefundRequestedV1,
    RequestReturnV1,
    ReturnAuthorisedV1,
    ReturnClosedV1,
    ReturnInspectedV1,
    ReturnReceivedV1,
    ReturnRefusedV1,
)
from crossdock_contracts.shipping import ShipmentShippedV2, ShippedLine
from crossdock_contracts.values import FulfilledQuantity, LineQuantity, Money
from services.hub.decision import Decision, Later, States, changed
from services.returns.goods import identified, with_goods
from services.returns.rules import Rules
from services.returns.state import Return, ReturnStatus, Sold, SoldLine


def reads_sold(message: ShipmentShippedV2 | GoodsHandedOverV1) -> Iterable[str]:
    """The order's document."""
    return [Sold.at(message.owner, message.order_id)]


def know_shipped(states: States, message: ShipmentShippedV2, _now: datetime) -> Decision:
    """The buyer will get these: they may come back."""
    sold = states.get(Sold, message.owner, message.order_id)
    sold = sold or Sold(owner=message.owner, order_id=message.order_id, currency=message.value.currency)
    if message.fulfilment_id in sold.shipments:
        return Decision.nothing()
    return Decision(writes=[_with(sold, message.lines, message.fulfilment_id, message.shipped_at)])


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


def request_return(rules: Rules, states: States, message: RequestReturnV1, now: datetime) -> Decision:
    """A buyer wants to send goods back: they may, if they have got them and are not too late."""
    if states.get(Return, message.owner, message.order_id, message.return_id) is not None:
        return Decision.nothing()
    sold = states.get(Sold, message.owner, message.order_id)
    if sold is None or sold.last_shipped_at is None:
        return _refused(message, "not-shipped", f"nothing of order {message.order_id} has shipped")
    until = sold.last_shipped_at + timedelta(days=rules.return_days)
    if now > until:
        return _refused(message, "too-late", f"goods of this order could be returned until {until:%Y-%m-%d}")
    lines = {line.line_id: line for line in sold.lines}
    for asked in message.lines:
        line = lines.get(asked.line_id)
        left = line.quantity - line.returned if line else 0
        if line is None or asked.quantity > left:
            return _refused(
                message, "not-so-many", f"{left} of line {asked.line_id} can come back, not {asked.quantity}"
            )
        lines[asked.line_id] = changed(line, returned=line.returned + asked.quantity)
    taken = tuple(changed(asked, sku=lines[asked.line_id].sku) for asked in message.lines)
    document = Return(
        owner=message.owner,
        order_id=message.order_id,
        return_id=message.return_id,
        status=ReturnStatus.AUTHORISED,
        reason=message.reason,
        lines=taken,
        currency=sold.currency,
    )
    authorised = ReturnAuthorisedV1(
        owner=message.owner,
        order_id=message.order_id,
        return_id=message.return_id,
        lines=taken,
        reason=message.reason,
        expires_at=until,
    )
    return Decision(writes=[document, changed(sold, lines=tuple(lines.values()))], events=[authorised])


def _refused(message: RequestReturnV1, reason: str, detail: str) -> Decision:
    refusal = ReturnRefusedV1(
        owner=message.owner, order_id=message.order_id, return_id=message.return_id, reason=reason, detail=detail
    )
    return Decision(events=[refusal])


def _wrong_state(message: ReceiveReturnV1 | InspectReturnV1, found: Return | None, wanted: str) -> Decision:
    state = found.status if found else "not known"
    refusal = CommandRefusedV1(
        owner=message.owner,
        entity_id=message.return_id,
        command=message.TYPE,
        reason="wrong-state",
        detail=f"return {message.return_id} of order {message.order_id} is {state}; {wanted}",
    )
    return Decision(events=[refusal])


def receive_return(states: States, message: ReceiveReturnV1, now: datetime) -> Decision:
    """Returned goods are in the building; what was not announced is not taken."""
    found = states.get(Return, message.owner, message.order_id, message.return_id)
    if found is None or found.status is not ReturnStatus.AUTHORISED:
        return _wrong_state(message, found, "only authorised returns are received")
    came = {line.line_id: line.quantity for line in message.lines}
    lines = tuple(
        changed(line, quantity=min(line.quantity, came[line.line_id])) for line in found.lines if came.get(line.line_id)
    )
    if not lines:
        return _wrong_state(message, found, "none of its goods are among those received")
    received = ReturnReceivedV1(
        owner=message.owner,
        order_id=message.order_id,
        return_id=message.return_id,
        location_id=message.location_id,
        lines=lines,
        received_at=now,
    )
    document = changed(found, status=ReturnStatus.RECEIVED, lines=lines, location_id=message.location_id)
    decision = Decision(writes=[document], events=[received])
    return decision.and_then(_not_come(states, found, lines))


def _not_come(states: States, found: Return, came: tuple[LineQuantity, ...]) -> Decision:
    """Announced pieces that did not come may be announced again."""
    sold = states.get(Sold, found.owner, found.order_id)
    assert sold is not None
    here = {line.line_id: line.quantity for line in came}
    absent = {line.line_id: line.quantity - here.get(line.line_id, 0) for line in found.lines}
    lines = tuple(changed(line, returned=line.returned - absent.get(line.line_id, 0)) for line in sold.lines)
    return Decision(writes=[changed(sold, lines=lines)])


def inspect_return(states: States, message: InspectReturnV1, now: datetime) -> Decision:
    """What becomes of the goods: back on the shelf or written off; the buyer is paid back either way."""
    found = states.get(Return, message.owner, message.order_id, message.return_id)
    if found is None or found.status is not ReturnStatus.RECEIVED:
        return _wrong_state(message, found, "only received returns are inspected")
    seen: dict[str, int] = {}
    for line in message.lines:
        seen[line.line_id] = seen.get(line.line_id, 0) + line.quantity
    if seen != {line.line_id: line.quantity for line in found.lines}:
        there = ", ".join(f"{line.quantity} of line {line.line_id}" for line in found.lines)
        return _wrong_state(message, found, f"all of what was received has to be inspected: {there}")
    sold = states.get(Sold, message.owner, message.order_id)
    assert sold is not None
    sold, goods, reason, detail = identified(sold, message.lines)
    if reason:
        return _inspection_refused(message, reason, detail)
    sold, amount = _paid_for(sold, seen)
    about = {"owner": message.owner, "order_id": message.order_id, "return_id": message.return_id}
    inspected = ReturnInspectedV1(**about, location_id=found.location_id, lines=goods, inspected_at=now)
    status = ReturnStatus.REFUNDING if amount else ReturnStatus.CLOSED
    events: list[Event] = [inspected]
    if amount:
        money = Money(amount_minor=amount, currency=found.currency)
        events.append(RefundRequestedV1(**about, amount=money, reason=found.reason))
    else:
        events.append(ReturnClosedV1(**about, refunded_minor=0, closed_at=now))
    document = changed(found, status=status, inspected=message.lines, refund_minor=amount)
    return Decision(writes=[document, sold], events=events)


def _inspection_refused(message: InspectReturnV1, reason: str, detail: str) -> Decision:
    refusal = CommandRefusedV1(
        owner=message.owner, entity_id=message.return_id, command=message.TYPE, reason=reason, detail=detail
    )
    return Decision(events=[refusal])


def _paid_for(sold: Sold, quantities: dict[str, int]) -> tuple[Sold, int]:
    """What was paid for so many pieces of each line; however a line comes back, its parts add up to what was paid."""
    lines, total = [], 0
    for line in sold.lines:
        quantity = quantities.get(line.line_id, 0)
        if quantity:
            refunded = line.refunded + quantity
            amount = max(0, line.value_minor * refunded // line.quantity - line.refunded_minor)
            total += amount
            line = changed(line, refunded=refunded, refunded_minor=line.refunded_minor + amount)  # noqa: PLW2901  # the same line, paid back
        lines.append(line)
    return changed(sold, lines=tuple(lines)), total


def import_return(states: States, message: ImportReturnV1, now: datetime) -> Decision:
    """A marketplace has taken goods back: those that came to a location of ours are entered, and nothing is paid."""
    if states.get(Return, message.owner, message.order_id, message.return_id) is not None:
        return Decision.nothing()
    sold = states.get(Sold, message.owner, message.order_id)
    if sold is None:
        return Decision(later=Later("nothing of the order is known to have reached its buyer yet"))
    came: dict[str, int] = {}
    for line in message.lines:
        came[line.line_id] = came.get(line.line_id, 0) + line.quantity
    lines = {line.line_id: line for line in sold.lines}
    for line_id, quantity in came.items():
        known = lines.get(line_id)
        left = known.quantity - known.returned if known else 0
        if known is None or quantity > left:
            return _too_many(message, line_id, quantity, left)
        lines[line_id] = changed(known, returned=known.returned + quantity)
    sold, _ = _paid_for(changed(sold, lines=tuple(lines.values())), came)
    about = {"owner": message.owner, "order_id": message.order_id, "return_id": message.return_id}
    document = Return(
        **about,
        status=ReturnStatus.CLOSED,
        reason=message.reason,
        lines=tuple(LineQuantity(line_id=name, sku=lines[name].sku, quantity=n) for name, n in came.items()),
        location_id=message.location_id,
        inspected=message.lines,
        currency=sold.currency,
    )
    goods = tuple(
        InspectedGoods(
            line_id=line.line_id, sku=lines[line.line_id].sku, quantity=line.quantity, disposition=line.disposition
        )
        for line in message.lines
    )
    events: list[Event] = [ReturnClosedV1(**about, refunded_minor=0, closed_at=now)]
    if message.location_id:
        events.insert(0, ReturnInspectedV1(**about, location_id=message.location_id, lines=goods, inspected_at=now))
    return Decision(writes=[document, sold], events=events)


def _too_many(message: ImportReturnV1, line_id: str, quantity: int, left: int) -> Decision:
    refusal = CommandRefusedV1(
        owner=message.owner,
        entity_id=message.return_id,
        command=message.TYPE,
        reason="not-so-many",
        detail=f"{left} of line {line_id} of order {message.order_id} can have come back, not {quantity}: see whether "
        "the return was imported under another id",
    )
    return Decision(events=[refusal])


def close_refunded(states: States, message: PaymentRefundedV1, now: datetime) -> Decision:
    """The money has gone back: the return is done."""
    kind, _, return_id = message.refund_id.partition(":")
    found = states.get(Return, message.owner, message.order_id, return_id) if kind == "return" else None
    if found is None or found.status is not ReturnStatus.REFUNDING:
        return Decision.nothing()
    closed = ReturnClosedV1(
        owner=message.owner,
        order_id=message.order_id,
        return_id=return_id,
        refunded_minor=message.amount.amount_minor,
        closed_at=now,
    )
    return Decision(writes=[changed(found, status=ReturnStatus.CLOSED)], events=[closed])
