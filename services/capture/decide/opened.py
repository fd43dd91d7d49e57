"""Opening and closing holds: a held order keeps its stock, a hold ends by itself, the last one lets the order go."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.capture import OrderHeldV1, OrderReleasedV1
from crossdock_contracts.values import Hold
from services.capture.state import HoldExpiry, OrderRecord, OrderStatus
from services.hub.decision import Decision, States, Timer, changed


def expiry(record: OrderRecord, hold: Hold) -> HoldExpiry:
    """The timer that ends a hold."""
    return HoldExpiry(owner=record.owner, order_id=record.order_id, hold_id=hold.hold_id, due_at=hold.expires_at)


def opened(record: OrderRecord, *holds: Hold) -> tuple[OrderRecord, Decision]:
    """The record with these holds open, and the decision that opens them."""
    status = OrderStatus.PAUSED if holds and record.status is OrderStatus.OPEN else record.status
    record = changed(record, status=status, holds=(*record.holds, *holds))
    about = {"owner": record.owner, "order_id": record.order_id, "releases": record.releases}
    said = [OrderHeldV1(**about, hold=hold) for hold in holds]
    return record, Decision(writes=[record, *(expiry(record, hold) for hold in holds)], events=[*said])


def closed(states: States, record: OrderRecord, holds: Iterable[Hold]) -> tuple[OrderRecord, list[Timer]]:
    """The record with these holds closed, and the timers that are needless then."""
    gone = tuple(holds)
    left = tuple(hold for hold in record.holds if hold not in gone)
    timers = [states.get(HoldExpiry, record.owner, record.order_id, hold.hold_id) for hold in gone]
    record = changed(record, holds=left, closed=(*record.closed, *gone))
    return record, [timer for timer in timers if timer is not None]


def let_go(record: OrderRecord, wanted: Iterable[Hold], by: str, now: datetime) -> tuple[OrderRecord, list[Event]]:
    """The record of an order that these holds kept, and what is said if nothing holds it any more."""
    if record.holds or record.order is None or record.status not in (OrderStatus.HELD, OrderStatus.PAUSED):
        return record, []
    released = OrderReleasedV1(
        owner=record.owner,
        order_id=record.order_id,
        order=record.order,
        closed=tuple(wanted),
        released_by=by,
        released_at=now,
        cancels=record.cancels_here,
        releases=record.releases + 1,
    )
    return changed(record, status=OrderStatus.OPEN, releases=record.releases + 1), [released]
