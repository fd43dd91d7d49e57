"""`crossdock cases`: parcel trouble, what is decided about it, and claims against carriers."""

import asyncio
from typing import Annotated, Any, Literal

import typer

from crossdock_contracts.base import Command
from crossdock_contracts.cases import (
    Action,
    AnswerClaimV1,
    CloseCaseV1,
    DecideCaseV1,
    FileClaimV1,
    OpenCaseV1,
    ReceiveCaseGoodsV1,
    Trouble,
)
from crossdock_contracts.returns import InspectedLine
from crossdock_contracts.values import Address, Money
from services.cli.client import connected
from services.cli.errands import Event, carry_out, line_quantities, plainly
from services.cli.output import NOT_FOUND, JsonFlag, OwnerOption, as_json, as_table, console, fail
from services.cli.timeline import describe
from services.hub.settings import settings

app = typer.Typer(no_args_is_help=True)

Order = Annotated[str, typer.Argument(help="Order id, such as web:1001.")]
CaseId = Annotated[str, typer.Argument(help="Number of the case within the order.")]
Lines = Annotated[list[str] | None, typer.Option("--line", help="LINE=PIECES, as often as needed; else all of them.")]
By = Annotated[str, typer.Option("--by", help="Who.")]
Note = Annotated[str, typer.Option("--note", help="Why.")]
Force = Annotated[bool, typer.Option("--force", help="All the same; needs a note.")]


_TOLD_ALREADY = ("refund-requested", "replacement-ordered")
"""What a decision leads to stands in its own words already."""


def _carry_out(command: Command, *, json: bool) -> None:
    def tell(event: Event) -> None:
        if event["type"].rpartition(".")[2] not in _TOLD_ALREADY:
            plainly(event)

    carry_out(command, json=json, tell=tell, nothing="nothing to change: that is known already")


@app.command("list")
def list_cases(
    owner: OwnerOption = "main",
    everything: Annotated[bool, typer.Option("--all", help="Closed ones, too.")] = False,
    json: JsonFlag = False,
) -> None:
    """List cases that are not closed, those whose claim is due first at the top."""

    async def ask() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            pages = client.pages("returns", "documents", "documents", owner=owner, kind="case")
            return [one async for one in pages if everything or one.get("status") != "closed"]

    found = sorted(asyncio.run(ask()), key=lambda one: (_until(one) or "9999", one["opened_at"]))
    if json:
        as_json(found)
        return
    columns = ("order", "case", "parcel", "trouble", "status", "decided", "claim", "claim until", "turned up")
    as_table(f"Cases of {owner}", columns, map(_row, found))


def _until(case: dict[str, Any]) -> str:
    claim = case.get("claim", {})
    return str(claim.get("until") or "") if claim.get("status", "none") == "none" else ""


def _row(case: dict[str, Any]) -> list[Any]:
    return [
        case["order_id"],
        case["case_id"],
        case["fulfilment_id"],
        case["kind"],
        case.get("status", "open"),
        ", ".join(one["action"] for one in case.get("settled", [])),
        case.get("claim", {}).get("status", "none"),
        _until(case)[:10],
        (case.get("delivered_at") or "")[:10],
    ]


