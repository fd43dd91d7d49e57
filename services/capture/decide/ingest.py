"""Taking orders in: mapped to SKUs, checked, and captured, with holds where somebody has to look."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from crossdock_contracts.capture import IngestV1, OrderCapturedV1, SubmissionIgnoredV1
from crossdock_contracts.handed_in import LineInput, OrderInput
from crossdock_contracts.values import LineKind, Order, OrderLine
from services.capture.channels import NotYetError, UnmappableError
from services.capture.decide.cancel import ask_for_waiting, decide_waiting
from services.capture.decide.checks import check, check_again
from services.capture.decide.copies import newer_copy, not_news
from services.capture.decide.elsewhere import policy_of, record_order, recorded_again
from services.capture.decide.evidence import traces_of
from services.capture.decide.mapping import Meaning, Name, all_wants, in_pieces, meanings, missed
from services.capture.decide.money import line_total, share, totals
from services.capture.decide.opened import expiry
from services.capture.decide.outward import outward_of
from services.capture.decide.reported import cancels_of, refunds_of, reported
from services.capture.rules import Channel, Channels
from services.capture.state import Copy, Customer, Item, Listing, OrderRecord, OrderStatus, Want
from services.hub.decision import Decision, States, changed


def creates_order(message: IngestV1) -> Iterable[str]:
    """What a new order is the first to write."""
    return [OrderRecord.at(message.owner, message.order_id)]


@lru_cache(maxsize=1024)
def _read(channel: Channel, body: str) -> OrderInput:
    """The order in a payload: what is to be loaded is taken from it first, and then the decision."""
    return _with_our_locations(channel, channel.format.read(body.encode()))


def _with_our_locations(channel: Channel, handed_in: OrderInput) -> OrderInput:
    """The order with the places that its channel names by names of its own under ours."""
    ours = channel.config.api.locations if channel.config.api else {}
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
        handed_in = _read(channel, message.body)
    except NotYetError:
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
        handed_in = _read(channel, payload)
    except NotYetError as error:  # the channel brings it again
        return Decision(events=[_ignored(message, "not-yet", str(error))])
    _check_lines(channel, len(handed_in.lines), "")
    digest = digest_of(handed_in)
    record = states.get(OrderRecord, message.owner, message.order_id)
    if record is None or record.status is OrderStatus.EXPECTED:
        return _capture(states, channel, message, handed_in, digest, record, now)
    return _known(states, channel, record, message, handed_in, now)


def digest_of(handed_in: OrderInput) -> str:
    """What tells one copy of an order from another."""
    return sha256(handed_in.model_dump_json(exclude_defaults=True).encode()).hexdigest()


def _check_lines(channel: Channel, count: int, apart: str) -> None:
    """See that a decision about the order is bounded.

    Raises:
        UnmappableError: it has too many lines.
    """
    if count > channel.config.most_lines:
        msg = f"$.lines: {count} lines{apart}; an order may have {channel.config.most_lines}"
        raise UnmappableError(msg)


def _known(
    states: States, channel: Channel, record: OrderRecord, message: IngestV1, handed_in: OrderInput, now: datetime
) -> Decision:
    """Something about an order that is here already: a duplicate, an older copy, or news."""
    digest = digest_of(handed_in)
    stale = not_news(record, handed_in.source_version, digest)
    if stale is not None:
        return Decision(events=[stale])
    if record.fulfil_by != "hub":
        decision = recorded_again(states, record, message, handed_in, digest, now)
    else:
        order, unknown, wants = _mapped(states, channel, message, handed_in)
        again = check_again(states, channel, record, order, unknown, now)
        decision = newer_copy(states, record, Copy(digest=digest, order=again.order, wants=wants), again, now)
    if not (handed_in.cancels or handed_in.refunds):
        return decision
    record = next((one for one in reversed(decision.writes) if isinstance(one, OrderRecord)), record)
    return decision.and_then(reported(record, handed_in, now))


def _capture(
    states: States,
    channel: Channel,
    message: IngestV1,
    handed_in: OrderInput,
    digest: str,
    record: OrderRecord | None,
    now: datetime,
) -> Decision:
    order, unknown, wants = _mapped(states, channel, message, handed_in)
    record = record or OrderRecord(owner=message.owner, order_id=message.order_id, status=OrderStatus.EXPECTED)
    about = {"digest": digest, "source_version": handed_in.source_version, "captured_at": now}
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


def _mapped(
    states: States, channel: Channel, message: IngestV1, handed_in: OrderInput
) -> tuple[Order, list[str], tuple[Want, ...]]:
    """The order in terms of SKUs, what stands for nothing known, and what has to be known for that.

    Raises:
        UnmappableError: it has too many lines, its kits taken apart.
    """
    names = [_name(channel, line) for line in handed_in.lines]
    found = meanings(states, message.owner, channel.name, names)
    sold = [_line(handed_in, number, names[number], meaning) for number, meaning in enumerate(found)]
    counted = [n for n, line in enumerate(sold) if line.kind is LineKind.PHYSICAL] or list(range(len(sold)))
    for n, paid in zip(
        counted, share(handed_in.total_minor, [max(0, sold[n].total_minor) for n in counted]), strict=True
    ):
        sold[n] = changed(sold[n], paid_minor=paid)
    lines, kits = in_pieces(sold, found)
    _check_lines(channel, len(lines), " with its kits taken apart")
    fields = {name: getattr(handed_in, name) for name in _AS_THEY_CAME}
    policy = policy_of(channel, handed_in)
    order = Order(
        order_id=message.order_id,
        channel=channel.name,
        channel_order_id=handed_in.order_id,
        lines=lines,
        kits=kits,
        totals=totals(handed_in),
        policy=policy,
        sold_at="" if policy.fulfil_by == "hub" else handed_in.sold_at or channel.config.location,
        **fields,
    )
    unknown = [meaning.unknown for meaning in found if meaning.unknown]
    return order, unknown, all_wants(found) if unknown else ()


_AS_THEY_CAME = (
    "number",
    "source_version",
    "placed_at",
    "currency",
    "payment",
    "customer",
    "ship_to",
    "bill_to",
    "shipping",
    "priority",
    "ship_by",
    "deliver_by",
    "requested_at",
    "release_at",
    "reserve_until",
    "ship_complete",
    "customer_po",
    "gift_message",
    "note",
    "tags",
    "created_by",
)


def _name(channel: Channel, line: LineInput) -> Name | None:
    """How a line names the goods that were sold; none where it is about no goods."""
    if line.kind is not LineKind.PHYSICAL:
        return None
    return line.listing_id, line.sku or (line.listing_id if channel.config.listing_is_sku else "")


def _line(handed_in: OrderInput, number: int, name: Name | None, meaning: Meaning) -> OrderLine:
    """One line in terms of the SKU that it stands for, if that is known."""
    line, item = handed_in.lines[number], meaning.item
    return OrderLine(
        line_id=line.line_id,
        kind=line.kind,
        listing_id=line.listing_id,
        sku=item.sku if item else None,
        unknown_sku=name[1] if name and item is None else "",
        title=line.title or (item.title if item else ""),
        ordered_quantity=line.quantity,
        quantity=line.quantity * meaning.pieces,
        unit_price_minor=line.unit_price_minor,
        discount_minor=line.discount_minor,
        tax_minor=line.tax_minor,
        total_minor=line_total(handed_in, number),
        weight_g=item.weight_g if item else None,
        dimensions=item.dimensions if item else None,
        hazmat_class=item.hazmat_class if item else "",
        hs_code=item.hs_code if item else "",
        origin_country=item.origin_country if item else None,
        gift_wrap=line.gift_wrap,
        note=line.note,
    )
