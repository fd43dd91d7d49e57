"""Orders through shops and carriers over HTTP: how many, what one carrier that hangs costs others, and recovery."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from crossdock_contracts.labels import LabelBoughtV1
from services.bench import machine
from services.bench.figure import BenchError, Figure, rounded
from services.bench.latency import heard, last_seq
from services.bench.options import Options
from services.bench.rig import Counter
from services.bench.spine import LABELLED
from services.cli.client import Client, connected
from services.cli.edges.audit import stock_differs
from services.cli.edges.house import LOCATIONS, SECRET, hub_of, stock_up
from services.cli.edges.outside import ACCOUNTS, Outside, outside
from services.cli.supervisor import Hub
from services.sandbox.sales import SKUS

_SHOPS = ("shopify", "woocommerce")
_HANGS = 0
"""The carrier that is cheapest from the first location hangs."""
_PATIENCE_S = 120.0


@dataclass(slots=True)
class Standing:
    """A hub with its outside."""

    hub: Hub
    client: Client
    beyond: Outside
    seed: int = 0
    sold: int = 0
    """Orders so far."""

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds so far."""
        mine = machine.family(os.getpid())
        servers = [pid for pid in mine if machine.program(pid) == "nats-server"]
        services = [pid for worker in self.hub.workers if worker.process for pid in (worker.process.pid,)]
        return {
            "services": machine.cpu_s(*services),
            "server": machine.cpu_s(*servers),
            "sandbox": self.beyond.cpu_s,
        }

    async def sell(self, orders: int) -> None:
        """Have buyers place orders, as fast as shops take them."""
        self.seed += 1
        share = orders // len(_SHOPS)
        parts = [share + (orders - share * len(_SHOPS) if shop == _SHOPS[0] else 0) for shop in _SHOPS]
        await asyncio.gather(
            *(self.beyond.place(shop, part, self.seed) for shop, part in zip(_SHOPS, parts, strict=True))
        )


