"""Which rules are for an order, and what they come to together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from crossdock_contracts.routing import AppliedRule
from crossdock_contracts.values import Order
from services.routing.rule import Rule, When
from services.routing.rules import Rules

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be placed now, and of whose order."""

    owner: str
    order: Order
    pieces: dict[str, int]
    """By SKU."""
    weights_g: dict[str, int]
    """Of one piece, by SKU."""
    hazmat: frozenset[str]
    """Classes of hazardous goods among them."""
    weight_g: int
    """Of all of it."""
    now: datetime

    def grams(self, pieces: Mapping[str, int]) -> int:
        """Weight of some of it, by SKU."""
        return sum([self.weights_g[sku] * quantity for sku, quantity in pieces.items()])


def case_of(rules: Rules, owner: str, order: Order, pieces: dict[str, int], now: datetime) -> Case:
    """These pieces of an order."""
    goods = [line for line in order.lines if line.sku in pieces]
    usual = rules.config.freight.usual_weight_g
    weights = dict.fromkeys(pieces, usual)
    weights |= {line.sku: usual if line.weight_g is None else line.weight_g for line in goods if line.sku}
    hazmat = frozenset([line.hazmat_class for line in goods if line.hazmat_class])
    whole = sum([weights[sku] * quantity for sku, quantity in pieces.items()])
    return Case(owner, order, pieces, weights, hazmat, whole, now)


@dataclass(slots=True)
class Ruling:
    """What all rules that are for an order come to."""

    most: int
    """Most locations."""
    excluded: dict[str, str] = field(default_factory=dict)
    """By location the first rule that keeps it out."""
    points: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    """By location what rules add, and which."""
    whole: bool = False
    together: list[frozenset[str]] = field(default_factory=list)
    keep_back: dict[str, int] = field(default_factory=dict)
    applied: list[AppliedRule] = field(default_factory=list)
    """What they do to the order as a whole."""


def rule_on(rules: Rules, case: Case) -> Ruling:
    """What the rules say: what is kept out by one is out, points add up, and of limits the strictest counts."""
    ruling = Ruling(rules.config.most_locations)
    for rule in rules.config.rule:
        if not rule.active or not fits(rule.when, case) or (rule.unless is not None and fits(rule.unless, case)):
            continue
        _choose(rules, ruling, rule)
        _bind(ruling, rule, case)
        if rule.stop:
            break
    return ruling


def _choose(rules: Rules, ruling: Ruling, rule: Rule) -> None:
    """What a rule says of single locations."""
    for name in rules.active:
        if name in rule.exclude or (rule.only and name not in rule.only):
            ruling.excluded.setdefault(name, rule.name)
        points = rule.points.get(name, 0.0)
        if rule.prefer:
            place = rule.prefer.index(name) if name in rule.prefer else len(rule.prefer)
            points += rules.config.weights.preference * place
        if points:
            ruling.points.setdefault(name, []).append((rule.name, points))


def _bind(ruling: Ruling, rule: Rule, case: Case) -> None:
    """What a rule says of the order as a whole."""
    if rule.most_locations is not None and rule.most_locations < ruling.most:
        ruling.most = rule.most_locations
        ruling.applied.append(AppliedRule(rule=rule.name, effect=f"at most {rule.most_locations} locations"))
    if rule.whole_lines:
        ruling.whole = True
        ruling.applied.append(AppliedRule(rule=rule.name, effect="no line from two locations"))
    group = frozenset(sku for sku in case.pieces if sku.startswith(rule.together)) if rule.together else frozenset()
    if group:
        joined = [other for other in ruling.together if other & group]
        ruling.together = [other for other in ruling.together if not other & group]
        ruling.together.append(group.union(*joined))
        effect = f"from one location: {', '.join(sorted(group))}"
        ruling.applied.append(AppliedRule(rule=rule.name, effect=effect))
    for name, pieces in rule.keep_back.items():
        ruling.keep_back[name] = max(pieces, ruling.keep_back.get(name, 0))
        ruling.applied.append(AppliedRule(rule=rule.name, effect=f"keeps {pieces} back", location_id=name))


def fits(when: When, case: Case) -> bool:
    """Whether a case is like this."""
    return _order_fits(when, case) and _buyer_fits(when, case) and _goods_fit(when, case) and _time_fits(when, case.now)


def _order_fits(when: When, case: Case) -> bool:
    order = case.order
    total = order.totals.total_minor
    return (
        (not when.owners or case.owner in when.owners)
        and (not when.channels or order.channel in when.channels)
        and (not when.service_levels or order.shipping.service_level in when.service_levels)
        and (not when.payment_methods or order.payment.method in when.payment_methods)
        and (not when.currencies or order.currency in when.currencies)
        and (not when.tags or any(tag in when.tags for tag in order.tags))
        and (when.priority_to is None or order.priority <= when.priority_to)
        and (when.ship_complete is None or order.ship_complete == when.ship_complete)
        and _within(total, when.total_from_minor, when.total_below_minor)
    )


def _buyer_fits(when: When, case: Case) -> bool:
    to, customer = case.order.ship_to, case.order.customer
    if when.customers:
        mail = customer.email.casefold()
        names = {customer.channel_customer_id, mail, "@" + mail.rpartition("@")[2]} - {"", "@"}
        if not names & {name if "@" not in name else name.casefold() for name in when.customers}:
            return False
    if when.countries and (to is None or to.country not in when.countries):
        return False
    if when.regions and (to is None or to.region not in when.regions):
        return False
    if when.postcode_prefixes:
        prefixes = tuple(_plain(prefix) for prefix in when.postcode_prefixes)
        return to is not None and _plain(to.postcode).startswith(prefixes)
    return True


def _plain(postcode: str) -> str:
    return "".join(postcode.split()).upper()


def _goods_fit(when: When, case: Case) -> bool:
    return (
        (not when.sku_prefixes or any(sku.startswith(when.sku_prefixes) for sku in case.pieces))
        and (not when.hazmat_classes or not case.hazmat.isdisjoint(when.hazmat_classes))
        and _within(case.weight_g, when.weight_from_g, when.weight_below_g)
        and _within(sum(case.pieces.values()), when.pieces_from, when.pieces_below)
    )


def _within(value: int, least: int | None, below: int | None) -> bool:
    return (least is None or value >= least) and (below is None or value < below)


def _time_fits(when: When, now: datetime) -> bool:
    if not (when.days or when.hours or when.from_day or when.until_day):
        return True
    local = now.astimezone(ZoneInfo(when.zone))
    if when.days and _WEEKDAYS[local.weekday()] not in when.days:
        return False
    if (when.from_day and local.date() < when.from_day) or (when.until_day and local.date() > when.until_day):
        return False
    if not when.hours:
        return True
    begin, _, end = when.hours.partition("-")
    time = f"{local:%H:%M}"
    return begin <= time < end if begin <= end else time >= begin or time < end
