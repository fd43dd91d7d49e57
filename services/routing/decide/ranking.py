"""What is told of a decision: the plans that were ranked, or why there was none."""

from crossdock_contracts.routing import RankedPlan
from services.routing.decide.assign import Plan
from services.routing.decide.eligible import Eligible
from services.routing.decide.landed import landed
from services.routing.decide.offers import Offers
from services.routing.decide.ruling import Case, Ruling
from services.routing.rules import Rules
from services.routing.state import Route


def ranked(rules: Rules, case: Case, plans: list[Plan], allowed: Eligible, offers: Offers) -> tuple[RankedPlan, ...]:
    """Plans with what their points are made of, and what they come to."""
    found = []
    for rank, plan in enumerate(plans, start=1):
        parts = {"split": rules.config.weights.split * (len(plan.shares) - 1)}
        for location_id, pieces in plan.shares.items():
            for name, points in allowed.parts[location_id].items():
                parts[name] = parts.get(name, 0.0) + points
            parts["pieces"] = parts.get("pieces", 0.0) + allowed.piece[location_id] * sum(pieces.values())
            if kilogram := allowed.kilogram[location_id]:
                parts["freight"] += kilogram * case.grams(pieces) / 1000
        costs = {name: round(points, 3) for name, points in parts.items() if points}
        result = landed(rules, case, plan.shares, allowed.km)
        found.append(
            RankedPlan(
                rank=rank,
                points=round(plan.points, 3),
                shares=plan.shares,
                parts=costs,
                freight_minor=result.freight_minor,
                transit_days=result.days,
                carbon_g=result.carbon_g,
                deliver_by=offers.deliver_by(plan.shares),
            )
        )
    return tuple(found)


def kept_out(route: Route, allowed: Eligible) -> str:
    """Which locations have goods of it and may not send them, and why."""
    there = {one.location_id for line in route.promised for one in line.candidates if one.available}
    why = [f"{one.location_id}: {one.rule}" for one in allowed.applied if one.effect in ("excluded", "left out")]
    told = [reason for reason in why if reason.partition(":")[0] in there]
    kept = [f"{name}: {pieces} kept back" for name, pieces in allowed.ruling.keep_back.items() if name in there]
    return f" ({'; '.join([*told, *kept])})" if told or kept else ""


def too_many(ruling: Ruling) -> str:
    """Why the goods cannot be brought together."""
    bounds = [f"{one.rule}: {one.effect}" for one in ruling.applied if not one.location_id]
    told = f"; {'; '.join(bounds)}" if bounds else ""
    return f"the goods lie in more locations than the {ruling.most} that it may be split over{told}"
