"""`crossdock import`."""

import asyncio
import csv
from collections import Counter
from contextlib import nullcontext
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from crossdock_contracts.base import Command
from crossdock_contracts.capture import CancelOrderV1, IngestV1
from crossdock_contracts.inventory import ReceiveStockV1
from crossdock_contracts.products import Product, UpsertProductV1
from crossdock_contracts.values import LineKind
from services.capture.channels.invoices import Cancellation
from services.capture.formats import FORMATS
from services.capture.rules import Channel, Channels, UnknownChannelError
from services.cli import quiet
from services.cli.client import Client, connected
from services.cli.output import FAILED, OK, USAGE, JsonFlag, as_json, as_table, console, counted, fail
from services.cli.plans import HandedIn, Plan, Step, plan_of
from services.cli.products import store
from services.hub.settings import Settings, settings

_WINDOW = 400


class Checkpoint:
    """How far an import has got, so that one that was interrupted goes on where it stopped."""

    def __init__(self, config: Settings, file: Path, channel: str) -> None:
        digest = sha256(file.read_bytes() + channel.encode()).hexdigest()[:32]
        self._file = config.data_dir / "imports" / f"{digest}.json"
        self.import_id = f"import-{digest}"
        self.receipts = self.steps = 0
        if self._file.exists():
            content = orjson.loads(self._file.read_bytes())
            self.receipts, self.steps = int(content["receipts"]), int(content["steps"])

    def reached(self, *, receipts: int | None = None, steps: int | None = None) -> None:
        """So many receipts of stock, or steps, are durable in the hub."""
        self.receipts = self.receipts if receipts is None else receipts
        self.steps = self.steps if steps is None else steps
        self._file.parent.mkdir(parents=True, exist_ok=True)
        written = self._file.with_suffix(".new")
        written.write_bytes(orjson.dumps({"receipts": self.receipts, "steps": self.steps}))
        written.replace(self._file)


def _command(channel: Channel, file: str, step: Step) -> Command:
    owner = channel.config.owner
    if isinstance(step, Cancellation):
        return CancelOrderV1(
            owner=owner,
            order_id=channel.key(step.order_id),
            lines=step.lines,
            cancel_id=step.invoice,
            reason="credited",
            requested_by=f"import:{file}",
        )
    return IngestV1(
        owner=owner,
        channel=channel.name,
        order_id=channel.key(step.order.order_id),
        body=step.body,
        received_at=datetime.now(UTC),
        source=f"import:{file}",
    )


async def _send(
    client: Client, channel: Channel, file: str, plan: Plan, checkpoint: Checkpoint, progress: Progress | None
) -> int:
    """Hand in what is not durable yet, in windows; how many steps were."""
    task = progress.add_task("handed in", total=len(plan.steps), completed=checkpoint.steps) if progress else None
    begun = checkpoint.steps
    for start in range(begun, len(plan.steps), _WINDOW):
        window = plan.steps[start : start + _WINDOW]
        await store(client, [_command(channel, file, step) for step in window])
        checkpoint.reached(steps=start + len(window))
        if progress and task is not None:
            progress.update(task, completed=checkpoint.steps)
    return len(plan.steps) - begun


async def _catalogue(client: Client, plan: Plan, owner: str, stock_at: str, checkpoint: Checkpoint) -> None:
    """Products for every code that is sold, and, if asked, as many pieces as were."""
    parked = await quiet.parked(client)
    sold: Counter[str] = Counter()
    titles: dict[str, str] = {}
    for step in plan.steps:
        for line in step.order.lines if isinstance(step, HandedIn) else ():
            if line.kind is LineKind.PHYSICAL:
                sold[line.listing_id or line.sku] += line.quantity
                titles.setdefault(line.listing_id or line.sku, line.title)
    products: list[Command] = [
        UpsertProductV1(owner=owner, sku=sku, product=Product(sku=sku, title=titles[sku], weight_g=250)) for sku in sold
    ]
    await store(client, products)
    if stock_at:
        receipts: list[Command] = [
            ReceiveStockV1(owner=owner, sku=sku, location_id=stock_at, quantity=n, reference="import")
            for sku, n in sold.items()
        ]
        for start in range(checkpoint.receipts, len(receipts), _WINDOW):
            window = receipts[start : start + _WINDOW]
            await store(client, window, name=checkpoint.import_id)
            checkpoint.reached(receipts=start + len(window))
    await quiet.wait(client, say_after_s=10, besides=parked)


async def _outcome(client: Client, channel: Channel) -> dict[str, int]:
    """What became of the channel's orders in the hub, by status, and the holds by reason."""
    found: Counter[str] = Counter()
    async for one in client.pages("capture", "documents", "documents", owner=channel.config.owner, kind="order"):
        if one["order_id"].startswith(f"{channel.name}:"):
            found[one["status"]] += 1
            found.update(f"hold:{hold['reason']}" for hold in one.get("holds", []))
    return dict(found)


