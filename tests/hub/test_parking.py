"""Waiting is parking (rule 7)."""

from pathlib import Path

from services.cli.client import Client
from tests.conftest import Run, until
from tests.hub import tally
from tests.hub.commands import adjustment, letters, pieces, settled


async def test_hundreds_that_wait_do_not_stall_those_behind_them(client: Client, run: Run, tmp_path: Path) -> None:
    await run(tally.service())
    for number in range(600):
        await client.tell(adjustment("waits", sku=f"W{number}", note=str(tmp_path / "file")))

    await client.order(adjustment("added", sku="A", delta=4))
    assert await pieces(client, "A") == 4

    (tmp_path / "file").touch()
    await until(lambda: all_counted(client, "W0", "W1", "W599"))
    assert await letters(client) == []


async def test_what_is_parked_survives_its_process(client: Client, run: Run, tmp_path: Path) -> None:
    first = await run(tally.service())
    await client.tell(adjustment("waits", note=str(tmp_path / "file")))
    await settled(client, "adjust")
    await first.stop()
    (tmp_path / "file").touch()

    await run(tally.service())

    await until(lambda: all_counted(client, "S"))


async def test_what_was_parked_too_often_becomes_a_dead_letter(client: Client, run: Run, tmp_path: Path) -> None:
    await run(tally.service(), park_attempts=2)

    await client.tell(adjustment("waits", note=str(tmp_path / "file")))

    (letter,) = await until(lambda: letters(client))
    assert letter["error"] == "GaveUpError"
    assert "the file is not there" in letter["detail"]
    assert letter["attempts"] == 3


async def all_counted(client: Client, *skus: str) -> bool:
    return all([await pieces(client, sku) == 1 for sku in skus])
