"""Shortages: promises beyond what is there are taken back, lowest priority first, then latest ship-by, then youngest.

There is no index of who holds promises of a SKU, which every order would have to keep up. When a SKU is short all
orders are looked through, a page at a time; whoever loses first is remembered, and then they lose, a slice at a time.
An order that is written meanwhile moves to the end of what is looked through, so none is passed over; and nobody is
promised a SKU that is short.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from crossdock_contracts.inventory import ShortageRecordedV1
from crossdock_contracts.shipping import FulfilmentKeptV1
from crossdock_contracts.stock import ShortageSoughtV1
from services.hub.decision import Decision, States, changed
from services.inventory.audits import Holder, Shortfall, ShortfallDue, ShortfallStatus
from services.inventory.decide.orders import answered
from services.inventory.decide.takeback import Needs, take_slice
from services.inventory.rules import Rules
from services.inventory.state import Reservation, Stock

PAGE = 500
"""Orders that are looked through by one decision."""
MOST_HOLDERS = 300
"""Orders that one search remembers; if they do not do, it is searched again."""
_FRUITLESS = 2
"""Searches in a row that may find nobody, for orders change while they are looked through."""
_LAST = datetime.max.replace(tzinfo=UTC)

ON_ITS_WAY = "snapshot"
"""Reason of a shortage that shipments may explain which are not confirmed yet."""


def begin(rules: Rules, states: States, message: ShortageRecordedV1, now: datetime) -> Decision:
    """Less is there than is promised: promises are taken back, after a snapshot not at once."""
    stock = states.get(Stock, message.owner, message.sku)
    standing = states.get(Shortfall, message.owner, message.sku)
    shortfall = standing or Shortfall(owner=message.owner, sku=message.sku)
    if stock is None or not stock.missing:
        return Decision.nothing()
    if shortfall.status in (ShortfallStatus.SEARCHING, ShortfallStatus.TAKING):
        return Decision.nothing() if shortfall.again else Decision(writes=[changed(shortfall, again=True)])
    shortfall = changed(shortfall, reason=message.reason, kept=(), fruitless=0)
    if message.reason != ON_ITS_WAY or not rules.grace:
        return _search(shortfall)
    if shortfall.status is ShortfallStatus.WAITING:
        return Decision.nothing()
    due = ShortfallDue(owner=message.owner, sku=message.sku, due_at=now + rules.grace)
    return Decision(writes=[changed(shortfall, status=ShortfallStatus.WAITING), due])


def begin_due(states: States, message: ShortfallDue, now: datetime) -> Decision:
    """What was on its way has had its time."""
    shortfall = states.get(Shortfall, message.owner, message.sku)
    if shortfall is None or shortfall.status is not ShortfallStatus.WAITING or now < message.due_at:
        return Decision.nothing()
    stock = states.get(Stock, message.owner, message.sku)
    return _search(shortfall) if stock is not None and stock.missing else _settled(shortfall)


def _search(shortfall: Shortfall) -> Decision:
    return _on(
        changed(
            shortfall,
            status=ShortfallStatus.SEARCHING,
            search=shortfall.search + 1,
            step=0,
            cursor=0,
            holders=(),
            again=False,
        )
    )


def _on(shortfall: Shortfall) -> Decision:
    """It goes on with the next step."""
    sought = ShortageSoughtV1(owner=shortfall.owner, sku=shortfall.sku, search=shortfall.search, step=shortfall.step)
    return Decision(writes=[shortfall], events=[sought])


def _settled(shortfall: Shortfall) -> Decision:
    return Decision(writes=[changed(shortfall, status=ShortfallStatus.SETTLED, holders=(), again=False)])


def seek(rules: Rules, states: States, message: ShortageSoughtV1, now: datetime) -> Decision:
    """Look through the next orders, or take promises back from the next that lose them."""
    shortfall = states.get(Shortfall, message.owner, message.sku)
    stock = states.get(Stock, message.owner, message.sku)
    if shortfall is None or (shortfall.search, shortfall.step) != (message.search, message.step):
        return Decision.nothing()
    shortfall = changed(shortfall, step=shortfall.step + 1)
    needs = Needs.of(rules, stock, shortfall) if stock else Needs()
    if shortfall.status is ShortfallStatus.SEARCHING:
        return _look(states, shortfall, needs)
    if shortfall.status is ShortfallStatus.TAKING:
        return _take(states, shortfall, needs, now)
    return Decision.nothing()


def _look(states: States, shortfall: Shortfall, needs: Needs) -> Decision:
    if not needs:
        return _settled(shortfall)
    page = states.page(Reservation, shortfall.owner, after=shortfall.cursor, limit=PAGE)
    seen = {holder.order_id: holder for holder in shortfall.holders}
    for reservation in page.documents:
        holder = _holder(reservation, shortfall, needs)
        if holder is not None:
            seen[reservation.order_id] = holder
        else:
            seen.pop(reservation.order_id, None)
    losing = tuple(_losing(seen.values(), needs))
    if page.next:
        return _on(changed(shortfall, cursor=page.next, holders=losing))
    if losing:
        return _on(changed(shortfall, status=ShortfallStatus.TAKING, holders=losing, fruitless=0))
    shortfall = changed(shortfall, fruitless=shortfall.fruitless + 1)
    return _search(shortfall) if shortfall.fruitless < _FRUITLESS or shortfall.again else _settled(shortfall)


def _holder(reservation: Reservation, shortfall: Shortfall, needs: Needs) -> Holder | None:
    """What could be taken back from an order; none: nothing."""
    promised, bound = 0, dict[str, int]()
    for line in reservation.lines:
        if line.sku == shortfall.sku:
            promised += line.promised if needs.promised else 0
        for one in line.bound:
            of_it = (one.sku or line.sku) == shortfall.sku
            if of_it and one.location_id in needs.bound and needs.may_ask(one.fulfilment_id):
                bound[one.location_id] = bound.get(one.location_id, 0) + one.quantity
    if not promised and not bound:
        return None
    return Holder(order_id=reservation.order_id, rank=rank(reservation), promised=promised, bound=bound)


def rank(reservation: Reservation) -> str:
    """A text that sorts orders by who keeps a promise: the greatest loses it first."""
    ship_by, placed_at = reservation.ship_by or _LAST, reservation.placed_at or _LAST
    return f"{reservation.priority} {ship_by.isoformat()} {placed_at.isoformat()} {reservation.order_id}"


def _losing(holders: Iterable[Holder], needs: Needs) -> Iterable[Holder]:
    """Who loses first, as many as it takes."""
    promised, bound, count = needs.promised, dict(needs.bound), 0
    for holder in sorted(holders, key=lambda one: one.rank, reverse=True):
        wanted = bool(promised > 0 and holder.promised) or any(
            bound[name] > 0 for name in holder.bound if name in bound
        )
        if not wanted:
            continue
        yield holder
        promised -= holder.promised
        for name, pieces in holder.bound.items():
            bound[name] = bound.get(name, 0) - pieces
        count += 1
        if count == MOST_HOLDERS:
            return


def _take(states: States, shortfall: Shortfall, needs: Needs, now: datetime) -> Decision:
    decision, shortfall, left = take_slice(states, shortfall, needs, now)
    if left and shortfall.holders:
        return decision.and_then(_on(shortfall))
    again = left or shortfall.again
    return decision.and_then(_search(shortfall) if again else _settled(shortfall))


def keep(rules: Rules, states: States, message: FulfilmentKeptV1, _now: datetime) -> Decision:
    """Bound pieces have been picked, so they are there; if still too many are bound, others are not."""
    sku = message.ask_id.partition(":")[2].rpartition(":")[0]
    stock = states.get(Stock, message.owner, sku)
    for shortfall in answered(states, message.owner, message.fulfilment_id, (sku,)):
        kept = changed(shortfall, kept=(*shortfall.kept, message.fulfilment_id))
        if kept.status is ShortfallStatus.SETTLED and stock is not None and Needs.of(rules, stock, kept):
            return _search(kept)
        return Decision(writes=[kept])
    return Decision.nothing()
