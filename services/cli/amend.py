"""`crossdock orders amend` and `crossdock orders address`: an operator or agent corrects an order."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from pydantic import ValidationError

from crossdock_contracts.amendments import AmendOrderV1
from crossdock_contracts.base import Command, explain
from crossdock_contracts.capture import ReleaseHoldV1
from services.cli.client import Client, connected
from services.cli.errands import carry_out, plainly
from services.cli.orders import Order, app
from services.cli.output import NOT_FOUND, USAGE, JsonFlag, OwnerOption, fail
from services.hub.settings import settings

By = Annotated[str, typer.Option("--by", help="Who asks.")]


@app.command()
def amend(
    order: Order,
    file: Annotated[Path, typer.Argument(help="JSON object with what is to be different; see the contract.")],
    identity: Annotated[str, typer.Option("--id", help="Your own id, so that the same correction is made once.")] = "",
    by: By = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Change an order: address, service level, dates, gift message, note, pieces of its lines (amend-order v1)."""
    try:
        wanted = orjson.loads(file.read_bytes())
        command = AmendOrderV1.model_validate(
            {**wanted, "owner": owner, "order_id": order, "amendment_id": identity, "requested_by": by}
        )
    except (OSError, orjson.JSONDecodeError, TypeError) as error:
        fail(f"{file}: {error}", USAGE)
    except ValidationError as error:
        fail(f"{file}: {explain(error)}", USAGE)
    _carry_out(command, json=json)


@app.command()
def address(
    order: Order,
    name: Annotated[str | None, typer.Option()] = None,
    company: Annotated[str | None, typer.Option()] = None,
    line1: Annotated[str | None, typer.Option()] = None,
    line2: Annotated[str | None, typer.Option()] = None,
    postcode: Annotated[str | None, typer.Option()] = None,
    city: Annotated[str | None, typer.Option()] = None,
    region: Annotated[str | None, typer.Option()] = None,
    country: Annotated[str | None, typer.Option(help="ISO 3166-1 alpha-2 code.")] = None,
    phone: Annotated[str | None, typer.Option()] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Take the address that a carrier suggests; its hold is released.")
    ] = False,
    by: By = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Correct an order's delivery address; what is not named stays. What has left already is not called back."""
    given = {
        "name": name,
        "company": company,
        "line1": line1,
        "line2": line2,
        "postcode": postcode,
        "city": city,
        "region": region,
        "country": country,
        "phone": phone,
    }
    moved = {key: value for key, value in given.items() if value is not None}
    if not moved and not accept:
        fail("name what is different, for instance --line1 'Street 2'", USAGE)
    document = asyncio.run(_order(owner, order))
    held, suggested = _suggestion(document, order) if accept else ("", None)
    standing = suggested or (document.get("order") or {}).get("ship_to") or {}
    place = {"latitude": None, "longitude": None}  # of where it was
    command = AmendOrderV1.model_validate(
        {"owner": owner, "order_id": order, "ship_to": {**standing, **place, **moved}, "requested_by": by}
    )
    if not held:
        _carry_out(command, json=json)
        return
    release = ReleaseHoldV1(owner=owner, order_id=order, hold_id=held, released_by=by, note="suggestion accepted")

    async def accepted(client: Client) -> Command:
        await client.order(command)  # first: the order goes on to where it was corrected to
        return release

    carry_out(accepted, json=json, tell=plainly, nothing=f"{order} goes to the suggested address")


def _suggestion(document: dict[str, Any], order: str) -> tuple[str, dict[str, Any]]:
    """The hold of an order for which a carrier suggests another address, and that address."""
    found = next((hold for hold in document.get("holds", ()) if hold.get("suggestion")), None)
    if found is None:
        fail(f"no carrier suggests another address for {order}", NOT_FOUND)
    return str(found["hold_id"]), dict(found["suggestion"])


async def _order(owner: str, order: str) -> dict[str, Any]:
    """The order as it stands."""
    async with connected(settings()) as client:
        found = (await client.ask("capture", "timeline", kind="order", owner=owner, key=[order]))["document"]
    if found is None:
        fail(f"{owner} has no order {order}", NOT_FOUND)
    return dict(found)


def _carry_out(command: AmendOrderV1, *, json: bool) -> None:
    carry_out(command, json=json, tell=plainly, nothing="this correction was asked for before")
