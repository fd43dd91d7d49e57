"""What was there at a moment, against what is held to be there now."""

from dataclasses import dataclass
from datetime import datetime

from crossdock_contracts.inventory import StockMovedV1
from services.inventory.decide.stocks import Stocks
from services.inventory.state import LocationStock


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a figure of a moment means for a SKU at a location."""

    sku: str
    location_id: str
    said: int
    as_of: datetime
    since: int = 0
    """What has come since then, less what has gone."""
    expected: int = 0
    """Pieces that there were at that moment, as far as the hub knew."""
    refused: str = ""
    """Why it cannot be told; empty: it can."""

    def book(
        self, stocks: Stocks, kind: str, *, reason: str, reference: str, keep_account: bool = True
    ) -> StockMovedV1 | None:
        """Take the figure for true; the entry of the ledger, if it makes a difference."""
        place = stocks[self.sku].locations.get(self.location_id) or LocationStock()
        recent = tuple(move for move in place.recent or () if move.at > self.as_of) if keep_account else None
        on_hand = max(0, self.said + self.since)
        delta = on_hand - place.on_hand
        stocks.place(self.sku, self.location_id, on_hand=delta)  # its lots follow
        stocks.put_place(self.sku, self.location_id, as_of=self.as_of, recent=recent)
        if not delta:
            return None
        return stocks.entry(
            self.sku, self.location_id, kind, abs(delta), delta, on_hand, reason=reason, reference=reference
        )


def reconciled(stocks: Stocks, sku: str, location_id: str, said: int, as_of: datetime) -> Reconciled:
    """So many pieces were there at a moment: what that means beside what has moved since."""
    place = stocks[sku].locations.get(location_id) or LocationStock()
    if place.as_of is not None and as_of < place.as_of:
        return Reconciled(sku, location_id, said, as_of, refused="older-than-known")
    if place.forgotten is not None and as_of < place.forgotten:
        return Reconciled(sku, location_id, said, as_of, refused="too-long-ago")
    since = sum(move.delta for move in place.recent or () if move.at > as_of)
    return Reconciled(sku, location_id, said, as_of, since, place.on_hand - since)
