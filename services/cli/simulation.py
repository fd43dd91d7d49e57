"""What other rules would have decided, beside what was decided."""

from collections.abc import Iterable
from typing import Any

from services.cli.output import as_table, console, counted
from services.hub.money import decimals, figure
from services.routing.decide.landed import Landed, total
from services.routing.replay import Decided, Replayed, replay
from services.routing.rules import Rules


def compare(rules: Rules, past: list[Decided], lost: int, top: int) -> dict[str, Any]:
    """The figures of both, and the decisions that change most.

    Costs, days and carbon are those of decisions that are routed both ways, so that like is compared with like.
    """
    found = list(replay(rules, past))
    both = [one for one in found if one.before and one.after]
    moved = sorted(
        (one for one in found if one.moved), key=lambda one: (-abs(one.saved_minor), one.decided.order.order_id)
    )
    return {
        "currency": rules.exchange.currency or "",
        "decisions": len(found),
        "left_out": lost + len(past) - len(found),
        "changed": len(moved),
        "decided": _figures(found, [one.before for one in both if one.before], unroutable="before"),
        "simulated": _figures(found, [one.after for one in both if one.after], unroutable="after"),
        "changes": [_change(one) for one in moved[:top]],
    }


def _figures(found: list[Replayed], plans: Iterable[Landed], *, unroutable: str) -> dict[str, Any]:
    listed = list(plans)
    whole = total(listed)
    return {
        "cost_minor": whole.cost_minor,
        "freight_minor": whole.freight_minor,
        "handling_minor": whole.handling_minor,
        "parcels": whole.parcels,
        "splits": sum(one.parcels > 1 for one in listed),
        "mean_days": round(whole.days / len(listed), 3) if listed else 0.0,
        "carbon_g": whole.carbon_g,
        "unroutable": sum(getattr(one, unroutable) is None for one in found),
    }


def _change(one: Replayed) -> dict[str, Any]:
    return {
        "owner": one.decided.owner,
        "order_id": one.decided.order.order_id,
        "attempt": one.decided.attempt,
        "from": one.decided.shares,
        "to": one.shares,
        "cost_minor": one.before.cost_minor if one.before else None,
        "simulated_minor": one.after.cost_minor if one.after else None,
        "reason": one.reason,
    }


def show(result: dict[str, Any], title: str) -> None:
    """Print a comparison."""
    before, after, currency = result["decided"], result["simulated"], result["currency"]
    digits = decimals(currency)
    money, in_currency = (10**digits, f",.{digits}f"), f", {currency}" if currency else ""
    console.print(
        f"{counted(result['decisions'], 'decision')}, {result['changed']:,} of them otherwise"
        + (f"; {result['left_out']:,} left out: what they stood on is gone" if result["left_out"] else ""),
        highlight=False,
    )
    rows = (
        (f"cost{in_currency}", "cost_minor", *money),
        (f"freight{in_currency}", "freight_minor", *money),
        (f"handling{in_currency}", "handling_minor", *money),
        ("parcels", "parcels", 1, ",d"),
        ("split orders", "splits", 1, ",d"),
        ("mean days in transit", "mean_days", 1, ".2f"),
        ("carbon, kg CO2e", "carbon_g", 1000, ",.1f"),
        ("unroutable", "unroutable", 1, ",d"),
    )
    as_table(
        title,
        ("", "decided", "simulated", "difference"),
        (
            [
                name,
                *(format(number if unit == 1 else number / unit, form) for number in (before[key], after[key])),
                _difference(before[key], after[key], unit, form),
            ]
            for name, key, unit, form in rows
        ),
    )
    if result["changes"]:
        as_table(
            "Changed most",
            ("order", "ships from", "would ship from", f"cost{in_currency}", "would cost", ""),
            (
                [
                    change["order_id"],
                    "+".join(change["from"]) or "nowhere",
                    "+".join(change["to"]) or "nowhere",
                    _money(change["cost_minor"], currency),
                    _money(change["simulated_minor"], currency),
                    change["reason"],
                ]
                for change in result["changes"]
            ),
        )


def _difference(before: float, after: float, unit: int, form: str) -> str:
    difference = after - before if unit == 1 else (after - before) / unit
    share = f" ({(after - before) / before:+.1%})" if before else ""
    return f"{format(difference, '+' + form)}{share}"


def _money(minor: int | None, currency: str) -> str:
    return "" if minor is None else figure(minor, currency)
