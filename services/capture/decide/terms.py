"""An order in our terms: its lines by SKU, its kits taken apart, who does what for it."""

from crossdock_contracts.capture import IngestV1
from crossdock_contracts.handed_in import LineInput, OrderInput
from crossdock_contracts.values import LineKind, Order, OrderLine
from services.capture.channels import UnmappableError
from services.capture.decide.elsewhere import policy_of
from services.capture.decide.mapping import Meaning, Name, all_wants, in_pieces, meanings
from services.capture.decide.money import line_total, share, totals
from services.capture.rules import Channel
from services.capture.state import Want
from services.hub.decision import States, changed


def check_lines(channel: Channel, count: int, apart: str) -> None:
    """See that a decision about the order is bounded.

    Raises:
        UnmappableError: it has too many lines.
    """
    if count > channel.config.most_lines:
        msg = f"$.lines: {count} lines{apart}; an order may have {channel.config.most_lines}"
        raise UnmappableError(msg)


def mapped(
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
    check_lines(channel, len(lines), " with its kits taken apart")
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
