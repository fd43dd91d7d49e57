"""What carriers say of a parcel, in order: which is news, and what ends its way."""

from collections.abc import Iterable

from crossdock_contracts.tracking import TrackingUpdateV1
from services.shipping.state import Track

_RANKS = ("in-transit", "out-for-delivery", "exception", "delivered")
"""Of what a carrier says of the same moment, which is the last: it gives days, or minutes, for several scans."""
_AT_REST = frozenset({"lost", "returned-to-sender", "cancelled"})
"""Exceptions after which a parcel does not go on to where it was sent."""


def in_order(updates: Iterable[TrackingUpdateV1]) -> list[TrackingUpdateV1]:
    """The oldest first."""
    return sorted(updates, key=lambda one: (one.occurred_at, _RANKS.index(one.status), one.code))


def is_known(last: Track | None, said: Track, *, ranked: bool) -> bool:
    """It was said before, or something was that came after it.

    ``ranked``: a whole way is told, time and again; what it has at the same moment has an order, whoever tells it when.
    """
    if last is None:
        return False
    if last.status == "delivered" or (last.status, last.code) == (said.status, said.code):
        return True
    if said.at == last.at and ranked:
        return (_RANKS.index(said.status), said.code) < (_RANKS.index(last.status), last.code)
    return said.at < last.at


def rests(last: Track) -> bool:
    """Nothing more is to be heard of a parcel of which this was said last."""
    return last.status == "delivered" or last.code in _AT_REST
