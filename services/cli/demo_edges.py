"""`crossdock demo --faults`: the main job through channels and carriers over HTTP, which fail; the outside is asked."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any

from crossdock_contracts.capture import CancelOrderV1
from crossdock_contracts.shipping import ConfirmPackedV1, ConfirmPickedV1, ConfirmShippedV1
from crossdock_contracts.values import LineQuantity
from services.cli import quiet
from services.cli.actors import carry_out
from services.cli.client import Client, connected
from services.cli.edges import audit
from services.cli.edges.house import SECRET, hub_of, stock_up
from services.cli.edges.metrics import Calls, calls_of
from services.cli.edges.outside import ACCOUNTS, SHOPS, Outside, outside
from services.cli.edges.shops import orders_of
from services.cli.output import FAILED, as_json, as_table, errors
from services.cli.supervisor import Hub
from services.cli.verify import examine, report, show
from services.sandbox.sales import SKUS
from services.verify.check import Check
from services.verify.facts import Facts
from services.verify.stock import oversold

_SHARES = {"shopify": 0.5, "woocommerce": 0.4, "amazon": 0.1}
_SCARCE = SKUS[:3]
"""Orders of these may have to be cancelled, in part; of which Amazon has to be told by hand."""
_CANCELLED = 0.06
_HEAVIER = 0.1
"""Parcels that weigh more than was thought, so that their label is bought anew."""
_PATIENCE_S = 120.0
_LOOK_S = 0.5
_TIMEOUT_S = 4.0
"""The sandbox answers at once, a second late, or not at all."""


@dataclass(slots=True)
class Run:
    """What is to be told of a run beside what the hub says itself."""

    orders: int = 0
    elapsed_s: float = 0.0
    captured_s: float = 0.0
    cpu_s: float = 0.0
    calls: Calls = field(default_factory=Calls)
    mismatches: list[str] = field(default_factory=list)
    shops: dict[str, Any] = field(default_factory=dict)
    accounts: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, Any] = field(default_factory=dict)


async def demo(orders: int, seed: int, processes: int, faults: str, *, keep: bool, json: bool) -> int:
    """Run it; the exit status."""
    run = Run(orders=orders)
    async with (
        outside(faults, seed) as beyond,
        hub_of(beyond.url, processes, keep=keep, timeout_s=_TIMEOUT_S) as (hub, own),
        connected(own, [hub.nats_url]) as client,
    ):
        checks, facts = await _run(hub, client, beyond, run, seed)
    result = summary(run, facts, checks)
    if json:
        as_json(result | {"verify": report(checks)})
    else:
        as_table(
            f"{orders:,} orders, faults {faults}, seed {seed}",
            ("", "count"),
            [[k, v] for k, v in result.items() if not isinstance(v, dict)],
        )
        show(checks)
    return 0 if all(check.ok for check in checks) and not result["dead_letters"] else FAILED


async def _run(hub: Hub, client: Client, beyond: Outside, run: Run, seed: int) -> tuple[list[Check], Facts]:
    await open_shops(hub, client, beyond, run.orders)
    started, cpu_s = time.perf_counter(), beyond.cpu_s
    for shop in SHOPS:
        await beyond.place(shop, round(run.orders * _SHARES[shop]), seed)
    run.orders = len(orders_of(await beyond.states(SHOPS)))
    _say("orders are placed")
    await _until_captured(client, run.orders)
    run.captured_s = time.perf_counter() - started
    _say("orders are captured")
    await _at_rest(client)
    _say("labels are bought")
    await ship(client, seed)
    await cancel_the_rest(client)
    _say("parcels have left")
    run.mismatches = await _until_stock_agrees(client, beyond)
    run.elapsed_s, run.cpu_s = time.perf_counter() - started, beyond.cpu_s - cpu_s
    run.calls = await calls_of(hub)
    run.shops, run.accounts = await beyond.states(SHOPS), await beyond.states(ACCOUNTS)
    run.faults = await beyond.faults()
    checks, facts = await examine(client)
    stock = Check("shops-believe-in-the-stock-that-there-is", len(SHOPS) * len(SKUS))
    stock.violations += run.mismatches
    return [*checks, *audit.audit(facts, run.shops, run.accounts), await audit.refused(client), stock], facts


def _say(text: str) -> None:
    errors.print(f"{text} …", style="dim", highlight=False)


async def open_shops(hub: Hub, client: Client, beyond: Outside, orders: int) -> None:
    """Goods, enough of most; shops that sell them, once they have been told what there is."""
    pieces = dict.fromkeys(SKUS, 10 + orders // 5) | dict.fromkeys(_SCARCE, max(1, orders // 200))
    variants: dict[str, int] = {}
    for shop in SHOPS:
        sold = [sku for sku in SKUS if shop != "amazon" or sku not in _SCARCE]
        variants |= (await beyond.open_shop(shop, sold, hub.http_url, SECRET)).get("variants", {})
    await stock_up(client, variants, pieces)
    await _until_stock_agrees(client, beyond)


async def _until_captured(client: Client, orders: int) -> None:
    """Wait until the hub has as many orders as the shops; what webhooks do not bring, polls find."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if (await quiet.events(client)).get("order-captured", 0) >= orders:
            return
        await asyncio.sleep(_LOOK_S)


