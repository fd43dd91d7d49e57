"""What products' rules share."""

from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.products import MapListingV1, UpsertProductV1
from services.hub.decision import Decision

_NAMED = 5


def refused(message: UpsertProductV1 | MapListingV1, reason: str, detail: str) -> Decision:
    """A command that is not carried out, and why."""
    refusal = CommandRefusedV1(
        owner=message.owner, entity_id=message.entity, command=message.TYPE, reason=reason, detail=detail
    )
    return Decision(events=[refusal])


def some(names: list[str]) -> str:
    """The first few of these names."""
    left = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {left} more" if left > 0 else "")
