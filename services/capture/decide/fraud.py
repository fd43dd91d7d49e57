"""How suspicious an order is: the points of the rules that apply, each with what it found."""

from datetime import timedelta

from crossdock_contracts.capture import RiskPart
from crossdock_contracts.values import Order
from services.capture.decide.identity import Buyer
from services.capture.rules.fraud import FraudRule, FraudRules
from services.capture.rules.when import domain_of


def risk_of(rules: FraudRules, owner: str, order: Order, buyer: Buyer) -> tuple[RiskPart, ...]:
    """The rules that apply to an order; the score is the sum of their points."""
    if rules.config.channels and order.channel not in rules.config.channels:
        return ()
    applying = [rule for rule in rules.config.rule if _applies(rules, rule, owner, order, buyer)]
    return tuple(
        RiskPart(rule=rule.name, points=rule.points, detail=", ".join(_found(rule, order, buyer))) for rule in applying
    )


def _applies(rules: FraudRules, rule: FraudRule, owner: str, order: Order, buyer: Buyer) -> bool:
    """All of a rule's conditions hold."""
    return (
        not (rule.anonymous and buyer.customer_id)
        and not (rule.first_order and (buyer.orders_before or not buyer.customer_id))
        and not (rule.disposable_email and domain_of(order.customer.email) not in rules.disposable)
        and not (rule.billing_country_differs and _goes_where_it_is_billed(order))
        and (rule.within_hours is None or _is_burst(rule, order, buyer))
        and rule.when.matches(owner, order)
    )


def _goes_where_it_is_billed(order: Order) -> bool:
    billed, goes = order.bill_to, order.ship_to
    return not (billed and goes and billed.country and goes.country) or billed.country == goes.country


def _is_burst(rule: FraudRule, order: Order, buyer: Buyer) -> bool:
    count, spent = _around(rule, order, buyer)
    return count >= (rule.orders_from or 0) and spent >= (rule.spent_from_minor or spent)


def _around(rule: FraudRule, order: Order, buyer: Buyer) -> tuple[int, int]:
    """The customer's orders around this one, and what they come to in its currency.

    They go by when they were placed, in whatever order they came in.
    """
    window = timedelta(hours=rule.within_hours or 0)
    near = [one for one in buyer.earlier if abs(order.placed_at - one.placed_at) <= window]
    spent = sum(one.total_minor for one in near if one.currency == order.currency)
    return len(near) + 1, spent + order.totals.total_minor


def _found(rule: FraudRule, order: Order, buyer: Buyer) -> list[str]:
    """What a rule that applies has found, condition by condition."""
    found = []
    if rule.anonymous:
        found.append("nothing tells who the buyer is")
    if rule.first_order:
        found.append("nothing was ordered before")
    if rule.disposable_email:
        found.append(f"an address at {domain_of(order.customer.email)}")
    if rule.billing_country_differs and order.bill_to and order.ship_to:
        found.append(f"billed to {order.bill_to.country}, goes to {order.ship_to.country}")
    count, spent = _around(rule, order, buyer)
    if rule.orders_from is not None:
        found.append(f"{count} orders within {rule.within_hours:g} h")
    if rule.spent_from_minor is not None:
        found.append(f"{spent} {order.currency} minor units within {rule.within_hours:g} h")
    return found
