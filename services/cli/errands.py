"""What commands about a fulfilment share: how it is found, and how a command is carried out and told of."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from crossdock_contracts.base import Command
from services.cli.client import Client, connected
from services.cli.output import NOT_FOUND, as_json, console, fail
from services.cli.timeline import describe
from services.hub.settings import settings

Fulfilment = Annotated[str, typer.Argument(help="Fulfilment id, such as web:1001/1.")]
Lines = Annotated[list[str] | None, typer.Option("--line", help="LINE=PIECES, as often as needed; else everything.")]


def quantities(lines: list[str] | None) -> dict[str, int]:
    """Pieces by line, as they are written: ``1=2``."""
    found: dict[str, int] = {}
    for one in lines or []:
        name, _, quantity = one.partition("=")
        if not quantity.isdigit():
            fail(f"--line {one}: write LINE=PIECES, such as 1=2", 2)
        found[name] = int(quantity)
    return found


async def shipment_of(client: Client, owner: str, fulfilment: str) -> dict[str, Any]:
    """A fulfilment as shipping has it; the command ends where it has none."""
    answer = await client.ask("shipping", "timeline", kind="shipment", owner=owner, key=[fulfilment])
    if answer["document"] is None:
        fail(f"{owner} has no fulfilment {fulfilment}", NOT_FOUND)
    return dict(answer["document"])


def carry_out(make: Callable[[Client], Awaitable[Command]], *, json: bool) -> None:
    """Have a command carried out, and say what it caused."""

    async def order() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            return await client.order(await make(client))

    events = asyncio.run(order())
    if json:
        as_json(events)
        return
    for event in events:
        console.print(f"{event['type'].rpartition('.')[2]}: {describe(event['type'] + '.v1', event['body'])}")
    if not events:
        console.print("nothing to change")
