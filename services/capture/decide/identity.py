"""Who ordered: one identity across channels, joined on what orders name their buyers by, with the evidence kept.

A customer stands at the id that follows from the first thing that they were known by, mostly an e-mail address: an
order that names nothing new of its buyer reads and writes that one document. Each further thing gets a document that
leads to the customer, once. Where an order shows that two identities are one, an event says so.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from crossdock_contracts.capture import CustomersMergedV1
from crossdock_contracts.values import Order
from services.capture.decide.evidence import Trace, traces_of
from services.capture.rules.customers import CustomerRules
from services.capture.state import Customer, Evidence, RecentOrder
from services.hub.decision import States, changed

_REFRESH = timedelta(days=180)
"""What a customer was known by for so long is looked up anew, so that the document that leads from it stays young."""
_MOST_STEPS = 8
"""Documents that lead to one another; each merge adds one at most, and looking up shortens the way."""


@dataclass(slots=True)
class Buyer:
    """Who ordered, as far as that is known, and what they ordered before."""

    customer_id: str = ""
    earlier: tuple[RecentOrder, ...] = ()
    """Their latest orders but this one."""
    orders_before: int = 0
    this: RecentOrder | None = None
    writes: list[Customer] = field(default_factory=list)
    events: list[CustomersMergedV1] = field(default_factory=list)


class _Lookup:
    """The documents that lead to customers, as this decision finds and leaves them."""

    def __init__(self, states: States, owner: str) -> None:
        self._states = states
        self._owner = owner
        self._changed: dict[str, Customer] = {}

    def find(self, customer_id: str) -> Customer | None:
        """The customer whom an id stands for today; none where it stands for nobody."""
        start, step = customer_id, 0
        found = self._at(customer_id)
        while found is not None and found.same_as and step < _MOST_STEPS:
            customer_id, step = found.same_as, step + 1
            found = self._at(customer_id)
        if found is not None and step > 1:
            self.lead(start, found.customer_id)
        return found

    def _at(self, customer_id: str) -> Customer | None:
        return self._changed.get(customer_id) or self._states.get(Customer, self._owner, customer_id)

    def put(self, customer: Customer) -> None:
        """This is how the document stands from now on."""
        self._changed[customer.customer_id] = customer

    def lead(self, customer_id: str, to: str) -> None:
        """This id stands for that customer."""
        if customer_id != to:
            self.put(Customer(owner=self._owner, customer_id=customer_id, same_as=to))

    def writes(self) -> list[Customer]:
        """All that is to be written."""
        return list(self._changed.values())


def recognise(rules: CustomerRules, states: States, owner: str, order: Order, now: datetime) -> Buyer:
    """Find the buyer of an order, or make their acquaintance; remember the order."""
    traces = traces_of(rules, order.channel, order)
    if not traces:
        return Buyer()
    lookup = _Lookup(states, owner)
    customer = lookup.find(traces[0].customer_id)
    known = {(e.kind, e.value) for e in customer.evidence if now - e.seen_at < _REFRESH} if customer else set()
    buyer = Buyer()
    new = [trace for trace in traces if (trace.kind, trace.value) not in known]
    for trace in new:
        other = lookup.find(trace.customer_id)
        if other is None or not _has_room(rules, other):
            continue
        if customer is None:
            customer = other
        elif other.customer_id != customer.customer_id and _has_room(rules, customer):
            customer, gone = _elder(customer, other)
            customer = _merged(rules, customer, gone)
            lookup.put(customer)
            lookup.lead(gone.customer_id, customer.customer_id)
            buyer.events.append(_told(owner, customer, gone, trace, order, now))
    customer = customer or Customer(owner=owner, customer_id=traces[0].customer_id)
    for trace in new:
        other = lookup.find(trace.customer_id)
        if _has_room(rules, customer) and (other is None or other.customer_id == customer.customer_id):
            customer = _with_evidence(customer, trace, order, now)
            lookup.lead(trace.customer_id, customer.customer_id)
    buyer.customer_id = customer.customer_id
    buyer.earlier = tuple(recent for recent in customer.recent if recent.order_id != order.order_id)
    buyer.orders_before = customer.orders
    buyer.this = _recent(order)
    lookup.put(_with_order(rules, customer, buyer.this))
    buyer.writes = lookup.writes()
    return buyer


def _has_room(rules: CustomerRules, customer: Customer) -> bool:
    """Few enough things lead to this identity that it is one buyer's: a switchboard's number is everybody's."""
    return len(customer.evidence) < rules.most_evidence


def _elder(one: Customer, other: Customer) -> tuple[Customer, Customer]:
    """Of two identities the one that has been known for longer, and the other."""
    return (one, other) if _age(one) <= _age(other) else (other, one)


def _age(customer: Customer) -> tuple[bool, float, str]:
    since = customer.since
    return since is None, since.timestamp() if since else 0.0, customer.customer_id


def _merged(rules: CustomerRules, kept: Customer, gone: Customer) -> Customer:
    known = {(e.kind, e.value) for e in kept.evidence}
    evidence = (*kept.evidence, *(e for e in gone.evidence if (e.kind, e.value) not in known))
    recent = sorted((*kept.recent, *gone.recent), key=lambda one: (one.placed_at, one.order_id))
    return changed(
        kept,
        evidence=evidence,
        recent=tuple(recent[-rules.remember_orders :]),
        orders=kept.orders + gone.orders,
    )


def _told(owner: str, kept: Customer, gone: Customer, trace: Trace, order: Order, now: datetime) -> CustomersMergedV1:
    return CustomersMergedV1(
        owner=owner,
        customer_id=kept.customer_id,
        merged_id=gone.customer_id,
        evidence=trace.kind,
        order_id=order.order_id,
        merged_at=now,
    )


def _with_evidence(customer: Customer, trace: Trace, order: Order, now: datetime) -> Customer:
    """The customer is known by this, too, or was seen by it again after a long time."""
    seen = Evidence(kind=trace.kind, value=trace.value, order_id=order.order_id, seen_at=now)
    others = tuple(e for e in customer.evidence if (e.kind, e.value) != (trace.kind, trace.value))
    return changed(customer, evidence=(*others, seen))


def _with_order(rules: CustomerRules, customer: Customer, recent: RecentOrder) -> Customer:
    orders = (*customer.recent, recent)
    if len(orders) > 1 and orders[-2].placed_at > recent.placed_at:
        orders = tuple(sorted(orders, key=lambda one: (one.placed_at, one.order_id)))
    since = min(customer.since or recent.placed_at, recent.placed_at)
    return changed(customer, recent=orders[-rules.remember_orders :], orders=customer.orders + 1, since=since)


def _recent(order: Order) -> RecentOrder:
    goods = sorted(f"{line.sku or line.listing_id or line.title}×{line.quantity}" for line in order.lines)
    return RecentOrder(
        order_id=order.order_id,
        placed_at=order.placed_at,
        total_minor=order.totals.total_minor,
        currency=order.currency,
        goods=sha256("\n".join(goods).encode()).hexdigest()[:16],
    )
