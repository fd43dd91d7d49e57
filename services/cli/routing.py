"""`crossdock routing`."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from services.bench import plants
from services.bench.figure import BenchError
from services.bench.optimum import optimum
from services.cli import simulation
from services.cli.client import connected
from services.cli.explain import decisions, waits_for
from services.cli.known import freight_currency
from services.cli.output import NOT_FOUND, USAGE, JsonFlag, OwnerOption, as_json, as_table, console, fail
from services.cli.past import decided_since
from services.cli.verify import hub_or_its_data
from services.hub import log
from services.hub.money import major
from services.hub.settings import settings
from services.routing.replay import Decided
from services.routing.rules import Rules
from services.verify.reading import Streams

app = typer.Typer(no_args_is_help=True)

RulesFile = Annotated[
    Path,
    typer.Argument(
        exists=True, dir_okay=False, help="A file like routing.toml; locations and carriers stay as they are."
    ),
]


@app.command()
def check(file: RulesFile, json: JsonFlag = False) -> None:
    """Check a file of rules against the locations that there are, and say what each rule does."""
    rules = Rules.load(settings().rules_dir, file)
    told = [{"name": rule.name, "active": rule.active, "effects": rule.effects} for rule in rules.config.rule]
    idle = sorted(
        f"{rule.name}: {name} is not active"
        for rule in rules.config.rule
        for name in rule.locations - set(rules.active)
    )
    if json:
        as_json({"ok": True, "rules": told, "warnings": idle})
        return
    as_table(
        f"Rules of {file}",
        ("rule", "effects", ""),
        ([rule.name, ", ".join(rule.effects), "" if rule.active else "not active"] for rule in rules.config.rule),
    )
    for warning in idle:
        console.print(Text("warning:", "yellow"), warning, highlight=False)


@app.command()
def explain(
    order: Annotated[str, typer.Argument(help="Order id, such as web:1001.")],
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Tell why an order ships from where it does: who could have, who was kept out by what, and what each plan cost."""

    async def ask() -> tuple[dict[str, Any], dict[str, Any]]:
        async with connected(settings()) as client:
            route = await client.ask("routing", "timeline", kind="route", owner=owner, key=[order])
            return route, await client.ask("inventory", "timeline", kind="reservation", owner=owner, key=[order])

    route, reservation = asyncio.run(ask())
    if route["document"] is None and reservation["document"] is None:
        fail(f"routing knows no order {order} of {owner}", NOT_FOUND)
    found = decisions(route["events"], reservation["events"])
    waiting = "" if found else waits_for(route["document"])
    currency = freight_currency()
    if json:
        as_json({"order_id": order, "owner": owner, "currency": currency, "decisions": found, "waiting": waiting})
        return
    console.print(f"{order} of {owner}", style="bold")
    if waiting:
        console.print(f"not routed yet: {waiting}", highlight=False)
    for decision in found:
        _show(decision, currency)


def _show(decision: dict[str, Any], currency: str) -> None:
    console.print(
        f"\nattempt {decision['attempt']} at {decision['at'][:19]}: {decision['outcome']}",
        style="bold",
        highlight=False,
    )
    console.print(decision["why"], highlight=False, soft_wrap=True)
    for rule in decision["rules"]:
        console.print(f"rule {rule}", highlight=False)
    as_table(
        "Candidates",
        ("location", "free", "verdict", "rules"),
        (
            [
                one["location_id"],
                ", ".join(f"{pieces} × {sku}" for sku, pieces in one["free"].items()) or "nothing",
                one["verdict"],
                "; ".join(one["rules"]),
            ]
            for one in decision["candidates"]
        ),
    )
    if decision["ranking"]:
        as_table(
            "Plans",
            ("rank", "locations", "points", "made of", "freight", "carbon"),
            (
                [
                    plan["rank"],
                    "+".join(plan["shares"]),
                    plan["points"],
                    ", ".join(f"{name} {points:g}" for name, points in plan.get("parts", {}).items()),
                    major(plan.get("freight_minor", 0), currency).strip(),
                    f"{plan.get('carbon_g', 0):,} g",
                ]
                for plan in decision["ranking"]
            ),
        )


@app.command()
def simulate(
    file: RulesFile,
    since: Annotated[str, typer.Option(help="Decisions since then: 2026-03-01, 2026-03-01T12:00, or 7d, 12h.")] = "7d",
    top: Annotated[int, typer.Option(min=0, help="Orders to list whose cost would change most.")] = 10,
    json: JsonFlag = False,
) -> None:
    """Decide again, by other rules, what routing has decided, and compare. Reads the streams; changes nothing."""
    config = settings().model_copy(update={"log_level": "error"})
    log.configure(config)
    begin = _moment(since)
    rules = Rules.load(config.rules_dir, file)

    async def read() -> tuple[list[Decided], int]:
        async with hub_or_its_data(config) as client:
            return await decided_since(Streams(client.connection, client.calls), begin)

    past, lost = asyncio.run(read())
    result = simulation.compare(rules, past, lost, top)
    if json:
        as_json({"since": begin.isoformat(), "rules": str(file), **result})
    else:
        simulation.show(result, f"{file} since {begin:%Y-%m-%d %H:%M} UTC")


@app.command()
def benchmark(
    folder: Annotated[Path, typer.Argument(help="The tables of the supply chain logistics problem, as CSV.")],
    wait: Annotated[float, typer.Option(min=0, help="What a day of waiting for room costs, in dollars.")] = 2.0,
    json: JsonFlag = False,
) -> None:
    """Decide a real problem (figshare 7558679) as the router would; compare with what was done, and the optimum."""
    try:
        problem = plants.read(folder)
        was = plants.as_it_was(problem)
        ours, offered = plants.decide(problem, wait)
        best, waiting = optimum(offered, problem.capacity, wait, max(was.days, ours.days) + 1)
    except BenchError as error:
        fail(str(error))
    outcomes = {
        "file": (was.cost, was.waiting_days, was.with_waiting(wait)),
        "crossdock": (ours.cost, ours.waiting_days, ours.with_waiting(wait)),
        "optimum": (best - wait * waiting, round(waiting), best),
    }
    figures = {
        name: {
            "cost": round(cost, 2),
            "waiting_days": days,
            "total": round(whole, 2),
            "above": round(whole / best - 1, 9) + 0.0,
        }
        for name, (cost, days, whole) in outcomes.items()
    }
    if json:
        as_json({"orders": len(problem.orders), "wait": wait, "moved": ours.moved, **figures})
        return
    as_table(
        f"{len(problem.orders):,} orders, {len(problem.capacity)} plants; {ours.moved:,} orders by another plant",
        ("assignment", "cost", "order days waited", "with waiting", "above optimum"),
        (
            [name, f"{of['cost']:,.2f}", f"{of['waiting_days']:,}", f"{of['total']:,.2f}", f"{of['above']:.3%}"]
            for name, of in figures.items()
        ),
    )


def _moment(text: str) -> datetime:
    """A moment in UTC, or so long ago."""
    number, unit = text[:-1], text[-1:]
    if number.isdigit() and unit in {"d", "h"}:
        return datetime.now(UTC) - (timedelta(days=int(number)) if unit == "d" else timedelta(hours=int(number)))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"--since {text}: write a date such as 2026-03-01, with a time if wanted, or 7d, or 12h", USAGE)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
