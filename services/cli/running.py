"""`crossdock up`: the whole hub on this machine."""

import asyncio
import signal
from typing import Annotated

import typer
from rich.text import Text

from services.cli import doctor
from services.cli.output import FAILED, console, fail
from services.cli.supervisor import Hub, address
from services.hub import log, process
from services.hub.settings import settings


def up(
    processes: Annotated[int, typer.Option(min=1, max=7, help="Processes that the services are shared out to.")] = 2,
) -> None:
    """Run everything on this machine: the message server and all services."""
    config = settings()
    wrong = dict.fromkeys(detail for _, ok, detail in doctor.rules(config) if not ok)
    if wrong:  # services that cannot read their rules would be started anew for ever
        fail("; ".join(wrong), FAILED)
    log.configure(config)
    raise typer.Exit(process.run(_up(Hub(config, processes))))


async def _up(hub: Hub) -> int:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    try:
        waiting = asyncio.create_task(stop.wait())
        ready = asyncio.create_task(_start(hub))
        await asyncio.wait({waiting, ready}, return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            ready.result()
            addresses = f"Orders: POST {hub.http_url}/v1/orders   NATS: {hub.nats_url}"
            console.print(Text("Crossdock is up.", "green"), addresses, soft_wrap=True)
            console.print(f"Health {hub.http_url}/health/ready   API {hub.http_url}/docs", soft_wrap=True)
            host = hub.settings.http_host
            metrics = "   ".join(f"{address(host, worker.port)}/metrics" for worker in hub.workers)
            console.print("Metrics", metrics, soft_wrap=True)
        ready.cancel()
        await waiting
    finally:
        await hub.stop()
    return 0


async def _start(hub: Hub) -> None:
    await hub.start()
    await hub.ready(300)
