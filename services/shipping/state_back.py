"""What shipping keeps of the label with which a buyer sends goods back."""

from enum import StrEnum

from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.labels import Parcel, RankedRate
from services.hub.decision import Awaiting, Document, IntentRecord
from services.shipping.state import Track


class BackStatus(StrEnum):
    """Where the label of a return stands."""

    WANTED = "wanted"
    REFUSED = "refused"
    """No carrier sells one."""
    BOUGHT = "bought"
    OVER = "over"
    """The return was called off: its label is given back, if there is one."""


MOVES: dict[BackStatus, frozenset[BackStatus]] = {
    BackStatus.WANTED: frozenset({BackStatus.REFUSED, BackStatus.BOUGHT, BackStatus.OVER}),
    BackStatus.REFUSED: frozenset({BackStatus.WANTED, BackStatus.OVER}),
    BackStatus.BOUGHT: frozenset({BackStatus.OVER}),
    BackStatus.OVER: frozenset(),
}
"""The legal moves of a return's label."""


class ReturnLabel(Document, service="shipping", kind="return-label", key=("order_id", "return_id"), traced=True):
    """The label of one return."""

    order_id: str
    return_id: str
    status: BackStatus
    attempt: int = 1
    """How often it was asked for."""
    way: Fulfilment | None = None
    """The goods, where they go, and as ``ship_to`` where they come from: carriers are chosen as for the way there."""
    ranking: tuple[RankedRate, ...] = ()
    generation: int = 0
    """Which purchase this is."""
    intent: IntentRecord | None = None
    unsettled: str = ""
    """Key of the purchase that was made or not: nothing can tell but somebody who looks."""
    waits: int = 0
    """How often in a row no carrier could be reached."""
    parcel: Parcel | None = None
    track: Track | None = None
    """What the carrier said last of its parcel."""
    why: str = ""
    """Why the return was called off."""
    settled: bool = False
    """The label was given back, or the carrier keeps it."""

    @property
    def has_ended(self) -> bool:
        """It was bought, refused, or is not wanted any more; what is under way has to come to its end first."""
        return self.intent is None and self.status is not BackStatus.WANTED


class ReturnLabelTimer(Awaiting, service="shipping", kind="return-label-due", key=("order_id", "return_id")):
    """A return whose label waits for a carrier to come back: they are all asked again."""

    order_id: str
    return_id: str
