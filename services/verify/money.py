"""Checks of money: charged and paid back once, and all of it."""

from collections import Counter

from services.verify.check import Check, order_name, said_once
from services.verify.facts import Facts, OrderKey


def charged_once(facts: Facts) -> Check:
    """No order is authorised twice for the same attempt, no fulfilment charged twice."""
    check = said_once(
        "nothing-is-charged-twice",
        facts,
        ("payment-authorised",),
        lambda body: (body.get("authorisation_id", ""), body.get("revision", 0)),
        "authorised",
    )
    charged = said_once("", facts, ("payment-captured",), lambda body: body["fulfilment_id"], "charged")
    check.checked += charged.checked
    check.violations += charged.violations
    check.violations += _beyond_total(facts, "payment-captured", "charged")
    return check


def _beyond_total(facts: Facts, event: str, verb: str) -> list[str]:
    """Orders of which more was moved by these events than they cost."""
    moved: Counter[OrderKey] = Counter()
    for _, key, body in facts.events.get(event, []):
        moved[key] += body["amount"]["amount_minor"]
    totals = {key: facts.payments.get(key, {}).get("amount_minor", 0) for key in moved}
    return [
        f"{order_name(key)}: {amount} was {verb} of {totals[key]}"
        for key, amount in moved.items()
        if amount > totals[key]
    ]


def refunded_once(facts: Facts) -> Check:
    """No refund is paid twice, and no more is paid back than was paid."""
    check = said_once(
        "nothing-is-refunded-twice", facts, ("payment-refunded",), lambda body: body["refund_id"], "refunded"
    )
    check.violations += _beyond_total(facts, "payment-refunded", "paid back")
    return check


def money_conserved(facts: Facts) -> Check:
    """What was authorised for an order and is not cancelled is charged, or still to be charged as goods ship."""
    check = Check("money-is-conserved")
    shipped: Counter[OrderKey] = Counter()
    for _, key, body in facts.events.get("shipment-shipped", []):
        shipped[key] += body["value"]["amount_minor"]
    for key, payment in facts.payments.items():
        if payment.get("method", "prepaid") != "token" or facts.open_consumers or facts.parked:
            continue
        check.checked += 1
        captures = payment.get("captures", {}).values()
        taken = sum(c["amount_minor"] for c in captures if c.get("done"))
        failed = sum(c["amount_minor"] for c in captures if c.get("failed"))
        for_prices = sum(c.get("adjusted_minor", 0) for c in captures)
        cards = sum(c.get("cards_minor", 0) for c in captures)
        if taken + failed + cards - for_prices != shipped[key]:
            check.violations.append(
                f"{order_name(key)}: goods for {shipped[key]} shipped, and {taken - for_prices} was charged for them"
            )
        due = payment.get("amount_minor", 0) - payment.get("cancelled_minor", 0)
        order = facts.orders.get(key, {})
        refunds = payment.get("refunds", {})
        back = sum(r["amount_minor"] for name, r in refunds.items() if name.startswith("amend:"))
        settled = order.get("status") == "completed" and payment.get("status") == "authorised"
        if settled and taken + failed + cards - back != due:
            check.violations.append(
                f"{order_name(key)}: {due} was due of a completed order, and {taken - back} was charged"
            )
    return check
