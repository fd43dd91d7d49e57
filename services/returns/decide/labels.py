"""Labels for the way back: when the seller sends one, and what became of it. Shipping buys it."""

from datetime import datetime, timedelta
from typing import Any

from crossdock_contracts.return_labels import (
    ReturnedGoods,
    ReturnLabelBoughtV1,
    ReturnLabelDelayedV1,
    ReturnLabelRefusedV1,
    ReturnLabelVoidedV1,
    ReturnLabelWantedV1,
    ReturnTrackedV1,
    SendReturnLabelV1,
)
from crossdock_contracts.values import Address
from services.hub.decision import Decision, States, changed
from services.returns.rules import Rules
from services.returns.state import Return, ReturnStatus, Sent, Sold, WayBack

SILENCE = timedelta(days=30)
"""A return of which its carrier has not said anything for so long does not come."""
_GONE = frozenset({"lost", "returned-to-sender", "cancelled"})
"""Exceptions after which its carrier brings it no more; after all others it does."""

Told = ReturnLabelBoughtV1 | ReturnLabelRefusedV1 | ReturnLabelDelayedV1 | ReturnLabelVoidedV1


def is_wanted(rules: Rules, sold: Sold, found: Return) -> bool:
    """Whether the policy has the seller send a label."""
    sent = _sent(sold, found)
    channel = sent.channel if sent else found.order_id.partition(":")[0]
    country = sent.ship_to.country if sent and sent.ship_to else None
    return any(policy.covers(found.owner, found.reason, channel, country) for policy in rules.label)


def want(rules: Rules, sold: Sold, found: Return, ship_from: Address | None) -> Decision:
    """Have a label bought for a return, from where the goods were delivered to unless another place is said."""
    sent = _sent(sold, found)
    attempt = found.label.attempt + 1 if found.label else 1
    wanted = ReturnLabelWantedV1(
        owner=found.owner,
        order_id=found.order_id,
        return_id=found.return_id,
        fulfilment_id=sent.fulfilment_id if sent else "",
        location_id=sent.location_id if sent else "",
        ship_from=ship_from or (sent and sent.ship_to) or Address(),
        lines=_goods(sold, found),
        currency=found.currency,
        channel=sent.channel if sent and sent.channel else found.order_id.partition(":")[0],
        service_level=rules.label_service_level,
        attempt=attempt,
    )
    return Decision(writes=[changed(found, label=WayBack(attempt=attempt))], events=[wanted])


def _sent(sold: Sold, found: Return) -> Sent | None:
    """The fulfilment that most of the pieces were sent in; none: no carrier brought them."""
    back = {line.line_id: line.quantity for line in found.lines}

    def of_it(sent: Sent) -> int:
        return sum(min(line.quantity, back.get(line.line_id, 0)) for line in sent.lines)

    best = max(sold.sent, key=of_it, default=None)
    return best if best is not None and of_it(best) else None


def _goods(sold: Sold, found: Return) -> tuple[ReturnedGoods, ...]:
    paid = {line.line_id: line for line in sold.lines}
    known = {line.line_id: line for sent in sold.sent for line in sent.lines}
    made = []
    for line in found.lines:
        sale, about = paid[line.line_id], known.get(line.line_id)
        more: dict[str, Any] = (
            about.model_dump(include={"weight_g", "title", "hs_code", "origin_country"}) if about else {}
        )
        value = sale.value_minor * line.quantity // sale.quantity
        made.append(
            ReturnedGoods(line_id=line.line_id, sku=sale.sku, quantity=line.quantity, value_minor=value, **more)
        )
    return tuple(made)


def send_label(rules: Rules, states: States, message: SendReturnLabelV1, _now: datetime) -> Decision:
    """The buyer gets a label after all, or once more where there was none to be had."""
    found = states.get(Return, message.owner, message.order_id, message.return_id)
    if found is None:
        name = f"{message.return_id} of order {message.order_id}"
        return Decision.unknown(message, "return", name, about=message.return_id)
    trouble = ""
    if found.status is not ReturnStatus.AUTHORISED:
        trouble = f"is {found.status}; only authorised returns get a label"
    elif found.label is not None and found.label.status != "refused":
        stands = f"{found.label.carrier} {found.label.tracking_number}".strip()
        trouble = f"has a label that is {found.label.status} {stands}".rstrip()
    if trouble:
        detail = f"return {found.return_id} of order {found.order_id} {trouble}"
        return Decision.refused(message, "wrong-state", detail, about=message.return_id)
    sold = states.get(Sold, message.owner, message.order_id)
    assert sold is not None
    return want(rules, sold, found, message.ship_from)


def know_label(states: States, message: Told, _now: datetime) -> Decision:
    """What shipping says of a return's label stands with the return."""
    found = states.get(Return, message.owner, message.order_id, message.return_id)
    label = found.label if found else None
    if found is None or label is None:
        return Decision.nothing()
    if isinstance(message, ReturnLabelRefusedV1 | ReturnLabelDelayedV1) and message.attempt < label.attempt:
        return Decision.nothing()
    after = _told(label, message)
    return Decision.nothing() if after == label else Decision(writes=[changed(found, label=after)])


def _told(label: WayBack, message: Told) -> WayBack:
    match message:
        case ReturnLabelBoughtV1(parcel=parcel) if label.status != "voided":
            return changed(
                label, status="bought", carrier=parcel.carrier, tracking_number=parcel.tracking_number, detail=""
            )
        case ReturnLabelVoidedV1():
            return changed(
                label,
                status="voided",
                carrier=message.carrier,
                tracking_number=message.tracking_number,
                detail=message.reason,
            )
        case ReturnLabelRefusedV1() if label.status in ("wanted", "delayed", "refused"):
            return changed(label, status="refused", detail=f"{message.reason}: {message.detail}")
        case ReturnLabelRefusedV1():  # the label that there is cannot be given back
            return changed(label, detail=f"{message.reason}: {message.detail}")
        case ReturnLabelDelayedV1() if label.status == "wanted":
            return changed(label, status="delayed", detail=message.detail)
    return label


def know_tracked(states: States, message: ReturnTrackedV1, _now: datetime) -> Decision:
    """Where its parcel is stands with the return, whose goods are received once they have been counted."""
    found = states.get(Return, message.owner, message.order_id, message.return_id)
    label = found.label if found else None
    if found is None or label is None or (label.tracked_at is not None and message.occurred_at < label.tracked_at):
        return Decision.nothing()
    detail = " ".join(filter(None, (message.code, message.detail)))
    about = {"tracking": message.status, "tracking_code": message.code, "tracking_detail": detail}
    after = changed(label, **about, tracked_at=message.occurred_at)
    return Decision.nothing() if after == label else Decision(writes=[changed(found, label=after)])


def is_coming(label: WayBack | None, now: datetime) -> bool:
    """Its carrier has it, and has spoken of it lately."""
    if label is None or label.tracked_at is None or label.tracking_code in _GONE:
        return False
    return now < label.tracked_at + SILENCE