async def _at_rest(client: Client) -> None:
    await quiet.wait(client, _PATIENCE_S, say_after_s=15.0)


async def _until_stock_agrees(client: Client, beyond: Outside) -> list[str]:
    """Wait until shops believe in the stock that there is; where they still do not."""
    deadline = time.monotonic() + _PATIENCE_S / 2
    found: list[str] = []
    while time.monotonic() < deadline:
        found = await audit.stock_differs(client, await beyond.states(SHOPS))
        if not found:
            break
        await asyncio.sleep(_LOOK_S)
    return found


async def ship(client: Client, seed: int) -> None:
    """Some orders are cancelled though they have their labels; all others leave, some heavier than was thought."""
    draw = random.Random(seed)  # noqa: S311  # repeatable, not secret
    open_ = sorted([one async for one in _shipments(client)], key=lambda one: str(one["fulfilment_id"]))
    can_be_told = [one["order_id"] for one in open_ if not one["order_id"].startswith("amazon:")]
    gone = {id_ for id_ in dict.fromkeys(can_be_told) if draw.random() < _CANCELLED}
    await carry_out(client, [_cancel(id_) for id_ in sorted(gone)])
    leaving = [one for one in open_ if one["order_id"] not in gone]
    await carry_out(client, [ConfirmPickedV1(**_about(one), lines=_lines(one)) for one in leaving])
    weights = [1000 * draw.randint(2, 4) if draw.random() < _HEAVIER else None for _ in leaving]
    await carry_out(
        client, [ConfirmPackedV1(**_about(one), weight_g=grams) for one, grams in zip(leaving, weights, strict=True)]
    )
    await carry_out(client, [ConfirmShippedV1(**_about(one)) for one in leaving])


async def cancel_the_rest(client: Client) -> None:
    """What cannot be had is cancelled."""
    orders = client.pages("capture", "documents", "documents", owner="main", kind="order")
    left = [one["order_id"] async for one in orders if one["status"] not in {"cancelled", "rejected", "completed"}]
    await carry_out(client, [_cancel(id_) for id_ in left])


async def _shipments(client: Client) -> Any:
    async for one in client.pages("shipping", "documents", "documents", owner="main", kind="shipment"):
        if one["status"] == "labelled":
            yield one


def _cancel(order_id: str) -> CancelOrderV1:
    return CancelOrderV1(owner="main", order_id=order_id, reason="changed-mind")


def _lines(one: dict[str, Any]) -> tuple[LineQuantity, ...]:
    found = one["fulfilment"]["lines"]
    return tuple(LineQuantity(line_id=x["line_id"], sku=x["sku"], quantity=x["quantity"]) for x in found)


def _about(one: dict[str, Any]) -> dict[str, str]:
    return {"owner": "main", "order_id": one["order_id"], "fulfilment_id": one["fulfilment_id"]}


def summary(run: Run, facts: Facts, checks: list[Check]) -> dict[str, Any]:
    """The result as one object."""
    broken = {check.name: len(check.violations) for check in checks}
    accounts = run.accounts.values()
    return {
        "orders": run.orders,
        "captured": facts.counts["order-captured"],
        "shipped": len({key for _, key, _ in facts.events["shipment-shipped"]}),
        "cancelled": len({key for _, key, _ in facts.events["order-cancelled"]}),
        "backordered": len({key for _, key, _ in facts.events["stock-backordered"]}),
        "told": facts.counts["channel-told"],
        "told_in_vain": facts.counts["channel-refused"],
        "dead_letters": len(facts.letters),
        "lost": broken["every-order-of-the-shops-is-captured"] + broken["every-ingested-message-is-accounted-for"],
        "oversold_units": sum(oversold(facts).values()),
        "double_labels": broken["no-label-is-bought-twice"] + broken["no-label-is-paid-for-twice"],
        "labels_unused": broken["labels-that-are-not-used-are-given-back"],
        "labels_bought_at_carriers": sum(one["labels_bought"] for one in accounts),
        "labels_voided_at_carriers": sum(one["labels_voided"] for one in accounts),
        "labels_of_the_table": sum(
            body["parcel"]["carrier"] == "table-parcel" for _, _, body in facts.events["label-bought"]
        ),
        "shop_fulfilments_wrong": broken["shops-know-once-what-has-shipped"],
        "shop_cancels_wrong": broken["shops-know-what-is-cancelled"],
        "channel_stock_mismatches": len(run.mismatches),
        "http_calls": sum(run.calls.results.values()),
        "http_failures": run.calls.failures,
        "retries": run.calls.retries,
        "failovers": audit.failovers(facts),
        "circuit_openings": run.calls.openings,
        "captured_s": round(run.captured_s, 1),
        "elapsed_s": round(run.elapsed_s, 1),
        "sandbox_cpu_s": round(run.cpu_s, 1),
        "sandbox_faults": {api: sum(kinds.values()) for api, kinds in run.faults["faults"].items()},
        "http_failures_of": dict(run.calls.failed.most_common()),
        "webhooks": run.faults["webhook_outcomes"],
        "faults": run.faults["profile"]["name"],
    }
