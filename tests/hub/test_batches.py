"""A batch is cut only between decisions, and each carries the states as of its last one (rule 4)."""

import orjson
import pytest

from services.cli.client import Client
from services.hub.settings import Settings
from tests.conftest import Run, published
from tests.hub import tally
from tests.hub.commands import adjustment, letters, pieces, receipt, settled
from tests.hub.mortal import dies


async def test_a_decision_of_six_hundred_messages_is_one_batch(client: Client, run: Run) -> None:
    await run(tally.service())

    await client.tell(adjustment("talks", delta=600))
    await client.tell(receipt(quantity=1))
    await client.tell(adjustment("talks", delta=600))
    await settled(client, "adjust", "receive")

    entries = await published(client, "INVENTORY", "inventory.evt.stock-moved.>")
    assert len(entries) == 1201
    batches = [(m.headers or {})["Nats-Batch-Id"] for m in entries if orjson.loads(m.data).get("reference") != ""]
    assert len({*batches}) in {2, 3}
    assert await pieces(client) == 1201


@pytest.mark.parametrize("step", ["after commit", "after acknowledgement"])
async def test_a_crash_between_two_batches_of_one_round_counts_each_decision_once(
    step: str, settings: Settings, client: Client, run: Run
) -> None:
    await (await run(tally.service())).stop()
    for _ in range(3):
        await client.tell(adjustment("talks", delta=600))

    await dies(settings, step)
    standing = await published(client, "INVENTORY", "inventory.state.tally.>")
    assert [orjson.loads(m.data)["pieces"] for m in standing] == [600]

    await run(tally.service())
    await settled(client, "adjust")
    assert await pieces(client) == 1800
    assert len(await published(client, "INVENTORY", "inventory.evt.stock-moved.>")) == 1800


async def test_a_decision_larger_than_a_batch_becomes_a_dead_letter_and_its_neighbours_go_on(
    client: Client, run: Run
) -> None:
    await run(tally.service())

    await client.tell(receipt("A", 1))
    await client.tell(adjustment("talks", sku="B", delta=1000))
    await client.tell(receipt("C", 1))
    await settled(client, "adjust", "receive")

    assert [await pieces(client, sku) for sku in "ABC"] == [1, 0, 1]
    (letter,) = await letters(client)
    assert letter["error"] == "OversizeError"
    assert "an atomic batch takes 1000" in letter["detail"]


async def test_a_decision_that_reads_more_than_a_batch_can_guard_is_taken(client: Client, run: Run) -> None:
    await run(tally.service())
    for number in (0, 700, 2399):
        await client.tell(receipt(f"N{number}"))
    await settled(client, "receive")

    await client.tell(adjustment("looks", sku="A", delta=2400))
    await client.tell(adjustment("added", sku="B", delta=1))
    await settled(client, "adjust")

    assert await letters(client) == []
    assert [await pieces(client, sku) for sku in "AB"] == [3, 1]
