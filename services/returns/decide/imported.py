"""Returns that a marketplace took: their goods are entered once, and nothing is decided or paid here."""

from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.returns import ImportReturnV1, InspectedGoods, ReturnClosedV1, ReturnInspectedV1
from crossdock_contracts.values import LineQuantity
from services.hub.decision import Decision, Later, States, changed
from services.returns.decide.sold import paid_for
from services.returns.state import Return, ReturnStatus, Sold


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
    sold, _ = paid_for(changed(sold, lines=tuple(lines.values())), came)
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
    can = f"{left} of line {line_id} of order {message.order_id} can have come back, not {quantity}"
    detail = f"{can}: see whether the return was imported under another id"
    return Decision.refused(message, "not-so-many", detail, about=message.return_id)