def _summary(plan: Plan, sent: int, outcome: dict[str, int]) -> dict[str, Any]:
    tally = plan.tally
    orders = [step for step in plan.steps if isinstance(step, HandedIn)]
    return {
        "rows": tally.rows,
        "lines": dict(sorted(tally.lines.items())),
        "money": str(tally.money),
        "amounts": {name: str(amount) for name, amount in sorted(tally.amounts.items())},
        "adds_up": tally.adds_up,
        "orders": len(orders),
        "cancellations": len(plan.steps) - len(orders),
        "rejected_rows": len(plan.rejections),
        "handed_in_now": sent,
        "in_the_hub": outcome,
    }


def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="Payloads of the channel; orders or invoices as CSV; or JSON lines.",
        ),
    ],
    channel: Annotated[str, typer.Option(help="Channel that the orders come from.")],
    products: Annotated[bool, typer.Option("--products", help="Create a product for every code that is sold.")] = False,
    stock_at: Annotated[str, typer.Option(help="With --products: receive what was sold at this location.")] = "",
    rejected: Annotated[Path | None, typer.Option(help="Write the rejected rows to this CSV file.")] = None,
    wait: Annotated[bool, typer.Option(help="Wait until the hub has dealt with everything.")] = True,
    json: JsonFlag = False,
) -> None:
    """Import orders from a file. One that was interrupted goes on, twice changes nothing. Exit 1: none was taken."""
    config = settings()
    try:
        known = Channels.load(config.rules_dir, FORMATS)[channel]
        plan = plan_of(file, known)
    except UnknownChannelError as error:
        fail(str(error), USAGE)
    except (ValueError, OSError) as error:
        fail(str(error), FAILED)
    result = asyncio.run(_import(config, known, file, plan, products=products, stock_at=stock_at, wait=wait, json=json))
    if rejected is not None:
        _write(rejected, plan)
    if json:
        first = [{"line": r.number, "invoice": r.invoice, "reason": r.reason} for r in plan.rejections[:1000]]
        as_json(result | {"rejections": first})
    else:
        _show(file, plan, result)
    nothing_taken = bool(plan.rejections) and not plan.steps
    raise typer.Exit(FAILED if nothing_taken or not result["adds_up"] else OK)


def _write(rejected: Path, plan: Plan) -> None:
    with rejected.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("line", "invoice", "reason", "money"))
        rows = sorted(plan.rejections, key=lambda r: r.number)
        writer.writerows((r.number, r.invoice, r.reason, r.money) for r in rows)


async def _import(
    config: Settings, channel: Channel, file: Path, plan: Plan, *, products: bool, stock_at: str, wait: bool, json: bool
) -> dict[str, Any]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    checkpoint = Checkpoint(config, file, channel.name)
    async with connected(config) as client:
        parked = await quiet.parked(client)
        if products and not checkpoint.steps:
            await _catalogue(client, plan, channel.config.owner, stock_at, checkpoint)
        with nullcontext() if json else Progress(*columns, console=console) as progress:
            sent = await _send(client, channel, file.name, plan, checkpoint, progress)
        if wait:
            await quiet.wait(client, timeout_s=3600, say_after_s=10, besides=parked)
        return _summary(plan, sent, await _outcome(client, channel))


def _show(file: Path, plan: Plan, result: dict[str, Any]) -> None:
    lines, amounts = result["lines"], result["amounts"]
    rows = [[name, lines.get(name, 0), amounts[name]] for name in sorted({*lines, *amounts})]
    rows.append([Text("sum", "bold"), sum(lines.values()), str(sum(map(Decimal, amounts.values()), Decimal(0)))])
    as_table(
        f"{file.name}: {counted(result['rows'], 'row')}, money {result['money']}", ("became", "rows", "money"), rows
    )
    took = f"{counted(result['orders'], 'order')} and {counted(result['cancellations'], 'cancellation')}"
    sums = f"rows and money {'add up' if result['adds_up'] else 'do not add up'}"
    console.print(
        f"{took}; now {result['handed_in_now']:,} handed in; {sums}", style="" if result["adds_up"] else "red"
    )
    as_table("In the hub", ("orders", "count"), sorted(result["in_the_hub"].items()))
    for one in sorted(plan.rejections, key=lambda r: r.number)[:10]:
        invoice = f"invoice {one.invoice}: " if one.invoice else ""
        console.print(f"line {one.number}: {invoice}{one.reason}", highlight=False)
    if len(plan.rejections) > 10:
        console.print(f"… and {len(plan.rejections) - 10:,} more; --rejected FILE writes them all")
