"""Goods that the hub did not ship: handed over the counter, or sent from a channel's own warehouse."""

from datetime import datetime

from crossdock_contracts.capture import GoodsHandedOverV1
from services.hub.decision import Decision, States
from services.inventory.decide.stocks import Stocks
from services.inventory.rules import NO_RULES, Rules


def hand_over(states: States, message: GoodsHandedOverV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """The goods are gone from their location, were they promised or not: what is missing then is a shortage.

    Where fewer were on hand than the buyer has, a count had missed them.
    """
    decision = Decision()
    if not message.location_id:
        return decision
    stocks = Stocks(states, message.owner, now, rules.wms)
    stocks.load(line.sku for line in message.lines)
    reason, reference = f"{message.fulfilled_by}-sale", message.order_id
    for line in message.lines:
        place = stocks[line.sku].locations.get(message.location_id)
        more = line.quantity - (place.on_hand if place else 0)
        if more > 0:
            decision.events.append(
                stocks.move(line.sku, message.location_id, "found", more, reason=reason, reference=reference)
            )
        decision.events.append(
            stocks.move(line.sku, message.location_id, "shipped", -line.quantity, reason=reason, reference=reference)
        )
    for sku in dict.fromkeys(line.sku for line in message.lines):
        decision.events += stocks.shortages(sku, message.location_id, reason)
    decision.writes = [*stocks.writes()]
    return decision
