"""`crossdock products`."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from crossdock_contracts import gtin
from crossdock_contracts.base import Command
from crossdock_contracts.products import MapListingV1, Product
from services.cli import feed, known
from services.cli.client import Client, UnreachableError, connected
from services.cli.output import (
    FAILED,
    NOT_FOUND,
    JsonFlag,
    OwnerOption,
    as_json,
    as_table,
    console,
    counted,
    errors,
    fail,
)
from services.hub.money import major
from services.hub.settings import settings
from services.hub.wire import status

app = typer.Typer(no_args_is_help=True)

_WINDOW = 500


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


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV file.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")] = False,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Take products, kits and listings from a CSV file: all of it, or nothing where a line is wrong.

    A column that is not there leaves what it is about as it is; an empty cell clears it. Importing a file twice changes
    nothing.
    """
    try:
        columns, rows = feed.read(file)
    except (feed.FileError, UnicodeDecodeError) as error:
        fail(f"{file}:{error}", FAILED)
    found, refused = asyncio.run(_import(owner, columns, rows, dry_run=dry_run))
    wrong = found.wrong or refused
    counts = {
        "new": len(found.new),
        "changed": len(found.changed),
        "unchanged": found.unchanged,
        "listings": len(found.listings),
        "dry_run": dry_run,
    }
    if json:
        as_json(counts | {"wrong": [one.model_dump() for one in wrong]})
    for one in wrong if not json else ():
        errors.print(f"{file}:{one.line}: {one.problem}", highlight=False, soft_wrap=True)
    if found.wrong:
        fail(f"{counted(len(wrong), 'line is', 'lines are')} wrong; nothing was changed", FAILED)
    if refused:
        lines = counted(len(wrong), "line was", "lines were")
        fail(f"{lines} refused: products were changed by others meanwhile; import the file again", FAILED)
    if not json:
        console.print(
            f"{'would be: ' if dry_run else ''}{counts['new']:,} new, {counts['changed']:,} changed and "
            f"{counts['unchanged']:,} unchanged products, {counted(len(found.listings), 'listing')}"
        )


async def _import(
    owner: str, columns: list[str], rows: list[feed.Row], *, dry_run: bool
) -> tuple[feed.Feed, list[feed.Wrong]]:
    async with connected(settings()) as client:
        known = await feed.known_to(client, owner, columns, rows)
        found = feed.held_against(known, owner, columns, rows)
        return found, [] if dry_run or found.wrong else await feed.hand_in(client, found)


@app.command()
def show(
    code: Annotated[str, typer.Argument(help="SKU or barcode (GTIN).")],
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Show all that is on file of one product."""

    async def ask() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            answer = await client.ask("products", "products", owner=owner, skus=[code], barcodes=[code])
            return sorted(answer["answer"], key=lambda one: bool(one["product"]["sku"] != code))

    found = asyncio.run(ask())
    if not found:
        problem = "" if not code.isdigit() else gtin.problem(code)
        fail(f"{owner} has no product {code}" + (f"; {problem}" if problem else ""), NOT_FOUND)
    if json:
        as_json(found[0])
        return
    product = Product.model_validate(found[0]["product"])
    console.print(f"{product.sku} of {owner}", style="bold")
    for name, value in _facts(product):
        console.print(f"  {name}: {value}", highlight=False)
    if found[0]["kits"]:
        console.print(f"  component of: {', '.join(found[0]['kits'])}", highlight=False)


def _facts(product: Product) -> Iterator[tuple[str, str]]:
    """What is filled of a product, as it is read."""
    size, cost = product.dimensions, product.cost
    told: dict[str, Any] = {
        "title": product.title,
        "barcodes": " ".join(product.barcodes),
        "variant": ", ".join(f"{name} {value}" for name, value in product.variant.items()),
        "weight": product.weight_g is not None and f"{product.weight_g:,} g",
        "size": size and f"{size.length_mm} × {size.width_mm} × {size.height_mm} mm",
        "HS code": product.hs_code,
        "origin": product.origin_country,
        "hazmat class": product.hazmat_class,
        "tracked by": ", ".join(name for name in ("lot", "expiry", "serial") if getattr(product, f"track_{name}")),
        "category": product.category,
        "tax class": product.tax_class,
        "cost": cost and major(cost.amount_minor, cost.currency),
        "kit of": ", ".join(f"{part.quantity} × {part.sku}" for part in product.components),
        "active": "" if product.active else "no",
    }
    yield from ((name, value) for name, value in told.items() if value)


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
    channel: Annotated[str, typer.Argument(help="Channel, as in channels.toml.", callback=known.channel)],
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
    if json:
        as_json(events)
        return
    console.print(f"{listing} of {channel} is {quantity} × {sku}")
    if any(event["body"].get("waits_for_product") for event in events):
        console.print(f"there is no product {sku} yet; orders for {listing} stay held until it comes")


@app.command()
def unmapped(owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """List the listings and SKUs that orders are held for, most orders first."""

    async def ask() -> dict[tuple[str, str], list[str]]:
        waiting: dict[tuple[str, str], list[str]] = {}
        async with connected(settings()) as client:
            async for one in client.pages("capture", "documents", "documents", owner=owner, kind="waiting"):
                waiting.setdefault((one.get("channel", ""), one["wanted"]), []).append(one["order_id"])
        return waiting

    found = sorted(asyncio.run(ask()).items(), key=lambda one: (-len(one[1]), one[0]))
    rows = [
        {"channel": channel, "listing_id" if channel else "sku": wanted, "orders": len(orders), "example": orders[0]}
        for (channel, wanted), orders in found
    ]
    if json:
        as_json(rows)
        return
    as_table(
        "Held for",
        ("channel", "listing", "SKU", "orders", "such as"),
        ([r["channel"], r.get("listing_id", ""), r.get("sku", ""), r["orders"], r["example"]] for r in rows),
    )
