"""A real routing problem: 9,215 orders, 19 plants, decided order by order, held against a solver."""

from pathlib import Path

import pytest

from services.bench.figure import BenchError
from services.bench.optimum import optimum
from services.bench.plants import as_it_was, decide, read
from services.hub.settings import ROOT

FOLDER = ROOT.parent / "shared" / "data" / "orders" / "supply_chain_logistics"
WAIT = 20.0
"""Dollars for a day that an order waits, so that room counts."""


@pytest.mark.skipif(not FOLDER.exists(), reason=f"the supply chain data is not at {FOLDER}")
def test_real_orders_decided_one_by_one_come_within_a_hundredth_of_the_optimum() -> None:
    pytest.importorskip("highspy", reason="the optimum needs the solver highspy")
    problem = read(FOLDER)

    ours, offered = decide(problem, WAIT)

    best, _ = optimum(offered, problem.capacity, WAIT, ours.days + 1)
    was = as_it_was(problem)
    assert len(offered) == 9215
    assert best <= ours.with_waiting(WAIT) + 0.01
    assert ours.with_waiting(WAIT) <= 1.01 * best
    assert ours.cost < was.cost
    assert ours.days < was.days


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"WhCapacities\.csv is missing"):
        read(tmp_path)
