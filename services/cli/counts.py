"""`crossdock stock count`: counts by hand, planned, submitted, approved."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

import typer

from crossdock_contracts.inventory import CountStockV1
from crossdock_contracts.stock import ApproveCountV1, CountedLine, PlanCountV1, RejectCountV1, SubmitCountV1
from services.cli import known
from services.cli.carry import carry_out, tell
from services.cli.client import connected
from services.cli.output import NOT_FOUND, JsonFlag, OwnerOption, as_json, as_table, console, fail
from services.hub.settings import settings

app = typer.Typer(no_args_is_help=True)

CountId = Annotated[str, typer.Argument(help="Id of the count, of your choosing.")]
Location = Annotated[str, typer.Argument(help="Location id, as in locations.toml.", callback=known.location)]
Moment = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], help="UTC.")]
By = Annotated[str, typer.Option("--by", help="Who.")]
_UTC = "+00:00"


@app.command("enter")
def enter(
    sku: Annotated[str, typer.Argument(help="SKU.")],
    location: Location,
    counted: Annotated[int, typer.Argument(help="Pieces.")],
    by: By = "",
    lot: Annotated[str, typer.Option("--lot", help="Of which lot, for a SKU that is kept by lot.")] = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Enter what was counted of one SKU just now; it is believed at once."""
    about = {"owner": owner, "sku": sku, "location_id": location, "counted": counted}
    carry_out(CountStockV1(**about, counted_by=by, lot=lot), json=json)


@app.command()
def plan(
    count: CountId,
    location: Location,
    skus: Annotated[list[str], typer.Argument(help="SKUs.")],
    at: Moment = None,
    by: By = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Have SKUs counted at a location, now or at a time."""
    command = PlanCountV1(
        owner=owner, count_id=count, location_id=location, skus=tuple(skus), due_at=_utc(at), planned_by=by
    )
    carry_out(command, json=json)


def _utc(moment: datetime | None) -> Any:
    return f"{moment.isoformat()}{_UTC}" if moment else None


@app.command()
def submit(
    count: CountId,
    found: Annotated[list[str], typer.Argument(help="What was found, each as SKU=pieces.")],
    at: Moment = None,
    by: By = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Say what was found; what is beyond tolerance waits until somebody approves it."""
    lines = tuple(_line(one) for one in found)
    carry_out(SubmitCountV1(owner=owner, count_id=count, lines=lines, counted_at=_utc(at), counted_by=by), json=json)


def _line(text: str) -> CountedLine:
    sku, equals, pieces = text.rpartition("=")
    if not equals or not pieces.isdigit():
        msg = f"{text!r} is not SKU=pieces, such as MUG-1=12"
        raise typer.BadParameter(msg)
    return CountedLine(sku=sku, counted=int(pieces))


@app.command()
def approve(count: CountId, by: By = "", note: str = "", owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """Believe what was counted, although it is far from what was expected."""
    carry_out(ApproveCountV1(owner=owner, count_id=count, approved_by=by, note=note), json=json)


@app.command()
def reject(count: CountId, by: By = "", note: str = "", owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """End a count without believing what was counted."""
    carry_out(RejectCountV1(owner=owner, count_id=count, rejected_by=by, note=note), json=json)


@app.command("list")
def list_counts(owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """List counts that have not ended."""

    async def ask() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            pages = client.pages("inventory", "documents", "documents", owner=owner, kind="count")
            return [one async for one in pages if one.get("status", "planned") not in {"applied", "rejected"}]

    found = asyncio.run(ask())
    if json:
        as_json(found)
        return
    as_table(
        f"Open counts of {owner}",
        ("count", "location", "status", "due", "SKUs"),
        (
            [
                one["count_id"],
                one["location_id"],
                one.get("status", "planned"),
                one["due_at"],
                len(one.get("lines", ())),
            ]
            for one in found
        ),
    )


@app.command()
def show(count: CountId, owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """Show a count: its lines, and what has happened."""

    async def ask() -> dict[str, Any]:
        async with connected(settings()) as client:
            return await client.ask("inventory", "timeline", owner=owner, kind="count", key=[count])

    found = asyncio.run(ask())
    document = found["document"]
    if document is None:
        fail(f"{owner} has no count {count}", NOT_FOUND)
    if json:
        as_json(found)
        return
    as_table(
        f"Count {count} at {document['location_id']}: {document.get('status', 'planned')}",
        ("SKU", "counted", "expected", "settled"),
        (
            [
                line["sku"],
                _or_dash(line.get("counted")),
                line.get("expected", 0),
                _settled(line),
            ]
            for line in document.get("lines", ())
        ),
    )
    for event in found["events"]:
        console.print(event["headers"].get("ce-time", "")[:19], event["subject"].split(".")[2])
        tell(event["subject"].split(".")[2], {"skipped": [], **event["body"]})


def _settled(line: dict[str, Any]) -> str:
    return "yes" if line.get("settled") else "no"


def _or_dash(value: int | None) -> str:
    return "-" if value is None else str(value)
