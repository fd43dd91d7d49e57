"""`crossdock inbound`."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from crossdock_contracts.inbound import CloseReceiptV1, ExpectReceiptV1, SlipReceiptV1
from crossdock_contracts.inventory import ReceiveStockV1
from services.cli.carry import carry_out
from services.cli.client import Client, connected
from services.cli.output import NOT_FOUND, JsonFlag, OwnerOption, as_json, as_table, fail
from services.cli.stock import Location, Lot, Pieces, Sku
from services.hub.settings import settings

app = typer.Typer(no_args_is_help=True)

Receipt = Annotated[str, typer.Argument(help="Purchase order or advance ship notice.")]
Date = Annotated[
    datetime, typer.Argument(help="When, in UTC.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
]


@app.command()
def expect(
    receipt: Receipt,
    sku: Sku,
    location: Location,
    quantity: Pieces,
    date: Date,
    supplier: Annotated[str, typer.Option(help="Who delivers.")] = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Expect a delivery; the same receipt again replaces what was said of it."""
    command = ExpectReceiptV1(
        owner=owner,
        sku=sku,
        receipt_id=receipt,
        location_id=location,
        quantity=quantity,
        expected_at=date.replace(tzinfo=UTC),
        supplier=supplier,
    )
    carry_out(command, json=json)


@app.command("list")
def list_receipts(
    sku: Annotated[str, typer.Option(help="Only of this SKU.")] = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """List what is expected, the earliest first."""

    async def ask() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            pages = client.pages("inventory", "documents", "documents", owner=owner, kind="inbound")
            return [
                {"sku": one["sku"], "received": 0, "supplier": ""} | receipt
                async for one in pages
                if sku in ("", one["sku"])
                for receipt in one.get("receipts", {}).values()
            ]

    rows = sorted(asyncio.run(ask()), key=lambda row: (row["expected_at"], row["receipt_id"], row["sku"]))
    if json:
        as_json(rows)
        return
    columns = ("expected_at", "receipt_id", "sku", "location_id", "quantity", "received", "supplier")
    heads = ("expected", "receipt", "SKU", "location", "pieces", "received", "supplier")
    as_table(f"Expected by {owner}", heads, ([row[column] for column in columns] for row in rows))


@app.command()
def receive(
    receipt: Receipt,
    sku: Sku,
    quantity: Pieces,
    location: Annotated[str, typer.Option(help="Where they arrived; else where they are expected.")] = "",
    lot: Lot = "",
    expires: Annotated[str, typer.Option(help="The lot's last day, such as 2026-09-30.")] = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Take in pieces of an expected delivery, all of them or some."""

    async def ask() -> str:
        async with connected(settings()) as client:
            return await _location(client, owner, sku, receipt)

    place = location or asyncio.run(ask())
    about = {"owner": owner, "sku": sku, "location_id": place, "quantity": quantity, "reference": receipt}
    carry_out(ReceiveStockV1(**about, lot=lot, expires_on=expires), json=json)


async def _location(client: Client, owner: str, sku: str, receipt: str) -> str:
    """Where a receipt is expected."""
    answer = await client.ask("inventory", "timeline", kind="inbound", owner=owner, key=[sku])
    found = (answer["document"] or {}).get("receipts", {}).get(receipt)
    if found is None:
        fail(f"no receipt {receipt} of {sku} is expected; name --location, or see `crossdock inbound list`", NOT_FOUND)
    return str(found["location_id"])


@app.command()
def slip(
    receipt: Receipt,
    sku: Sku,
    date: Date,
    reason: Annotated[str, typer.Option(help="Why, in lower-case words joined by hyphens.")] = "slipped",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Say that a delivery comes on another date; orders that wait for it are told."""
    at = date.replace(tzinfo=UTC)
    carry_out(SlipReceiptV1(owner=owner, sku=sku, receipt_id=receipt, expected_at=at, reason=reason), json=json)


@app.command()
def close(
    receipt: Receipt,
    sku: Sku,
    reason: Annotated[str, typer.Option(help="Why: cancelled, short …")] = "cancelled",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Say that nothing more comes of a delivery."""
    carry_out(CloseReceiptV1(owner=owner, sku=sku, receipt_id=receipt, reason=reason), json=json)
