"""`crossdock demo`: the main job, end to end, on this machine."""

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import orjson
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from crossdock_contracts.base import Command
from crossdock_contracts.capture import CancelOrderV1
from crossdock_contracts.inventory import ReceiveStockV1
from crossdock_contracts.payments import SetCreditLimitV1
from crossdock_contracts.products import UpsertProductV1
from services.cli import demo_edges, quiet
from services.cli.actors import carry_out, work
from services.cli.client import Client, connected
from services.cli.customers import customer_id
from services.cli.generator import OWNERS, Shop, Submission
from services.cli.output import FAILED, USAGE, JsonFlag, as_json, as_table, console, counted, errors, fail
from services.cli.products import store
from services.cli.supervisor import Hub
from services.cli.verify import examine, report, show
from services.hub import log, process
from services.hub.settings import Settings, settings
from services.sandbox.profile import PROFILES
from services.verify.check import Check
from services.verify.facts import Facts, OrderKey, seconds_between
from services.verify.stock import oversold

_CONNECTIONS = 24
_FAULTS = ", ".join(PROFILES)


@dataclass(slots=True)
class Run:
    """What the demo itself did, to be held against what the hub says of it."""

    handed_in: int = 0
    accepted: int = 0
    refused: int = 0
    resent: int = 0
    cancelled_before: int = 0
    """Orders that were cancelled before they came in: they are not captured."""
    elapsed_s: float = 0.0
    answers: dict[int, int] = field(default_factory=dict)


@asynccontextmanager
async def own_hub(processes: int, *, keep: bool = False) -> AsyncIterator[tuple[Hub, Settings]]:
    """A hub of its own in a folder of its own, which is deleted at the end."""
    folder = Path(tempfile.mkdtemp(prefix="crossdock-"))
    base = settings()
    own = base.model_copy(update={"data_dir": folder, "http_port": 0, "nats_url": "", "log_level": "error"})
    hub = Hub(own, processes)
    try:
        await hub.start()
        await hub.ready()
        yield hub, own
    finally:
        await hub.stop()
        if keep:
            errors.print(f"kept: {folder}; look at it with CROSSDOCK_DATA_DIR={folder} crossdock verify")
        else:
            shutil.rmtree(folder, ignore_errors=True)


async def prepare(client: Client, shop: Shop, orders: int) -> None:
    """Products and stock of each merchant, kits once their components are known; what business customers may owe."""
    goods = list(shop.products())
    for kits in (False, True):
        some = [one for one in goods if bool(one.components) is kits]
        await carry_out(client, [UpsertProductV1(owner=o, sku=p.sku, product=p) for o in OWNERS for p in some])
    stock = list(shop.stock(orders))
    await carry_out(
        client,
        [
            ReceiveStockV1(owner=owner, sku=sku, location_id=location, quantity=pieces, reference="opening stock")
            for owner in OWNERS
            for sku, location, pieces in stock
        ],
    )
    today = datetime.now(UTC).date()
    await carry_out(
        client,
        [
            ReceiveStockV1(
                owner=owner,
                sku=sku,
                location_id=location,
                quantity=pieces,
                reference="opening stock",
                lot=lot,
                expires_on=(today + timedelta(days=days)).isoformat(),
            )
            for owner in OWNERS
            for sku, location, pieces, lot, days in shop.lots(orders)
        ],
    )
    await carry_out(
        client,
        [
            SetCreditLimitV1(owner="main", customer_id=customer_id(email), currency="EUR", limit_minor=limit)
            for email, limit in shop.limits()
        ],
    )


