"""What inventory keeps of SKUs that have lots: the lots at each location, recalls; and transfers on their way."""

from datetime import date, datetime, timedelta

from pydantic import Field

from crossdock_contracts.base import Utc
from services.hub.decision import Document, Part, Timer

UNKNOWN = "unknown"
"""Lot of pieces of which nobody has said which lot they are of."""
NO_DAY = "9999-12-31"


class LotPieces(Part):
    """Pieces of one lot at one location."""

    on_hand: int = 0
    """Sellable pieces, bound ones included."""
    allocated: int = 0
    """Bound to fulfilments as pieces of this lot."""
    quarantine: int = 0
    damaged: int = 0
    expires_on: str = ""
    """Its last day; empty where it is not known."""

    @property
    def free(self) -> int:
        """Sellable pieces that are not bound."""
        return max(0, self.on_hand - self.allocated)

    @property
    def is_empty(self) -> bool:
        """Nothing is left of it, and nothing is bound to it."""
        return not (self.on_hand or self.allocated or self.quarantine or self.damaged)


class Lots(Document, service="inventory", kind="lots", key=("sku", "location_id")):
    """The lots of one SKU at one location. Their sums are the counters of the location in its `Stock`."""

    sku: str
    location_id: str
    lots: dict[str, LotPieces] = Field(default_factory=dict)

    def in_order(self) -> list[tuple[str, LotPieces]]:
        """Lots with sellable pieces, first expired first; without a day last."""
        there = [(name, lot) for name, lot in self.lots.items() if lot.on_hand > 0]
        return sorted(there, key=lambda one: (one[1].expires_on or NO_DAY, one[0]))


def sold_until(expires_on: str, min_days: int) -> datetime | None:
    """When a lot stops being sold: at the end of its last day (UTC), or so many days before; none: it does not."""
    if not expires_on:
        return None
    midnight = datetime.fromisoformat(f"{expires_on}T00:00:00+00:00")
    return midnight + timedelta(days=1 - min_days)


def has_expired(expires_on: str, now: datetime) -> bool:
    """The last day of a lot is over."""
    return bool(expires_on) and date.fromisoformat(expires_on) < now.date()


class LotExpiry(Timer, service="inventory", kind="lot-expiry", key=("sku", "location_id")):
    """The next lot of a SKU at a location stops being sold."""

    sku: str
    location_id: str


class Recall(Document, service="inventory", kind="recall", key=("sku", "lot")):
    """A lot of which nothing may be sold."""

    sku: str
    lot: str
    reason: str
    recalled_at: Utc
    lifted_at: Utc | None = None

    @property
    def has_ended(self) -> bool:
        """It was lifted."""
        return self.lifted_at is not None


class SentPieces(Part):
    """Pieces of one lot that are on their way."""

    quantity: int
    expires_on: str = ""


class Transfer(Document, service="inventory", kind="transfer", key=("transfer_id", "sku")):
    """Pieces of one SKU on their way from one location to another."""

    transfer_id: str
    sku: str
    from_location_id: str
    to_location_id: str
    quantity: int
    left: int
    """Pieces that are still on their way."""
    lots: dict[str, SentPieces] = Field(default_factory=dict)
    """Those of them by lot, first expired first; empty where the SKU has no lots."""

    @property
    def has_ended(self) -> bool:
        """Everything has arrived, or is given up."""
        return self.left == 0
