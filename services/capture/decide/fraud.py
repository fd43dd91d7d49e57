"""How suspicious an order is: the points of the rules that apply, each with what it found."""

from collections.abc import Iterable
from datetime import timedelta

from crossdock_contracts.capture import RiskPart
from crossdock_contracts.values import Order
from services.capture.decide.identity import Buyer
from services.capture.rules.fraud import FraudRule, FraudRules
from services.capture.rules.when import domain_of
from services.capture.state import RecentOrder


def risk_of(rules: FraudRules, owner: str, order: Order, buyer: Buyer) -> tuple[RiskPart, ...]:
    """The rules that apply to an order; the score is the sum of their points."""
    return tuple(
        RiskPart(rule=rule.name, points=rule.points, detail=", ".join(said))
        for rule in rules.config.rule
        if rule.when.matches(owner, order) and (said := _said(rules, rule, order, buyer)) is not None
    )


def _said(rules: FraudRules, rule: FraudRule, order: Order, buyer: Buyer) -> list[str] | None:
    """What a rule found, condition by condition; none where one of them does not hold."""
    said: list[str] = []
    for holds, words in _conditions(rules, rule, order, buyer):
        if not holds:
            return None
        said.append(words)
    return said


def _conditions(rules: FraudRules, rule: FraudRule, order: Order, buyer: Buyer) -> Iterable[tuple[bool, str]]:
    if rule.anonymous:
        yield not buyer.customer_id, "nothing tells who the buyer is"
    if rule.first_order:
        yield bool(buyer.customer_id) and not buyer.orders_before, "nothing was ordered before"
    if rule.disposable_email:
        domain = domain_of(order.customer.email)
        yield domain in rules.disposable, f"an address at {domain}"
    if rule.billing_country_differs:
        billed = order.bill_to.country if order.bill_to else None
        goes = order.ship_to.country if order.ship_to else None
        yield bool(billed and goes and billed != goes), f"billed to {billed}, goes to {goes}"
    if rule.within_hours is not None and (rule.orders_from or rule.spent_from_minor):
        yield from _burst(rule, order, buyer, rule.within_hours)


def _burst(rule: FraudRule, order: Order, buyer: Buyer, hours: float) -> Iterable[tuple[bool, str]]:
    """The customer's orders around this one: as they were placed, in whatever order they came in."""
    window = timedelta(hours=hours)
    near: list[RecentOrder] = [one for one in buyer.earlier if abs(order.placed_at - one.placed_at) <= window]
    if rule.orders_from is not None:
        yield len(near) + 1 >= rule.orders_from, f"{len(near) + 1} orders within {hours:g} h"
    if rule.spent_from_minor is not None:
        spent = order.totals.total_minor
        spent += sum(one.total_minor for one in near if one.currency == order.currency)
        yield spent >= rule.spent_from_minor, f"{spent} {order.currency} minor units within {hours:g} h"
