"""`crossdock warehouse`: what a warehouse without a system of its own confirms by hand."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Literal

import typer

from crossdock_contracts.base import Command
from crossdock_contracts.labels import ReportLabelV1, SettlePurchaseV1
from crossdock_contracts.shipping import (
    ConfirmPackedV1,
    ConfirmPickedV1,
    ConfirmShippedV1,
    LineLot,
    LineSerials,
    PackedParcel,
)
from crossdock_contracts.tracking import TrackingUpdateV1
from crossdock_contracts.values import Dimensions, LineQuantity
from services.cli.client import Client
from services.cli.errands import By, Fulfilment, Lines, about, carry_out, line_quantities, quantities, shipment_of
from services.cli.output import USAGE, JsonFlag, OwnerOption, fail

app = typer.Typer(no_args_is_help=True)

LotsTaken = Annotated[
    list[str] | None, typer.Option("--lot", help="LINE=LOT:PIECES, as often as needed, where other lots were taken.")
]
SerialsRead = Annotated[list[str] | None, typer.Option("--serial", help="LINE=SERIAL, once for each piece.")]


def _size(text: str) -> Dimensions:
    sides = text.split("x")
    if len(sides) != 3 or not all(side.isdigit() for side in sides):  # length, width, height
        fail(f"{text}: write LENGTHxWIDTHxHEIGHT in millimetres, such as 400x300x200", USAGE)
    length, width, height = map(int, sides)
    return Dimensions(length_mm=length, width_mm=width, height_mm=height)


def _lots(lots: list[str] | None) -> tuple[LineLot, ...]:
    found = []
    for one in lots or []:
        line, _, rest = one.partition("=")
        lot, _, quantity = rest.rpartition(":")
        if not (lot and quantity.isdigit()):
            fail(f"--lot {one}: write LINE=LOT:PIECES, such as 1=L-17:2", USAGE)
        found.append(LineLot(line_id=line, lot=lot, quantity=int(quantity)))
    return tuple(found)


def named(values: list[str] | None, option: str) -> dict[str, tuple[str, ...]]:
    """What was named of each line."""
    found: dict[str, tuple[str, ...]] = {}
    for one in values or []:
        line, _, value = one.partition("=")
        if not value:
            fail(f"{option} {one}: write LINE=VALUE, such as 1=SN-4711", USAGE)
        found[line] = (*found.get(line, ()), value)
    return found


def _serials(serials: list[str] | None) -> tuple[LineSerials, ...]:
    return tuple(LineSerials(line_id=line, serials=read) for line, read in named(serials, "--serial").items())


def _parcel(text: str) -> PackedParcel:
    """A parcel as it is written: ``1200:400x300x200:1=2,2=1``."""
    weight, _, rest = text.partition(":")
    size, _, lines = rest.partition(":")
    if not weight.isdigit():
        fail(f"--parcel {text}: write GRAMS[:LENGTHxWIDTHxHEIGHT[:LINE=PIECES,…]], such as 1200:400x300x200:1=2", USAGE)
    return PackedParcel(
        weight_g=int(weight),
        dimensions=_size(size) if size else None,
        lines=line_quantities(lines.split(",") if lines else None),
    )


@app.command()
def picked(
    fulfilment: Fulfilment,
    line: Lines = None,
    lot: LotsTaken = None,
    serial: SerialsRead = None,
    by: By = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Confirm a pick; with --line, only these pieces were found, and the rest is a short pick."""
    found, lots, serials = quantities(line, least=0), _lots(lot), _serials(serial)

    async def command(client: Client) -> Command:
        shipment = await shipment_of(client, owner, fulfilment)
        lines = (shipment.get("fulfilment") or {"lines": []})["lines"]
        there = [one["line_id"] for one in lines]
        for name in found:
            if name not in there:
                fail(f"fulfilment {fulfilment} has no line {name}; it has {', '.join(there)}", USAGE)
        picked_lines = tuple(
            LineQuantity(line_id=one["line_id"], sku=one["sku"], quantity=quantity)
            for one in lines
            if (quantity := found.get(one["line_id"], 0) if found else one["quantity"]) > 0
        )
        return ConfirmPickedV1(
            owner=owner,
            order_id=shipment["order_id"],
            fulfilment_id=fulfilment,
            lines=picked_lines,
            picked_by=by,
            lots=lots,
            serials=serials,
        )

    carry_out(command, json=json)


