from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.decide.assign import Site, best_plans

SKUS = ("A", "B", "C")


def brute_force(demand: dict[str, int], sites: list[Site], split: float, most: int) -> float | None:
    """The lowest cost over every way to give each piece to a location."""
    pieces = [sku for sku, quantity in demand.items() for _ in range(quantity)]
    best: float | None = None
    for choice in product(range(len(sites)), repeat=len(pieces)):
        taken: dict[tuple[int, str], int] = {}
        for site, sku in zip(choice, pieces, strict=True):
            taken[site, sku] = taken.get((site, sku), 0) + 1
        if any(count > sites[site].stock.get(sku, 0) for (site, sku), count in taken.items()):
            continue
        used = set(choice)
        if len(used) > most:
            continue
        cost = sum(sites[n].fixed for n in used) + split * (len(used) - 1) + sum(sites[n].piece for n in choice)
        best = cost if best is None else min(best, cost)
    return best


points = st.integers(0, 40).map(lambda n: n / 4)
site_lists = st.lists(
    st.tuples(points, points, st.fixed_dictionaries({sku: st.integers(0, 3) for sku in SKUS})), min_size=1, max_size=4
)


@settings(max_examples=300, deadline=None)
@given(
    demand=st.dictionaries(st.sampled_from(SKUS), st.integers(1, 2), min_size=1, max_size=3),
    rows=site_lists,
    split=points,
    most=st.integers(1, 3),
)
def test_the_best_plan_is_the_best_of_all_assignments(demand, rows, split, most):
    sites = [Site(f"L{n}", fixed, piece, stock) for n, (fixed, piece, stock) in enumerate(rows)]
    best = brute_force(demand, sites, split, most)
    plans = best_plans(demand, sites, split=split, most=most, keep=5)
    if best is None:
        assert plans == []
        return
    assert abs(plans[0].points - best) < 1e-6
    given = {sku: sum(share.get(sku, 0) for share in plans[0].shares.values()) for sku in demand}
    assert given == demand
    for name, share in plans[0].shares.items():
        stock = next(site.stock for site in sites if site.location_id == name)
        assert all(quantity <= stock[sku] for sku, quantity in share.items())
    assert [plan.points for plan in plans] == sorted(plan.points for plan in plans)


def test_the_same_question_has_the_same_answer_whatever_the_order_of_locations():
    sites = [Site(name, 1.0, 0.5, {"A": 5}) for name in ("ROT", "BER", "LYS")]
    forward = best_plans({"A": 2}, sites, split=10, most=3, keep=5)
    backward = best_plans({"A": 2}, sites[::-1], split=10, most=3, keep=5)
    assert forward == backward
    assert list(forward[0].shares) == ["BER"]


def test_an_order_is_split_only_where_no_single_location_has_it_all_or_splitting_is_cheaper():
    near, far = Site("NEAR", 1.0, 0.0, {"A": 1, "B": 0}), Site("FAR", 9.0, 0.0, {"A": 1, "B": 1})
    whole = best_plans({"A": 1, "B": 1}, [near, far], split=10, most=3, keep=5)
    assert list(whole[0].shares) == ["FAR"]
    apart = best_plans({"A": 1, "B": 1}, [near, Site("FAR", 9.0, 0.0, {"A": 0, "B": 1})], split=10, most=3, keep=5)
    assert sorted(apart[0].shares) == ["FAR", "NEAR"]


def test_nothing_is_planned_over_more_locations_than_allowed():
    sites = [Site(f"L{n}", 1.0, 0.0, {"A": 1}) for n in range(4)]
    assert best_plans({"A": 4}, sites, split=1, most=3, keep=5) == []
    assert best_plans({"A": 3}, sites, split=1, most=3, keep=5)
