"""`crossdock channels map`: what payloads become, shown without a hub."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from crossdock_contracts.capture import IngestV1, OrderCapturedV1, SubmissionIgnoredV1
from crossdock_contracts.handed_in import OrderInput
from crossdock_contracts.values import Address, Hold
from services.capture.channels import UnmappableError
from services.capture.decide import ingest
from services.capture.decide.checks import UNKNOWN_LISTING
from services.capture.decide.money import expected_total, totals
from services.capture.formats import FORMATS
from services.capture.rules import Channel, ChannelConfig, Channels, Checks
from services.cli.output import FAILED, USAGE, JsonFlag, as_json, as_table, console, fail
from services.hub.decision import States
from services.hub.money import major
from services.hub.settings import settings


@dataclass(frozen=True, slots=True)
class Mapped:
    """What one order of a file becomes."""

    order_id: str
    """The channel's own; empty where it could not be read."""
    order: OrderInput | None = None
    holds: tuple[Hold, ...] = ()
    ignored: str = ""
    """Why capture would do nothing about it, for instance that it was cancelled already; empty: it would."""
    refusal: str = ""

    @property
    def mapped_minor(self) -> int:
        """What its lines, discounts, shipping and tax make."""
        return expected_total(totals(self.order)) if self.order else 0

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        if self.order is None:
            path, _, reason = self.refusal.partition(": ")
            return {"order_id": self.order_id, "refusal": {"path": path, "reason": reason, "text": self.refusal}}
        return {
            "order_id": self.order_id,
            "order": self.order.model_dump(mode="json", exclude_defaults=True),
            "currency": self.order.currency,
            "source_total_minor": self.order.total_minor,
            "mapped_total_minor": self.mapped_minor,
            "adds_up": self.order.total_minor == self.mapped_minor,
            "holds": [{"reason": hold.reason, "detail": hold.detail} for hold in self.holds],
            "ignored": self.ignored,
        }


@dataclass(slots=True)
class _Known:
    """The channel, alone, as capture knows it."""

    channel: Channel
    now: datetime
    channels: Channels = field(init=False)

    def __post_init__(self) -> None:
        self.channels = Channels({self.channel.name: self.channel})