@app.command()
def label(
    fulfilment: Fulfilment,
    carrier: Annotated[str, typer.Option(help="Who carries it.")],
    tracking: Annotated[str, typer.Option(help="Its tracking number.")],
    service: Annotated[str, typer.Option(help="Which of the carrier's services.")] = "",
    weight_g: Annotated[int | None, typer.Option(min=1, help="Weight of the parcel.")] = None,
    parcel: Annotated[int, typer.Option(min=1, help="Which of several parcels, as they were packed.")] = 1,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Enter a label that the warehouse, channel or supplier bought, or you by hand."""
    command = partial(
        ReportLabelV1, carrier=carrier, service=service, tracking_number=tracking, weight_g=weight_g, parcel=parcel
    )
    carry_out(about(owner, fulfilment, command), json=json)


@app.command("settle-label")
def settle_label(
    fulfilment: Fulfilment,
    tracking: Annotated[str, typer.Option(help="Tracking number of the label that the carrier's pages show.")] = "",
    not_bought: Annotated[bool, typer.Option("--not-bought", help="They show none: one is bought anew.")] = False,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Say what became of a purchase whose answer was lost, where only the carrier's own pages can tell."""
    if bool(tracking) == not_bought:
        fail("write either --tracking NUMBER or --not-bought", USAGE)

    carry_out(about(owner, fulfilment, partial(SettlePurchaseV1, tracking_number=tracking)), json=json)


@app.command()
def packed(
    fulfilment: Fulfilment,
    weight_g: Annotated[int | None, typer.Option(min=1, help="Weight of the parcel.")] = None,
    size: Annotated[str, typer.Option(help="LENGTHxWIDTHxHEIGHT of the parcel in millimetres.")] = "",
    parcel: Annotated[
        list[str] | None,
        typer.Option(help="One of several: GRAMS[:LENGTHxWIDTHxHEIGHT[:LINE=PIECES,…]], as often as needed."),
    ] = None,
    beside: Annotated[
        list[str] | None,
        typer.Option("--with", help="Another fulfilment in the same parcel, as the wave plans; as often as needed."),
    ] = None,
    serial: SerialsRead = None,
    by: By = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Confirm that a parcel is closed, or several."""
    parcels, serials = tuple(_parcel(one) for one in parcel or []), _serials(serial)

    async def command(client: Client) -> Command:
        for other in beside or []:  # first: what is refused is not in the parcel
            order_id = (await shipment_of(client, owner, other))["order_id"]
            joined = {"order_id": order_id, "fulfilment_id": other, "packed_with": fulfilment, "packed_by": by}
            await client.order(ConfirmPackedV1(owner=owner, **joined))
        shipment = await shipment_of(client, owner, fulfilment)
        return ConfirmPackedV1(
            owner=owner,
            order_id=shipment["order_id"],
            fulfilment_id=fulfilment,
            weight_g=weight_g,
            dimensions=_size(size) if size else None,
            parcels=parcels,
            packed_by=by,
            serials=serials,
        )

    carry_out(command, json=json)


@app.command()
def shipped(
    fulfilment: Fulfilment, serial: SerialsRead = None, owner: OwnerOption = "main", json: JsonFlag = False
) -> None:
    """Confirm that the carrier has the parcel."""
    serials = _serials(serial)

    carry_out(about(owner, fulfilment, partial(ConfirmShippedV1, serials=serials)), json=json)


@app.command()
def track(
    fulfilment: Fulfilment,
    status: Annotated[Literal["in-transit", "out-for-delivery", "delivered", "exception"], typer.Argument()],
    code: Annotated[str, typer.Option(help="Which exception: lost, damaged and returned-to-sender open a case.")] = "",
    detail: str = "",
    tracking: Annotated[str, typer.Option(help="Of which parcel; else of all.")] = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Enter what the carrier says of a parcel."""
    command = partial(
        TrackingUpdateV1,
        status=status,
        occurred_at=datetime.now(UTC),
        code=code,
        detail=detail,
        tracking_number=tracking,
    )
    carry_out(about(owner, fulfilment, command), json=json)
