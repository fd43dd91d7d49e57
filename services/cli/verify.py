"""`crossdock verify`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import typer
from rich.text import Text

from services.cli.client import Client, UnreachableError, connected
from services.cli.output import FAILED, JsonFlag, as_json, as_table, console
from services.hub import log
from services.hub.server import Server
from services.hub.settings import Settings, settings
from services.verify.check import Check
from services.verify.checks import audit
from services.verify.facts import Facts, gather
from services.verify.reading import Streams

_PASSES = 4


@asynccontextmanager
async def hub_or_its_data(config: Settings) -> AsyncIterator[Client]:
    """A connection to the hub; where it is not running, to its data, served for the while.

    Raises:
        UnreachableError: there is neither a hub nor data of one.
    """
    try:
        async with connected(config) as client:
            yield client
            return
    except UnreachableError:
        if config.nats_url or not (config.data_dir / "nats" / "jetstream").exists():
            raise
    server = Server(config)
    await server.start()
    try:
        async with connected(config, [server.url]) as client:
            yield client
    finally:
        await server.stop()


async def examine(client: Client) -> tuple[list[Check], Facts]:
    """Audit a hub. What is found while it runs counts only if it is still so when looked at again."""
    streams = Streams(client.connection, client.calls)
    checks: list[Check] = []
    facts = Facts()
    for number in range(_PASSES):
        facts = await gather(streams)
        found = audit(facts)
        if number:
            for check, before in zip(found, checks, strict=True):
                check.violations = [one for one in check.violations if one in before.violations]
        checks = found
        if all(check.ok for check in checks):
            break
        await asyncio.sleep(0.5)
    return checks, facts


def report(checks: list[Check]) -> dict[str, Any]:
    """An audit as JSON."""
    return {
        "ok": all(check.ok for check in checks),
        "checks": [
            {"name": check.name, "ok": check.ok, "checked": check.checked, "violations": check.violations}
            for check in checks
        ],
    }


def verify(json: JsonFlag = False) -> None:
    """Audit a running or stopped hub from its streams alone."""
    config = settings().model_copy(update={"log_level": "error"})
    log.configure(config)

    async def run() -> list[Check]:
        async with hub_or_its_data(config) as client:
            return (await examine(client))[0]

    checks = asyncio.run(run())
    if json:
        as_json(report(checks))
    else:
        show(checks)
    raise typer.Exit(0 if all(check.ok for check in checks) else FAILED)


def show(checks: list[Check]) -> None:
    """Print an audit."""
    as_table(
        "Audit",
        ("check", "looked at", "broken", ""),
        (
            [
                check.name,
                check.checked,
                len(check.violations),
                Text("holds", "green") if check.ok else Text("violated", "red"),
            ]
            for check in checks
        ),
    )
    for check in checks:
        for violation in check.violations[:20]:
            console.print(Text(f"{check.name}:", "red"), violation, highlight=False)
        if len(check.violations) > 20:
            console.print(f"… and {len(check.violations) - 20} more")
