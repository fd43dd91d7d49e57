"""`crossdock stock`."""

import asyncio
from typing import Annotated, Any

import typer

from crossdock_contracts.inventory import (
    AdjustStockV1,
    ReceiveStockV1,
    SetSafetyStockV1,
    TransferStockV1,
)
from crossdock_contracts.stock import OpenStockV1
from services.cli import availability, counts, known, snapshots
from services.cli.carry import carry_out
from services.cli.client import connected
from services.cli.output import NOT_FOUND, JsonFlag, OwnerOption, as_json, as_table, console, fail
from services.hub.settings import settings

app = typer.Typer(no_args_is_help=True)
app.add_typer(counts.app, name="count", help="Counts: enter one, or plan, submit, approve, reject, list, show.")
app.command("availability")(availability.availability)
app.command("limit")(availability.limit)
app.command("reorder")(availability.reorder)
app.command("snapshot")(snapshots.snapshot)

Sku = Annotated[str, typer.Argument(help="SKU.")]
Location = Annotated[str, typer.Argument(help="Location id, as in locations.toml.", callback=known.location)]
Pieces = Annotated[int, typer.Argument(help="Pieces.")]
Lot = Annotated[str, typer.Option("--lot", help="Of which lot, for a SKU that is kept by lot.")]

_PLACE = ("location_id", "on_hand", "allocated", "safety", "available", "quarantine", "damaged", "in_transit")


@app.command("list")
def list_stock(
    owner: OwnerOption = "main",
    limit: Annotated[int, typer.Option(min=1, help="Most SKUs to list.")] = 1000,
    json: JsonFlag = False,
) -> None:
    """List SKUs with what is on hand, bound, promised and free."""
    rows = asyncio.run(_list(owner, limit))
    if json:
        as_json(rows)
        return
    as_table(
        f"Stock of {owner}",
        ("SKU", "on hand", "allocated", "reserved", "waiting", "available"),
        ([r["sku"], r["on_hand"], r["allocated"], r["reserved"], r["waiting"], r["promisable"]] for r in rows),
    )


async def _list(owner: str, limit: int) -> list[dict[str, Any]]:
    async with connected(settings()) as client:
        skus = []
        async for document in client.pages("inventory", "documents", "documents", owner=owner, kind="stock"):
            skus.append(document["sku"])
            if len(skus) == limit:
                break
        rows: list[dict[str, Any]] = []
        for start in range(0, len(skus), 200):
            rows += await _availability(client, owner, skus[start : start + 200])
        return sorted(rows, key=lambda row: row["sku"])


async def _availability(client: Any, owner: str, skus: list[str]) -> list[dict[str, Any]]:
    return list((await client.ask("inventory", "availability", owner=owner, skus=skus))["answer"])


@app.command()
def show(sku: Sku, owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """Show one SKU by location."""

    async def ask() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            return await _availability(client, owner, [sku])

    found = asyncio.run(ask())
    if not found:
        fail(f"{owner} has no stock of {sku}", NOT_FOUND)
    if json:
        as_json(found[0])
        return
    stock = found[0]
    as_table(
        f"Stock of {sku}",
        ("location", "on hand", "allocated", "safety", "available", "quarantine", "damaged", "in transit"),
        ([p[column] for column in _PLACE] for p in stock["locations"]),
    )
    for part in stock["components"]:
        console.print(f"kit of {part['quantity']:,} × {part['sku']}: {part['promisable']:,} available to promise")
    console.print(
        f"reserved for orders: {stock['reserved']:,}   waited for: {stock['waiting']:,}   "
        f"available to promise: {stock['promisable']:,}   expected: {stock['expected']:,}"
    )


@app.command("open")
def open_stock(
    sku: Sku,
    location: Location,
    on_hand: Pieces,
    safety: Annotated[int, typer.Option(min=0, help="Of them, kept back from promises.")] = 0,
    damaged: Annotated[int, typer.Option(min=0, help="Beside them, unfit for sale.")] = 0,
    reference: str = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Say what is there as the hub takes over, where nothing was booked yet; see `crossdock load` for many."""
    command = OpenStockV1(
        owner=owner,
        sku=sku,
        location_id=location,
        on_hand=on_hand,
        safety=safety,
        damaged=damaged,
        reference=reference,
    )
    carry_out(command, json=json)


@app.command()
def receive(
    sku: Sku,
    location: Location,
    quantity: Pieces,
    reference: str = "",
    lot: Lot = "",
    expires: Annotated[str, typer.Option(help="The lot's last day, such as 2029-09-30.")] = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Take in pieces that have arrived."""
    about = {"owner": owner, "sku": sku, "location_id": location, "quantity": quantity, "reference": reference}
    carry_out(ReceiveStockV1(**about, lot=lot, expires_on=expires), json=json)


@app.command(context_settings={"ignore_unknown_options": True})
def adjust(
    sku: Sku,
    location: Location,
    delta: Annotated[int, typer.Argument(help="Difference, such as -3.")],
    reason: Annotated[str, typer.Option(help="Why, in lower-case words joined by hyphens.")] = "correction",
    note: str = "",
    lot: Lot = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Correct the pieces on hand by a difference."""
    about = {"owner": owner, "sku": sku, "location_id": location, "delta": delta, "reason": reason}
    carry_out(AdjustStockV1(**about, note=note, lot=lot), json=json)


@app.command()
def transfer(
    sku: Sku,
    source: Annotated[str, typer.Argument(help="Location that gives.")],
    target: Annotated[str, typer.Argument(help="Location that takes.", callback=known.location)],
    quantity: Pieces,
    lot: Lot = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Move free pieces to another location, at once."""
    ways = {"from_location_id": source, "to_location_id": target}
    carry_out(TransferStockV1(owner=owner, sku=sku, **ways, quantity=quantity, lot=lot), json=json)


@app.command()
def safety(sku: Sku, location: Location, quantity: Pieces, owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """Keep pieces back from being promised."""
    command = SetSafetyStockV1(owner=owner, sku=sku, location_id=location, quantity=quantity)
    carry_out(command, json=json, nothing=f"{sku} at {location}: {quantity} pieces are kept back")
