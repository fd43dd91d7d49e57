"""`crossdock channels remap`: what channels handed in is read again, once a mapping has been mended."""

import asyncio
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.progress import MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn
from rich.text import Text

from crossdock_contracts.capture import IngestV1, Reread
from crossdock_contracts.channels import NoteRemapV1, RemapFigures
from services.capture.formats import FORMATS
from services.capture.rules import Channel, Channels, UnknownChannelError
from services.cli.client import Answer, Client, connected
from services.cli.kept import Kept, Survey, Wanted
from services.cli.many import Errand, order_each
from services.cli.output import FAILED, NOT_FOUND, USAGE, JsonFlag, as_json, console, counted, errors, fail
from services.cli.rereading import Reading, Rereading, outcome_of
from services.hub.settings import settings

_TOGETHER = 100
"""So many orders are looked at, and then handed in."""
_PATIENCE_S = 120.0
_SHOWN = 20
"""So many orders are shown one by one; of all of them it is told which fields differ."""
_LINE = re.compile(r"^\$\.lines\.[^.]+")


@dataclass(slots=True)
class Run:
    """How far it has come; it goes on being true when it is interrupted."""

    wanted: Wanted
    dry: bool
    missing: bool = False
    rate: float = 0.0
    by: str = ""
    note: str = ""
    run_id: str = field(default_factory=lambda: uuid4().hex[:12])
    begun_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    survey: Survey = field(default_factory=Survey)
    absent: int = 0
    """Orders whose payloads are kept, and that never became orders."""
    to_look_at: int = 0
    looked_at: int = 0
    readings: list[Reading] = field(default_factory=list)
    """Of orders that read otherwise today."""
    handed_in: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    """What became of those that were handed in."""
    failed: dict[str, str] = field(default_factory=dict)
    """Orders that could not be handed in, and why."""

    @property
    def differing(self) -> Counter[str]:
        """How many orders differ in each field; lines count together."""
        paths: Counter[str] = Counter()
        for one in self.readings:
            paths.update({_LINE.sub("$.lines.*", change.path) for change in one.differences})
        return paths

    @property
    def would(self) -> Counter[str]:
        """What would become of the orders, or was to become of them, by today's mapping."""
        return Counter(one.outcome for one in self.readings)

    def noted(self, *, ended: bool) -> NoteRemapV1:
        """The audit entry of its beginning or its end."""
        of = self.outcomes
        figures = {name: of[name] for name in ("changed", "held", "captured", "ignored")}
        return NoteRemapV1(
            owner=self.wanted.channel.config.owner,
            channel=self.wanted.channel.name,
            run_id=self.run_id,
            requested_by=self.by,
            note=self.note,
            begun_at=self.begun_at,
            ended_at=datetime.now(UTC) if ended else None,
            figures=RemapFigures(orders=len(self.survey.newest), handed_in=self.handed_in, **figures),
        )

    def as_json(self) -> dict[str, Any]:
        """The figures, for programs."""
        return {
            "channel": self.wanted.channel.name,
            "run_id": "" if self.dry else self.run_id,
            "dry_run": self.dry,
            "payloads": self.survey.payloads,
            "unreadable": dict(self.survey.unreadable),
            "passed_over": self.survey.passed_over,
            "orders": len(self.survey.newest),
            "never_captured": self.absent,
            "outcomes": dict(self.would),
            "differing": dict(self.differing.most_common()),
            "handed_in": self.handed_in,
            "became": dict(self.outcomes),
            "failed": self.failed,
            "readings": [one.as_json() for one in self.readings],
        }


def remap(
    channel: Annotated[str, typer.Argument(help="A channel of channels.toml.")],
    order: Annotated[list[str] | None, typer.Option(help="Only this order, by its id here or in the channel.")] = None,
    since: Annotated[str, typer.Option(help="Only what came in from then on, such as 2030-01-31T12:00:00Z.")] = "",
    until: Annotated[str, typer.Option(help="Only what came in before then.")] = "",
    missing: Annotated[
        bool, typer.Option("--missing", help="Also what never became an order: it is captured, if it can be today.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would differ.")] = False,
    rate: Annotated[float, typer.Option(min=0, help="Most orders a second; 0: as fast as it goes.")] = 50.0,
    by: Annotated[
        str, typer.Option(help="Who asks for it; it goes into the audit entry. Else: who is logged in.")
    ] = "",
    note: Annotated[str, typer.Option(help="Why; it goes into the audit entry.")] = "",
    json: JsonFlag = False,
) -> None:
    """Read a channel's past again with today's mapping, and have its orders amended where they read otherwise.

    Of each order the newest payload that is kept is read. What reads otherwise is handed in as a newer copy of the
    same order, which capture compares with what it has: what has shipped is not shipped again. May be interrupted at
    any time: what was handed in reads as it should by then, and the same command goes on with the rest. The services
    have to run with the mended mapping already.
    """
    found = _channel(channel)
    names = frozenset(one if one.startswith(f"{channel}:") else found.key(one) for one in order or ())
    wanted = Wanted(found, names, _moment("--since", since), _moment("--until", until))
    run = Run(wanted, dry_run, missing, rate, by or os.environ.get("USER", ""), note)
    try:
        asyncio.run(_carry_out(run))
    except KeyboardInterrupt:
        left = run.to_look_at - run.looked_at
        fail(f"interrupted: {run.handed_in:,} handed in, {left:,} not looked at; the same command goes on", FAILED)
    as_json(run.as_json()) if json else _say(run)
    raise typer.Exit(FAILED if run.failed else 0)


