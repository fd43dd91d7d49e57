"""What commands share that have something carried out: how pieces are named, and how what followed is told."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from crossdock_contracts.base import Command
from crossdock_contracts.values import LineQuantity
from services.cli.client import Client, connected
from services.cli.output import NOT_FOUND, USAGE, as_json, console, fail
from services.cli.timeline import describe
from services.hub.settings import settings

Fulfilment = Annotated[str, typer.Argument(help="Fulfilment id, such as web:1001/1.")]
Lines = Annotated[list[str] | None, typer.Option("--line", help="LINE=PIECES, as often as needed; else everything.")]

By = Annotated[str, typer.Option(help="Who does it.")]

Event = dict[str, Any]
"""An event as it is answered: its ``type`` and its ``body``."""


def quantities(lines: list[str] | None, *, least: int = 1) -> dict[str, int]:
    """Pieces by line, as they are written: ``1=2``; the same line again adds to it."""
    found: dict[str, int] = {}
    for one in lines or []:
        name, _, quantity = one.rpartition("=")
        if not name or not quantity.isdigit() or int(quantity) < least:
            fail(f"--line {one}: write LINE=PIECES, such as 1=2", USAGE)
        found[name] = found.get(name, 0) + int(quantity)
    return found


def line_quantities(lines: list[str] | None) -> tuple[LineQuantity, ...]:
    """The same, as commands name them."""
    return tuple(LineQuantity(line_id=name, quantity=quantity) for name, quantity in quantities(lines).items())


async def shipment_of(client: Client, owner: str, fulfilment: str) -> dict[str, Any]:
    """A fulfilment as shipping has it; the command ends where it has none."""
    answer = await client.ask("shipping", "timeline", kind="shipment", owner=owner, key=[fulfilment])
    if answer["document"] is None:
        fail(f"{owner} has no fulfilment {fulfilment}", NOT_FOUND)
    return dict(answer["document"])


def about(owner: str, fulfilment: str, command: Callable[..., Command]) -> Callable[[Client], Awaitable[Command]]:
    """A command about a fulfilment, which names its order too; ``command`` lacks these, and nothing else."""

    async def made(client: Client) -> Command:
        order_id = (await shipment_of(client, owner, fulfilment))["order_id"]
        return command(owner=owner, order_id=order_id, fulfilment_id=fulfilment)

    return made


def by_name(event: Event) -> None:
    """Tell of an event, its name first."""
    console.print(f"{event['type'].rpartition('.')[2]}: {describe(event['type'] + '.v1', event['body'])}")


def plainly(event: Event) -> None:
    """Tell of an event in its own words."""
    console.print(describe(f"{event['type']}.v1", event["body"]), highlight=False)


def carry_out(
    wanted: Command | Callable[[Client], Awaitable[Command]],
    *,
    json: bool,
    tell: Callable[[Event], None] = by_name,
    is_told: Callable[[Event], bool] = lambda _: True,
    nothing: str = "nothing to change",
) -> None:
    """Have a command carried out, or the one that is made once the hub was asked, and say what it caused.

    ``nothing`` is what is so where no event that is told of says it.
    """

    async def order() -> list[Event]:
        async with connected(settings()) as client:
            return await client.order(wanted if isinstance(wanted, Command) else await wanted(client))

    events = asyncio.run(order())
    if json:
        as_json(events)
        return
    for event in events:
        tell(event)
    if not any(is_told(event) for event in events):
        console.print(nothing)
