"""The benchmark runs and says everything. How fast is no question of a test."""

import asyncio
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from crossdock_contracts import subjects
from services.bench import machine
from services.bench.figure import Better, Figure, percentile
from services.bench.growth import copies
from services.bench.mover import Load, Target
from services.bench.options import NAMES, chosen, read_groups
from services.bench.suite import MEASUREMENTS

GOALS = {
    "spine_orders_per_s": 1000,
    "spine_ratio": 0.6,
    "reservations_per_s": 8000,
    "webhooks_per_s": 3000,
    "webhooks_ms_p99": 50,
    "latency_ms_p50": 40,
    "latency_ms_p99": 200,
    "dead_letters_per_s": 1000,
    "dead_letters_live_ms_p99": 200,
    "memory_mb": 700,
    "idle_cpu_percent": 3,
    "restart_s": 5,
    "lease_takeover_s": 3,
    "growth_cost_ratio": 1.2,
    "assignment_ms_p50": 5,
    "edges_orders_per_s": 200,
    "edges_others_ratio": 0.9,
    "edges_recovery_ratio": 2,
}
WITHOUT_GOAL = {
    "spine_uniform_orders_per_s",
    "floor_orders_per_s",
    "floor_wire_orders_per_s",
    "spine_wire_ratio",
    "reservations_uniform_per_s",
    "webhooks_ms_p50",
    "latency_idle_ms_p50",
    "latency_idle_ms_p99",
    "dead_letters_quiet_ms_p99",
    "growth_time_ratio",
    "assignment_ms_p99",
}
KEYS = {"unit", "value", "min", "median", "max", "repeats", "goal", "better", "reached", "floor", "note", "detail"}
BETWEEN_CAPTURED_AND_LABELLED = {"payments", "inventory", "routing", "shipping"}


async def bench(*arguments: str, folder: Path) -> tuple[int, bytes]:
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.cli.main", "bench", *arguments,
        stdout=asyncio.subprocess.PIPE, env={**os.environ, "TMPDIR": str(folder)},
    )  # fmt: skip
    try:
        async with asyncio.timeout(480):
            said, _ = await running.communicate()
    finally:
        if running.returncode is None:
            running.terminate()
            await running.wait()
    return running.returncode or 0, said


async def test_a_quick_run_says_every_figure_and_leaves_nothing_behind(tmp_path: Path) -> None:
    together = "payments+inventory+routing+shipping"  # that they may be apart is nothing of the benchmark's
    status, said = await bench("--quick", "--json", "--processes", together, folder=tmp_path)

    assert status == 0
    result: dict[str, Any] = json.loads(said)
    figures = result["figures"]
    assert figures.keys() == GOALS.keys() | WITHOUT_GOAL
    assert {name: figure["goal"] for name, figure in figures.items() if figure["goal"]} == GOALS
    assert all(
        figure.keys() == KEYS and figure["min"] <= figure["value"] <= figure["max"] for figure in figures.values()
    )
    assert all(figure["value"] > 0 for name, figure in figures.items() if name != "idle_cpu_percent")
    assert figures["spine_orders_per_s"]["floor"] == figures["floor_orders_per_s"]["value"]
    moved = figures["spine_orders_per_s"]["detail"]["messages"]
    assert moved.keys() == BETWEEN_CAPTURED_AND_LABELLED | {"labels"}
    assert moved["shipping"]["label-bought"]["per_order"] == 1
    assert {"cores", "cpu", "memory_mb", "python", "nats_server"} <= result["machine"].keys()
    assert result["commands"].keys() == set(NAMES)
    assert os.listdir(tmp_path) == []  # noqa: PTH208  # a name is all that is asked


async def test_an_unknown_measurement_is_wrong_usage(tmp_path: Path) -> None:
    status, _ = await bench("--only", "spine,luck", folder=tmp_path)

    assert status == 2


def test_every_name_has_a_measurement_and_some_can_be_chosen() -> None:
    assert tuple(MEASUREMENTS) == NAMES
    assert chosen("") == list(NAMES)
    assert chosen("takeover, spine") == ["spine", "takeover"]


def test_processes_name_each_service_of_the_spine_once() -> None:
    assert read_groups("payments,inventory,routing+shipping") == (
        ("payments",),
        ("inventory",),
        ("routing", "shipping"),
    )
    for wrong in ("payments+inventory", "payments,payments,inventory,routing,shipping", "capture"):
        with pytest.raises(ValueError, match="must name each"):
            read_groups(wrong)


@pytest.mark.parametrize(
    ("better", "value", "reached"),
    [
        (Better.HIGHER, 99.0, False),
        (Better.HIGHER, 100.0, True),
        (Better.LOWER, 101.0, False),
        (Better.LOWER, 100.0, True),
    ],
)
def test_a_goal_is_reached_from_its_side(better: Better, value: float, reached: bool) -> None:
    assert Figure("x", "", (value - 50, value, value + 90), goal=100, better=better).reached is reached


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(100, 0, -1)]

    assert percentile(values, 0.99) == 100
    assert percentile(values, 0.5) == 51
    assert percentile([7.0], 0.99) == 7


def test_the_floor_moves_as_many_messages_in_all_as_the_spine_however_they_are_fetched() -> None:
    load = Load([
        Target("floor.evt.done", 1.0, 10),
        Target("floor.state.new", 1.6, 20, keys=1 << 40),
        Target("floor.state.lease", 0, 5, keys=1),
    ])  # fmt: skip

    batches = [load.drafts(inputs) for inputs in (1, 2, 7)]

    counts = [[sum(subject.startswith(f"floor.{kind}") for subject, *_ in batch) for batch in batches]
              for kind in ("evt", "state.new", "state.lease")]  # fmt: skip
    assert [sum(of) for of in counts] == [10, 16, 3]
    new = [subject for batch in batches for subject, *_ in batch if "new" in subject]
    assert len(set(new)) == 16


def test_stored_orders_are_what_services_wrote_under_ids_of_their_own() -> None:
    order = "web:100001"
    subject = f"shipping.state.shipment.main.{subjects.token(order + '/1')}".encode()
    body = json.dumps({"fulfilment_id": order + "/1", "order_id": order, "status": "labelled"}).encode()

    made = list(copies([(subject, body, order)], 3))

    assert len({where for where, _, _ in made}) == 3
    for where, _, content in made:
        document = json.loads(content)
        assert document["fulfilment_id"] == document["order_id"] + "/1"
        assert where.decode().endswith(subjects.token(document["fulfilment_id"]))


async def test_a_family_is_a_process_and_all_its_descendants() -> None:
    shell = await asyncio.create_subprocess_exec("sh", "-c", "sleep 60 & wait", stdout=asyncio.subprocess.DEVNULL)
    try:
        async with asyncio.timeout(10):
            while len(found := machine.family(shell.pid)) < 2:  # noqa: ASYNC110  # a process cannot set our event
                await asyncio.sleep(0)
        assert found[0] == shell.pid
        assert machine.program(found[1]) == "sleep"
        assert all(machine.rss_bytes(pid) > 0 for pid in found)
    finally:
        for pid in reversed(machine.family(shell.pid)):
            with suppress(ProcessLookupError):  # the shell ends by itself once its child has
                os.kill(pid, 15)
        await shell.wait()
