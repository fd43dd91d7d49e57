"""What a new order is checked for, and who has to look at it: several holds may be open at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crossdock_contracts.addresses import AddressCheckWantedV1
from crossdock_contracts.base import Event
from crossdock_contracts.capture import RiskPart
from crossdock_contracts.reasons import ADDRESS_CHECK
from crossdock_contracts.values import Hold, LineKind, Order, PaymentMethod
from services.capture.decide.address import Problem, address_problems, is_po_box
from services.capture.decide.fraud import risk_of
from services.capture.decide.identity import Buyer, recognise
from services.capture.decide.mapping import not_known
from services.capture.decide.money import expected_total
from services.capture.rules import Channel
from services.capture.rules.workflow import ConfiguredHold, Gate
from services.capture.state import OrderRecord
from services.hub.decision import Document, States, changed

UNKNOWN_LISTING = "unknown-listing"
_PRINTED = 20
"""Most names in a text."""


@dataclass(slots=True)
class Checked:
    """An order as it has been looked at: completed by what was found out, with the holds that it waits for."""

    order: Order
    holds: tuple[Hold, ...] = ()
    risk: tuple[RiskPart, ...] = ()
    writes: list[Document] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


def check(states: States, channel: Channel, owner: str, order: Order, unknown: list[str], now: datetime) -> Checked:
    """Look at a new order: who the buyer is, whether it can be delivered, whether somebody has to see it first.

    What the hub does not fulfil is recorded as it is: nobody here could do anything about it, except name the goods
    that were sold over the counter.
    """
    buyer = recognise(channel.checks.customers, states, owner, order, now)
    order = _completed(channel, owner, order, buyer)
    found = Checked(order, writes=[*buyer.writes], events=[*buyer.events])
    if order.policy.fulfil_by != "hub":
        found.holds = _unnamed(channel, order, unknown, now)
        return found
    found.risk = risk_of(channel.checks.fraud, owner, order, buyer)
    holds = [_hold(channel, reason, detail, now) for reason, detail in problems(channel, order, unknown)]
    holds += [_hold(channel, reason, detail, now) for reason, detail in _repeats(channel, buyer)]
    found.holds = (*holds, *_fraud_review(channel, found.risk, now), *_halted(channel, owner, order, now))
    if channel.checks.addresses.check:
        _ask_carrier(channel, owner, found, now)
    return found


def _ask_carrier(channel: Channel, owner: str, found: Checked, now: datetime) -> None:
    """Have a carrier say whether it delivers there, where the rules want that and nothing is wrong by itself."""
    asked = carrier_asked(channel, owner, found.order, 1, now)
    if asked is not None:
        found.holds = (*found.holds, asked[0])
        found.events.append(asked[1])


def carrier_asked(
    channel: Channel, owner: str, order: Order, attempt: int, now: datetime
) -> tuple[Hold, AddressCheckWantedV1] | None:
    """The question to a carrier whether it delivers there, and the hold until it has answered; none: nobody is asked.

    ``attempt``: which address of the order this is.
    """
    asked = next((one for one in channel.checks.addresses.check if one.when.matches(owner, order)), None)
    ships = any(line.kind is LineKind.PHYSICAL for line in order.lines) and not order.shipping.pickup_location_id
    if asked is None or not ships or order.ship_to is None or order.policy.fulfil_by != "hub":
        return None
    if address_problems(channel.checks.addresses, order.ship_to, complete=True):
        return None
    hold = Hold(
        hold_id=numbered(ADDRESS_CHECK, attempt),
        reason=ADDRESS_CHECK,
        detail="a carrier is asked whether it delivers there",
        opened_at=now,
        expires_at=now + timedelta(minutes=asked.minutes),
        on_expiry="release",
    )
    wanted = AddressCheckWantedV1(owner=owner, order_id=order.order_id, ship_to=order.ship_to, attempt=attempt)
    return hold, wanted


def numbered(reason: str, attempt: int) -> str:
    """The id of a hold for the first, second … time of its reason."""
    return reason if attempt == 1 else f"{reason}-{attempt}"


@dataclass(frozen=True, slots=True)
class CheckedAgain:
    """A newer copy of an order as it has been looked at."""

    order: Order
    holds: tuple[Hold, ...]
    """Those that a new order like this would come in with, unless the order was looked at for that as it stands."""
    mendable: frozenset[str]
    """Reasons of holds that say what is wrong with the order as it stands: a copy without that mends it."""


def check_again(
    states: States, channel: Channel, record: OrderRecord, order: Order, unknown: list[str], now: datetime
) -> CheckedAgain:
    """Look at a newer copy of an order: who the buyer is and what it is worth to them is known from the first."""
    checked = check(states, channel, record.owner, order, unknown, now)
    order, before = checked.order, record.source or record.order
    if before is None:
        return CheckedAgain(order, checked.holds, frozenset())
    if changed(order.customer, customer_id="") == changed(before.customer, customer_id=""):
        order = changed(order, customer=before.customer)
    standing = record.order or before
    unnamed = [line.listing_id for line in standing.lines if line.kind is LineKind.PHYSICAL and line.sku is None]
    mendable = frozenset(reason for reason, _ in problems(channel, standing, unnamed))
    configured = {halt.name for halt in _configured(channel, record.owner, standing)}
    holds = tuple(hold for hold in checked.holds if hold.reason not in {"repeated-order", ADDRESS_CHECK, *configured})
    return CheckedAgain(order, holds, mendable)


def _completed(channel: Channel, owner: str, order: Order, buyer: Buyer) -> Order:
    """The order with what was found out of it: its customer, a PO box, how early it is served."""
    found: dict[str, object] = {}
    if buyer.customer_id:
        found["customer"] = changed(order.customer, customer_id=buyer.customer_id)
    if order.ship_to is not None and is_po_box(order.ship_to):
        found["ship_to"] = changed(order.ship_to, po_box=True)
    if found:
        order = changed(order, **found)
    rules = [rule for rule in channel.checks.workflow.priority if rule.priority < order.priority]
    wanted = [rule.priority for rule in rules if rule.when.matches(owner, order)]
    return changed(order, priority=min(wanted)) if wanted else order


def problems(channel: Channel, order: Order, unknown: list[str]) -> list[Problem]:
    """What is wrong with an order, or cannot be: reason and detail of each hold."""
    found: list[Problem] = []
    if unknown:
        found.append((UNKNOWN_LISTING, not_known(unknown)))
    off = order.totals.total_minor - expected_total(order.totals)
    if abs(off) > channel.config.rounding_minor:
        found.append(("totals-mismatch", f"the total is off by {off} {order.currency} minor units"))
    ships = any(line.kind is LineKind.PHYSICAL for line in order.lines)
    if ships and not order.shipping.pickup_location_id:
        found += address_problems(channel.checks.addresses, order.ship_to, complete=channel.config.needs_address)
    if channel.config.customer_po_required and order.payment.method is PaymentMethod.TERMS and not order.customer_po:
        found.append(("customer-po-missing", "customer_po: orders on terms name the customer's own order; ask for it"))
    if order.reserve_until and order.release_at and order.reserve_until < order.release_at:
        lapses = f"the stock promise lapses at {order.reserve_until:%Y-%m-%d %H:%M}, before the order is released"
        found.append(("dates-contradict", f"reserve_until: {lapses} at {order.release_at:%Y-%m-%d %H:%M}"))
    return found


def _unnamed(channel: Channel, order: Order, unknown: list[str], now: datetime) -> tuple[Hold, ...]:
    """Goods that were sold over the counter cannot be deducted before their SKU is known."""
    if not unknown or not order.sold_at:
        return ()
    detail = f"nothing is known of {', '.join(unknown[:_PRINTED])}: map or create them, so that they are deducted"
    return (changed(_hold(channel, UNKNOWN_LISTING, detail, now), on_expiry="release"),)


def _hold(channel: Channel, reason: str, detail: str, now: datetime) -> Hold:
    return Hold(
        hold_id=reason,
        reason=reason,
        detail=detail,
        opened_at=now,
        expires_at=now + timedelta(hours=channel.config.hold_hours),
        on_expiry="reject" if reason == UNKNOWN_LISTING else channel.config.on_expiry,  # it could go nowhere
    )


def _repeats(channel: Channel, buyer: Buyer) -> list[Problem]:
    """The same goods for the same customer a moment before or after, under another number: a doubled click, maybe."""
    minutes, this = channel.checks.customers.repeats_within_minutes, buyer.this
    if not minutes or this is None or not channel.config.check_repeats:
        return []
    window = timedelta(minutes=minutes)
    same = [one for one in buyer.earlier if one.goods == this.goods and abs(one.placed_at - this.placed_at) <= window]
    if not same:
        return []
    earlier = same[-1]
    return [("repeated-order", f"the same goods as {earlier.order_id} of {earlier.placed_at:%H:%M}; ask the buyer")]


def _fraud_review(channel: Channel, risk: tuple[RiskPart, ...], now: datetime) -> list[Hold]:
    config = channel.checks.fraud.config
    score = sum(part.points for part in risk)
    if score < config.threshold:
        return []
    parts = "; ".join(f"{part.rule} {part.points:+} ({part.detail})" for part in risk)
    return [
        Hold(
            hold_id="fraud-review",
            reason="fraud-review",
            detail=f"score {score}, held from {config.threshold} on: {parts}",
            assigned_to=config.role,
            opened_at=now,
            expires_at=now + timedelta(hours=config.hours or channel.config.hold_hours),
            on_expiry=config.on_expiry,
        )
    ]


def _configured(channel: Channel, owner: str, order: Order) -> Sequence[ConfiguredHold | Gate]:
    """Holds and gates of ``workflow.toml`` that are meant for orders like this."""
    workflow = channel.checks.workflow
    halts: tuple[ConfiguredHold | Gate, ...] = (*workflow.hold, *workflow.gate)
    return [halt for halt in halts if halt.when.matches(owner, order)]


def _halted(channel: Channel, owner: str, order: Order, now: datetime) -> list[Hold]:
    return [
        Hold(
            hold_id=halt.name,
            reason=halt.name,
            detail=halt.detail,
            assigned_to=halt.role,
            opened_at=now,
            expires_at=now + timedelta(hours=halt.hours or channel.config.hold_hours),
            on_expiry=halt.on_expiry,
            approval=isinstance(halt, Gate),
        )
        for halt in _configured(channel, owner, order)
    ]
