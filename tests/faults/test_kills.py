"""Every process of a hub is killed in mid work, the server too; afterwards nothing is missing and nothing is double."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import orjson

from services.cli import quiet
from services.cli.actors import carry_out, work
from services.cli.client import UnreachableError, connected
from services.cli.demo import cancel, prepare
from services.cli.generator import Shop, Submission
from services.cli.products import store
from services.cli.supervisor import ALL, Hub
from services.cli.verify import examine
from services.hub.settings import Settings
from services.hub.wire import DisconnectedError
from tests.conftest import until
from tests.nats import short_folder

ORDERS = 900
EVERY = 66
"""So many labels are bought between one kill and the next."""
VICTIMS = (
    "capture",
    "nats-server",
    "payments",
    "inventory",
    "routing",
    "nats-server",
    "shipping",
    "products",
    "returns",
)


@asynccontextmanager
async def hub_in(folder: Path) -> AsyncIterator[Hub]:
    """A hub with a process for each service, as `crossdock up --processes 7` runs it."""
    settings = Settings(_env_file=None, data_dir=folder, http_port=0, nats_url="", log_level="error")  # type: ignore[call-arg]
    hub = Hub(settings, processes=len(ALL))
    try:
        await hub.start()
        await hub.ready()
        yield hub
    finally:
        await hub.stop()


async def hand_in(url: str, submissions: list[Submission]) -> set[str]:
    """Hand orders in, some at a time, each again until it is answered; the ids of those that were acknowledged."""
    queue, acknowledged = iter(submissions), set()

    async def work(web: httpx.AsyncClient) -> None:
        for one in queue:
            status = 503
            while status == 503:
                with suppress(httpx.TransportError):
                    status = (await web.post(f"/webhooks/{one.channel}", content=orjson.dumps(one.body))).status_code
                await asyncio.sleep(0.02 if status == 503 else 0)
            assert status == (202 if one.valid else 422)
            acknowledged.update([one.order_id] if status == 202 else [])

    async with httpx.AsyncClient(base_url=url, timeout=20) as web:
        await asyncio.gather(*(work(web) for _ in range(16)))
    return acknowledged


async def bought(hub: Hub) -> int:
    """Labels that have been bought; none while the server is away."""
    with suppress(UnreachableError, DisconnectedError, TimeoutError):
        async with asyncio.timeout(3), connected(hub.settings, [hub.nats_url]) as client:
            return await quiet.count(client, "shipping", "shipping.evt.label-bought.>")
    return 0


def kill(hub: Hub, name: str) -> None:
    """End a process as a power cut does."""
    if name != "nats-server":
        (process,) = (worker.process for worker in hub.workers if worker.services == (name,))
        assert process is not None
        process.kill()
        return
    assert hub.server is not None
    assert hub.server._process is not None
    guardian = hub.server._process.pid
    (server,) = Path(f"/proc/{guardian}/task/{guardian}/children").read_text().split()
    os.kill(int(server), signal.SIGKILL)


async def test_nothing_is_lost_or_done_twice_when_every_process_is_killed_in_mid_work() -> None:
    shop = Shop(seed=11, skus=60)
    submissions = list(shop.submissions(ORDERS))
    before, after = shop.cancels(submissions)
    with short_folder() as folder:
        async with hub_in(Path(folder)) as hub:
            async with connected(hub.settings, [hub.nats_url]) as client:
                await prepare(client, shop, ORDERS)
                await store(client, [cancel(one) for one in before])

            sending = asyncio.create_task(hand_in(hub.http_url, submissions))
            for number, victim in enumerate(VICTIMS, start=1):
                await until(lambda goal=number * EVERY: _reached(hub, goal), timeout_s=60)
                kill(hub, victim)
            acknowledged = await sending
            await hub.ready()

            async with connected(hub.settings, [hub.nats_url]) as client:
                await quiet.wait(client, timeout_s=60)
                await carry_out(client, [cancel(one) for one in after])
                await work(client, seed=11)
                await quiet.wait(client, timeout_s=60)
                checks, facts = await examine(client)

            assert hub.server is not None
            assert hub.server.restarts == VICTIMS.count("nats-server")
            assert [worker.services for worker in hub.workers if worker.starts < 2] == []
    assert [violation for check in checks for violation in check.violations] == []
    replacements = {body["replacement_id"] for _, _, body in facts.events["replacement-ordered"]}
    assert {order_id for _, order_id in facts.orders} == acknowledged | replacements
    assert facts.letters == {}
    assert facts.counts["order-captured"] == len(acknowledged) - len(before) + len(replacements)
    assert facts.counts["label-bought"] > 0.8 * ORDERS


async def _reached(hub: Hub, goal: int) -> bool:
    return await bought(hub) >= goal
