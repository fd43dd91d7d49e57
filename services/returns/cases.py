"""What returns keeps of parcel trouble: each case, what was decided, and the carrier's claim."""

from enum import StrEnum

from crossdock_contracts.base import Utc
from crossdock_contracts.cases import Action, Trouble
from crossdock_contracts.values import LineQuantity
from services.hub.decision import Document, Part, Timer


class CaseStatus(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    """For some pieces in it nothing has been decided."""
    DECIDED = "decided"
    CLOSED = "closed"


MOVES: dict[CaseStatus, frozenset[CaseStatus]] = {
    CaseStatus.OPEN: frozenset({CaseStatus.DECIDED, CaseStatus.CLOSED}),
    CaseStatus.DECIDED: frozenset({CaseStatus.CLOSED}),
    CaseStatus.CLOSED: frozenset(),
}
"""The legal moves of a case."""


class ClaimStatus(StrEnum):
    """Where a case's claim against the carrier stands."""

    NONE = "none"
    FILED = "filed"
    ACCEPTED = "accepted"
    REFUSED = "refused"


CLAIM_MOVES: dict[ClaimStatus, frozenset[ClaimStatus]] = {
    ClaimStatus.NONE: frozenset({ClaimStatus.FILED}),
    ClaimStatus.FILED: frozenset({ClaimStatus.ACCEPTED, ClaimStatus.REFUSED}),
    ClaimStatus.ACCEPTED: frozenset(),
    ClaimStatus.REFUSED: frozenset(),
}
"""The legal moves of a claim."""


class Claim(Part):
    """The claim of a case."""

    status: ClaimStatus = ClaimStatus.NONE
    until: Utc | None = None
    """The carrier takes it until then; none: the trouble is not the carrier's fault."""
    amount_minor: int = 0
    accepted_minor: int = 0
    currency: str = ""
    reference: str = ""
    reminded: bool = False


class CaseLine(Part):
    """Pieces of a line in a case, and what was decided for them."""

    line_id: str
    sku: str
    quantity: int
    reshipped: int = 0
    refunded: int = 0
    dropped: int = 0
    """Neither."""
    decided: int = 0
    """Pieces that something was decided for; those that were settled twice, knowingly, count once."""
    back: int = 0
    """Pieces that came back and were looked at."""

    def has(self, action: str) -> int:
        """Pieces for which this was decided."""
        return {"reship": self.reshipped, "refund": self.refunded, "none": self.dropped}[action]


class Settlement(Part):
    """One decision of an agent."""

    action: Action
    lines: tuple[LineQuantity, ...]
    refund_minor: int = 0
    paid: bool = False
    """The refund has gone back."""
    replacement_id: str = ""
    although: str = ""
    decided_by: str = ""
    note: str = ""
    decided_at: Utc


class Case(Document, service="returns", kind="case", key=("order_id", "case_id"), traced=True):
    """One parcel's trouble."""

    order_id: str
    case_id: str
    status: CaseStatus = CaseStatus.OPEN
    kind: Trouble
    fulfilment_id: str
    lines: tuple[CaseLine, ...]
    currency: str
    note: str = ""
    opened_by: str = ""
    opened_at: Utc
    shipped_at: Utc
    settled: tuple[Settlement, ...] = ()
    claim: Claim = Claim()
    delivered_at: Utc | None = None
    """The parcel turned up after all."""
    closed_at: Utc | None = None

    @property
    def has_ended(self) -> bool:
        """Nothing is left to do about it."""
        return self.status is CaseStatus.CLOSED


class ClaimTimer(Timer, service="returns", kind="claim", key=("order_id", "case_id")):
    """Reminds of a claim that was not filed."""

    order_id: str
    case_id: str
