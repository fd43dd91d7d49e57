"""`crossdock load`."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from services.capture.channels.sheet import Problem
from services.cli import quiet
from services.cli.client import Client, UnreachableError, connected
from services.cli.cutover import report
from services.cli.cutover.check import FILES, Load, checked, files_of
from services.cli.output import (
    FAILED,
    UNREACHABLE,
    USAGE,
    JsonFlag,
    OwnerOption,
    as_json,
    console,
    counted,
    errors,
    fail,
)
from services.hub.settings import Settings, settings

_REST_S = 3600.0


def load(
    folder: Annotated[
        Path,
        typer.Argument(exists=True, file_okay=False, help=f"Holds any of {', '.join(FILES)}; see docs/cutover.md."),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, and change nothing.")] = False,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Take over products, customers, opening stock and open orders: all files are right, or nothing is sent.

    Run a load that was broken off again: what is there already is not loaded twice, however much has happened since.
    """
    if not files_of(folder):
        fail(f"{folder} holds none of {', '.join(FILES)}", USAGE)
    asyncio.run(_load(settings(), folder, owner, dry_run=dry_run, json=json))


async def _load(config: Settings, folder: Path, owner: str, *, dry_run: bool, json: bool) -> None:
    async with AsyncExitStack() as stack:
        client, unreachable = None, ""
        try:
            client = await stack.enter_async_context(connected(config))
        except UnreachableError as error:
            unreachable = str(error)
        found = await checked(folder, owner, config.rules_dir, client)
        if found.problems:
            _refuse(folder, found.problems, json=json)
        if client is None and not dry_run:
            fail(unreachable, UNREACHABLE)
        if client is None:
            errors.print(f"not checked against what the hub has: {unreachable}", highlight=False, soft_wrap=True)
        if dry_run:
            _plan(found, json=json)
        elif client is not None:
            await _carry_out(found, client, json=json)


def _refuse(folder: Path, problems: list[Problem], *, json: bool) -> NoReturn:
    counts = Counter(problem.file for problem in problems)
    if json:
        as_json({"errors": dict(counts), "problems": [str(problem) for problem in problems]})
    else:
        _print(folder, problems)
    told = ", ".join(f"{count:,} in {name}" for name, count in counts.items())
    fail(f"{len(problems):,} errors: {told}; nothing was sent", FAILED)


def _print(folder: Path, problems: list[Problem]) -> None:
    for problem in problems:
        errors.print(f"{folder / str(problem)}", highlight=False, soft_wrap=True)


def _plan(found: Load, *, json: bool) -> None:
    rows: list[dict[str, Any]] = report.planned(found)
    if json:
        as_json({"dry_run": True, "files": rows})
    else:
        report.show_planned(rows)


async def _carry_out(found: Load, client: Client, *, json: bool) -> None:
    """Load file after file, each once the hub has dealt with the one before; then ask it what it has."""
    refused: dict[str, list[Problem]] = {}
    parked = await quiet.parked(client)
    for part in found.parts:
        standings = found.standings[part.sheet.file]
        wanted = [entry for entry, one in zip(part.entries, standings, strict=True) if not one.there]
        if not json:
            console.print(f"{part.sheet.file}: {counted(sum(len(entry.lines) for entry in wanted), 'row')} to load")
        refused[part.sheet.file] = await part.hand_in(client, wanted)
        try:
            await quiet.wait(client, timeout_s=_REST_S, say_after_s=10, besides=parked)
        except quiet.BusyError as error:
            fail(f"{error}; what was sent is not lost: run the load again once the hub is less busy")
    reports = [
        report.reported(part, found.standings[name], await part.standing(client), refused[name])
        for part in found.parts
        if (name := part.sheet.file)
    ]
    if json:
        as_json(report.as_data(reports))
    else:
        for one in reports:
            _print(Path(), sorted(one.problems))
        report.show(reports)
    if not all(one.adds_up for one in reports):
        raise typer.Exit(FAILED)
