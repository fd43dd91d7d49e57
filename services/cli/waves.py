"""`crossdock warehouse`: bins, waves and their pick lists."""

import asyncio
import csv
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from crossdock_contracts.base import Command
from crossdock_contracts.warehouse import AssignBinsV1, CloseWaveV1, PlanWaveV1, ReleaseWaveV1
from services.cli.client import Client, connected
from services.cli.errands import By, carry_out
from services.cli.floor import Location, ask
from services.cli.output import FAILED, NOT_FOUND, JsonFlag, OwnerOption, as_json, as_table, console, counted, fail
from services.cli.products import store
from services.cli.warehouse import app
from services.hub.settings import settings

__all__ = ["app"]

WaveId = Annotated[str, typer.Argument(help="Wave id, as planning it says.")]


@app.command()
def bins(
    location: Location,
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="CSV file; else they are listed.")
    ] = None,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Load where SKUs lie from a CSV file with columns sku and bins (separated by blanks), or list it."""
    if file is None:
        asyncio.run(_list_bins(location, owner, json=json))
        return
    commands = _read_bins(file, location, owner)

    async def send() -> None:
        async with connected(settings()) as client:
            await store(client, commands)

    asyncio.run(send())
    if json:
        as_json({"assigned": len(commands)})
    else:
        console.print(f"bins of {counted(len(commands), 'SKU')} at {location}")


def _read_bins(file: Path, location: str, owner: str) -> list[Command]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file}: {error}; a CSV file in UTF-8 is needed", FAILED)
    reader = csv.DictReader(text.splitlines())
    if not {"sku", "bins"} <= set(reader.fieldnames or ()):
        fail(f"{file}:1: the columns are sku and bins; it has {reader.fieldnames}", FAILED)
    return [
        AssignBinsV1(
            owner=owner, location_id=location, sku=(row["sku"] or "").strip(), bins=tuple((row["bins"] or "").split())
        )
        for row in reader
    ]


async def _list_bins(location: str, owner: str, *, json: bool) -> None:
    async with connected(settings()) as client:
        found = [
            one
            async for one in client.pages(
                "shipping", "documents", "documents", owner=owner, kind="bins", key=[location]
            )
        ]
    if json:
        as_json(found)
        return
    as_table(f"bins at {location}", ("sku", "bins"), [(one["sku"], " ".join(one.get("bins", []))) for one in found])


@app.command()
def wave(
    location: Location,
    most: Annotated[int, typer.Option(min=1, max=200, help="Most fulfilments.")] = 20,
    priority: Annotated[int | None, typer.Option(min=0, max=9, help="Only these and more urgent ones.")] = None,
    service: Annotated[str, typer.Option(help="Only this service level.")] = "",
    by: By = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Plan a wave of what waits to be picked, the most urgent first."""
    question = {"location_id": location, "most": most, "priority": priority, "service_level": service}

    async def command(client: Client) -> Command:
        found = (await client.ask("shipping", "next-wave", owner=owner, **question))["answer"]
        if not found:
            fail(f"nothing waits to be picked at {location} that is in no wave yet", NOT_FOUND)
        name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid4().hex[:4]}"
        return PlanWaveV1(owner=owner, location_id=location, wave_id=name, fulfilments=tuple(found), planned_by=by)

    carry_out(command, json=json)


@app.command()
def waves(location: Location, owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """List the waves of a location that are not closed."""

    async def read() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            pages = client.pages("shipping", "documents", "documents", owner=owner, kind="wave", key=[location])
            return [one async for one in pages if not one.get("closed_at")]

    found = asyncio.run(read())
    if json:
        as_json(found)
        return
    rows = [
        (one["wave_id"], len(one["members"]), one["planned_at"][:16], (one.get("released_at") or "")[:16])
        for one in found
    ]
    as_table(f"open waves at {location}", ("wave", "fulfilments", "planned", "released"), rows)


@app.command("release-wave")
def release_wave(
    location: Location, wave: WaveId, by: By = "", owner: OwnerOption = "main", json: JsonFlag = False
) -> None:
    """Let the picking of a wave begin."""
    carry_out(ReleaseWaveV1(owner=owner, location_id=location, wave_id=wave, released_by=by), json=json)


@app.command("close-wave")
def close_wave(
    location: Location, wave: WaveId, by: By = "", owner: OwnerOption = "main", json: JsonFlag = False
) -> None:
    """End a wave; what was not picked waits for another."""
    carry_out(CloseWaveV1(owner=owner, location_id=location, wave_id=wave, closed_by=by), json=json)


@app.command("pick-list")
def pick_list(
    location: Location,
    wave: WaveId,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a line for each put.")] = False,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Print what is still to be fetched for a wave, bin by bin as one comes by, and where it is put."""
    found = asyncio.run(ask("pick-list", owner=owner, location_id=location, wave_id=wave))
    if found is None:
        fail(f"{location} has no wave {wave}", NOT_FOUND)
    if json:
        as_json(found)
    elif as_csv:
        _print_csv(found)
    else:
        _print_walk(found)


def _print_csv(found: dict[str, Any]) -> None:
    out = csv.writer(sys.stdout)
    out.writerow(("bin", "sku", "title", "position", "fulfilment", "line", "quantity", "note"))
    for fetch in found["fetches"]:
        for put in fetch["puts"]:
            of_it = (put["position"], put["fulfilment_id"], put["line_id"], put["quantity"], put["note"])
            out.writerow((fetch["bin"], fetch["sku"], fetch["title"], *of_it))


def _print_walk(found: dict[str, Any]) -> None:
    rows = [
        (
            fetch["bin"] or "?",
            fetch["sku"],
            fetch["title"],
            fetch["quantity"],
            ", ".join(f"{put['quantity']} → {put['position']}" for put in fetch["puts"]),
            " ".join(fetch["other_bins"]),
        )
        for fetch in found["fetches"]
    ]
    released = "" if found["released"] else " (not released yet)"
    title = f"wave {found['wave_id']} at {found['location_id']}{released}"
    as_table(title, ("bin", "sku", "title", "pieces", "put", "else in"), rows)
    places = [(place["position"], ", ".join(place["fulfilments"])) for place in found["places"]]
    as_table("where it is put", ("position", "fulfilments of one parcel"), places)
