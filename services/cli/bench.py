"""`crossdock bench`."""

import asyncio
import signal
import sys
import time
from dataclasses import asdict, replace
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from services.bench.figure import BenchError, Figure, rounded
from services.bench.machine import describe
from services.bench.options import GROUPS, NAMES, Options, chosen, read_groups
from services.cli.output import USAGE, JsonFlag, as_json, console, errors, fail
from services.hub import log, process
from services.hub.settings import settings

_PROCESSES = ",".join("+".join(group) for group in GROUPS)


def bench(
    orders: Annotated[int | None, typer.Option(min=1, help="Orders of one run.")] = None,
    stored: Annotated[int | None, typer.Option(min=1, help="Orders before memory and restart are measured.")] = None,
    large: Annotated[int | None, typer.Option(min=1, help="Stored orders and SKUs of the growth measurement.")] = None,
    repeats: Annotated[int | None, typer.Option(min=1, help="How often each run is repeated.")] = None,
    processes: Annotated[str, typer.Option(help="How the spine's services share processes.")] = _PROCESSES,
    only: Annotated[str, typer.Option(help=f"Some of: {', '.join(NAMES)}.")] = "",
    quick: Annotated[bool, typer.Option("--quick", help="Small numbers: whether it works, not how fast.")] = False,
    json: JsonFlag = False,
) -> None:
    """Measure the hub on this machine, each figure beside its goal and its floor."""
    try:
        names, groups = chosen(only), read_groups(processes)
    except ValueError as error:
        fail(str(error), USAGE)
    usual = Options().quick() if quick else Options()
    options = replace(
        usual,
        groups=groups,
        orders=orders or usual.orders,
        stored=stored or usual.stored,
        large=large or usual.large,
        repeats=repeats or usual.repeats,
    )
    log.configure(settings().model_copy(update={"log_level": "error"}))
    try:
        result = process.run(_bench(options, names))
    except BenchError as error:
        fail(str(error))
    except asyncio.CancelledError:
        fail("interrupted; all that was started has been ended")
    if json:
        as_json(result[0])
    else:
        _show(*result)


async def _bench(options: Options, names: list[str]) -> tuple[dict[str, Any], list[Figure]]:
    from services.bench import suite  # noqa: PLC0415  # it would slow the start of every other command down

    running = asyncio.current_task()
    assert running is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    machine, started = await describe(), time.perf_counter()
    taken: dict[str, float] = {}

    def begin(name: str) -> None:
        taken[name] = time.perf_counter()
        errors.print(f"{name} …", style="dim")

    figures = await suite.run(options, names, begin)
    begun, ended = [*taken.values()], [*list(taken.values())[1:], time.perf_counter()]
    result = {
        "figures": {figure.name: figure.as_json() for figure in figures},
        "machine": machine,
        "options": asdict(options),
        "command": " ".join(["crossdock", *sys.argv[1:]]),
        "commands": {name: f"crossdock bench --only {name}" for name in names},
        "elapsed_s": rounded(time.perf_counter() - started),
        "took_s": {name: rounded(end - start) for name, start, end in zip(names, begun, ended, strict=True)},
    }
    return result, figures


def _show(result: dict[str, Any], figures: list[Figure]) -> None:
    machine = result["machine"]
    console.print(
        f"{machine['cores']} cores, {machine['cpu']}, {machine['memory_mb']:,} MB, Python {machine['python']}, "
        f"{machine['nats_server']}; fsync always; {result['elapsed_s']:,} s",
        highlight=False,
    )
    table = Table(header_style="bold")
    table.add_column("figure", no_wrap=True)
    for column in ("min", "median", "max", "goal", "floor"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("")
    marks = {True: Text("✓", "green"), False: Text("✗", "red"), None: Text("")}
    for figure in figures:
        numbers = (min(figure.samples), figure.value, max(figure.samples), figure.goal, figure.floor)
        written = ["" if number is None else f"{rounded(number):,.10g}" for number in numbers]
        table.add_row(figure.name, *written, marks[figure.reached])
    console.print(table)
    for figure in figures:
        console.print(
            f"{figure.name}: {'; '.join(filter(None, (figure.unit, figure.note)))}", highlight=False, soft_wrap=True
        )
