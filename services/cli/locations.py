"""`crossdock locations`."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from crossdock_contracts.routing import CloseLocationV1, OpenLocationV1, SetLocationCapacityV1
from services.cli.client import connected
from services.cli.errands import carry_out, plainly
from services.cli.output import JsonFlag, as_json, as_table
from services.hub.settings import settings

app = typer.Typer(no_args_is_help=True)

Location = Annotated[str, typer.Argument(help="Location id, as in locations.toml.")]
By = Annotated[str, typer.Option(help="Who says so.")]
Reason = Annotated[str, typer.Option(help="Why.")]


@app.command("list")
def list_locations(json: JsonFlag = False) -> None:
    """List locations: whether they work, what they can take, and what leaves them this week."""

    async def ask() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            return list((await client.ask("routing", "locations"))["answer"])

    found = asyncio.run(ask())
    if json:
        as_json(found)
        return
    columns = ("location", "name", "stands", "time zone", "a day", "leaving")
    as_table("Locations", columns, ([one["location_id"], *_row(one)] for one in found))


def _row(one: dict[str, Any]) -> list[Any]:
    leaving = ", ".join(f"{day['day'][5:]}: {day['fulfilments']}" for day in one["leaving"])
    capacity = one["daily_capacity"]
    return [one["name"], _stands(one), one["time_zone"], "any" if capacity is None else str(capacity), leaving]


def _stands(one: dict[str, Any]) -> str:
    if not one["active"]:
        return "not in use"
    if one["closed"]:
        until = f" until {one['closed_until'][:16]}" if one["closed_until"] else ""
        return f"closed{until}" + (f" ({one['reason']})" if one["reason"] else "")
    return "does not work today" if one["works_today"] is False else "open"


@app.command()
def close(
    location: Location,
    until: Annotated[
        datetime | None, typer.Option(help="When it opens again, in UTC; else it stays closed until it is opened.")
    ] = None,
    reason: Reason = "",
    by: By = "",
    json: JsonFlag = False,
) -> None:
    """Route nothing more to a location; with --until, only what may wait until then."""
    end = until.replace(tzinfo=UTC) if until is not None else None
    carry_out(
        CloseLocationV1(owner="main", location_id=location, until=end, reason=reason, closed_by=by),
        json=json,
        tell=plainly,
    )


@app.command("open")
def open_again(location: Location, by: By = "", json: JsonFlag = False) -> None:
    """Let a location that was closed ship again."""
    carry_out(OpenLocationV1(owner="main", location_id=location, opened_by=by), json=json, tell=plainly)


@app.command()
def capacity(
    location: Location,
    fulfilments: Annotated[
        int | None, typer.Argument(min=0, help="Most that leave it on one day; left out: as configured.")
    ] = None,
    reason: Reason = "",
    by: By = "",
    json: JsonFlag = False,
) -> None:
    """Say how many fulfilments leave a location each day from now on."""
    command = SetLocationCapacityV1(
        owner="main", location_id=location, daily_capacity=fulfilments, reason=reason, set_by=by
    )
    carry_out(command, json=json, tell=plainly)
