"""`crossdock waiting`."""

import asyncio
from collections import Counter
from typing import Annotated, Any

import typer

from services.cli.client import Client, connected
from services.cli.output import JsonFlag, as_json, as_table, counted
from services.cli.supervisor import ALL
from services.hub.settings import settings


async def waits(client: Client, system: str = "") -> list[dict[str, Any]]:
    """What waits in all services, the longest first in each; with ``system`` what waits for that adapter."""
    found: list[dict[str, Any]] = []
    for service in ALL:
        kinds = [""]
        for kind in kinds:
            after: int | None = 0
            while after is not None:
                page = await client.ask(
                    service, "waiting", every_owner=True, system=system, kind=kind, after=after, limit=500
                )
                found += [{"service": service, **one} for one in page["waiting"]]
                kinds += [] if kind or after else page["kinds"]
                after = page["next"]
    return found


def waiting(
    system: Annotated[str, typer.Argument(help="Carrier account, channel or gateway; empty: all.")] = "",
    each: Annotated[bool, typer.Option("--each", help="List each, not only how many.")] = False,
    json: JsonFlag = False,
) -> None:
    """Tell what waits to be tried again, and for which system of the outside; all of it goes on by itself."""

    async def ask() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            return await waits(client, system)

    found = asyncio.run(ask())
    if json:
        as_json(found)
        return
    if each:
        as_table(
            counted(len(found), "thing that waits", "things that wait"),
            ("service", "what", "about", "for", "tried", "again by", "why"),
            (
                (
                    one["service"],
                    one["handler"],
                    one["about"],
                    ", ".join(one["waits_for"]),
                    one["attempts"],
                    one["due_at"][:19],
                    one["why"][:120],
                )
                for one in found
            ),
        )
        return
    groups = Counter((one["service"], one["handler"], ", ".join(one["waits_for"])) for one in found)
    rows = [(count, *group) for group, count in groups.most_common()]
    as_table(f"Waiting: {len(found):,}", ("count", "service", "what", "for"), rows)