def _channel(name: str) -> Channel:
    try:
        return Channels.load(settings().rules_dir, FORMATS)[name]
    except UnknownChannelError as error:
        fail(str(error), NOT_FOUND)


def _moment(option: str, text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError as error:
        fail(f"{option}: {error}", USAGE)
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


async def _carry_out(run: Run) -> None:
    with Progress(
        TextColumn("{task.description}"),
        MofNCompleteColumn(),
        TaskProgressColumn(show_speed=True),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    ) as progress:
        async with connected(settings(), reconnects=-1) as client:
            reading = progress.add_task("payloads read", total=None)
            looking = progress.add_task("orders looked at", total=None)

            def moved() -> None:
                progress.update(reading, completed=run.survey.payloads)
                progress.update(looking, completed=run.looked_at, total=run.to_look_at or None)

            await read_again(
                client,
                run,
                keep_ended=timedelta(days=settings().keep_ended_days),
                moved=moved,
            )


async def read_again(
    client: Client, run: Run, *, keep_ended: timedelta, moved: Callable[[], None] = lambda: None
) -> None:
    """Read what is kept again, and hand in what reads otherwise, unless it is a dry run.

    Raises:
        DisconnectedError, UnreachableError, NoServiceError: the hub does not answer; the same again goes on.
    """
    kept = Kept(client)
    await kept.survey(run.wanted, run.survey, moved)
    again = Rereading(client, run.wanted.channel, keep_ended)
    names, run.absent = await again.news(run.survey.newest, missing=run.missing)
    run.to_look_at = len(names)
    if not run.dry:
        await client.order(run.noted(ended=False))
    try:
        async for some in _together(kept.at([run.survey.newest[name].place for name in names])):
            readings = await again.readings([_again(run, message) for message in some])
            news = [one for one in readings if one.is_news]
            run.readings += [one for one in readings if one.is_news or one.differences or one.outcome == "refused"]
            if not run.dry:
                await _hand_in(client, run, news)
            run.looked_at += len(some)
            moved()
    finally:
        if not run.dry:
            await client.order(run.noted(ended=True))


def _again(run: Run, message: IngestV1) -> IngestV1:
    reread = Reread(run_id=run.run_id, requested_by=run.by, captures=run.missing)
    return message.model_copy(update={"reread": reread})


async def _together(messages: AsyncIterator[IngestV1]) -> AsyncIterator[list[IngestV1]]:
    some: list[IngestV1] = []
    async for message in messages:
        some.append(message)
        if len(some) == _TOGETHER:
            yield some
            some = []
    if some:
        yield some


async def _hand_in(client: Client, run: Run, news: list[Reading]) -> None:
    def told(number: int, answer: Answer) -> None:
        order_id = news[number].message.order_id
        if answer.refusal:
            run.failed[order_id] = answer.refusal
            return
        run.handed_in += 1
        run.outcomes[outcome_of(event["type"].split(".")[2] for event in answer.events)] += 1

    errands = (Errand(one.message) for one in news)
    await order_each(client, errands, told, rate=run.rate, timeout_s=_PATIENCE_S, at_once=_TOGETHER)


def _say(run: Run) -> None:
    survey = run.survey
    for one in run.readings[:_SHOWN]:
        console.print(f"{one.message.order_id}: {one.outcome}" + (f": {one.detail}" if one.detail else ""))
        for change in one.differences:
            before, after = Text(change.before or "nothing", "red"), Text(change.after or "nothing", "green")
            console.print(" ", change.path, before, "→", after)
    if len(run.readings) > _SHOWN:
        console.print(f"… and {len(run.readings) - _SHOWN:,} orders more; --json tells of each")
    for path, number in run.differing.most_common(_SHOWN):
        console.print(f"{path} differs in {counted(number, 'order')}", highlight=False)
    for why, number in survey.unreadable.most_common(_SHOWN):
        console.print(f"{counted(number, 'payload')} cannot be read today either: {why}", highlight=False)
    console.print(f"{counted(survey.payloads, 'payload')} of {counted(len(survey.newest), 'order')} read again")
    if run.absent:
        console.print(f"{counted(run.absent, 'order')} never captured" + ("" if run.missing else "; see --missing"))
    would = ", ".join(f"{number:,} {name}" for name, number in sorted(run.would.items())) or "no order reads otherwise"
    if run.dry:
        console.print(f"would be: {would}" if run.would else would)
        return
    became = ", ".join(f"{number:,} {name}" for name, number in sorted(run.outcomes.items()))
    console.print(f"{run.handed_in:,} handed in" + (f": {became}" if became else "") + f"; audit entry {run.run_id}")
    for order_id, why in list(run.failed.items())[:_SHOWN]:
        console.print(Text("not handed in", "red"), f"{order_id}: {why}", highlight=False)