async def hand_in(url: str, submissions: list[Submission], run: Run, progress: Progress) -> None:
    """Hand orders in over HTTP, some at a time; what is not acknowledged is handed in again."""
    task = progress.add_task("handed in", total=len(submissions))
    queue = iter(submissions)
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=httpx.Limits(max_connections=_CONNECTIONS)) as web:

        async def worker() -> None:
            for one in queue:
                while True:
                    answer = await web.post(f"/webhooks/{one.channel}", content=orjson.dumps(one.body))
                    run.answers[answer.status_code] = run.answers.get(answer.status_code, 0) + 1
                    if answer.status_code != 503:
                        break
                    await asyncio.sleep(float(answer.headers.get("retry-after", "1")))
                run.handed_in += 1
                run.accepted += answer.status_code == 202
                run.refused += answer.status_code == 422
                run.resent += one.resent
                progress.advance(task)

        await asyncio.gather(*(worker() for _ in range(_CONNECTIONS)))


async def watch(client: Client, progress: Progress, goal: int) -> None:
    """Show how far orders have come."""
    names = (
        "order-captured",
        "stock-reserved",
        "payment-authorised",
        "order-routed",
        "stock-allocated",
        "label-bought",
    )
    tasks = {name: progress.add_task(name.replace("-", " "), total=goal) for name in names}
    while True:
        counts = await quiet.events(client)
        for name, task in tasks.items():
            progress.update(task, completed=counts.get(name, 0))
        await asyncio.sleep(0.2)


def _locations(facts: Facts) -> dict[OrderKey, set[str]]:
    """The locations that each order was placed at."""
    found: dict[OrderKey, set[str]] = {}
    for _, key, body in facts.events["order-routed"]:
        found.setdefault(key, set()).update(one["location_id"] for one in body["fulfilments"])
    return found


def cancel(one: Submission) -> Command:
    """The buyer has changed their mind."""
    return CancelOrderV1(owner=one.owner, order_id=one.order_id, reason="changed-mind")


def summary(run: Run, facts: Facts, checks: list[Check]) -> dict[str, Any]:
    """The demo's result as one object."""
    named = {check.name: check for check in checks}
    waited = {key for _, key, _ in facts.events["stock-backordered"]}
    latencies = sorted(
        1000 * seconds_between(at, facts.labelled_at[key])
        for key, at in facts.captured_at.items()
        if key in facts.labelled_at and key not in waited  # for stock, that a cancel or a return brought later
    )
    ignored = facts.counts["submission-ignored"]
    return {
        "orders": run.handed_in - run.resent,
        "captured": facts.counts["order-captured"],
        "held": len({key for key, order in facts.orders.items() if order.get("holds") or order.get("closed")}),
        "rejected": run.refused,
        "cancelled_before": run.cancelled_before,
        "duplicates_ignored": ignored,
        "reserved": sum(1 for r in facts.reservations.values() if r.get("generation", 0)),
        "backordered": len(waited),
        "routed": len({key for _, key, _ in facts.events["order-routed"]}),
        "allocated": len({key for _, key, _ in facts.events["stock-allocated"]}),
        "labelled": len(facts.labelled_at),
        "split": sum(len(x) > 1 for x in _locations(facts).values()),
        "kits": sum(bool(body["order"].get("kits")) for _, _, body in facts.events["order-captured"]),
        "amended": len({key for _, key, _ in facts.events["order-amended"]}),
        "on_terms": sum(payment.get("method") == "terms" for payment in facts.payments.values()),
        "from_lots": len(
            {key for _, key, body in facts.events["shipment-shipped"] if any(x.get("lots") for x in body["lines"])}
        ),
        "cases": len(facts.events["case-opened"]),
        "replaced": len(facts.events["replacement-ordered"]),
        "waves": facts.counts["wave-closed"],
        "short_picked": facts.counts["short-picked"],
        "picked_up": sum(
            any(parcel["carrier"] == "pickup" for parcel in body["parcels"])
            for _, _, body in facts.events["shipment-shipped"]
        ),
        "shipped": len({key for _, key, _ in facts.events["shipment-shipped"]}),
        "cancelled": len({key for _, key, _ in facts.events["order-cancelled"]}),
        "returned": facts.counts["return-closed"],
        "dead_letters": len(facts.letters),
        "lost": len(named["every-ingested-message-is-accounted-for"].violations),
        "oversold_units": sum(oversold(facts).values()),
        "double_reservations": len(named["nothing-is-reserved-twice"].violations),
        "double_labels": len(named["no-label-is-bought-twice"].violations),
        "elapsed_s": round(run.elapsed_s, 3),
        "orders_per_s": round((run.handed_in - run.resent) / run.elapsed_s, 1) if run.elapsed_s else 0.0,
        "latency_ms_p50": round(statistics.median(latencies), 1) if latencies else 0.0,
        "latency_ms_p99": round(latencies[int(len(latencies) * 0.99)], 1) if latencies else 0.0,
        "http_answers": {str(code): count for code, count in sorted(run.answers.items())},
    }


