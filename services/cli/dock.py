"""`crossdock warehouse`, at the dock: manifests, and pickups of carriers."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

import typer

from crossdock_contracts.dock import (
    BookCarrierPickupV1,
    CancelCarrierPickupV1,
    MakeManifestV1,
    SettleCarrierPickupV1,
    SettleManifestV1,
)
from services.cli.client import connected
from services.cli.errands import By, carry_out
from services.cli.floor import Location
from services.cli.output import USAGE, JsonFlag, OwnerOption, as_json, as_table, fail
from services.cli.waves import app
from services.hub.settings import settings

__all__ = ["app"]

Carrier = Annotated[str, typer.Argument(help="Carrier, as carriers.toml calls it.")]
ManifestId = Annotated[str, typer.Argument(help="Manifest id, as making it says.")]
PickupId = Annotated[str, typer.Argument(help="Pickup id, as booking it says.")]
_MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


def _new() -> str:
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid4().hex[:4]}"


def _either(number: str, *, none: bool, option: str) -> None:
    if bool(number) == none:
        fail(f"write either --number NUMBER or {option}", USAGE)


def _stands(one: dict[str, Any]) -> str:
    if one.get("unsettled"):
        return "somebody has to look"
    return f"{one['status']}, waits for the carrier" if one.get("waits") else str(one["status"])


async def _documents(owner: str, kind: str, location: str) -> list[dict[str, Any]]:
    async with connected(settings()) as client:
        pages = client.pages("shipping", "documents", "documents", owner=owner, kind=kind, key=[location])
        return [one async for one in pages]


@app.command()
def manifest(
    location: Location,
    carrier: Carrier,
    without: Annotated[
        list[str] | None, typer.Option(help="A fulfilment that stands in none any more; as often as needed.")
    ] = None,
    by: By = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Close what is packed for a carrier and stands in no manifest yet: one document for its driver."""
    command = MakeManifestV1(
        owner=owner,
        location_id=location,
        carrier=carrier,
        manifest_id=_new(),
        without=tuple(without or ()),
        made_by=by,
    )
    carry_out(command, json=json)


@app.command()
def manifests(location: Location, owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """List the manifests of a location, and where their documents are."""
    found = asyncio.run(_documents(owner, "manifest", location))
    if json:
        as_json(found)
        return
    rows = [
        (
            one["manifest_id"],
            one["carrier"],
            _stands(one),
            len(one["held"]),
            one.get("number", ""),
            " ".join(f"{kept['bucket']}/{kept['name']}" for kept in one.get("documents", ())),
        )
        for one in found
    ]
    as_table(f"manifests at {location}", ("manifest", "carrier", "status", "fulfilments", "number", "document"), rows)


@app.command("settle-manifest")
def settle_manifest(
    location: Location,
    carrier: Carrier,
    manifest: ManifestId,
    number: Annotated[str, typer.Option(help="Number of the manifest that the carrier's pages show.")] = "",
    not_made: Annotated[bool, typer.Option("--not-made", help="They show none: its parcels are in the next.")] = False,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Say what became of a manifest whose answer was lost, where only the carrier's own pages can tell."""
    _either(number, none=not_made, option="--not-made")
    about = {"owner": owner, "location_id": location, "carrier": carrier, "manifest_id": manifest}
    carry_out(SettleManifestV1(**about, number=number), json=json)


@app.command("book-pickup")
def book_pickup(
    location: Location,
    carrier: Carrier,
    ready: Annotated[datetime, typer.Option(formats=_MOMENTS, help="From when it may come, UTC.")],
    closes: Annotated[datetime, typer.Option(formats=_MOMENTS, help="Until when, UTC.")],
    instructions: Annotated[str, typer.Option(help="What its driver is told.")] = "",
    by: By = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Have a carrier come for what is packed for it, and nobody comes for yet."""
    command = BookCarrierPickupV1(
        owner=owner,
        location_id=location,
        carrier=carrier,
        pickup_id=_new(),
        ready_at=ready.replace(tzinfo=UTC),
        closes_at=closes.replace(tzinfo=UTC),
        instructions=instructions,
        booked_by=by,
    )
    carry_out(command, json=json)


@app.command()
def pickups(location: Location, owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """List the pickups of carriers at a location."""
    found = asyncio.run(_documents(owner, "carrier-pickup", location))
    if json:
        as_json(found)
        return
    rows = [
        (
            one["pickup_id"],
            one["carrier"],
            _stands(one),
            f"{one['ready_at'][:16]} – {one['closes_at'][:16]}",
            len(one["held"]),
            one.get("confirmation", ""),
        )
        for one in found
    ]
    as_table(f"pickups at {location}", ("pickup", "carrier", "status", "window", "fulfilments", "confirmation"), rows)


@app.command("cancel-pickup")
def cancel_pickup(
    location: Location, pickup: PickupId, by: By = "", owner: OwnerOption = "main", json: JsonFlag = False
) -> None:
    """Tell a carrier not to come; its parcels wait for another pickup."""
    command = CancelCarrierPickupV1(owner=owner, location_id=location, pickup_id=pickup, cancelled_by=by)
    carry_out(command, json=json)


@app.command("settle-pickup")
def settle_pickup(
    location: Location,
    pickup: PickupId,
    number: Annotated[str, typer.Option(help="Confirmation that the carrier's pages show.")] = "",
    not_booked: Annotated[
        bool, typer.Option("--not-booked", help="They show none, or that it was called off: its parcels are free.")
    ] = False,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Say what became of a pickup where only the carrier's own pages can tell: booked after all, or not coming."""
    _either(number, none=not_booked, option="--not-booked")
    command = SettleCarrierPickupV1(owner=owner, location_id=location, pickup_id=pickup, number=number)
    carry_out(command, json=json)
