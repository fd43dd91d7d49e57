"""`crossdock stock`, of conditions, lots, recalls, serial numbers and transfers that are on their way."""

import asyncio
from time import monotonic
from typing import Annotated, Any, Literal

import typer

from crossdock_contracts.lots import (
    ChangeConditionV1,
    CorrectLotV1,
    DispatchTransferV1,
    LiftRecallV1,
    RecallLotV1,
    ReceiveTransferV1,
)
from services.cli.carry import carry_out
from services.cli.client import Client, connected
from services.cli.output import NOT_FOUND, JsonFlag, OwnerOption, as_json, as_table, console, fail
from services.cli.stock import Location, Lot, Pieces, Sku, app
from services.hub.settings import settings

LotName = Annotated[str, typer.Argument(help="Lot.")]
Transfer = Annotated[str, typer.Argument(help="Transfer id, of your own choosing.")]
Note = Annotated[str, typer.Option(help="Kept with what happens.")]

_SWEPT_S = 20.0
_RECALLED = "what arrives of it goes into quarantine"


@app.command()
def condition(
    sku: Sku,
    location: Location,
    quantity: Pieces,
    source: Annotated[Literal["sellable", "quarantine", "damaged"], typer.Argument(help="What they were.")],
    target: Annotated[Literal["sellable", "quarantine", "damaged", "disposed"], typer.Argument(help="What they are.")],
    reason: Annotated[str, typer.Option(help="Why, in lower-case words joined by hyphens.")] = "inspected",
    lot: Lot = "",
    note: Note = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Say that pieces are of another condition."""
    about = {"owner": owner, "sku": sku, "location_id": location, "quantity": quantity}
    conditions: dict[str, Any] = {"from_condition": source, "to_condition": target}
    carry_out(ChangeConditionV1(**about, **conditions, reason=reason, lot=lot, note=note), json=json)


@app.command("lots")
def list_lots(sku: Sku, owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """List the lots of a SKU, by location, those first that expire first."""

    async def ask() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            return await _lots(client, owner, sku)

    rows = asyncio.run(ask())
    if json:
        as_json(rows)
        return
    columns = ("location_id", "lot", "expires_on", "on_hand", "allocated", "quarantine", "damaged")
    heads = tuple(column.replace("_", " ").removesuffix(" id") for column in columns)
    as_table(f"Lots of {sku}", heads, ([row[column] for column in columns] for row in rows))


async def _lots(client: Client, owner: str, sku: str) -> list[dict[str, Any]]:
    """The lots of a SKU at every location."""
    rows = []
    async for shelf in client.pages("inventory", "documents", "documents", owner=owner, kind="lots", key=[sku]):
        for lot, pieces in shelf.get("lots", {}).items():
            counters = {name: pieces.get(name, 0) for name in ("on_hand", "allocated", "quarantine", "damaged")}
            rows.append(
                {"location_id": shelf["location_id"], "lot": lot, "expires_on": pieces.get("expires_on", "")} | counters
            )
    return sorted(rows, key=lambda row: (row["location_id"], row["expires_on"] or "9999", row["lot"]))


@app.command("correct-lot")
def correct_lot(
    sku: Sku,
    location: Location,
    quantity: Pieces,
    source: Annotated[str, typer.Argument(help="Lot that they are counted under; `unknown` where nobody said.")],
    target: Annotated[str, typer.Argument(help="Lot that they are of.")],
    expires: Annotated[str, typer.Option(help="Its last day, such as 2026-09-30.")] = "",
    note: Note = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Say that pieces are of another lot than they are counted under."""
    about = {"owner": owner, "sku": sku, "location_id": location, "quantity": quantity}
    carry_out(CorrectLotV1(**about, from_lot=source, to_lot=target, expires_on=expires, note=note), json=json)


@app.command()
def recall(
    sku: Sku,
    lot: LotName,
    reason: Annotated[str, typer.Option(help="Why, in lower-case words joined by hyphens.")] = "recalled",
    note: Note = "",
    lift: Annotated[bool, typer.Option("--lift", help="The recall is over, or was a mistake.")] = False,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Take a lot off sale everywhere, and list who got pieces of it."""
    if lift:
        carry_out(LiftRecallV1(owner=owner, sku=sku, lot=lot, note=note), json=json)
        return

    async def order() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        async with connected(settings()) as client:
            await client.order(RecallLotV1(owner=owner, sku=sku, lot=lot, reason=reason, note=note))
            return await _swept(client, owner, sku, lot), await _sent(client, owner, sku, lot)

    places, sent = asyncio.run(order())
    if json:
        as_json({"sku": sku, "lot": lot, "quarantined": places, "shipped": sent})
        return
    if not places and not sent:
        console.print(f"{owner} has not seen lot {lot} of {sku}; {_RECALLED}", highlight=False)
        return
    as_table(
        f"Lot {lot} of {sku} in quarantine",
        ("location", "pieces", "still on sale"),
        ([one["location_id"], one["quarantine"], one["on_hand"]] for one in places),
    )
    _show_sent(sku, lot, sent)


async def _swept(client: Client, owner: str, sku: str, lot: str) -> list[dict[str, Any]]:
    """Where the lot is, once nothing of it is on sale any more; as it stands, if that takes too long."""
    until = monotonic() + _SWEPT_S
    while True:
        places = [row for row in await _lots(client, owner, sku) if row["lot"] == lot]
        if not any(place["on_hand"] for place in places) or monotonic() > until:
            return places
        await asyncio.sleep(0.05)


@app.command()
def trace(sku: Sku, lot: LotName, owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """List the orders that got pieces of a lot, and their customers."""

    async def ask() -> tuple[list[dict[str, Any]], bool]:
        async with connected(settings()) as client:
            sent = await _sent(client, owner, sku, lot)
            return sent, bool(sent) or any(row["lot"] == lot for row in await _lots(client, owner, sku))

    sent, is_known = asyncio.run(ask())
    if not is_known:
        fail(f"{owner} has not seen lot {lot} of {sku}; `crossdock stock lots {sku}` lists its lots", NOT_FOUND)
    if json:
        as_json(sent)
        return
    _show_sent(sku, lot, sent)


async def _sent(client: Client, owner: str, sku: str, lot: str) -> list[dict[str, Any]]:
    """What has left of a lot: order, fulfilment, pieces, and who got them."""
    pages = client.pages("shipping", "documents", "documents", owner=owner, kind="lot-shipment", key=[sku, lot])
    names = ("order_id", "fulfilment_id", "location_id", "quantity", "shipped_at", "ship_to")
    return sorted([{name: one[name] for name in names} async for one in pages], key=lambda one: str(one["shipped_at"]))


def _show_sent(sku: str, lot: str, sent: list[dict[str, Any]]) -> None:
    if not sent:
        console.print(f"nothing of lot {lot} of {sku} has been shipped", highlight=False)
        return
    as_table(
        f"Shipped of lot {lot} of {sku}",
        ("order", "fulfilment", "pieces", "shipped", "customer", "e-mail", "phone"),
        (
            [
                one["order_id"],
                one["fulfilment_id"],
                one["quantity"],
                one["shipped_at"][:10],
                *(one["ship_to"].get(name, "") for name in ("name", "email", "phone")),
            ]
            for one in sent
        ),
    )


@app.command()
def serial(
    sku: Sku,
    serial: Annotated[str, typer.Argument(help="Serial number.")],
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Tell which order got the piece with this serial number."""

    async def ask() -> dict[str, Any] | None:
        async with connected(settings()) as client:
            answer = await client.ask("shipping", "timeline", kind="serial", owner=owner, key=[sku, serial])
            return answer["document"]  # type: ignore[no-any-return]  # an object or null

    found = asyncio.run(ask())
    if found is None:
        fail(f"{owner} has never shipped {sku} with serial number {serial}", NOT_FOUND)
    if json:
        as_json(found)
        return
    where = f"shipped {found['shipped_at'][:10]}" if found.get("shipped_at") else "not shipped"
    back = ", free again" if found.get("is_free") else ""
    console.print(f"{serial}: order {found['order_id']}, fulfilment {found['fulfilment_id']}, {where}{back}")


@app.command()
def dispatch(
    transfer: Transfer,
    sku: Sku,
    source: Annotated[str, typer.Argument(help="Location that gives.")],
    target: Annotated[str, typer.Argument(help="Location that takes.")],
    quantity: Pieces,
    lot: Lot = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Send free pieces to another location: they are in transit until they arrive."""
    about = {"owner": owner, "sku": sku, "transfer_id": transfer, "quantity": quantity, "lot": lot}
    carry_out(DispatchTransferV1(**about, from_location_id=source, to_location_id=target), json=json)


@app.command()
def arrive(
    transfer: Transfer,
    sku: Sku,
    quantity: Pieces,
    more_to_come: Annotated[bool, typer.Option("--more-to-come", help="What is missing is not short.")] = False,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Take in pieces of a transfer; what is missing is short, unless more is to come."""
    about = {"owner": owner, "sku": sku, "transfer_id": transfer, "quantity": quantity}
    carry_out(ReceiveTransferV1(**about, more_to_come=more_to_come), json=json)