def tell(title: str, result: dict[str, Any], checks: list[Check], *, json: bool) -> None:
    """Print what came of it, for people or as JSON."""
    if json:
        as_json(result | {"verify": report(checks)})
    else:
        as_table(title, ("figure", "value"), [[name, n] for name, n in result.items() if name != "http_answers"])
        show(checks)


async def _demo(orders: int, seed: int, processes: int, *, keep: bool, json: bool) -> int:
    run = Run()
    shop = Shop(seed)
    submissions = list(shop.submissions(orders))
    before, after = shop.cancels(submissions)
    newer = list(shop.amendments([one for one in submissions if one not in after]))
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:>20}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    async with own_hub(processes, keep=keep) as (hub, own), connected(own, [hub.nats_url]) as client:
        with Progress(*columns, console=console, disable=json, transient=True) as progress:
            starting = progress.add_task("products and stock", total=None)
            await prepare(client, shop, orders)
            await store(client, [cancel(one) for one in before])
            run.cancelled_before = len(before)
            progress.remove_task(starting)
            watching = asyncio.create_task(watch(client, progress, orders))
            started = time.perf_counter()
            await hand_in(hub.http_url, submissions, run, progress)
            await quiet.wait(client)
            run.elapsed_s = time.perf_counter() - started
            await hand_in(hub.http_url, newer, Run(), progress)
            await carry_out(client, [cancel(one) for one in after])
            watching.cancel()
            working = progress.add_task("warehouse and returns", total=None)
            await work(client, seed)
            progress.update(working, description="audit")
            checks, facts = await examine(client)
    result = summary(run, facts, checks)
    tell(f"{counted(orders, 'order')}, seed {seed}", result, checks, json=json)
    lost_or_double = ("lost", "oversold_units", "double_reservations", "double_labels", "dead_letters")
    return 0 if all(check.ok for check in checks) and not any(result[name] for name in lost_or_double) else FAILED


def demo(
    orders: Annotated[int, typer.Option(min=1, help="Orders to hand in.")] = 500,
    seed: Annotated[int, typer.Option(help="The same seed makes the same orders.")] = 1,
    processes: Annotated[int, typer.Option(min=1, max=7, help="Processes that the services are shared out to.")] = 2,
    faults: Annotated[str, typer.Option(help=f"Through shops and carriers over HTTP, in a sandbox: {_FAULTS}.")] = "",
    keep: Annotated[bool, typer.Option("--keep", help="Keep the hub's folder.")] = False,
    json: JsonFlag = False,
) -> None:
    """Run real services and send them orders over HTTP; audit what came of it. Exit 0 only if everything holds."""
    config = settings().model_copy(update={"log_level": "error"})
    log.configure(config)
    if faults:
        if faults not in PROFILES:
            fail(f"no faults {faults}; there are: {_FAULTS}", USAGE)
        raise typer.Exit(process.run(demo_edges.demo(orders, seed, processes, faults, keep=keep, json=json)))
    raise typer.Exit(process.run(_demo(orders, seed, processes, keep=keep, json=json)))
