"""`crossdock stores`: what a store answers, and what buyers collect there."""

import asyncio
from functools import partial
from typing import Annotated, Any

import typer

from crossdock_contracts.stores import (
    AcceptFulfilmentV1,
    ConfirmReadyV1,
    DeclineFulfilmentV1,
    HandOverV1,
    ReceiveAtStoreV1,
    ResetPickupCodeV1,
)
from services.cli.errands import By, Fulfilment, about, carry_out
from services.cli.floor import Location, ask
from services.cli.output import JsonFlag, OwnerOption, as_json, as_table

app = typer.Typer(no_args_is_help=True)


async def waiting_at(owner: str, location: str) -> list[dict[str, Any]]:
    """What waits at a location, in turn."""
    return list(await ask("queue", owner=owner, location_id=location))


def print_queue(location: str, found: list[dict[str, Any]], *, json: bool) -> None:
    """Print what waits at a location, and until when."""
    if json:
        as_json(found)
        return
    rows = [
        (one["queue"], one["fulfilment_id"], one["pieces"], one["late_at"][:16], "overdue" if one["overdue"] else "")
        for one in found
    ]
    as_table(f"{len(rows)} waiting at {location}", ("queue", "fulfilment", "pieces", "until", ""), rows)


@app.command()
def queue(location: Location, owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """List what a store has to answer, to pick, and to hand over, in turn."""
    print_queue(location, asyncio.run(waiting_at(owner, location)), json=json)


@app.command()
def accept(fulfilment: Fulfilment, by: By = "", owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """Take on a fulfilment that the store was offered."""
    carry_out(about(owner, fulfilment, partial(AcceptFulfilmentV1, accepted_by=by)), json=json)


@app.command()
def decline(
    fulfilment: Fulfilment,
    reason: Annotated[str, typer.Option(help="Why, in lower-case words joined by hyphens.")] = "not-possible",
    detail: Annotated[str, typer.Option(help="What is to be known of it.")] = "",
    by: By = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Do not take on a fulfilment that the store was offered: it goes to another location."""
    command = partial(DeclineFulfilmentV1, reason=reason, detail=detail, declined_by=by)
    carry_out(about(owner, fulfilment, command), json=json)


@app.command()
def ready(fulfilment: Fulfilment, by: By = "", owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """Confirm that what a buyer collects lies ready; they are sent the code."""
    carry_out(about(owner, fulfilment, partial(ConfirmReadyV1, ready_by=by)), json=json)


@app.command()
def arrived(fulfilment: Fulfilment, by: By = "", owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """Confirm that what was shipped to the store for a buyer is there; they are sent the code."""
    carry_out(about(owner, fulfilment, partial(ReceiveAtStoreV1, received_by=by)), json=json)


@app.command()
def handover(
    fulfilment: Fulfilment,
    code: Annotated[str, typer.Argument(help="What the buyer shows.")],
    by: By = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Hand over what a buyer collects, against the code."""
    carry_out(about(owner, fulfilment, partial(HandOverV1, code=code, handed_over_by=by)), json=json)


@app.command("reset-code")
def reset_code(fulfilment: Fulfilment, by: By = "", owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """Send the buyer a new code, after they lost theirs or showed too many wrong ones."""
    carry_out(about(owner, fulfilment, partial(ResetPickupCodeV1, reset_by=by)), json=json)
