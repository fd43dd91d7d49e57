"""`crossdock holds`."""

import asyncio
from typing import Annotated, Any

import typer

from crossdock_contracts.base import Command
from crossdock_contracts.capture import PlaceHoldV1, RejectOrderV1, ReleaseHoldV1
from services.cli.client import connected
from services.cli.output import JsonFlag, OwnerOption, as_json, as_table, console
from services.hub.settings import settings

app = typer.Typer(no_args_is_help=True)

Order = Annotated[str, typer.Argument(help="Order id, such as web:1001.")]


@app.command("list")
def list_holds(
    owner: OwnerOption = "main",
    reason: Annotated[str, typer.Option(help="Only holds for this reason.")] = "",
    role: Annotated[str, typer.Option(help="Only those that this role has to act on.")] = "",
    json: JsonFlag = False,
) -> None:
    """List open holds, those that end first at the top."""

    async def ask() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            return [
                {"order_id": document["order_id"], "status": document["status"], **hold}
                async for document in client.pages("capture", "documents", "documents", owner=owner, kind="order")
                for hold in document.get("holds", [])
                if reason in ("", hold["reason"]) and role in ("", hold.get("assigned_to", "operations"))
            ]

    rows = sorted(asyncio.run(ask()), key=lambda hold: str(hold["expires_at"]))
    if json:
        as_json(rows)
        return
    as_table(
        "Open holds",
        ("order", "hold", "reason", "detail", "for", "ends", "then"),
        (
            [
                r["order_id"],
                r["hold_id"],
                r["reason"],
                r.get("detail", ""),
                r.get("assigned_to", "operations"),
                r["expires_at"][:16],
                r.get("on_expiry", "reject"),
            ]
            for r in rows
        ),
    )


def _carry_out(command: Command, done: str, *, json: bool) -> None:
    async def order() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            return await client.order(command)

    events = asyncio.run(order())
    as_json(events) if json else console.print(done)


@app.command()
def release(
    order: Order,
    hold: Annotated[str, typer.Option(help="One hold; else all of them.")] = "",
    by: Annotated[str, typer.Option(help="Who releases it.")] = "",
    note: str = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Close a hold; with the last one the order goes on."""
    command = ReleaseHoldV1(owner=owner, order_id=order, hold_id=hold, released_by=by, note=note)
    _carry_out(command, f"released: {order}", json=json)


@app.command()
def reject(
    order: Order,
    by: Annotated[str, typer.Option(help="Who rejects it.")] = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """End a held order; its stock and its payment are given back."""
    _carry_out(RejectOrderV1(owner=owner, order_id=order, rejected_by=by), f"rejected: {order}", json=json)


@app.command()
def place(
    order: Order,
    reason: Annotated[str, typer.Argument(help="Why, in lower-case words joined by hyphens.")],
    detail: Annotated[str, typer.Option(help="What somebody should look at.")] = "",
    by: Annotated[str, typer.Option(help="Who places it.")] = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Hold an order until somebody has looked at it; it keeps its stock."""
    command = PlaceHoldV1(owner=owner, order_id=order, reason=reason, detail=detail, placed_by=by)
    _carry_out(command, f"held: {order}", json=json)
