"""Lots that are too old leave what is sellable; and what a product says of how its pieces are followed."""

from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.lots import LotExpiredV1
from crossdock_contracts.products import ProductChangedV1
from services.hub.decision import Decision, States, changed
from services.inventory.decide.stocks import Stocks
from services.inventory.rules import NO_RULES, Rules, ShelfLife
from services.inventory.state import Tracking
from services.inventory.state_lots import LotExpiry, has_expired, sold_until


def learn_product(shelf_life: ShelfLife, states: States, message: ProductChangedV1, now: datetime) -> Decision:
    """How closely the pieces of a SKU are followed from now on; of most SKUs nothing is kept here."""
    product = message.product
    stocks = Stocks(states, message.owner, now)
    known = stocks[message.sku].tracking
    lots = product.track_lot or product.track_expiry or (known is not None and known.lots)
    tracking = Tracking(
        lots=lots,
        lot=product.track_lot,
        expiry=product.track_expiry,
        serial=product.track_serial,
        category=product.category,
        min_days=shelf_life.of(product.category),
    )
    wanted = tracking if lots or product.track_serial else None
    if wanted == known:
        return Decision.nothing()
    stocks.track(message.sku, wanted)
    return Decision(writes=stocks.writes())


def why_not_sold(expires_on: str, min_days: int, now: datetime) -> str:
    """Why pieces with this last day are not sold now: ``expired`` or ``shelf-life``; empty: they are."""
    until = sold_until(expires_on, min_days)
    if until is None or now < until:
        return ""
    return "expired" if has_expired(expires_on, now) else "shelf-life"


def expel(stocks: Stocks, sku: str, location_id: str) -> list[Event]:
    """Take lots that are too old out of what is sellable at a location."""
    stock = stocks[sku]
    min_days = stock.tracking.min_days if stock.tracking else 0
    events: list[Event] = []
    for lot, pieces in stocks.shelves.at(stock, location_id).in_order():
        reason = why_not_sold(pieces.expires_on, min_days, stocks.moment)
        if not reason:
            continue
        entry = stocks.shift(
            sku, location_id, "adjusted", pieces.on_hand, "sellable", "quarantine", reason=reason, lot=lot
        )
        expired = LotExpiredV1(
            owner=stock.owner,
            sku=sku,
            location_id=location_id,
            lot=lot,
            quantity=pieces.on_hand,
            expires_on=pieces.expires_on,
            reason=reason,
            expired_at=stocks.moment,
        )
        events += [entry, expired]
    return [*events, *stocks.shortages(sku, location_id, "expired")] if events else []


def before_binding(stocks: Stocks, fulfilment: Fulfilment) -> list[Event]:
    """What has become too old is not bound, even where its timer is late."""
    events: list[Event] = []
    for sku in dict.fromkeys(line.sku for line in fulfilment.lines):
        if stocks[sku].has_lots:
            events += expel(stocks, sku, fulfilment.location_id)
    return events


def expire_lots(states: States, message: LotExpiry, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """A lot is too old to be sold, or will be later than was thought."""
    stocks = Stocks(states, message.owner, now, rules.wms)
    if not stocks[message.sku].has_lots:
        return Decision.nothing()
    events = expel(stocks, message.sku, message.location_id)
    if events:
        return Decision(writes=stocks.writes(), events=events)
    due = stocks.shelves.due(stocks[message.sku], message.location_id)
    return Decision(writes=[changed(message, due_at=due)] if due else [])
