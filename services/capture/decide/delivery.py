"""Whether a carrier delivers to an address: what it said of a new order that waits for that."""

from datetime import datetime

from crossdock_contracts.addresses import AddressCheckedV1
from crossdock_contracts.reasons import ADDRESS_CHECK, ADDRESS_UNDELIVERABLE
from crossdock_contracts.values import Address, Hold
from services.capture.decide.holds import PATIENCE, close
from services.capture.decide.opened import opened
from services.capture.state import ENDED, OrderRecord
from services.hub.decision import Decision, States, changed

_PLACE = ("line1", "line2", "line3", "postcode", "city", "region", "country")


def know_checked(states: States, message: AddressCheckedV1, now: datetime) -> Decision:
    """A carrier has said whether it delivers there: only where it does not, somebody has to look."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    waits = [hold for hold in record.holds if hold.reason == ADDRESS_CHECK] if record else []
    if record is None or record.status in ENDED or record.order is None or not waits:
        return Decision.nothing()
    if message.result != "undeliverable" or message.ship_to != record.order.ship_to:  # it was amended meanwhile
        return close(states, record, waits, f"{message.account or 'nobody'}: {message.result}", now)
    suggestion = _suggested(record.order.ship_to, message.suggestion)
    instead = f"; it suggests {_written(suggestion)}" if suggestion else ""
    hold = Hold(
        hold_id=ADDRESS_UNDELIVERABLE,
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
