"""`crossdock warehouse`, on the floor: queues, steps."""

import asyncio
from functools import partial
from typing import Annotated, Any

import typer

from crossdock_contracts.warehouse import ConfirmStepV1
from services.cli import known
from services.cli.back import app
from services.cli.client import connected
from services.cli.errands import Fulfilment, about, carry_out
from services.cli.output import JsonFlag, OwnerOption, as_json, as_table, console
from services.hub.settings import settings

Location = Annotated[str, typer.Argument(help="Location, such as BER.", callback=known.location)]


async def ask(question: str, **fields: Any) -> Any:
    """What shipping answers."""
    async with connected(settings()) as client:
        return (await client.ask("shipping", question, **fields))["answer"]


@app.command()
def queue(
    location: Location,
    queue: Annotated[str, typer.Option(help="`pick`, or a step such as gift-wrap; else all.")] = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """List what waits at a location, in the order in which it is its turn."""
    found = asyncio.run(ask("queue", owner=owner, location_id=location, queue=queue))
    if json:
        as_json(found)
        return
    rows = [
        (
            one["queue"],
            one["fulfilment_id"],
            one["pieces"],
            one["priority"],
            (one["ship_by"] or "")[:16],
            one["since"][:16],
            one["service_level"],
            "overdue" if one["overdue"] else "",
        )
        for one in found
    ]
    columns = ("queue", "fulfilment", "pieces", "priority", "ship by", "since", "service", "")
    as_table(f"{len(rows)} waiting at {location}", columns, rows)
    if not rows and not known.works_with_the_hub(location):
        console.print(f'{location} has a system of its own; the hub keeps queues for those with work = "hub"')


@app.command()
def step(
    fulfilment: Fulfilment,
    name: Annotated[str, typer.Argument(help="Which step, such as gift-wrap.")],
    failed: Annotated[bool, typer.Option("--failed", help="It cannot be done: the order is held.")] = False,
    note: Annotated[str, typer.Option(help="What is to be known of it.")] = "",
    by: Annotated[str, typer.Option(help="Who did it.")] = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Confirm that a step of a fulfilment is done, or cannot be done."""
    command = partial(ConfirmStepV1, step=name, outcome="failed" if failed else "done", note=note, confirmed_by=by)
    carry_out(about(owner, fulfilment, command), json=json)
