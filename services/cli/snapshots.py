"""`crossdock stock snapshot`: hand in what a WMS says it has, from a file."""

import asyncio
import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from crossdock_contracts.stock import MOST_LINES, SnapshotLine, SnapshotStockV1
from services.cli import known
from services.cli.carry import tell
from services.cli.client import connected
from services.cli.output import USAGE, JsonFlag, OwnerOption, as_json, fail
from services.hub.settings import settings


def snapshot(
    location: Annotated[str, typer.Argument(help="Location id, as in locations.toml.", callback=known.location)],
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV with sku, on_hand and, if any, picked.")
    ],
    as_of: Annotated[datetime, typer.Option(formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], help="Of when, UTC.")],
    name: Annotated[str, typer.Option("--id", help="Id of the snapshot; the moment where there is none.")] = "",
    sequence: Annotated[int, typer.Option(min=0, help="The WMS's own count of its snapshots.")] = 0,
    complete: Annotated[bool, typer.Option("--complete", help="What it does not mention is not there.")] = False,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Hand in what the WMS of a location says it has."""
    lines = _lines(file)
    slices = [lines[start : start + MOST_LINES] for start in range(0, len(lines), MOST_LINES)] or [()]
    moment = as_of.replace(tzinfo=UTC)
    commands = [
        SnapshotStockV1(
            owner=owner,
            location_id=location,
            snapshot_id=name or f"{moment:%Y%m%dT%H%M%S}-{sequence}",
            as_of=moment,
            sequence=sequence,
            complete=complete,
            part=part,
            part_count=len(slices),
            lines=one,
        )
        for part, one in enumerate(slices, start=1)
    ]
    events = asyncio.run(_hand_in(commands))
    if json:
        as_json(events)
        return
    for event in events:
        tell(event["type"].rpartition(".")[2], event["body"])


async def _hand_in(commands: Iterable[SnapshotStockV1]) -> list[dict[str, Any]]:
    async with connected(settings()) as client:
        return [event for command in commands for event in await client.order(command)]


def _lines(file: Path) -> tuple[SnapshotLine, ...]:
    with file.open(newline="", encoding="utf-8-sig") as content:
        rows = csv.DictReader(content)
        lacking = {"sku", "on_hand"} - set(rows.fieldnames or ())
        if lacking:
            fail(f"{file} has no column {' and '.join(sorted(lacking))}", USAGE)
        found = []
        for row in rows:
            try:
                found.append(SnapshotLine(sku=row["sku"], on_hand=row["on_hand"], picked=row.get("picked") or 0))
            except ValueError as error:
                fail(f"{file}, line {rows.line_num}: {error}", USAGE)
        return tuple(found)
