"""Timers are hints (rule 10)."""

from datetime import datetime, timedelta, tzinfo

import pytest

from crossdock_contracts.inventory import SetSafetyStockV1
from services.cli.client import Client
from services.hub import rounds
from tests.conftest import Run, published, until
from tests.hub import tally
from tests.hub.commands import document, write


def alarm(milliseconds: int, sku: str = "S") -> SetSafetyStockV1:
    """Ring in so many milliseconds; 0: do not ring any more."""
    return SetSafetyStockV1(owner="main", sku=sku, location_id="X", quantity=milliseconds)


async def rung(client: Client, sku: str = "S") -> int:
    found = await document(client, sku)
    return int(found["rung"]) if found else 0


async def has_rung(client: Client, sku: str = "S") -> bool:
    return await rung(client, sku) == 1


async def test_a_timer_rings_once(client: Client, run: Run) -> None:
    await run(tally.service())

    await client.order(alarm(50))

    await until(lambda: has_rung(client))
    assert await published(client, "INVENTORY", "inventory.timer.>") == []


async def test_a_timer_that_fires_twice_or_late_or_early_rings_once(client: Client, run: Run) -> None:
    await run(tally.service())
    await client.order(alarm(3_600_000))
    (standing,) = await published(client, "INVENTORY", "inventory.timer.>")
    due = "inventory.due.alarm.0.main.S"

    await write(client, due, standing.data, headers=b"")  # early
    await client.order(alarm(1))
    await until(lambda: has_rung(client))
    await write(client, due, standing.data, headers=b"")  # late
    await write(client, due, standing.data, headers=b"")
    await client.order(alarm(1, sku="T"))
    await until(lambda: has_rung(client, "T"))

    assert await rung(client) == 1


async def test_a_timer_outlives_the_process(client: Client, run: Run) -> None:
    first = await run(tally.service())
    await client.order(alarm(300))
    await first.stop()

    await run(tally.service())

    await until(lambda: has_rung(client))


async def test_a_timer_that_was_set_anew_rings_at_its_new_time_only(client: Client, run: Run) -> None:
    await run(tally.service())

    await client.order(alarm(3_600_000))
    await client.order(alarm(50))

    await until(lambda: has_rung(client))


async def test_a_timer_that_was_withdrawn_is_gone_from_the_stream(client: Client, run: Run) -> None:
    await run(tally.service())

    await client.order(alarm(3_600_000))
    await client.order(alarm(0))

    assert await published(client, "INVENTORY", "inventory.timer.>") == []


async def test_withdrawing_a_timer_that_has_fired_meanwhile_is_noticed_and_settled(client: Client, run: Run) -> None:
    await run(tally.service())
    await client.order(alarm(50))
    await until(lambda: has_rung(client))  # the alarm is at hand as it was written, and gone from the stream

    await client.order(alarm(0))

    assert await rung(client) == 1
    found = await document(client)
    assert found is not None
    assert found["rings_at"] is None


async def test_a_timer_rings_where_the_clock_is_behind_that_of_the_server(
    client: Client, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run(tally.service())
    await client.order(alarm(300))

    monkeypatch.setattr(rounds, "datetime", Behind)

    await until(lambda: has_rung(client))


class Behind(datetime):
    """A clock that is behind."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Behind":
        return super().now(tz) - timedelta(seconds=5)
