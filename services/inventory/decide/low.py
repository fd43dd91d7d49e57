"""Low stock: said once as a SKU comes down to its reorder point, and again only after there was more of it."""

from collections.abc import Callable
from datetime import datetime
from functools import update_wrapper
from typing import Any

from crossdock_contracts.stock import SetReorderPointV1, StockLowV1
from services.hub.decision import Decision, States, changed
from services.inventory.decide.stocks import Stocks
from services.inventory.rules import Rules
from services.inventory.state import Reorder, Stock

Decide = Callable[[States, Any, datetime], Decision]


def watched(rules: Rules, decide: Decide) -> Decide:
    """The same decision; of stock that it has made low it is said so."""

    def decided(states: States, message: Any, now: datetime) -> Decision:
        decision = decide(states, message, now)
        for place, document in enumerate(decision.writes):
            if isinstance(document, Stock) and (document.low or document.reorder or rules.stock.reorder):
                decision.writes[place] = _watch(rules, document, decision, now)
        return decision

    update_wrapper(decided, getattr(decide, "func", decide))
    return decided


def _watch(rules: Rules, stock: Stock, decision: Decision, now: datetime) -> Stock:
    reorder = rules.reorder(stock)
    is_low = reorder is not None and stock.promisable <= reorder.reorder_at
    if is_low == stock.low:
        return stock
    if reorder is not None and is_low:
        lacking = reorder.reorder_up_to - stock.promisable + stock.waiting
        decision.events.append(
            StockLowV1(
                owner=stock.owner,
                sku=stock.sku,
                available=stock.promisable,
                reorder_at=reorder.reorder_at,
                suggested=max(0, lacking),
                recorded_at=now,
            )
        )
    return changed(stock, low=is_low)


def set_reorder_point(states: States, message: SetReorderPointV1, now: datetime) -> Decision:
    """Set when a SKU is low, and how far it is filled up; if it is low by that already, it is said anew."""
    stocks = Stocks(states, message.owner, now)
    at = message.reorder_at
    reorder = None if at is None else Reorder(reorder_at=at, reorder_up_to=message.reorder_up_to)
    if reorder == stocks[message.sku].reorder:
        return Decision.nothing()
    stocks.put(message.sku, reorder=reorder, low=False)
    return Decision(writes=[*stocks.writes()])
