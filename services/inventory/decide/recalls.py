"""Recalls: what is left of a lot goes to quarantine everywhere, a slice of locations at a time."""

from datetime import datetime

from crossdock_contracts.lots import (
    LiftRecallV1,
    LotQuarantinedV1,
    LotRecalledV1,
    PlacePieces,
    RecallLiftedV1,
    RecallLotV1,
)
from services.hub.decision import Decision, States, changed
from services.inventory.decide.stocks import Stocks
from services.inventory.rules import NO_RULES, Rules
from services.inventory.state_lots import Lots, Recall

SLICE = 50
"""Locations that are looked at by one decision; the rest by the next."""


def recall(states: States, message: RecallLotV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """Nothing of this lot is sold from now on."""
    stocks = Stocks(states, message.owner, now, rules.wms)
    if not stocks[message.sku].has_lots:
        return Decision.refused(message, "no-lots", f"{message.sku} is not kept by lot")
    known = states.get(Recall, message.owner, message.sku, message.lot)
    decision = _quarantine(states, stocks, message.sku, message.lot, "")
    if known is not None and known.lifted_at is None:
        return decision
    standing = Recall(owner=message.owner, sku=message.sku, lot=message.lot, reason=message.reason, recalled_at=now)
    recalled = LotRecalledV1(
        owner=message.owner,
        sku=message.sku,
        lot=message.lot,
        reason=message.reason,
        note=message.note,
        recalled_at=now,
    )
    decision.writes.append(standing)
    decision.events.insert(0, recalled)
    return decision


def go_on(states: States, message: LotQuarantinedV1, now: datetime, rules: Rules = NO_RULES) -> Decision:
    """The next locations, unless the recall was lifted meanwhile."""
    standing = states.get(Recall, message.owner, message.sku, message.lot)
    if not message.behind or standing is None or standing.lifted_at is not None:
        return Decision.nothing()
    stocks = Stocks(states, message.owner, now, rules.wms)
    return _quarantine(states, stocks, message.sku, message.lot, message.behind)


def _quarantine(states: States, stocks: Stocks, sku: str, lot: str, behind: str) -> Decision:
    """Move what the next locations have of a lot out of what is sellable; promises beyond what is left are short."""
    stock = stocks[sku]
    names = sorted(name for name in stock.locations if name > behind)
    states.get_all(Lots, [(stock.owner, sku, name) for name in names[:SLICE]])
    decision = Decision()
    places = []
    for name in names[:SLICE]:
        pieces = stocks.shelves.at(stock, name).lots.get(lot)
        if pieces is None or pieces.on_hand <= 0:
            continue
        entry = stocks.shift(
            sku, name, "adjusted", pieces.on_hand, "sellable", "quarantine", reason="recalled", lot=lot
        )
        decision.events.append(entry)
        places.append(PlacePieces(location_id=name, quantity=pieces.on_hand))
    if places:
        decision.events += stocks.shortages(sku, places[-1].location_id, "recalled")
    decision.events.append(
        LotQuarantinedV1(
            owner=stock.owner,
            sku=sku,
            lot=lot,
            places=tuple(places),
            behind=names[SLICE - 1] if len(names) > SLICE else "",
            quarantined_at=stocks.moment,
        )
    )
    decision.writes = stocks.writes()
    return decision


def lift(states: States, message: LiftRecallV1, now: datetime) -> Decision:
    """A lot may be sold again; its pieces stay in quarantine until somebody moves them."""
    standing = states.get(Recall, message.owner, message.sku, message.lot)
    if standing is None or standing.lifted_at is not None:
        return Decision.refused(message, "not-recalled", f"lot {message.lot} of {message.sku} is not recalled")
    lifted = RecallLiftedV1(owner=message.owner, sku=message.sku, lot=message.lot, note=message.note, lifted_at=now)
    return Decision(writes=[changed(standing, lifted_at=now)], events=[lifted])
