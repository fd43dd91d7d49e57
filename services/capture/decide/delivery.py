"""Whether a carrier delivers to an address: asked of a new order, and of one that is amended to another place."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from crossdock_contracts.addresses import AddressCheckedV1
from crossdock_contracts.amendments import AmendmentRequestedV1
from crossdock_contracts.capture import OrderReleasedV1
from crossdock_contracts.reasons import ADDRESS_CHECK, ADDRESS_UNDELIVERABLE
from crossdock_contracts.values import Address, Hold
from services.capture.decide.checks import carrier_asked, numbered
from services.capture.decide.holds import PATIENCE, close
from services.capture.decide.opened import opened
from services.capture.rules import Channels
from services.capture.state import ENDED, OrderRecord, OrderStatus
from services.hub.decision import Decision, States, changed

Decide = Callable[..., Decision]
_PLACE = ("line1", "line2", "line3", "postcode", "city", "region", "country")


def asked_again(channels: Channels, decide: Decide) -> Decide:
    """The same decision; an order that goes to another place by it waits until a carrier was asked about that.

    Routing hears of the hold with the amendment, and so places nothing anew until it is closed.
    """

    @wraps(getattr(decide, "func", decide))
    def decided(states: States, *said: Any) -> Decision:
        decision = decide(states, *said)
        for record in [one for one in decision.writes if isinstance(one, OrderRecord)]:
            before = states.get(OrderRecord, record.owner, record.order_id)
            if before is not None and _goes_elsewhere(before, record):
                now = next(one for one in said if isinstance(one, datetime))
                decision = _ask_again(channels, before, record, decision, now)
        return decision

    return decided


def _aim(record: OrderRecord) -> Address | None:
    """Where it goes, or is to go once the amendment is through that is under way."""
    order = record.amending.order if record.amending else record.order
    return order.ship_to if order else None


def _goes_elsewhere(before: OrderRecord, after: OrderRecord) -> bool:
    """It is amended to another place, which no carrier has suggested."""
    aim = _place(_aim(after))
    if before.status is OrderStatus.EXPECTED or after.status in ENDED or before.order is None or aim is None:
        return False
    suggested = [hold.suggestion for hold in (*after.holds, *after.closed) if hold.suggestion]
    return aim not in [_place(one) for one in (_aim(before), before.order.ship_to, *suggested)]


def _place(address: Address | None) -> tuple[str | None, ...] | None:
    return tuple(getattr(address, name) for name in _PLACE) if address else None


def _ask_again(
    channels: Channels, before: OrderRecord, record: OrderRecord, decision: Decision, now: datetime
) -> Decision:
    order = record.amending.order if record.amending else record.order
    if order is None or order.channel not in channels.names:
        return decision
    attempt = 1 + sum(hold.reason == ADDRESS_CHECK for hold in (*record.holds, *record.closed))
    asked = carrier_asked(channels[order.channel], record.owner, order, attempt, now)
    if asked is None:
        return decision
    hold, wanted = asked
    if before.status is OrderStatus.HELD and record.status is OrderStatus.OPEN:  # it is not let go after all
        record = changed(record, status=before.status, releases=before.releases)
        decision.events = [one for one in decision.events if not isinstance(one, OrderReleasedV1)]
    first = [_held(one, record) if isinstance(one, AmendmentRequestedV1) else one for one in decision.events]
    decision.events = []
    decision = decision.and_then(opened(record, hold)[1])
    decision.events += [wanted, *first]
    return decision


def _held(requested: AmendmentRequestedV1, record: OrderRecord) -> AmendmentRequestedV1:
    return requested.model_copy(update={"held_after": record.releases})


def know_checked(states: States, message: AddressCheckedV1, now: datetime) -> Decision:
    """A carrier has said whether it delivers there: only where it does not, somebody has to look."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    asked = numbered(ADDRESS_CHECK, message.attempt)
    checks = [hold for hold in record.holds if hold.reason == ADDRESS_CHECK] if record else []
    number = next((n for n, hold in enumerate(checks, start=1) if hold.hold_id == asked), 0)
    if record is None or record.status in ENDED or record.order is None or not number:
        return Decision.nothing()
    waits = checks[:number]  # of places that came before it nobody says anything any more
    if message.result != "unchecked" and message.ship_to == _aim(record):  # it was not amended meanwhile
        waits += [one for one in record.holds if one.reason == ADDRESS_UNDELIVERABLE]  # of the place before
    if message.result != "undeliverable" or message.ship_to != _aim(record):
        return close(states, record, waits, f"{message.account or 'nobody'}: {message.result}", now)
    suggestion = _suggested(message.ship_to, message.suggestion)
    instead = f"; it suggests {_written(suggestion)}" if suggestion else ""
    hold = Hold(
        hold_id=numbered(ADDRESS_UNDELIVERABLE, message.attempt),
        reason=ADDRESS_UNDELIVERABLE,
        detail=f"{message.account}: {message.detail or 'it does not know this address'}{instead}",
        opened_at=now,
        expires_at=now + PATIENCE,
        on_expiry="release",
        suggestion=suggestion,
    )
    record, decision = opened(record, hold)
    return decision.and_then(close(states, record, waits, message.account, now))


def _suggested(standing: Address | None, said: Address | None) -> Address | None:
    """The place that a carrier suggests, for the same people; none where that is where it goes already."""
    if standing is None or said is None:
        return None
    place = {name: value for name in _PLACE if (value := getattr(said, name))}
    there = changed(standing, **place, latitude=None, longitude=None)
    return there if any(getattr(standing, name) != value for name, value in place.items()) else None


def _written(address: Address) -> str:
    place = (address.line1, address.line2, f"{address.postcode} {address.city}".strip(), address.region)
    return ", ".join(filter(None, (*place, address.country)))
