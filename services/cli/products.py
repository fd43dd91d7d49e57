"""`crossdock products`."""

import asyncio
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from crossdock_contracts.base import Command
from crossdock_contracts.products import MapListingV1, Product, UpsertProductV1
from services.cli.client import Client, UnreachableError, connected
from services.cli.output import FAILED, JsonFlag, OwnerOption, as_json, as_table, console, fail
from services.hub.settings import settings
from services.hub.wire import status

app = typer.Typer(no_args_is_help=True)

_WINDOW = 500
_COLUMNS = {
    "sku",
    "title",
    "barcodes",
    "weight_g",
    "hs_code",
    "origin_country",
    "hazmat_class",
    "track_lot",
    "track_expiry",
    "track_serial",
    "category",
    "tax_class",
    "channel",
    "listing_id",
    "listing_quantity",
}


class LineError(ValueError):
    """A line of a file that cannot be read; the text names the line and what is wrong."""


def read_csv(file: Path, owner: str) -> Iterator[UpsertProductV1 | MapListingV1]:
    """Products and listings of a CSV file, as commands.

    Columns: ``sku`` and any of title, barcodes (separated by blanks), weight_g, hs_code, origin_country,
    hazmat_class, track_lot, track_expiry, track_serial (true or false), category, tax_class; a line with ``channel``
    and ``listing_id`` also maps that listing, ``listing_quantity`` pieces of it.

    Raises:
        LineError: a column is unknown, or a line is not a product.
    """
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        unknown = set(reader.fieldnames or ()) - _COLUMNS
        if unknown or "sku" not in (reader.fieldnames or ()):
            problem = f"unknown columns {sorted(unknown)}" if unknown else "no column sku"
            msg = f"{file}:1: {problem}; known are {sorted(_COLUMNS)}"
            raise LineError(msg)
        for row in reader:
            try:
                yield from _commands(row, owner)
            except ValidationError as error:
                problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
                msg = f"{file}:{reader.line_num}: {problems}"
                raise LineError(msg) from None


def _commands(row: dict[str, str], owner: str) -> Iterator[UpsertProductV1 | MapListingV1]:
    filled = {name: value.strip() for name, value in row.items() if name and value and value.strip()}
    sku = filled.get("sku", "")
    known = {name: filled[name] for name in filled.keys() & Product.model_fields.keys() - {"barcodes"}}
    product = Product.model_validate({**known, "barcodes": filled.get("barcodes", "").split()})
    yield UpsertProductV1(owner=owner, sku=sku, product=product)
    if "listing_id" in filled:
        yield MapListingV1.model_validate(
            {
                "owner": owner,
                "channel": filled.get("channel", ""),
                "listing_id": filled["listing_id"],
                "sku": sku,
                "quantity": filled.get("listing_quantity", "1"),
            }
        )


async def store(client: Client, commands: list[Command], *, name: str = "") -> None:
    """Put many commands into inboxes, some hundred on their way at a time.

    With a name each has the same id whenever it is sent: what counts each time it comes is not doubled soon after.

    Raises:
        UnreachableError: one was not stored, as far as is known.
    """
    for start in range(0, len(commands), _WINDOW):
        answers = await asyncio.gather(
            *(
                client.calls.one([], *client.message(one, identity=name and f"{name}-{one.entity}"), timeout_s=20)
                for one in commands[start : start + _WINDOW]
            )
        )
        if any(status(answer) or b'"error"' in answer.data for answer in answers):
            msg = "not all commands were stored; run it again, what is stored already is not doubled"
            raise UnreachableError(msg)


@app.command()
def load(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV file.")],
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Load products and listings from a CSV file; loading it twice changes nothing."""
    try:
        commands: list[Command] = list(read_csv(file, owner))
    except LineError as error:
        fail(str(error), FAILED)

    async def send() -> None:
        async with connected(settings()) as client:
            await store(client, [one for one in commands if isinstance(one, UpsertProductV1)])
            await store(client, [one for one in commands if isinstance(one, MapListingV1)])

    asyncio.run(send())
    counts = {
        "products": sum(isinstance(one, UpsertProductV1) for one in commands),
        "listings": sum(isinstance(one, MapListingV1) for one in commands),
    }
    as_json(counts) if json else console.print(
        f"{counts['products']:,} products and {counts['listings']:,} listings handed in"
    )


@app.command("list")
def list_products(
    owner: OwnerOption = "main",
    limit: Annotated[int, typer.Option(min=1, help="Most products to list.")] = 200,
    json: JsonFlag = False,
) -> None:
    """List products."""

    async def ask() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        async with connected(settings()) as client:
            async for document in client.pages("products", "documents", "documents", owner=owner, kind="product"):
                found.append(document["product"])
                if len(found) == limit:
                    break
        return sorted(found, key=lambda one: str(one["sku"]))

    rows = asyncio.run(ask())
    if json:
        as_json(rows)
        return
    as_table(
        f"Products of {owner}",
        ("SKU", "title", "weight g"),
        ([r["sku"], r.get("title", ""), r.get("weight_g", "")] for r in rows),
    )


@app.command("map")
def map_listing(
    channel: Annotated[str, typer.Argument(help="Channel.")],
    listing: Annotated[str, typer.Argument(help="The channel's own id.")],
    sku: Annotated[str, typer.Argument(help="SKU that it stands for.")],
    quantity: Annotated[int, typer.Option(min=1, help="Pieces of it.")] = 1,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Say what a channel's id stands for."""

    async def order() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            command = MapListingV1(owner=owner, channel=channel, listing_id=listing, sku=sku, quantity=quantity)
            return await client.order(command)

    events = asyncio.run(order())
    as_json(events) if json else console.print(f"{listing} of {channel} is {quantity} × {sku}")
