"""What comes of what carriers say, by themselves or when asked, of the parcels that are under way."""

from datetime import datetime, timedelta

from crossdock_contracts.tracking import (
    HearCarrierV1,
    ParcelScan,
    ParcelScannedV1,
    ScanUnplacedV1,
    TrackingPolledV1,
    TrackingUpdateV1,
)
from services.hub.decision import Decision, States
from services.shipping.carriers.answers import Tracked
from services.shipping.carriers.hooks import hooks_of
from services.shipping.rules import Rules
from services.shipping.state_track import TrackRound, Underway

_BEFORE = _AFTER = timedelta(days=1)
"""Carriers give a place's own time, which may be so much earlier than it was, or later. What is said to happen later
still has a wrong time: were it believed, nothing that happens before would be news."""
_MOST = 100
"""So many scans of a parcel are looked at, those that came last."""


class UnheardError(ValueError):
    """A webhook that cannot be read; the text says where in it, and why."""


def hear(rules: Rules, states: States, message: HearCarrierV1, now: datetime) -> Decision:
    """A carrier's webhook: what it says goes to the orders of its parcels.

    Raises:
        UnheardError: it cannot be read; it becomes a dead letter.
    """
    account = rules.accounts.get(message.account)
    hooks = hooks_of(account.kind) if account is not None else None
    if hooks is None:
        return Decision.unknown(message, "account", message.account, "none that hears is called so in carriers.toml")
    try:
        told = hooks.heard(message.body.encode())
    except ValueError as error:
        raise UnheardError(str(error)) from None
    decision = Decision()
    for tracked in told:
        way = states.get(Underway, message.owner, message.account, tracked.tracking_number)
        if way is None:
            decision.events.append(_unplaced(message, tracked, now))
        elif found := updates(way, tracked, now):
            decision.events.append(
                ParcelScannedV1(
                    owner=way.order_owner,
                    order_id=way.order_id,
                    fulfilment_id=way.fulfilment_id,
                    tracking_number=way.tracking_number,
                    of_return=way.return_id,
                    scans=tuple(ParcelScan.model_validate(vars(update)) for update in found),
                )
            )
    return decision


def _unplaced(message: HearCarrierV1, tracked: Tracked, now: datetime) -> ScanUnplacedV1:
    return ScanUnplacedV1(
        owner=message.owner,
        account=message.account,
        tracking_number=tracked.tracking_number,
        status=tracked.last.status if tracked.last else "",
        heard_at=now,
    )


def updates(way: Underway, tracked: Tracked, now: datetime) -> list[TrackingUpdateV1]:
    """What a carrier says of this parcel, oldest first.

    Once it goes back to its sender what comes after is not about its buyer: it is delivered to whoever sent it.
    """
    found = []
    for update in tracked.updates(way.order_owner, way.order_id, way.fulfilment_id)[-_MOST:]:
        if way.since - _BEFORE <= update.occurred_at <= now + _AFTER:
            found.append(update.model_copy(update={"tracking_number": way.tracking_number, "of_return": way.return_id}))
            if update.code == "returned-to-sender":
                break
    return found


def polled(states: States, message: TrackingPolledV1, _now: datetime) -> Decision:
    """A round of questions to a carrier has come so far."""
    known = states.get(TrackRound, message.owner, message.account)
    come = (message.begun_at, message.ended, message.after)
    if known is not None and (known.begun_at, known.ended, known.after) >= come:
        return Decision.nothing()
    return Decision(writes=[TrackRound.model_validate(vars(message))])


def lose_sight(_states: States, _message: Underway, _now: datetime) -> Decision:
    """A parcel has been under way for longer than carriers know of one: it is not asked about any more."""
    return Decision.nothing()
