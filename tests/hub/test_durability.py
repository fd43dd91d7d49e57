"""Nothing is lost and nothing is done twice, wherever the process dies."""

from pathlib import Path

import pytest

from crossdock_contracts.inventory import CountStockV1
from services.cli.client import Client
from services.hub.settings import Settings
from tests.conftest import Run, published
from tests.hub import tally
from tests.hub.commands import document, pieces, receipt, settled
from tests.hub.mortal import dies

STEPS = ("before commit", "half sent", "after commit", "after acknowledgement")


@pytest.mark.parametrize("step", STEPS)
async def test_receipts_count_once_wherever_the_process_dies(
    step: str, settings: Settings, client: Client, run: Run
) -> None:
    first = await run(tally.service())
    await first.stop()
    for number in range(40):
        await client.tell(receipt(f"S{number % 3}", number + 1))

    await dies(settings, step)
    await run(tally.service())

    await settled(client, "receive")
    totals = [await pieces(client, f"S{n}") for n in range(3)]
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

    await settled(client, "call")
    assert desk.asked == ["count:S:1"]
    found = await document(client)
    assert found is not None
    assert found["answers"] == {"count:S:1": "answer-1"}
