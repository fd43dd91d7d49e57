"""The best assignment, held against every assignment there is, and against a solver."""

import random
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.decide.assign import Demand, Plan, Site, best_plans

SKUS = ("A", "B", "C")


def plan(pieces: dict[str, int], sites: list[Site], *, split: float, most: int = 3, **demand: object) -> list[Plan]:
    return best_plans(Demand(pieces, demand.pop("weights_g", {}), **demand), sites, split=split, most=most, keep=5)


def brute_force(demand: Demand, sites: list[Site], split: float, most: int) -> float | None:
    """The lowest cost over every way to give each piece to a location."""
    pieces = [sku for sku, quantity in demand.pieces.items() for _ in range(quantity)]
    best: float | None = None
    for choice in product(range(len(sites)), repeat=len(pieces)):
        taken: dict[tuple[int, str], int] = {}
        for site, sku in zip(choice, pieces, strict=True):
            taken[site, sku] = taken.get((site, sku), 0) + 1
        used = set(choice)
        if len(used) > most or not possible(demand, sites, taken):
            continue
        cost = sum(sites[n].fixed for n in used) + split * (len(used) - 1)
        for (n, sku), count in taken.items():
            cost += count * (sites[n].piece + sites[n].kilogram * demand.weights_g.get(sku, 0) / 1000)
        best = cost if best is None else min(best, cost)
    return best


def possible(demand: Demand, sites: list[Site], taken: dict[tuple[int, str], int]) -> bool:
    """Nobody ships what it has not, and what belongs together stays so."""
    from_where = {sku: {n for n, one in taken if one == sku} for sku in demand.pieces}
    return (
        all(count <= sites[n].stock.get(sku, 0) for (n, sku), count in taken.items())
        and (not demand.whole or all(len(places) == 1 for places in from_where.values()))
        and all(len(set().union(*(from_where.get(sku, set()) for sku in group))) <= 1 for group in demand.together)
    )


points = st.integers(0, 40).map(lambda n: n / 4)
site_lists = st.lists(
    st.tuples(points, points, st.fixed_dictionaries({sku: st.integers(0, 3) for sku in SKUS}), points),
    min_size=1,
    max_size=5,
)
demands = st.builds(
    Demand,
    pieces=st.dictionaries(st.sampled_from(SKUS), st.integers(1, 2), min_size=1, max_size=3),
    weights_g=st.fixed_dictionaries({sku: st.integers(0, 3000) for sku in SKUS}),
    whole=st.booleans(),
    together=st.sampled_from([(), (), (frozenset("AB"),), (frozenset("ABC"),)]),
)


@settings(max_examples=250, deadline=None)
@given(demand=demands, rows=site_lists, split=points, most=st.integers(1, 4))
def test_the_best_plan_is_the_best_of_all_assignments(demand, rows, split, most):
    sites = [Site(f"L{n}", *row) for n, row in enumerate(rows)]
    best = brute_force(demand, sites, split, most)
    plans = best_plans(demand, sites, split=split, most=most, keep=5)
    if best is None:
        assert plans == []
        return
    assert abs(plans[0].points - best) < 1e-4
    given = {sku: sum(share.get(sku, 0) for share in plans[0].shares.values()) for sku in demand.pieces}
    assert given == demand.pieces
    for name, share in plans[0].shares.items():
        stock = next(site.stock for site in sites if site.location_id == name)
        assert all(quantity <= stock[sku] for sku, quantity in share.items())
    assert [plan.points for plan in plans] == sorted(plan.points for plan in plans)


def instance(seed: int) -> tuple[Demand, list[Site], float]:
    """Twenty lines and thirty locations, with much or little in stock, and splits that are dear or cheap."""
    rng = random.Random(seed)
    pieces = {f"S{n}": rng.choice((1, 1, 1, 2, 3, 9)) for n in range(20)}
    weights = {sku: rng.randint(50, 3000) for sku in pieces}
    density, deep = rng.choice((0.3, 0.4, 0.6, 0.9)), rng.choice((3, 40))
    sites = [
        Site(
            f"L{n:02}",
            rng.uniform(0, 20),
            rng.choice((0.1, 0.25, 0.5)),
            {sku: rng.randint(1, deep) for sku in pieces if rng.random() < density},
            rng.uniform(0.1, 1.5),
        )
        for n in range(30)
    ]
    return Demand(pieces, weights), sites, rng.choice((0.0, 3.0, 25.0))


