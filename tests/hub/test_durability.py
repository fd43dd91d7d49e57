"""Nothing is lost and nothing is done twice, wherever the process dies."""

import asyncio
import sys
from pathlib import Path

import pytest

from crossdock_contracts.inventory import CountStockV1, ReceiveStockV1
from services.cli.client import Client
from services.hub.settings import Settings
from tests.conftest import Run, published, until
from tests.hub import tally

STEPS = ("before commit", "half sent", "after commit", "after acknowledgement")


async def dies(settings: Settings, step: str, desk: Path | None = None) -> None:
    """Run the tally in a process of its own that is killed at a step; returns when it is dead."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.hub.mortal", settings.model_dump_json(), step, str(desk or "")
    )
    async with asyncio.timeout(30):
        assert await process.wait() == -9


@pytest.mark.parametrize("step", STEPS)
async def test_receipts_count_once_wherever_the_process_dies(
    step: str, settings: Settings, client: Client, run: Run
) -> None:
    first = await run(tally.service())
    await first.stop()
    for number in range(40):
        await client.tell(ReceiveStockV1(owner="main", sku=f"S{number % 3}", location_id="X", quantity=number + 1))

    await dies(settings, step)
    await run(tally.service())

    await until(lambda: settled(client, "receive"))
    totals = [(await client.ask("inventory", "tally", sku=f"S{n}"))["answer"]["pieces"] for n in range(3)]
    assert totals == [sum(n + 1 for n in range(40) if n % 3 == sku) for sku in range(3)]
    entries = await published(client, "INVENTORY", "inventory.evt.stock-moved.>")
    assert len(entries) == 40
    assert len({(m.headers or {})["ce-id"] for m in entries}) == 40


@pytest.mark.parametrize("step", ["before the call", "after the call", "after the answer was committed"])
async def test_a_call_is_made_once_wherever_the_process_dies(
    step: str, settings: Settings, client: Client, run: Run, tmp_path: Path
) -> None:
    desk = tally.FileDesk(tmp_path / "desk")
    first = await run(tally.service(desk))
    await first.stop()
    await client.tell(CountStockV1(owner="main", sku="S", location_id="X", counted=1))

    await dies(settings, step, desk.file)
    await run(tally.service(desk))

    await until(lambda: settled(client, "call"))
    assert desk.asked == ["count:S:1"]
    assert (await client.ask("inventory", "tally", sku="S"))["answer"]["answers"] == {"count:S:1": "answer-1"}


async def settled(client: Client, handler: str) -> bool:
    """Every command for this handler has been acknowledged."""
    info = await client.calls.api(f"CONSUMER.INFO.INVENTORY_IN.inventory-{handler}-0")
    return info["num_pending"] == 0 and info["num_ack_pending"] == 0