@app.command()
def show(order: Order, case: CaseId, owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """Show a case: its pieces, and what has happened."""

    async def ask() -> dict[str, Any]:
        async with connected(settings()) as client:
            return await client.ask("returns", "timeline", owner=owner, kind="case", key=[order, case])

    found = asyncio.run(ask())
    document = found["document"]
    if document is None:
        fail(f"{owner} has no case {case} of order {order}", NOT_FOUND)
    if json:
        as_json(found)
        return
    counted = ("quantity", "reshipped", "refunded", "dropped", "back")
    as_table(
        f"Case {case} of {order}: {document['fulfilment_id']} is {document['kind']}; {document.get('status', 'open')}",
        ("line", "SKU", "pieces", "reshipped", "refunded", "neither", "back"),
        ([line["line_id"], line["sku"], *(line.get(name, 0) for name in counted)] for line in document["lines"]),
    )
    for event in found["events"]:
        headers = event["headers"]
        console.print(headers.get("ce-time", "")[:19], describe(headers["ce-type"], event["body"]), highlight=False)


@app.command("open")
def open_case(
    order: Order,
    fulfilment: Annotated[str, typer.Argument(help="The parcel: its fulfilment id, such as web:1001/1.")],
    kind: Annotated[Trouble, typer.Argument(help="What is wrong.")],
    line: Lines = None,
    by: By = "",
    note: Note = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Open a case for a parcel, or for some pieces in it."""
    command = OpenCaseV1(
        owner=owner,
        order_id=order,
        fulfilment_id=fulfilment,
        kind=kind,
        lines=line_quantities(line),
        note=note,
        opened_by=by,
    )
    _carry_out(command, json=json)


@app.command()
def decide(
    order: Order,
    case: CaseId,
    action: Annotated[Action, typer.Argument(help="Send the goods once more, pay them back, or neither.")],
    line: Lines = None,
    ship_to: Annotated[str, typer.Option(help="Corrected address as JSON, such as '{\"line1\": …}'.")] = "",
    although: Annotated[
        Literal["", "reship", "refund", "none"],
        typer.Option(help="What was decided for the same pieces before; needs a note."),
    ] = "",
    by: By = "",
    note: Note = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Decide what becomes of pieces in a case."""
    command = DecideCaseV1(
        owner=owner,
        order_id=order,
        case_id=case,
        action=action,
        lines=line_quantities(line),
        ship_to=Address.model_validate_json(ship_to) if ship_to else None,
        although=although,
        decided_by=by,
        note=note,
    )
    _carry_out(command, json=json)


@app.command()
def received(
    order: Order,
    case: CaseId,
    location: Annotated[str, typer.Argument(help="Where they are.")],
    line: Annotated[list[str], typer.Option(help="LINE=PIECES, as often as needed.")],
    write_off: Annotated[bool, typer.Option("--write-off", help="They cannot be sold any more.")] = False,
    by: By = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Confirm that goods of a case are back, and put them on the shelf or write them off."""
    lines = tuple(
        InspectedLine(line_id=one.line_id, quantity=one.quantity, disposition="write-off" if write_off else "restock")
        for one in line_quantities(line)
    )
    command = ReceiveCaseGoodsV1(
        owner=owner, order_id=order, case_id=case, location_id=location, lines=lines, received_by=by
    )
    _carry_out(command, json=json)


@app.command()
def claim(
    order: Order,
    case: CaseId,
    amount_minor: Annotated[int, typer.Argument(min=1, help="In minor units: 1250 is 12.50.")],
    currency: Annotated[str, typer.Argument(help="ISO 4217 code.")],
    reference: Annotated[str, typer.Option(help="The carrier's number of the claim.")] = "",
    by: By = "",
    note: Note = "",
    force: Force = False,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Record that the carrier was asked to pay."""
    command = FileClaimV1(
        owner=owner,
        order_id=order,
        case_id=case,
        amount=Money(amount_minor=amount_minor, currency=currency),
        reference=reference,
        force=force,
        filed_by=by,
        note=note,
    )
    _carry_out(command, json=json)


@app.command()
def answer(
    order: Order,
    case: CaseId,
    accepted_minor: Annotated[int, typer.Argument(min=0, help="What the carrier pays, in minor units; 0: nothing.")],
    by: By = "",
    note: Note = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Record the carrier's answer to a claim."""
    command = AnswerClaimV1(
        owner=owner, order_id=order, case_id=case, accepted_minor=accepted_minor, answered_by=by, note=note
    )
    _carry_out(command, json=json)


@app.command()
def close(
    order: Order,
    case: CaseId,
    by: By = "",
    note: Note = "",
    force: Force = False,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Close a case about which nothing is left to do."""
    command = CloseCaseV1(owner=owner, order_id=order, case_id=case, force=force, closed_by=by, note=note)
    _carry_out(command, json=json)
