"""Opening balances: what is there as the hub takes over, told once for each SKU at each location."""

from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.stock import OpenStockV1, StockAlreadyOpenV1
from services.hub.decision import Decision, States
from services.inventory.decide.stocks import Stocks
from services.inventory.rules import Rules
from services.inventory.state import LocationStock, Opening

REASON = "opening-balance"
"""Why opening entries stand in the ledger."""


def open_stock(rules: Rules, states: States, message: OpenStockV1, now: datetime) -> Decision:
    """Take over what is there, where nothing was ever booked; waiting lines get what is free."""
    stocks = Stocks(states, message.owner, now)
    sku, name = message.sku, message.location_id
    opening = Opening(on_hand=message.on_hand, safety=message.safety, damaged=message.damaged)
    place = stocks[sku].locations.get(name)
    if place is not None and place.opening == opening:
        return Decision(events=[_already(message, place)])
    if trouble := _trouble(rules, message, place):
        return Decision.refused(message, *trouble)
    stocks.put_place(sku, name, safety=opening.safety, opening=opening)
    events: list[Event] = []
    if opening.on_hand:
        events.append(stocks.move(sku, name, "counted", opening.on_hand, reason=REASON, reference=message.reference))
    if opening.damaged:
        events.append(stocks.set_aside(sku, name, opening.damaged, reason=REASON, reference=message.reference))
    return Decision(writes=[*stocks.writes()], events=[*events, *stocks.freed()])


def _already(message: OpenStockV1, place: LocationStock) -> StockAlreadyOpenV1:
    return StockAlreadyOpenV1(
        owner=message.owner,
        sku=message.sku,
        location_id=message.location_id,
        opened_with=message.on_hand,
        on_hand=place.on_hand,
    )


def _trouble(rules: Rules, message: OpenStockV1, place: LocationStock | None) -> tuple[str, str] | None:
    """Why an opening balance cannot be taken over."""
    name = message.location_id
    if name in rules.wms:
        detail = f"the WMS of {name} is master of its stock; what is there at the take-over comes in a snapshot of it"
        return "not-the-master", detail
    if name not in rules.locations:
        return "unknown-location", f"there is no location {name} in locations.toml"
    if place is None:
        return None
    stands = f"{place.on_hand} pieces of {message.sku} are on hand at {name} now; count or adjust them instead"
    if place.opening is None:
        return "booked-already", f"goods were booked there before; {stands}"
    before = place.opening
    told = f"{before.on_hand} on hand, {before.safety} safety and {before.damaged} damaged"
    return "opened-otherwise", f"it was opened with {told}; {stands}"
