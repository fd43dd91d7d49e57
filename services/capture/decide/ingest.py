"""Taking orders in: mapped to SKUs, checked, and captured, with holds where somebody has to look."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256

from crossdock_contracts.capture import (
    IngestV1,
    LineInput,
    OrderCapturedV1,
    OrderInput,
    SubmissionIgnoredV1,
)
from crossdock_contracts.values import Address, Hold, LineKind, Order, OrderLine
from services.capture.decide.cancel import ask_routing, decide_waiting
from services.capture.decide.copies import newer_copy, not_news
from services.capture.decide.money import expected_total, line_total, share, totals
from services.capture.decide.opened import UNKNOWN_LISTING, expiry
from services.capture.rules import Channel, Channels, UnmappableError
from services.capture.state import Copy, Item, Listing, OrderRecord, OrderStatus
from services.hub.decision import Decision, States, changed


def creates_order(message: IngestV1) -> Iterable[str]:
    """What a new order is the first to write."""
    return [OrderRecord.at(message.owner, message.order_id)]


@lru_cache(maxsize=1024)
def _read(channel: Channel, body: str) -> OrderInput:
    """The order in a payload: what is to be loaded is taken from it first, and then the decision."""
    return channel.format.read(body.encode())


def reads_ingest(channels: Channels, message: IngestV1) -> Iterable[str]:
    """What taking an order in reads."""
    owner, channel = message.owner, channels[message.channel]
    found = [OrderRecord.at(owner, message.order_id)]
    if message.original:
        return found
    for line in _read(channel, message.body).lines:
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
    handed_in = _read(channel, payload)
    if len(handed_in.lines) > channel.config.most_lines:
        msg = f"$.lines: {len(handed_in.lines)} lines; an order may have {channel.config.most_lines}"
        raise UnmappableError(msg)
    digest = sha256(handed_in.model_dump_json().encode()).hexdigest()
    record = states.get(OrderRecord, message.owner, message.order_id)
    if record is None or record.status is OrderStatus.EXPECTED:
        return _capture(states, channel, message, handed_in, digest, record, now)
    stale = not_news(record, handed_in.source_version, digest)
    if stale is not None:
        return Decision(events=[stale])
    order, unknown = _mapped(states, channel, message, handed_in)
    copy = Copy(digest=digest, order=order)
    return newer_copy(states, record, copy, _holds(channel, order, unknown, now), now)


def _capture(
    states: States,
    channel: Channel,
    message: IngestV1,
    handed_in: OrderInput,
    digest: str,
    record: OrderRecord | None,
    now: datetime,
) -> Decision:
    order, unknown = _mapped(states, channel, message, handed_in)
    record = record or OrderRecord(owner=message.owner, order_id=message.order_id, status=OrderStatus.EXPECTED)
    about = {"digest": digest, "source_version": handed_in.source_version, "captured_at": now}
    if any(not cancel.lines for cancel in record.cancels):
        ended = changed(record, **about, status=OrderStatus.CANCELLED, ended_at=now, cancels=())
        return Decision(writes=[ended], events=[_ignored(message, "cancelled-before-arrival", "")])
    holds = _holds(channel, order, unknown, now)
    status = OrderStatus.HELD if holds else OrderStatus.OPEN
    record = changed(record, **about, status=status, order=order, holds=holds)
    decision = Decision(
        writes=[record, *(expiry(record, hold) for hold in holds)],
        events=[
            OrderCapturedV1(owner=message.owner, order_id=message.order_id, order=order, holds=holds, captured_at=now)
        ],
    )
    if holds:
        return decision.and_then(decide_waiting(record, now))
    decision.events += [ask_routing(record, cancel) for cancel in record.cancels]
    return decision


def _holds(channel: Channel, order: Order, unknown: list[str], now: datetime) -> tuple[Hold, ...]:
    """What an order is held for as it comes in."""
    return tuple(
        Hold(
            hold_id=f"{reason}",
            reason=reason,
            detail=detail,
            opened_at=now,
            expires_at=now + timedelta(hours=channel.config.hold_hours),
            on_expiry="reject" if reason == UNKNOWN_LISTING else channel.config.on_expiry,  # it could go nowhere
        )
        for reason, detail in problems(channel, order, unknown)
    )


def _ignored(message: IngestV1, reason: str, detail: str) -> SubmissionIgnoredV1:
    return SubmissionIgnoredV1(
        owner=message.owner, order_id=message.order_id, channel=message.channel, reason=reason, detail=detail
    )


def _mapped(states: States, channel: Channel, message: IngestV1, handed_in: OrderInput) -> tuple[Order, list[str]]:
    """The order in terms of SKUs, and the listings that stand for nothing known."""
    lines: list[OrderLine] = []
    unknown: list[str] = []
    stands_for = _stand_for(states, channel, message.owner, handed_in)
    for number, line in enumerate(handed_in.lines):
        mapped, known = _line(handed_in, number, *stands_for[number])
        lines.append(mapped)
        if not known:
            unknown.append(line.listing_id or line.sku)
    counted = [n for n, line in enumerate(lines) if line.kind is LineKind.PHYSICAL] or list(range(len(lines)))
    for n, paid in zip(
        counted, share(handed_in.total_minor, [max(0, lines[n].total_minor) for n in counted]), strict=True
    ):
        lines[n] = changed(lines[n], paid_minor=paid)
    fields = {name: getattr(handed_in, name) for name in _AS_THEY_CAME}
    order = Order(
        order_id=message.order_id,
        channel=channel.name,
        channel_order_id=handed_in.order_id,
        lines=tuple(lines),
        totals=totals(handed_in),
        policy=channel.config.policy,
        **fields,
    )
    return order, unknown


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
)


def _line(handed_in: OrderInput, number: int, item: Item | None, pieces: int) -> tuple[OrderLine, bool]:
    """One line in terms of a SKU; false where nothing is known that it stands for."""
    line = handed_in.lines[number]
    known = line.kind is not LineKind.PHYSICAL or item is not None
    return (
        OrderLine(
            line_id=line.line_id,
            kind=line.kind,
            listing_id=line.listing_id or ("" if known else line.sku),  # so that it is found once it is created
            sku=item.sku if item else None,
            title=line.title or (item.title if item else ""),
            ordered_quantity=line.quantity,
            quantity=line.quantity * pieces,
            unit_price_minor=line.unit_price_minor,
            discount_minor=line.discount_minor,
            tax_minor=line.tax_minor,
            total_minor=line_total(handed_in, number),
            weight_g=item.weight_g if item else None,
            hazmat_class=item.hazmat_class if item else "",
            gift_wrap=line.gift_wrap,
            note=line.note,
        ),
        known,
    )


def _stand_for(states: States, channel: Channel, owner: str, handed_in: OrderInput) -> list[tuple[Item | None, int]]:
    """For each line the item that it stands for, if one is known, and how many pieces of it one as sold is."""
    physical = {n: line for n, line in enumerate(handed_in.lines) if line.kind is LineKind.PHYSICAL}
    listed = [n for n, line in physical.items() if line.listing_id]
    keys = [(owner, channel.name, physical[n].listing_id) for n in listed]
    listings = dict(zip(listed, states.get_all(Listing, keys), strict=True))
    skus = {n: _sku(channel, line, listings.get(n)) for n, line in physical.items()}
    named = [n for n, sku in skus.items() if sku]
    items = dict(zip(named, states.get_all(Item, [(owner, skus[n]) for n in named]), strict=True))
    pieces = {n: listing.quantity for n, listing in listings.items() if listing is not None}
    return [(items.get(n), pieces.get(n, 1)) for n in range(len(handed_in.lines))]


def _sku(channel: Channel, line: LineInput, listing: Listing | None) -> str:
    """The SKU that a physical line stands for; empty where its listing is mapped to none."""
    if listing is not None:
        return listing.sku
    return line.sku or (line.listing_id if channel.config.listing_is_sku else "")


def problems(channel: Channel, order: Order, unknown: list[str]) -> list[tuple[str, str]]:
    """What somebody has to look at before the order goes on: reason and detail of each hold."""
    found: list[tuple[str, str]] = []
    if unknown:
        found.append((UNKNOWN_LISTING, f"nothing is known of {', '.join(unknown[:20])}; map or create them"))
    off = order.totals.total_minor - expected_total(order.totals)
    if abs(off) > channel.config.rounding_minor:
        found.append(("totals-mismatch", f"the total is off by {off} {order.currency} minor units"))
    ships = any(line.kind is LineKind.PHYSICAL for line in order.lines) and order.policy.fulfil_by == "hub"
    missing = _missing(order.ship_to, complete=channel.config.needs_address)
    if ships and missing and not order.shipping.pickup_location_id:
        found.append(("address-incomplete", f"the delivery address has no {', '.join(missing)}"))
    return found


def _missing(address: Address | None, *, complete: bool) -> list[str]:
    """What a delivery address lacks."""
    if address is None:
        return ["address"]
    needed = ("country", "city", "line1", "name") if complete else ("country",)
    return [field for field in needed if not getattr(address, field)]
