"""Orders that are held for listings and SKUs of which nothing is known: all of them are let go once it is.

Who waits for what is written down in the partition that the listing or SKU belongs to, where it is also learnt; so
nothing falls between the two.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from crossdock_contracts.mapping import MappingFoundV1, MappingMissedV1, OrderMappableV1
from services.capture.decide.checks import UNKNOWN_LISTING
from services.capture.decide.holds import close
from services.capture.decide.mapping import missed, waiting_named
from services.capture.state import HoldExpiry, Item, Listing, OrderRecord, WaitingOrder, Wanted
from services.hub.decision import Decision, States, changed

SLICE = 400
"""Orders that one decision sends on their way; the rest by the next."""

LOOK_AGAIN = timedelta(hours=6)
"""An order that waits is looked at again after so long, should a word have been missed."""


def reads_missed(message: MappingMissedV1) -> Iterable[str]:
    """What writing down that an order waits reads."""
    key = (message.owner, message.wanted, message.channel)
    known = (
        Listing.at(message.owner, message.channel, message.wanted)
        if message.channel
        else Item.at(message.owner, message.wanted)
    )
    return [WaitingOrder.at(*key, message.order_id), Wanted.at(*key), known]


def reads_order(message: OrderMappableV1) -> Iterable[str]:
    """The documents of the order, and of the hold that it is let go from."""
    owner, order_id = message.owner, message.order_id
    return [OrderRecord.at(owner, order_id), HoldExpiry.at(owner, order_id, UNKNOWN_LISTING)]


def wait_for(states: States, message: MappingMissedV1, now: datetime) -> Decision:
    """An order is held for this: it is written down, unless it has become known meanwhile."""
    owner, wanted, channel = message.owner, message.wanted, message.channel
    states.get(WaitingOrder, owner, wanted, channel, message.order_id)  # it may have fired: the write will tell
    standing = states.get(Wanted, owner, wanted, channel)
    if _is_known(states, message):
        return Decision(events=[_mappable(message, message.order_id)])
    waits = WaitingOrder(
        owner=owner, wanted=wanted, channel=channel, order_id=message.order_id, due_at=now + LOOK_AGAIN
    )
    if standing is not None and standing.open:
        return Decision(writes=[waits])
    standing = standing or Wanted(owner=owner, wanted=wanted, channel=channel)
    return Decision(writes=[waits, changed(standing, open=True)])


def _is_known(states: States, message: MappingMissedV1) -> bool:
    """More is known than when the order was looked at."""
    if not message.channel:
        return states.get(Item, message.owner, message.wanted) is not None
    listing = states.get(Listing, message.owner, message.channel, message.wanted)
    return (listing.sku if listing else "") != message.stands_for


def _mappable(about: MappingMissedV1 | MappingFoundV1 | WaitingOrder, order_id: str) -> OrderMappableV1:
    return OrderMappableV1(owner=about.owner, order_id=order_id, wanted=about.wanted, channel=about.channel)


def let_go(states: States, message: MappingFoundV1, _now: datetime) -> Decision:
    """Send the orders that wait for this on their way, a slice at a time."""
    waiting = states.under(WaitingOrder, message.owner, message.wanted, message.channel, limit=SLICE)
    if not waiting:
        return Decision.nothing()
    return Decision(withdrawn=[*waiting], events=[*(_mappable(message, order.order_id) for order in waiting), message])


def look_again(_states: States, message: WaitingOrder, _now: datetime) -> Decision:
    """An order has waited for a while: it is looked at again; if it still has to, it waits anew."""
    return Decision(events=[_mappable(message, message.order_id)])


def map_again(states: States, message: OrderMappableV1, now: datetime) -> Decision:
    """Something that an order is held for is known: it goes on, unless more is not known or something else holds it."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    holds = [hold for hold in record.holds if hold.reason == UNKNOWN_LISTING] if record else []
    if record is None or record.order is None or not holds:
        return Decision.nothing()
    found = waiting_named(states, record)
    if not found.reason:
        return close(states, found.record, holds, "mapping", now)
    told = tuple(changed(hold, detail=found.detail) if hold in holds else hold for hold in record.holds)
    again = changed(record, wants=found.wants, holds=told)
    waits = [want for want in record.wants if (want.wanted, want.channel) != (message.wanted, message.channel)]
    new = [want for want in found.wants if want not in waits]
    return Decision(writes=[again] if again != record else [], events=[*missed(record, new)])
