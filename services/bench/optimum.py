"""The least that orders can cost, found by a solver."""

from collections import Counter
from importlib import import_module
from typing import Any

from services.bench.figure import BenchError


def optimum(choices: list[dict[str, float]], capacity: dict[str, int], wait: float, days: int) -> tuple[float, float]:
    """What the best assignment costs with its waiting, and the days that its orders wait, all together.

    Each order goes to one of its plants, on one of so many days; a plant takes so many orders a day; a day of waiting
    costs `wait`. Which of a plant's orders waits is all the same, so the days stand by plant. The model is a flow: its
    linear optimum is whole.

    Raises:
        BenchError: the solver is not installed, or there is no such assignment.
    """
    try:
        highspy: Any = import_module("highspy")  # for this comparison only: it is not among what the hub needs
    except ImportError:
        msg = "the optimum needs the solver highspy: pip install highspy"
        raise BenchError(msg) from None
    solver = highspy.Highs()
    solver.silent()
    certain = Counter(next(iter(one)) for one in choices if len(one) == 1)
    taken: dict[str, list[Any]] = {plant: [] for plant in capacity}
    costs = sum(next(iter(one.values())) for one in choices if len(one) == 1)
    for one in choices:
        if len(one) > 1:
            picks = {plant: solver.addVariable(0, 1, cost) for plant, cost in one.items()}
            solver.addConstr(solver.qsum(picks.values()) == 1)
            for plant, pick in picks.items():
                taken[plant].append(pick)
    loads = []
    for plant, limit in capacity.items():
        load = [solver.addVariable(0, limit, wait * day) for day in range(days)]
        solver.addConstr(solver.qsum(load) - solver.qsum(taken[plant]) == certain[plant])
        loads.append(load)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        msg = f"no assignment has room for all orders within {days} days"
        raise BenchError(msg)
    solution = solver.getSolution().col_value
    waiting = sum(day * solution[pick.index] for load in loads for day, pick in enumerate(load))
    return costs + solver.getObjectiveValue(), waiting