def map_file(
    channel: Annotated[str, typer.Argument(help="A channel of channels.toml, or the name of a format.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="One payload, or a list; may be gzipped.")],
    json: JsonFlag = False,
) -> None:
    """Show what payloads become, without a hub: orders with their totals, or refusals with path and reason.

    Ends with 1 where an order is refused. Listings and SKUs are not looked up.
    """
    known = _Known(_channel(channel), datetime.now(UTC))
    content = file.read_bytes()
    found = list(_all(known, gzip.decompress(content) if file.suffix == ".gz" else content))
    refused = sum(one.order is None for one in found)
    if json:
        as_json(
            {
                "channel": channel,
                "format": known.channel.format.name,
                "mapped": len(found) - refused,
                "refused": refused,
                "orders": [one.as_json() for one in found],
            }
        )
    else:
        for one in found:
            _show(one)
        console.print(f"{len(found) - refused:,} mapped, {refused:,} refused")
    raise typer.Exit(FAILED if refused else 0)


def _channel(name: str) -> Channel:
    folder = settings().rules_dir
    channels = Channels.load(folder, FORMATS)
    if name in channels.names:
        return channels[name]
    if name not in FORMATS:
        told = f"channels are {', '.join(channels.names)}; formats are {', '.join(sorted(FORMATS))}"
        fail(f"no channel or format {name!r}; {told}", USAGE)
    return Channel(name, ChannelConfig(format=name), FORMATS[name](), Checks.load(folder))


def _all(known: _Known, content: bytes) -> Iterator[Mapped]:
    try:
        bodies = known.channel.format.split(content)
    except UnmappableError as error:
        yield Mapped("", refusal=str(error))
        return
    for body in bodies:
        yield _mapped(known, body)


def _mapped(known: _Known, body: bytes) -> Mapped:
    order_id = ""
    try:
        order_id = known.channel.format.order_id(body)
        order = known.channel.format.read(body)
        return _taken_in(known, order_id, order, body)
    except UnmappableError as error:
        return Mapped(order_id, refusal=str(error))


def _taken_in(known: _Known, order_id: str, order: OrderInput, body: bytes) -> Mapped:
    """What capture would make of it if it came now, as far as that can be told without a hub.

    Raises:
        UnmappableError: capture would refuse it.
    """
    message = IngestV1(
        owner=known.channel.config.owner,
        channel=known.channel.name,
        order_id=known.channel.key(order_id),
        body=body.decode(),
        received_at=known.now,
    )
    decision = ingest.ingest(known.channels, States.of(), message, known.now, message.body)
    captured = [event for event in decision.events if isinstance(event, OrderCapturedV1)]
    holds = tuple(hold for event in captured for hold in event.holds if hold.reason != UNKNOWN_LISTING)
    ignored = [event.reason for event in decision.events if isinstance(event, SubmissionIgnoredV1)]
    return Mapped(order_id, order, holds, ignored[0] if ignored else "")


def _show(one: Mapped) -> None:
    order = one.order
    if order is None:
        console.print(Text("refused", "red"), f"order {one.order_id or '?'}: {one.refusal}", highlight=False)
        return
    currency = order.currency
    as_table(
        f"Order {one.order_id} {order.number} of {order.placed_at:%Y-%m-%d %H:%M} UTC, in {currency}",
        ("line", "kind", "listing", "SKU", "title", "pieces", "unit price", "discount", "tax"),
        (
            [
                line.line_id,
                line.kind.value,
                line.listing_id,
                line.sku,
                line.title,
                line.quantity,
                *(_bare(amount, currency) for amount in (line.unit_price_minor, line.discount_minor, line.tax_minor)),
            ]
            for line in order.lines
        ),
    )
    for name, text in _told(order):
        if text:
            console.print(f"{name}: {text}", highlight=False)
    off = order.total_minor - one.mapped_minor
    console.print(
        f"source total {major(order.total_minor, currency)}, mapped total {major(one.mapped_minor, currency)}"
        + (f": off by {major(off, currency)}" if off else ""),
        style="red" if off else "",
        highlight=False,
    )
    if one.ignored:
        console.print(Text("ignored", "yellow"), one.ignored, highlight=False)
    for hold in one.holds:
        console.print(Text("hold", "yellow"), f"{hold.reason}: {hold.detail}", highlight=False)


def _bare(amount_minor: int, currency: str) -> str:
    return major(amount_minor, currency).removesuffix(f" {currency}")


def _told(order: OrderInput) -> Iterator[tuple[str, str]]:
    """What is said of an order beside its lines."""
    currency = order.currency
    yield "ship to", _address(order.ship_to) if order.ship_to else "no address"
    yield "shipping", f"{order.shipping.service_level} {order.shipping.title}".strip()
    yield "collected at", order.shipping.pickup_location_id
    yield "fulfilled by", order.fulfil_by or ""
    yield "paid", f"{order.payment.method.value} {order.payment.gateway}".strip()
    if order.shop_total:
        yield "in the shop's currency", major(order.shop_total.amount_minor, order.shop_total.currency)
    if order.gift_cards_minor:
        yield "with gift cards", major(order.gift_cards_minor, currency)
    for cancel in order.cancels:
        pieces = ", ".join(f"{line.line_id}={line.quantity}" for line in cancel.lines)
        yield "cancelled", f"{pieces or 'everything'} ({cancel.cancel_id}: {cancel.reason})"
    for refund in order.refunds:
        yield "paid back", f"{major(refund.amount_minor, currency)} ({refund.refund_id}: {refund.reason})"
    discount, shipping, tax = (
        major(amount, currency) for amount in (order.discount_minor, order.shipping_minor, order.tax_minor)
    )
    yield (
        "totals",
        f"discount {discount}, shipping {shipping}, tax {tax} ({'in' if order.tax_included else 'ex'}cluded)",
    )


def _address(address: Address) -> str:
    parts = (address.name, address.company, address.line1, address.line2, address.line3, address.postcode)
    return ", ".join(filter(None, (*parts, address.city, address.region, address.country)))
