"""Applies decisions to documents in memory, and holds every move against the table of legal moves."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.capture import state as capture
from services.hub.decision import Decision, Document, Intent, Outcome, States
from services.inventory import audits
from services.inventory import state as inventory
from services.payments import state as payments
from services.returns import cases
from services.returns import state as returns
from services.routing import state as routing
from services.shipping import state as shipping
from services.shipping import state_back, state_dock

_MOVES: dict[type[Document], Any] = {
    capture.OrderRecord: capture.MOVES,
    inventory.Reservation: inventory.MOVES,
    audits.Count: audits.MOVES,
    payments.Payment: payments.MOVES,
    returns.Return: returns.MOVES,
    cases.Case: cases.MOVES,
    routing.Route: routing.MOVES,
    shipping.Shipment: shipping.MOVES,
    state_back.ReturnLabel: state_back.MOVES,
    state_dock.Manifest: state_dock.MOVES,
    state_dock.CarrierPickup: state_dock.CALL_MOVES,
}


class Ledger:
    """Documents as decisions leave them."""

    def __init__(self, *documents: Document) -> None:
        self.documents: dict[str, Document | None] = {document.subject: document for document in documents}
        self.events: list[Any] = []
        self.intent: Intent | None = None
        """The last call that was to be made."""

    @property
    def states(self) -> States:
        """What a decision may read."""
        return States({k: v for k, v in self.documents.items() if v is not None}, strict=False)

    def take(self, decide: Callable[..., Decision], message: Any, now: datetime, *more: Any) -> Decision:
        """Take a decision and apply it; an answer is one to the last call, where it does not say to which."""
        if more and isinstance(more[0], Outcome) and not more[0].key and self.intent is not None:
            more = (replace(more[0], key=self.intent.key), *more[1:])
        decision = decide(self.states, message, *more, now) if more else decide(self.states, message, now)
        self.apply(decision)
        self.intent = decision.intent or self.intent
        return decision

    def apply(self, decision: Decision) -> None:
        """Let a decision happen."""
        for document in decision.writes:
            self._check_move(self.documents.get(document.subject), document)
            again = type(document).decode(document.encode())  # what is stored is what was decided
            assert again == document
            self.documents[document.subject] = document
        for timer in decision.withdrawn:
            self.documents.pop(timer.subject, None)
        self.events += decision.events

    @staticmethod
    def _check_move(before: Any, after: Any) -> None:
        if before is None:
            return
        if isinstance(after, cases.Case):
            Ledger._check(before.subject, before.claim.status, after.claim.status, cases.CLAIM_MOVES)
        if type(after) in _MOVES:
            Ledger._check(before.subject, before.status, after.status, _MOVES[type(after)])

    @staticmethod
    def _check(subject: str, before: Any, after: Any, moves: Any) -> None:
        assert before == after or after in moves[before], f"{subject}: {before} → {after} is no legal move"

    def get(self, kind: type[Any], *key: str) -> Any:
        """A document."""
        return self.documents.get(kind.at(*key))

    def said(self, kind: type[Any]) -> list[Any]:
        """Events of a kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]
