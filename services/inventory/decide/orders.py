"""What rules about orders that lose or get stock share."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.stock import PromiseTakenBackV1
from crossdock_contracts.values import LineQuantity
from services.hub.decision import States, changed
from services.inventory.audits import Shortfall
from services.inventory.state import Reservation


def taken_back(
    reservation: Reservation, lines: list[LineQuantity], reason: str, now: datetime
) -> list[PromiseTakenBackV1]:
    """That an order has lost promises, if it has."""
    if not lines:
        return []
    about = {"owner": reservation.owner, "order_id": reservation.order_id}
    return [PromiseTakenBackV1(**about, lines=tuple(lines), reason=reason, taken_at=now)]


def answered(states: States, owner: str, fulfilment_id: str, skus: Iterable[str]) -> list[Shortfall]:
    """Shortfalls of these SKUs, those alone that had asked for this fulfilment's pieces: they wait for it no longer."""
    found = states.get_all(Shortfall, [(owner, sku) for sku in dict.fromkeys(skus) if sku])
    return [
        changed(one, asked=tuple(ask for ask in one.asked if ask.fulfilment_id != fulfilment_id))
        for one in found
        if one is not None and any(ask.fulfilment_id == fulfilment_id for ask in one.asked)
    ]


_MOST_READ = 300
"""Most SKUs whose stock one decision about many orders reads."""


def skus_of(reservations: Iterable[Reservation | None]) -> Iterable[str]:
    """SKUs of all lines of these orders."""
    return (line.sku for reservation in reservations if reservation for line in reservation.lines)


def as_many_as_read(reservations: list[Reservation | None]) -> list[Reservation | None]:
    """The first of these orders, as many as one decision can read the stock of, and one at least."""
    seen: set[str] = set()
    for number, reservation in enumerate(reservations):
        seen.update(skus_of([reservation]))
        if len(seen) > _MOST_READ and number:
            return reservations[:number]
    return reservations
