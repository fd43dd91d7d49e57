"""`crossdock warehouse`, the way back: goods that are returned."""

import asyncio
from typing import Annotated, Any

import typer

from crossdock_contracts.return_labels import SendReturnLabelV1, SettleReturnLabelV1
from crossdock_contracts.returns import (
    CancelReturnV1,
    InspectedLine,
    InspectReturnV1,
    ReceiveReturnV1,
    RequestReturnV1,
)
from services.cli.client import connected
from services.cli.errands import By, carry_out, line_quantities, quantities
from services.cli.orders import Order
from services.cli.output import NOT_FOUND, USAGE, JsonFlag, OwnerOption, as_json, console, fail
from services.cli.warehouse import app, named
from services.hub.settings import settings

__all__ = ["app"]

Return = Annotated[str, typer.Argument(help="Return id, of your own choosing.")]


@app.command("return")
def request_return(
    order: Order,
    return_id: Return,
    line: Annotated[list[str], typer.Option(help="LINE=PIECES, as often as needed.")],
    reason: Annotated[str, typer.Option(help="Why, in lower-case words joined by hyphens.")] = "not-wanted",
    label: Annotated[
        bool | None, typer.Option("--label/--no-label", help="Send the buyer a label; else as returns.toml says.")
    ] = None,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Ask for goods to come back."""
    lines = line_quantities(line)
    command = RequestReturnV1(owner=owner, order_id=order, return_id=return_id, lines=lines, reason=reason, label=label)
    carry_out(command, json=json)


@app.command("cancel-return")
def cancel_return(
    order: Order,
    return_id: Return,
    reason: Annotated[str, typer.Option(help="Why, in lower-case words joined by hyphens.")] = "buyer-keeps",
    by: By = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Call a return off of which nothing has come; its label is given back."""
    about = {"owner": owner, "order_id": order, "return_id": return_id}
    carry_out(CancelReturnV1(**about, reason=reason, cancelled_by=by), json=json)


@app.command("return-label")
def return_label(
    order: Order,
    return_id: Return,
    send: Annotated[bool, typer.Option("--send", help="Send one, or try again where there was none.")] = False,
    tracking: Annotated[str, typer.Option(help="Of a purchase whose answer was lost: what the carrier shows.")] = "",
    not_bought: Annotated[bool, typer.Option("--not-bought", help="It shows none: one is bought anew.")] = False,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Show a return and its label; send one, or say what became of a purchase that nothing else can tell of."""
    if send + bool(tracking) + not_bought > 1:
        fail("write one of --send, --tracking NUMBER and --not-bought", USAGE)
    about = {"owner": owner, "order_id": order, "return_id": return_id}
    if send:
        carry_out(SendReturnLabelV1(**about), json=json)
    elif tracking or not_bought:
        carry_out(SettleReturnLabelV1(**about, tracking_number=tracking), json=json)
    else:
        _show(asyncio.run(_asked(owner, order, return_id)), json=json)


async def _asked(owner: str, order: str, return_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    async with connected(settings()) as client:
        found = [
            (await client.ask(service, "timeline", kind=kind, owner=owner, key=[order, return_id]))["document"]
            for service, kind in (("returns", "return"), ("shipping", "return-label"))
        ]
    if found[0] is None:
        fail(f"order {order} has no return {return_id}", NOT_FOUND)
    return found[0], found[1] or {}


def _show(found: tuple[dict[str, Any], dict[str, Any]], *, json: bool) -> None:
    back, bought = found
    label, parcel = back.get("label"), bought.get("parcel") or {}
    stored = [f"{one['bucket']}/{one['name']}" for one in parcel.get("label", ())]
    if json:
        as_json({"return": back, "label": parcel or None})
        return
    console.print(f"{back['return_id']} of {back['order_id']} is {back['status']}", highlight=False)
    if label is None:
        console.print("no label is sent for it")
        return
    told = (label.get("status", "wanted"), label.get("carrier"), label.get("tracking_number"), *stored)
    console.print("label:", " ".join(filter(None, told)), label.get("detail", ""), highlight=False)
    if label.get("tracking"):
        said = (label["tracking"], label["tracked_at"][:16], label.get("tracking_detail"))
        console.print("parcel:", " ".join(filter(None, said)), highlight=False)


@app.command()
def received(
    order: Order,
    return_id: Return,
    location: Annotated[str, typer.Argument(help="Where they arrived.")],
    line: Annotated[list[str], typer.Option(help="LINE=PIECES, as often as needed.")],
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Confirm that returned goods are in the building."""
    lines = line_quantities(line)
    command = ReceiveReturnV1(owner=owner, order_id=order, return_id=return_id, location_id=location, lines=lines)
    carry_out(command, json=json)


@app.command()
def inspected(
    order: Order,
    return_id: Return,
    restock: Annotated[list[str] | None, typer.Option(help="LINE=PIECES that go back on the shelf.")] = None,
    write_off: Annotated[list[str] | None, typer.Option(help="LINE=PIECES that cannot be sold.")] = None,
    lot: Annotated[list[str] | None, typer.Option(help="LINE=LOT that a line's pieces are of.")] = None,
    serial: Annotated[
        list[str] | None, typer.Option(help="LINE=SERIAL, once for each piece, those that go back on the shelf first.")
    ] = None,
    by: By = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Say what becomes of returned goods; the buyer is paid back."""
    good, bad, lots, read = (
        quantities(restock),
        quantities(write_off),
        named(lot, "--lot"),
        named(serial, "--serial"),
    )
    lines = tuple(
        InspectedLine(
            line_id=name,
            quantity=n,
            disposition=disposition,
            lot=lots.get(name, ("",))[0],
            serials=read.get(name, ())[first : first + n],
        )
        for found, disposition in ((good, "restock"), (bad, "write-off"))
        for name, n in found.items()
        for first in ((good.get(name, 0),) if found is bad else (0,))
    )

    command = InspectReturnV1(owner=owner, order_id=order, return_id=return_id, lines=lines, inspected_by=by)
    carry_out(command, json=json)