async def measure(options: Options) -> list[Figure]:
    """Orders a second from shop to label; the same of others while one carrier hangs; and after an outage."""
    async with (
        outside("none", 1) as beyond,
        hub_of(beyond.url, 2, _SHOPS, table=False) as (hub, own),
        connected(own, [hub.nats_url]) as client,
    ):
        standing = Standing(hub, client, beyond)
        await _open(standing, options)
        await _run(standing, max(20, options.sold // 10))
        usual = [await _run(standing, options.sold) for _ in range(options.repeats)]
        await beyond.faults(hanging=[ACCOUNTS[_HANGS]])
        hanging = [await _run(standing, options.sold, but_near=True) for _ in range(options.repeats)]
        await beyond.faults(hanging=[])
        await _until_labelled(standing, but_near=False)
        recovery = await _recover(standing, options)
    ratio = max(run["others_per_s"] for run in hanging) / max(run["others_per_s"] for run in usual)
    return [
        Figure("edges_orders_per_s", "orders/s", tuple(run["per_s"] for run in usual), goal=200,
               note=f"{options.sold:,} orders a run, from the shop to the label of a carrier, all over HTTP",
               detail=_shares(usual)),
        Figure("edges_others_ratio", "", (ratio,), goal=0.9,
               note="orders a second of two carriers while the third hangs, to those while it does not",
               detail={"usual": [rounded(x["others_per_s"]) for x in usual],
                       "hanging": [rounded(x["others_per_s"]) for x in hanging]}),
        recovery,
    ]  # fmt: skip


def _shares(runs: list[dict[str, float]]) -> dict[str, float]:
    """Of all CPU time, each one's share."""
    parts = {name: sum(run[name] for run in runs) for name in ("services", "server", "sandbox")}
    whole = sum(parts.values()) or 1.0
    return {f"{name}_cpu_share": rounded(used / whole) for name, used in parts.items()}


async def _open(standing: Standing, options: Options) -> None:
    """Shops that sell what there is plenty of."""
    variants: dict[str, int] = {}
    for shop in _SHOPS:
        made = await standing.beyond.open_shop(shop, list(SKUS), standing.hub.http_url, SECRET)
        variants |= made.get("variants", {})
    pieces = 1000 + options.sold * (2 * options.repeats + 1) + round(options.sold_rate * options.outage_s)
    await stock_up(standing.client, variants, dict.fromkeys(SKUS, pieces))
    deadline = time.monotonic() + _PATIENCE_S
    while await stock_differs(standing.client, await standing.beyond.states(_SHOPS)):
        if time.monotonic() > deadline:
            msg = "shops do not hear of the stock that there is"
            raise BenchError(msg)
        await asyncio.sleep(0.5)


async def _run(standing: Standing, orders: int, *, but_near: bool = False) -> dict[str, float]:
    """Sell, and wait until everything has its label, or all but what the carrier has that may hang."""
    client, labels = standing.client, Counter(standing.client, LABELLED)
    before, seq = await labels.count(), await last_seq(client, "SHIPPING")
    cpu, started, began = standing.cpu_s(), time.perf_counter(), time.time()
    await standing.sell(orders)
    standing.sold += orders
    if but_near:  # what it was asked for waits until it is known whether that was bought
        await _until_labelled(standing, but_near=True)
    else:
        await labels.reaches(before + orders)
    elapsed_s = time.perf_counter() - started
    used = {name: now - cpu[name] for name, now in standing.cpu_s().items()}
    others = [at async for at in _others(client, seq)]
    return {
        "per_s": orders / elapsed_s,
        "others_per_s": len(others) / max(0.001, max(others) - began) if others else 0.0,
        **used,
    }


async def _others(client: Client, after: int) -> AsyncIterator[float]:
    """When each label was bought that the carrier which may hang is not the cheapest for."""
    async for _, at, body in heard(client, "SHIPPING", LABELLED, after):
        if LabelBoughtV1.decode(body).location_id != LOCATIONS[_HANGS]:
            yield at


async def _until_labelled(standing: Standing, *, but_near: bool) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    place = LOCATIONS[_HANGS]
    while time.monotonic() < deadline:
        pages = standing.client.pages("shipping", "documents", "documents", owner="main", kind="shipment")
        found = [(one["fulfilment"]["location_id"], one["status"]) async for one in pages]
        waiting = [where for where, status in found if status == "allocated" and not (but_near and where == place)]
        if len(found) >= standing.sold and not waiting:
            return
        await asyncio.sleep(0.5)
    msg = f"{len(waiting)} parcels still have no label, {standing.sold - len(found)} orders no parcel"
    raise BenchError(msg)


async def _recover(standing: Standing, options: Options) -> Figure:
    """Orders come in at a usual rate while everything outside is down; then how fast they get their labels."""
    labels = Counter(standing.client, LABELLED)
    before = await labels.count()
    orders = max(1, round(options.sold_rate * options.outage_s))
    apis = [*_SHOPS, *ACCOUNTS]
    await standing.beyond.faults(down=apis)
    ends = time.monotonic() + options.outage_s
    step = max(1, round(options.sold_rate))
    for start in range(0, orders, step):
        await standing.sell(min(step, orders - start))
        await asyncio.sleep(max(0.0, min(1.0, ends - time.monotonic())))
    await asyncio.sleep(max(0.0, ends - time.monotonic()))
    meanwhile = await labels.count() - before
    await standing.beyond.faults(down=[])
    started = time.perf_counter()
    await labels.reaches(before + orders, patience_s=_PATIENCE_S)
    elapsed_s = time.perf_counter() - started
    rate = (orders - meanwhile) / elapsed_s
    note = f"after {options.outage_s:g} s without anything outside, in which {options.sold_rate:g} orders/s were sold"
    return Figure("edges_recovery_ratio", "", (rate / options.sold_rate,), goal=2, note=note,
                  detail={"backlog": orders - meanwhile, "gone_after_s": rounded(elapsed_s),
                          "labelled_meanwhile": meanwhile})  # fmt: skip
