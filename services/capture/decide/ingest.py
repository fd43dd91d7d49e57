"""Taking orders in: mapped to SKUs, checked, and captured, with holds where somebody has to look."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from crossdock_contracts.capture import IngestV1, OrderCapturedV1, SubmissionIgnoredV1
from crossdock_contracts.handed_in import OrderInput
from crossdock_contracts.values import Order
from services.capture.channels import PassedOverError
from services.capture.decide.again import heard, overtaken, reads_the_same
from services.capture.decide.amend import ignored
from services.capture.decide.cancel import ask_for_waiting, decide_waiting
from services.capture.decide.checks import CheckedAgain, check, check_again
from services.capture.decide.copies import newer_copy, not_news
from services.capture.decide.elsewhere import record_order, recorded_again
from services.capture.decide.evidence import traces_of
from services.capture.decide.mapping import missed
from services.capture.decide.opened import expiry
from services.capture.decide.outward import outward_of
from services.capture.decide.reported import cancels_of, named_anew, refunds_of, reported
from services.capture.decide.terms import check_lines, mapped
from services.capture.rules import Channel, Channels
from services.capture.state import Copy, Customer, Item, Listing, OrderRecord, OrderStatus
from services.hub.decision import Decision, States, changed


def creates_order(message: IngestV1) -> Iterable[str]:
    """What a new order is the first to write."""
    return [] if message.reread else [OrderRecord.at(message.owner, message.order_id)]


@lru_cache(maxsize=1024)
def read(channel: Channel, body: str) -> OrderInput:
    """The order in a payload: what is to be loaded is taken from it first, and then the decision."""
    return _with_our_locations(channel, channel.format.read(body.encode()))


def _with_our_locations(channel: Channel, handed_in: OrderInput) -> OrderInput:
    """The order with the places that its channel names by names of its own under ours."""
    ours = channel.config.places
    collected_at = handed_in.shipping.pickup_location_id
    if not (ours and (handed_in.sold_at or collected_at)):
        return handed_in
    shipping = changed(handed_in.shipping, pickup_location_id=ours.get(collected_at, collected_at))
    return changed(handed_in, sold_at=ours.get(handed_in.sold_at, handed_in.sold_at), shipping=shipping)


def reads_ingest(channels: Channels, message: IngestV1) -> Iterable[str]:
    """What taking an order in reads."""
    owner, channel = message.owner, channels[message.channel]
    found = [OrderRecord.at(owner, message.order_id)]
    if message.original:
        return found
    try:
        handed_in = read(channel, message.body)
    except PassedOverError:
        return found
    first = traces_of(channel.checks.customers, channel.name, handed_in)[:1]
    found += [Customer.at(owner, trace.customer_id) for trace in first]
    for line in handed_in.lines:
        if line.listing_id:
            found.append(Listing.at(owner, channel.name, line.listing_id))
        if line.sku or (line.listing_id and channel.config.listing_is_sku):
            found.append(Item.at(owner, line.sku or line.listing_id))
    return found


def ingest(channels: Channels, states: States, message: IngestV1, now: datetime, payload: str) -> Decision:
    """Take in what a channel handed over; ``payload`` is its text.

    Raises:
        UnmappableError, UnknownChannelError: it cannot become an order; it becomes a dead letter that says why.
    """
    channel = channels[message.channel]
    try:
        handed_in = read(channel, payload)
    except PassedOverError as error:
        return Decision(events=[_ignored(message, error.reason, str(error))])
    check_lines(channel, len(handed_in.lines), "")
    digest = digest_of(handed_in)
    record = states.get(OrderRecord, message.owner, message.order_id)
    if record is None or record.status is OrderStatus.EXPECTED:
        if message.reread and not message.reread.captures:
            return Decision(events=[_ignored(message, "not-captured", "it did not become an order when it came in")])
        return _capture(states, channel, message, handed_in, digest, record, now)
    return _known(states, channel, record, message, handed_in, now)


def digest_of(handed_in: OrderInput) -> str:
    """What tells one copy of an order from another."""
    return sha256(handed_in.model_dump_json(exclude_defaults=True).encode()).hexdigest()


def _known(
    states: States, channel: Channel, record: OrderRecord, message: IngestV1, handed_in: OrderInput, now: datetime
) -> Decision:
    """Something about an order that is here already: a duplicate, an older copy, or news."""
    digest = digest_of(handed_in)
    version = handed_in.source_version
    reread = message.reread
    stale = overtaken(record, message, digest, version) if reread else not_news(record, version, digest)
    if stale is not None:
        return Decision(events=[stale])
    if record.fulfil_by != "hub":
        decision = recorded_again(states, heard(record, message), message, handed_in, digest, now)
    else:
        copy, checked = looked_at(states, channel, record, message, handed_in, now)
        if reread and reads_the_same(record, copy):
            return Decision(events=[ignored(record, "duplicate", "it reads as it did")])
        decision = newer_copy(states, heard(record, message, copy), copy, checked, now)
    if not (handed_in.cancels or handed_in.refunds):
        return decision
    record = next((one for one in reversed(decision.writes) if isinstance(one, OrderRecord)), record)
    record = named_anew(record, handed_in) if reread else record
    return decision.and_then(reported(record, handed_in, now))


def looked_at(
    states: States, channel: Channel, record: OrderRecord, message: IngestV1, handed_in: OrderInput, now: datetime
) -> tuple[Copy, CheckedAgain]:
    """Another copy of a known order in our terms, and what somebody has to look at of it."""
    order, unknown, wants = mapped(states, channel, message, handed_in)
    checked = check_again(states, channel, record, order, unknown, now)
    copy = Copy(digest=digest_of(handed_in), order=checked.order, wants=wants)
    if message.reread:
        copy = changed(copy, reading=record.readings + 1, requested_by=message.reread.requested_by)
    return copy, checked


def _capture(
    states: States,
    channel: Channel,
    message: IngestV1,
    handed_in: OrderInput,
    digest: str,
    record: OrderRecord | None,
    now: datetime,
) -> Decision:
    order, unknown, wants = mapped(states, channel, message, handed_in)
    record = record or OrderRecord(owner=message.owner, order_id=message.order_id, status=OrderStatus.EXPECTED)
    about = {"digest": digest, "source_version": handed_in.source_version, "captured_at": now}
    about["heard_at"] = message.received_at
    record = changed(record, cancels=(*record.cancels, *cancels_of(changed(record, order=order), handed_in)))
    if any(not cancel.lines for cancel in record.cancels) and order.policy.fulfil_by != "till":
        ended = changed(record, **about, status=OrderStatus.CANCELLED, cancels=())
        return Decision(writes=[ended], events=[_ignored(message, "cancelled-before-arrival", "")])
    record, told = refunds_of(changed(record, **about, wants=wants), handed_in, now)
    decision = captured(states, channel, record, order, unknown, now, handed_in)
    decision.events += told
    return decision


def captured(
    states: States,
    channel: Channel,
    record: OrderRecord,
    order: Order,
    unknown: list[str],
    now: datetime,
    handed_in: OrderInput | None = None,
) -> Decision:
    """A new order is in, held where somebody has to look at it first; one that nobody handed in replaces another."""
    checked = check(states, channel, record.owner, order, unknown, now)
    order, holds = checked.order, checked.holds
    status = OrderStatus.HELD if holds else OrderStatus.OPEN
    record = changed(
        record,
        status=status,
        order=order,
        holds=holds,
        fulfil_by=order.policy.fulfil_by,
        outward=outward_of(channel, order),
    )
    decision = Decision(
        writes=[record, *(expiry(record, hold) for hold in holds), *checked.writes],
        events=[
            *missed(record, record.wants),
            OrderCapturedV1(
                owner=record.owner,
                order_id=record.order_id,
                order=order,
                holds=holds,
                captured_at=now,
                risk_score=sum(part.points for part in checked.risk),
                risk_parts=checked.risk,
            ),
            *checked.events,
        ],
    )
    if record.fulfil_by != "hub" and handed_in is not None:
        return decision.and_then(record_order(record, channel, handed_in, now))
    if holds:
        return decision.and_then(decide_waiting(record, now))
    return decision.and_then(ask_for_waiting(record)) if record.cancels else decision


def _ignored(message: IngestV1, reason: str, detail: str) -> SubmissionIgnoredV1:
    return SubmissionIgnoredV1(
        owner=message.owner, order_id=message.order_id, channel=message.channel, reason=reason, detail=detail
    )
