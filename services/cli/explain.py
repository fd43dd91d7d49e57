"""Why an order ships from where it does, told from routing's events and the promises that they stood on."""

from typing import Any

Body = dict[str, Any]

_PROMISES = ("stock-reserved", "stock-backordered", "allocation-refused")
_LEAST_TOLD = 0.005
"""Differences below this are not told."""


def decisions(routing: list[Body], inventory: list[Body]) -> list[Body]:
    """Each decision about an order, the oldest first, from the events of routing and inventory about it."""
    promises = [event for event in inventory if _name(event) in _PROMISES]
    found = []
    for event in sorted(routing, key=_time):
        if _name(event) in {"order-routed", "order-unroutable"}:
            free = _free([promise for promise in promises if _time(promise) <= _time(event)] or promises[:1])
            found.append(_decision(event, free))
    return found


def _name(event: Body) -> str:
    return str(event["headers"]["ce-type"].split(".")[2])


def _time(event: Body) -> str:
    return str(event["headers"]["ce-time"])


def _free(promises: list[Body]) -> dict[str, dict[str, int]]:
    """Free pieces by location and SKU, as they were last told."""
    lines = {line["line_id"]: line for promise in sorted(promises, key=_time) for line in promise["body"]["lines"]}
    free: dict[str, dict[str, int]] = {}
    for line in lines.values():
        for one in line.get("candidates", []):
            free.setdefault(one["location_id"], {})[line["sku"]] = one["available"]
    return free


def _decision(event: Body, free: dict[str, dict[str, int]]) -> Body:
    body = event["body"]
    ranking, rules = body.get("ranking", []), body.get("rules", [])
    routed = _name(event) == "order-routed"
    excluded = {rule["location_id"]: rule["rule"] for rule in rules if rule["effect"] == "excluded"}
    return {
        "attempt": body["attempt"],
        "at": _time(event),
        "outcome": "routed" if routed else "unroutable",
        "why": _why(ranking) if routed else body["detail"],
        "candidates": [
            {
                "location_id": name,
                "free": free.get(name, {}),
                "verdict": _verdict(name, ranking, excluded),
                "rules": [f"{r['rule']}: {r['effect']}" for r in rules if r.get("location_id") == name],
            }
            for name in sorted({*free, *excluded}, key=lambda name: (name in excluded, name not in free, name))
        ],
        "rules": [f"{rule['rule']}: {rule['effect']}" for rule in rules if not rule.get("location_id")],
        "ranking": ranking,
    }


def _verdict(name: str, ranking: list[Body], excluded: dict[str, str]) -> str:
    if name in excluded:
        return f"excluded: {excluded[name]}"
    ranks = [plan["rank"] for plan in ranking if name in plan["shares"]]
    if not ranks:
        return "not in a plan that was ranked"
    return "chosen" if ranks[0] == 1 else f"in plan {ranks[0]}"


def _why(ranking: list[Body]) -> str:
    """In one sentence why the first plan won."""
    best, *others = ranking
    places = "+".join(best["shares"])
    wins = f"{places} costs the fewest points, {best['points']:g}"
    if len(best["shares"]) > 1 and all(len(plan["shares"]) > 1 for plan in others):
        wins = f"no location that may serve it has everything; of the splits {wins}"
    if not others:
        return f"{wins}; there is no other plan"
    second = others[0]
    differences = {
        part: second.get("parts", {}).get(part, 0.0) - best.get("parts", {}).get(part, 0.0)
        for part in {*second.get("parts", {}), *best.get("parts", {})}
    }
    told = sorted(differences.items(), key=lambda one: (-abs(one[1]), one[0]))
    reasons = ", ".join(f"{part} {points:+.4g}" for part, points in told if abs(points) >= _LEAST_TOLD)
    more = second["points"] - best["points"]
    instead = "+".join(second["shares"])
    if not reasons:
        return f"{wins}; {instead} costs as much, and comes after it by name"
    return f"{wins}; {instead} would cost {more:.4g} more ({reasons})"


def waits_for(route: Body | None) -> str:
    """What an order that is not routed yet waits for, by routing's document of it."""
    if route is None:
        return "routing has not heard of it"
    if route.get("status") == "ended":
        return "it ended without being routed"
    missing = [
        what
        for what, there in (
            ("the order itself", route.get("order") is not None),
            ("its release from hold", not route.get("held", False)),
            ("its payment", route.get("authorised", False)),
            ("the promise of its stock", bool(route.get("promised"))),
        )
        if not there
    ]
    return f"it waits for {', '.join(missing)}" if missing else "it waits for its day, or for stock of all its lines"
