"""``orders.csv``: what is still to ship of the orders that the system before has not finished, a row for each line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crossdock_contracts.base import LONGEST_ID
from crossdock_contracts.capture import IngestV1
from crossdock_contracts.handed_in import OrderInput
from crossdock_contracts.values import LineKind, PaymentMethod
from services.capture.channels import sheet as sheets
from services.capture.channels.columns import COLUMNS, NEEDED
from services.capture.channels.csv import order_of
from services.capture.channels.sheet import Problem, Row, Sheet
from services.capture.decide.copies import came_before
from services.capture.decide.ingest import digest_of
from services.capture.decide.money import expected_total, totals
from services.capture.rules import Channel, Channels, UnknownChannelError
from services.capture.state import OrderRecord
from services.cli.client import Client
from services.cli.cutover.part import Entry, Standing, carried_out
from services.hub.money import major

_LARGEST = 256 * 1024
"""Bytes of an order that goes in one message."""


@dataclass(frozen=True, slots=True)
class Goods:
    """What a row names of what was sold."""

    line: int
    channel: Channel
    sku: str
    listing_id: str


class OrdersPart:
    """The open orders of a load."""

    def __init__(self, file: Path, owner: str, channels: Channels) -> None:
        self.sheet: Sheet = sheets.read(file, COLUMNS, NEEDED)
        self.entries: list[Entry] = []
        self.goods: list[Goods] = []
        self._owner, self._channels = owner, channels
        self._orders: list[tuple[str, OrderInput]] = []
        grouped: dict[tuple[str, str], list[Row]] = {}
        for row in self.sheet.rows:
            if not self.sheet.lacks(row, ("channel", "order_id")):
                grouped.setdefault((row["channel"], row["order_id"]), []).append(row)
        now = datetime.now(UTC)
        for (name, order_id), rows in grouped.items():
            channel = self._channel(name, rows[0].line)
            order = order_of(self.sheet, rows)
            if channel is None or order is None or not self._is_sound(channel, order, rows):
                continue
            command = IngestV1(
                owner=owner,
                channel=name,
                order_id=channel.key(order_id),
                body=order.model_dump_json(exclude_defaults=True),
                received_at=now,
                source=f"load:{self.sheet.file}",
            )
            if len(command.body.encode()) > _LARGEST:
                self.sheet.wrong(rows[0].line, "order_id", "the order is larger than 256 KiB; shorten its texts")
            self._orders.append((command.order_id, order))
            self.entries.append(Entry(tuple(row.line for row in rows), command, {order.currency: order.total_minor}))
            for row, line in zip(rows, order.lines, strict=True):
                if line.kind is LineKind.PHYSICAL:
                    self.goods.append(Goods(row.line, channel, line.sku, line.listing_id))

    def _channel(self, name: str, line: int) -> Channel | None:
        try:
            channel = self._channels[name]
        except UnknownChannelError as error:
            self.sheet.wrong(line, "channel", str(error))
            return None
        config = channel.config
        if config.owner != self._owner:
            text = f"{name} is a channel of {config.owner}, and {self._owner} is loaded; say --owner {config.owner}"
        elif config.format != "native":
            text = f"{name} has the format {config.format}; orders are loaded into channels of format native"
        elif config.policy.fulfil_by != "hub":
            text = f"{name} is fulfilled by {config.policy.fulfil_by}: nothing of it is left to ship here; leave it out"
        else:
            return channel
        self.sheet.wrong(line, "channel", text)
        return None

    def _is_sound(self, channel: Channel, order: OrderInput, rows: list[Row]) -> bool:
        """Whether an order is one that can be worked on; what is wrong with it is told."""
        before, wrong, first = len(self.sheet.problems), self.sheet.wrong, rows[0].line
        expected, currency = expected_total(totals(order)), order.currency
        if abs(order.total_minor - expected) > channel.config.rounding_minor:
            text = f"{major(order.total_minor, currency)} is not what lines, discounts, shipping and tax make: "
            wrong(first, "total", text + major(expected, currency))
        for row, line in zip(rows, order.lines, strict=True):
            if line.kind is LineKind.PHYSICAL and not (line.sku or line.listing_id):
                wrong(row.line, "sku", "it is empty, as is listing_id; fill one of them")
        if order.payment.method is PaymentMethod.TOKEN and not order.payment.token:
            wrong(first, "payment_token", "it is empty; what is charged to a card on file needs its token")
        if len(channel.key(order.order_id)) > LONGEST_ID:
            wrong(first, "order_id", f"with its channel it is longer than {LONGEST_ID} characters")
        if len(order.lines) > channel.config.most_lines:
            wrong(first, "order_id", f"it has {len(order.lines)} lines; {channel.config.most_lines} may be; split it")
        return len(self.sheet.problems) == before

    async def standing(self, client: Client) -> list[Standing]:
        """What became of each order."""
        names = [OrderRecord.at(self._owner, order_id) for order_id, _ in self._orders]
        found = await client.documents(OrderRecord, names)
        orders = (order for _, order in self._orders)
        return [_standing(found.get(name), order) for name, order in zip(names, orders, strict=True)]

    async def hand_in(self, client: Client, entries: Sequence[Entry]) -> list[Problem]:
        """Hand orders in, as their channel would."""
        return await carried_out(client, self.sheet, "order_id", entries)


def _standing(record: OrderRecord | None, order: OrderInput) -> Standing:
    if record is None or not record.digest:  # a cancel may have come before it
        return Standing()
    if came_before(record, digest_of(order)):  # it was loaded, and its shop has changed it since
        return Standing(there=True, amounts={order.currency: order.total_minor}, holds=_reasons(record))
    if record.digest != digest_of(order):
        text = f"the hub has the order already, not as it is here: it is {record.status}; take it out of the file"
        return Standing(conflict=text)
    kept = record.order
    amounts = {kept.currency: kept.totals.total_minor} if kept else {order.currency: order.total_minor}
    return Standing(there=True, amounts=amounts, holds=_reasons(record))


def _reasons(record: OrderRecord) -> tuple[str, ...]:
    return tuple(hold.reason for hold in record.holds)
