"""`crossdock warehouse`, the way back: goods that are returned."""

from typing import Annotated

import typer

from crossdock_contracts.returns import InspectedLine, InspectReturnV1, ReceiveReturnV1, RequestReturnV1
from services.cli.errands import By, carry_out, line_quantities, quantities
from services.cli.orders import Order
from services.cli.output import JsonFlag, OwnerOption
from services.cli.warehouse import app, named

__all__ = ["app"]

Return = Annotated[str, typer.Argument(help="Return id, of your own choosing.")]


@app.command("return")
def request_return(
    order: Order,
    return_id: Return,
    line: Annotated[list[str], typer.Option(help="LINE=PIECES, as often as needed.")],
    reason: Annotated[str, typer.Option(help="Why, in lower-case words joined by hyphens.")] = "not-wanted",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Ask for goods to come back."""
    lines = line_quantities(line)
    command = RequestReturnV1(owner=owner, order_id=order, return_id=return_id, lines=lines, reason=reason)
    carry_out(command, json=json)


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