def solved(demand: Demand, sites: list[Site], split: float, most: int) -> float | None:
    """The optimum as a solver finds it: pieces by location and SKU are integers, a location is used or not."""
    highspy = pytest.importorskip("highspy")
    model = highspy.Highs()
    model.silent()
    model.setOptionValue("mip_rel_gap", 0.0)
    used = [model.addBinary(obj=site.fixed + split) for site in sites]
    offered: dict[str, list] = {sku: [] for sku in demand.pieces}
    for site, use in zip(sites, used, strict=True):
        for sku, needed in demand.pieces.items():
            if there := min(needed, site.stock.get(sku, 0)):
                unit = site.piece + site.kilogram * demand.weights_g[sku] / 1000
                taken = model.addIntegral(lb=0, ub=there, obj=unit)
                model.addConstr(taken <= there * use)
                offered[sku].append(taken)
    if not all(offered.values()):
        return None
    for sku, needed in demand.pieces.items():
        model.addConstr(sum(offered[sku][1:], offered[sku][0]) == needed)
    model.addConstr(sum(used[1:], used[0]) <= most)
    model.run()
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return model.getInfo().objective_function_value - split


@pytest.mark.parametrize("seed", range(8))
def test_twenty_lines_and_thirty_locations_get_the_optimum_of_a_solver(seed):
    demand, sites, split = instance(seed)
    best = solved(demand, sites, split, 3)
    plans = best_plans(demand, sites, split=split, most=3, keep=5)
    assert (best is None) == (not plans)
    if best is not None:
        assert abs(plans[0].points - best) < 1e-3


def test_the_same_question_has_the_same_answer_whatever_the_order_of_locations():
    sites = [Site(name, 1.0, 0.5, {"A": 5}) for name in ("ROT", "BER", "LYS")]
    forward = plan({"A": 2}, sites, split=10)
    backward = plan({"A": 2}, sites[::-1], split=10)
    assert forward == backward
    assert list(forward[0].shares) == ["BER"]


def test_an_order_is_split_only_where_no_single_location_has_it_all_or_splitting_is_cheaper():
    near, far = Site("NEAR", 1.0, 0.0, {"A": 1, "B": 0}), Site("FAR", 9.0, 0.0, {"A": 1, "B": 1})
    whole = plan({"A": 1, "B": 1}, [near, far], split=10)
    assert list(whole[0].shares) == ["FAR"]
    apart = plan({"A": 1, "B": 1}, [near, Site("FAR", 9.0, 0.0, {"A": 0, "B": 1})], split=10)
    assert sorted(apart[0].shares) == ["FAR", "NEAR"]


def test_nothing_is_planned_over_more_locations_than_allowed():
    sites = [Site(f"L{n}", 1.0, 0.0, {"A": 1}) for n in range(4)]
    assert plan({"A": 4}, sites, split=1) == []
    assert plan({"A": 3}, sites, split=1)
    assert plan({"A": 4}, sites, split=1, most=4)


def test_heavy_goods_come_from_where_a_kilogram_is_cheap_and_light_ones_from_where_a_piece_is():
    far = Site("FAR", 0.0, 0.0, {"ANVIL": 1, "PIN": 1}, kilogram=1.0)
    near = Site("NEAR", 0.0, 2.0, {"ANVIL": 1, "PIN": 1}, kilogram=0.1)
    (best, *_) = plan({"ANVIL": 1, "PIN": 1}, [far, near], split=1, weights_g={"ANVIL": 40_000, "PIN": 10})
    assert best.shares == {"FAR": {"PIN": 1}, "NEAR": {"ANVIL": 1}}


def test_a_location_is_never_used_only_to_collect_its_points():
    good = Site("GOOD", 1.0, 0.1, {"A": 5})
    bonus = Site("BONUS", -90.0, 0.2, {"A": 1})
    assert [list(one.shares) for one in plan({"A": 2}, [good, bonus], split=10)] == [["GOOD"]]
