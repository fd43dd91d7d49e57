"""`crossdock dead`."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from crossdock_contracts.base import Command
from services.cli import closing, letters
from services.cli.client import Client, connected
from services.cli.closing import Tally
from services.cli.letters import Filters
from services.cli.mending import mend
from services.cli.output import FAILED, NOT_FOUND, USAGE, JsonFlag, as_json, as_table, console, errors, fail
from services.hub.edits import shown
from services.hub.letters import Letter as Stored
from services.hub.settings import settings

app = typer.Typer(no_args_is_help=True)
app.command("edit")(mend)

Letter = Annotated[str, typer.Argument(help="Id of the letter, such as CAPTURE_IN-17.")]
Letters = Annotated[list[str] | None, typer.Argument(help="Ids of letters, such as CAPTURE_IN-17.")]
By = Annotated[str, typer.Option(help="Who asks for it; it goes into the audit entry.")]
Everything = Annotated[bool, typer.Option("--all", help="All open letters that the filters leave.")]
Service = Annotated[str, typer.Option(help="Only those of one service.")]
Handler = Annotated[str, typer.Option(help="Only those of one handler.")]
Reason = Annotated[str, typer.Option(help="Only those of an error class, or with this in what was said.")]
Order = Annotated[str, typer.Option(help="Only those about one order, such as web:1001.")]
Before = Annotated[str, typer.Option(help="Only those that died before this moment, such as 2030-01-31T12:00:00Z.")]
Rate = Annotated[float, typer.Option(min=0, help="Most letters a second; 0: as fast as it goes.")]


def filters(service: str, handler: str, reason: str, order: str, before: str) -> Filters:
    """Filters as they were given."""
    try:
        moment = datetime.fromisoformat(before) if before else None
    except ValueError as error:
        fail(f"--before: {error}", USAGE)
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Filters(service, handler, reason, order, moment)


@app.command("list")
def list_letters(
    service: Service = "",
    handler: Handler = "",
    reason: Reason = "",
    order: Order = "",
    before: Before = "",
    each: Annotated[bool, typer.Option("--each", help="Every letter, not counts by reason.")] = False,
    json: JsonFlag = False,
) -> None:
    """List open dead letters, counted by what they died of; or each of them."""
    wanted = filters(service, handler, reason, order, before)

    async def ask() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            return await letters.letters(client, wanted)

    found = asyncio.run(ask())
    rows = found if each else letters.groups(found)
    if json:
        as_json(rows)
    elif each:
        as_table(
            "Dead letters",
            ("id", "service", "handler", "error", "detail", "order", "died"),
            (
                (
                    r["letter_id"],
                    r["service"],
                    r["handler"],
                    r["error"],
                    r["detail"][:120],
                    r["order"],
                    r["died_at"][:19],
                )
                for r in rows
            ),
        )
    else:
        as_table(
            f"Dead letters: {len(found):,}",
            ("letters", "service", "handler", "error", "reason", "first", "last", "for instance"),
            (
                (r["count"], r["service"], r["handler"], r["error"], r["reason"], r["first"][:19], r["last"][:19],
                 r["letter_id"])
                for r in rows
            ),
        )  # fmt: skip


@app.command()
def show(letter: Letter, json: JsonFlag = False) -> None:
    """Show a dead letter: the payload, and beside it why it could not be processed."""

    async def ask() -> list[tuple[dict[str, Any], Stored]]:
        async with connected(settings()) as client:
            found = [(one, await letters.stored(client, one)) for one in await letters.named(client, [letter])]
            return [(one, read[0]) for one, read in found if read is not None]

    found = asyncio.run(ask())
    if not found:
        fail(f"there is no open dead letter {letter}", NOT_FOUND)
    for brief, one in found:
        if json:
            as_json({"service": brief["service"], **one.model_dump()})
        else:
            _side_by_side(brief["service"], one)


def _side_by_side(service: str, letter: Stored) -> None:
    said = Group(
        Text(f"{letter.error}:", "red"),
        Text(letter.detail),
        Text(f"\nattempts {letter.attempts}, died {letter.died_at}, order {letter.order or '-'}"),
        Text("\n" + letter.traceback, "dim"),
        Text("\n".join(f"{name}: {value}" for name, value in letter.headers.items()), "dim"),
    )
    console.print(f"{letter.letter_id} {service}/{letter.handler} on {letter.subject}", style="bold")
    table = Table(header_style="bold", expand=True)
    table.add_column("payload", ratio=1, overflow="fold")
    table.add_column("why", ratio=1, overflow="fold")
    table.add_row(Syntax(shown(letter.body), "json", word_wrap=True), said)
    console.print(table)


@app.command()
def replay(
    letter: Letters = None,
    everything: Everything = False,
    service: Service = "",
    handler: Handler = "",
    reason: Reason = "",
    order: Order = "",
    before: Before = "",
    rate: Rate = 1000.0,
    by: By = "",
    note: str = "",
    json: JsonFlag = False,
) -> None:
    """Hand dead letters to their handlers once more, and tell what became of them.

    May be interrupted at any time: what has not been replayed is still open, and the same command goes on.
    """
    tally = _close(
        letter or [],
        filters(service, handler, reason, order, before) if everything else None,
        lambda some: closing.replay_of(some, by=by, note=note),
        rate,
        "replayed",
        see_through=True,
    )
    if json:
        failed = letters.groups(tally.failed_again)
        figures = {"failed_again": len(tally.failed_again), "waiting": tally.waiting, "under_way": tally.under_way}
        as_json(tally.summary("replayed") | figures | {"failures": failed})
        return
    _say(tally, "replayed")
    handled = len(tally.closed) - len(tally.failed_again) - tally.waiting - tally.under_way
    console.print(
        f"{handled:,} handled, {len(tally.failed_again):,} failed again, {tally.waiting:,} wait for a later attempt"
        + (f", {tally.under_way:,} still under way" if tally.under_way else "")
    )
    for line in letters.in_order(tally.failed_again, "failed again"):
        console.print(line, highlight=False)


@app.command()
def discard(
    letter: Letters = None,
    *,
    note: Annotated[str, typer.Option(help="Why they may be thrown away; it goes into the audit entry.")],
    everything: Everything = False,
    service: Service = "",
    handler: Handler = "",
    reason: Reason = "",
    order: Order = "",
    before: Before = "",
    rate: Rate = 1000.0,
    by: By = "",
    json: JsonFlag = False,
) -> None:
    """Close dead letters without handling them. The audit entry keeps the payload."""
    tally = _close(
        letter or [],
        filters(service, handler, reason, order, before) if everything else None,
        lambda some: closing.discard_of(some, by=by, note=note),
        rate,
        "discarded",
    )
    as_json(tally.summary("discarded")) if json else _say(tally, "discarded")


def _say(tally: Tally, verb: str) -> None:
    console.print(
        f"{len(tally.closed):,} {verb} in {tally.seconds:.1f} s"
        + (f"; {tally.gone:,} were closed meanwhile" if tally.gone else "")
    )
    for letter_id, why in tally.refused.items():
        console.print(Text("refused", "red"), f"{letter_id}: {why}", highlight=False)


def _close(
    ids: Sequence[str],
    wanted: Filters | None,
    command: Callable[[Sequence[dict[str, Any]]], Command],
    rate: float,
    verb: str,
    *,
    see_through: bool = False,
) -> Tally:
    """Close letters by their ids or by filters, showing how far it has come; what was done."""
    if bool(ids) == (wanted is not None):
        fail("name letters, or say --all, with filters or without", USAGE)
    tally = Tally()
    begun = datetime.now(UTC)
    try:
        asyncio.run(_run(ids, wanted, command, rate, verb, tally, see_through=see_through))
    except KeyboardInterrupt:
        left = tally.total - tally.done
        fail(f"interrupted: {tally.done:,} of {tally.total:,} {verb}; {left:,} are still open. To go on with them and "
             f"not with those that died again: the same command, and --before {begun.isoformat()}", FAILED)  # fmt: skip
    missing = [letter_id for letter_id in ids if letter_id not in tally.found]
    if missing:
        fail(f"there is no open dead letter {', '.join(missing)}", NOT_FOUND)
    return tally


async def _run(
    ids: Sequence[str],
    wanted: Filters | None,
    command: Callable[[Sequence[dict[str, Any]]], Command],
    rate: float,
    verb: str,
    tally: Tally,
    *,
    see_through: bool,
) -> None:
    async with connected(settings(), reconnects=-1) as client:
        found = await _chosen(client, ids, wanted)
        tally.found = {one["letter_id"] for one in found}
        with _progress() as progress:
            task = progress.add_task(verb, total=len(found))
            await closing.close_all(
                client, found, command, tally, rate=rate, moved=lambda: progress.update(task, completed=tally.done)
            )
            if see_through and tally.closed:
                progress.update(task, description="waiting for their handlers")
                await closing.see_through(client, tally)


async def _chosen(client: Client, ids: Sequence[str], wanted: Filters | None) -> list[dict[str, Any]]:
    if wanted is None:
        return await letters.named(client, ids)
    return await letters.letters(client, wanted)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(show_speed=True),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )
