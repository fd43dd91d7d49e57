"""What a file of orders comes to, before anything of it is handed in."""

import csv
import gzip
import io
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from crossdock_contracts.base import explain
from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import Format, UnmappableError
from services.capture.channels.columns import NEEDED
from services.capture.channels.csv import Csv
from services.capture.channels.invoices import Cancellation, Planner
from services.capture.channels.invoices.rows import COLUMNS, Rejection, Tally, read_rows
from services.capture.rules import Channel


@dataclass(frozen=True, slots=True)
class HandedIn:
    """An order, and the payload that it is handed in as."""

    order: OrderInput
    body: str

    @classmethod
    def of(cls, order: OrderInput) -> "HandedIn":
        """In the hub's own format."""
        return cls(order, order.model_dump_json(exclude_defaults=True))


Step = HandedIn | Cancellation


@dataclass(slots=True)
class Plan:
    """What a file comes to."""

    steps: list[Step]
    rejections: list[Rejection]
    tally: Tally


def plan_of(file: Path, channel: Channel) -> Plan:
    """Read a file: payloads as the channel's API gives them, one or a list.

    Where the channel has the hub's own format: invoices or orders as CSV, or orders in the hub's own JSON, one a line.

    Raises:
        ValueError: it is none of these.
    """
    if channel.format.name != "native":
        return _plan_payloads(_content(file), channel.format, keep=True)
    with io.TextIOWrapper(io.BytesIO(_content(file)), encoding="utf-8-sig", newline="") as lines:
        first = lines.readline()
        lines.seek(0)
        if first.lstrip().startswith("{"):
            return _plan_json(lines)
        columns = set(next(csv.reader([first]), []))
        if set(COLUMNS) <= columns:
            return _plan_invoices(lines)
        if set(NEEDED) - {"channel"} <= columns:
            return _plan_payloads(_content(file), Csv(), keep=False)
    known = f"{', '.join(COLUMNS)} or at least {', '.join(NEEDED[1:])}"
    msg = f"{file}: neither JSON lines nor a CSV file with the columns {known}"
    raise ValueError(msg)


def _content(file: Path) -> bytes:
    content = file.read_bytes()
    return gzip.decompress(content) if file.suffix == ".gz" else content


def _plan_payloads(content: bytes, reader: Format, *, keep: bool) -> Plan:
    """Orders as a format gives them; ``keep`` hands in the payloads themselves, so that they can be read again."""
    tally, steps, rejections = Tally(), list[Step](), list[Rejection]()
    for number, body in enumerate(reader.split(content), start=1):
        tally.rows += 1
        try:
            order = reader.read(body)
        except UnmappableError as error:
            rejections.append(Rejection(number, _id(reader, body), str(error), Decimal(0)))
            tally.add("rejected:unreadable", Decimal(0))
            continue
        _count(tally, order)
        steps.append(HandedIn(order, body.decode()) if keep else HandedIn.of(order))
    return Plan(steps, rejections, tally)


def _id(reader: Format, body: bytes) -> str:
    try:
        return reader.order_id(body)
    except UnmappableError:
        return ""


def _count(tally: Tally, order: OrderInput) -> None:
    amount = Decimal(order.total_minor)
    tally.money += amount
    tally.add("order", amount)


def _plan_invoices(lines: IO[str]) -> Plan:
    tally = Tally()
    planner = Planner(tally)
    rejections: list[Rejection] = []
    for one in read_rows(lines, tally):
        if isinstance(one, Rejection):
            rejections.append(one)
        else:
            planner.take(one)
    steps: list[Step] = []
    for planned in planner.plan():
        if isinstance(planned, Rejection):
            rejections.append(planned)
        else:
            steps.append(HandedIn.of(planned) if isinstance(planned, OrderInput) else planned)
    return Plan(steps, rejections, tally)


def _plan_json(lines: IO[str]) -> Plan:
    tally = Tally()
    steps: list[Step] = []
    rejections: list[Rejection] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        tally.rows += 1
        try:
            order = OrderInput.model_validate_json(line)
        except ValidationError as error:
            rejections.append(Rejection(number, "", explain(error), Decimal(0)))
            tally.add("rejected:unreadable", Decimal(0))
            continue
        _count(tally, order)
        steps.append(HandedIn.of(order))
    return Plan(steps, rejections, tally)
