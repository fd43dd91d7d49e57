"""Bins: where each SKU lies at a location, and in which order one comes by on a walk."""

import re
from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.warehouse import AssignBinsV1, BinsAssignedV1
from services.hub.decision import Decision, States
from services.shipping.state_work import Bins

_PARTS = re.compile(r"\d+|[^\W\d_]+")


def reads_bins(message: AssignBinsV1) -> Iterable[str]:
    """The document of the SKU at the location."""
    return [Bins.at(message.owner, message.location_id, message.sku)]


def assign_bins(states: States, message: AssignBinsV1, now: datetime) -> Decision:
    """A SKU lies in these bins from now on."""
    known = states.get(Bins, message.owner, message.location_id, message.sku)
    if known is not None and known.bins == message.bins:
        return Decision.nothing()
    about = {"owner": message.owner, "location_id": message.location_id, "sku": message.sku, "bins": message.bins}
    return Decision(writes=[Bins(**about)], events=[BinsAssignedV1(**about, assigned_at=now)])


def on_the_way(zones: tuple[str, ...], bin_: str) -> tuple[bool, int, list[tuple[int, int, str]]]:
    """Sorts bins as one comes by: by the zone's place in the walk, then as people count, A-2 before A-10.

    The zone is what a bin's name begins with: ``A`` of ``A-03-12``. Zones that the walk does not name come behind those
    that it does; what lies nowhere in particular comes last.
    """
    parts = _PARTS.findall(bin_)
    place = zones.index(parts[0]) if parts and parts[0] in zones else len(zones)
    return (not parts, place, [(0, int(p), "") if p.isdigit() else (1, 0, p.casefold()) for p in parts])
