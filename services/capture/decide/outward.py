"""Telling a channel what became of its orders: shipped, cancelled, to be paid back. Each thing once.

A line is told of as the channel counts it. Of a kit the first component stands for all: the channel knows of the kit
alone, and its pieces add up.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from crossdock_contracts.base import Event
from crossdock_contracts.capture import OrderCancelledV1, OrderCapturedV1, OrderRejectedV1
from crossdock_contracts.channels import ChannelRefusedV1, ChannelToldV1
from crossdock_contracts.payments import RefundLeftToChannelV1
from crossdock_contracts.shipping import ShipmentShippedV2, ShippedLine
from crossdock_contracts.values import Hold, LineQuantity, Money, Order
from services.capture.channels.api import TellAcknowledged, TellCancelled, TellRefund, TellShipped, Told, Tracking
from services.capture.decide.kits import still_told, units_of
from services.capture.decide.opened import opened
from services.capture.rules import Channel, Channels
from services.capture.state import ENDED, OrderRecord
from services.capture.state_outward import Outward, Telling, TellingStatus, Unit, Unsure
from services.hub.decision import (
    Decision,
    Document,
    Done,
    Failed,
    Intent,
    Later,
    Outcome,
    Refused,
    States,
    Unsettled,
    changed,
)

News = OrderCapturedV1 | ShipmentShippedV2 | OrderCancelledV1 | OrderRejectedV1 | RefundLeftToChannelV1
"""What a channel may be told of."""
Said = TellAcknowledged | TellShipped | TellCancelled | TellRefund
"""How it is told of that."""

_PATIENCE = timedelta(hours=72)
_OPERATION: Mapping[type[Event], str] = {
    OrderCapturedV1: "acknowledge",
    ShipmentShippedV2: "ship",
    OrderCancelledV1: "cancel",
    OrderRejectedV1: "cancel",
    RefundLeftToChannelV1: "refund",
}
BY_CHANNEL = "channel:"
"""What the ids of cancels begin with that the channel carried out itself."""


def outward_of(channel: Channel, order: Order) -> Outward | None:
    """What is kept of an order to tell its channel of it; none where the channel cannot be told, or knows of none."""
    if channel.config.api is None or order.replaces or order.policy.fulfil_by != "hub":
        return None
    return Outward(
        channel=order.channel,
        channel_order_id=order.channel_order_id,
        currency=order.currency,
        refunds=order.policy.refund_by == "channel",
        units=units_of(order),
    )


def _name(message: News) -> str:
    match message:
        case OrderCapturedV1():
            return "acknowledge"
        case ShipmentShippedV2():
            return f"ship:{message.fulfilment_id}"
        case OrderCancelledV1():
            return f"cancel:{message.cancel_id}"
        case OrderRejectedV1():
            return "cancel:rejected"
        case RefundLeftToChannelV1():
            return f"refund:{message.refund_id}"


def reads_telling(message: News) -> Iterable[str]:
    """The order, and what was told of it."""
    return [
        OrderRecord.at(message.owner, message.order_id),
        Telling.at(message.owner, message.order_id, _name(message)),
    ]


def reads_acknowledging(wanting: Collection[str], message: OrderCapturedV1) -> Iterable[str]:
    """The same, where the channel wants to hear that an order has come."""
    return reads_telling(message) if message.order.channel in wanting else ()


def acknowledge(
    wanting: Collection[str], channels: Channels, states: States, message: OrderCapturedV1, now: datetime
) -> Decision:
    """An order has come, held or not: a channel that wants to hear of that counts the hours."""
    if message.order.channel not in wanting:
        return Decision.nothing()
    return tell_channel(channels, states, message, now)


def tell_channel(channels: Channels, states: States, message: News, now: datetime) -> Decision:
    """Something has become of an order that its channel does not know yet."""
    record = states.get(OrderRecord, message.owner, message.order_id)
    outward = record.outward if record else None
    if record is None or outward is None or not _is_told(channels, outward, message):
        return Decision.nothing()
    telling = states.get(Telling, message.owner, message.order_id, _name(message))
    if telling is not None and telling.status is not TellingStatus.OPEN:
        return Decision.nothing()
    if telling is not None:  # the message came before: whether the channel heard is looked up
        return Decision(writes=[telling], intent=_intent(outward, telling, resumed=True))
    outward, request = _request(still_told(record) or outward, message)
    telling = Telling(
        owner=message.owner,
        order_id=message.order_id,
        telling_id=_name(message),
        operation=_OPERATION[type(message)],
        request=request.model_dump(mode="json") if request else {},
        status=TellingStatus.OPEN if request else TellingStatus.DONE,
    )
    writes = [changed(record, outward=outward)] if outward != record.outward else []
    if request is None:  # nothing that the channel knows of, or not all of a pack
        return Decision(writes=[*writes, telling])
    intent = _intent(outward, telling)
    return Decision(writes=[*writes, changed(telling, intent=intent.record(now))], intent=intent)


def _is_told(channels: Channels, outward: Outward, message: News) -> bool:
    if isinstance(message, OrderCancelledV1) and message.cancel_id.startswith(BY_CHANNEL):
        return False
    api = channels[outward.channel].config.api if outward.channel in channels.names else None
    return api is not None and _OPERATION[type(message)] in api.tell


_REQUESTS: Mapping[str, type[Said]] = {
    "acknowledge": TellAcknowledged,
    "ship": TellShipped,
    "cancel": TellCancelled,
    "refund": TellRefund,
}


def _intent(outward: Outward, telling: Telling, *, resumed: bool = False) -> Intent:
    request = _REQUESTS[telling.operation].model_validate(telling.request)
    key = f"{telling.owner}/{telling.order_id}/{telling.telling_id}"
    return Intent(outward.channel, telling.operation, key, request, resumed=resumed)


def _request(outward: Outward, message: News) -> tuple[Outward, Said | None]:
    """What the channel is told, and what is remembered of it."""
    order_id = outward.channel_order_id
    match message:
        case OrderCapturedV1():
            return outward, TellAcknowledged(channel_order_id=order_id)
        case ShipmentShippedV2():
            lines, counts = _as_ordered(outward.units, outward.shipped, message.lines)
            shipped = TellShipped(
                channel_order_id=order_id,
                fulfilment_id=message.fulfilment_id,
                lines=lines,
                parcels=tuple(Tracking(carrier=one.carrier, number=one.tracking_number) for one in message.parcels),
                shipped_at=message.shipped_at,
                location_id=message.location_id,
            )
            return changed(outward, shipped=counts), shipped if lines else None
        case OrderCancelledV1():
            lines, counts = _as_ordered(outward.units, outward.cancelled, message.lines)
            cancelled = TellCancelled(
                channel_order_id=order_id,
                cancel_id=message.cancel_id,
                lines=lines,
                complete=message.complete,
                reason=message.reason,
                amount=Money(amount_minor=message.amount_minor, currency=outward.currency),
                refund=outward.refunds,
            )
            return changed(outward, cancelled=counts), cancelled if lines else None
        case OrderRejectedV1():
            lines, counts = _as_ordered(outward.units, outward.cancelled, message.lines)
            rejected = TellCancelled(
                channel_order_id=order_id,
                cancel_id="rejected",
                lines=lines,
                complete=True,
                reason=message.reason,
                refund=outward.refunds,
            )
            return changed(outward, cancelled=counts), rejected
        case RefundLeftToChannelV1():
            refund = TellRefund(
                channel_order_id=order_id,
                refund_id=message.refund_id,
                amount=message.amount,
                reason=message.reason,
                asked_at=message.left_at,
            )
            return outward, refund


def _as_ordered(
    units: Mapping[str, Unit], before: Mapping[str, int], lines: Iterable[LineQuantity | ShippedLine]
) -> tuple[tuple[LineQuantity, ...], dict[str, int]]:
    """Captured pieces by the channel's lines and count, and how many pieces of packs there have been."""
    told: dict[str, int] = {}
    counts = dict(before)
    for line in lines:
        unit = units.get(line.line_id)
        if unit is None:
            told[line.line_id] = told.get(line.line_id, 0) + line.quantity
        elif unit.line_id:
            were = counts.get(line.line_id, 0)
            counts[line.line_id] = were + line.quantity
            whole = (were + line.quantity) // unit.pieces - were // unit.pieces
            told[unit.line_id] = told.get(unit.line_id, 0) + whole
    return tuple(LineQuantity(line_id=name, quantity=n) for name, n in told.items() if n), counts


def settle_telling(states: States, message: News, outcome: Outcome, now: datetime) -> Decision:
    """The channel has answered."""
    telling = states.get(Telling, message.owner, message.order_id, _name(message))
    record = states.get(OrderRecord, message.owner, message.order_id)
    if telling is None or telling.intent is None or record is None or record.outward is None:
        return Decision.nothing()
    about = {
        "owner": message.owner,
        "order_id": message.order_id,
        "telling_id": telling.telling_id,
        "channel": record.outward.channel,
    }
    match outcome:
        case Done(response=told):
            assert isinstance(told, Told)
            done = changed(telling, status=TellingStatus.DONE, intent=None, request={}, reference=told.reference)
            unsure = _unsure(states, record.outward.channel, message, now)
            return Decision(
                writes=[done, *unsure], events=[ChannelToldV1(**about, reference=told.reference, told_at=now)]
            )
        case Refused(code=code, detail=detail):
            why = f"{code} {detail}".rstrip()
            refused = changed(telling, status=TellingStatus.REFUSED, intent=None, detail=why)
            event = ChannelRefusedV1(**about, code=_code(code), detail=why, refused_at=now)
            return Decision(writes=[refused], events=[event]).and_then(_held(record, telling, why, now))
        case Failed(detail=detail, retry_after_s=wait):
            return Decision(later=Later(detail, not_before_s=wait))
        case Unsettled(detail=detail):
            return Decision(later=Later(detail))


def _unsure(states: States, channel: str, message: News, now: datetime) -> list[Document]:
    """Stock that the channel may have put back by itself, since pieces do not leave; it is told again what there is."""
    if not isinstance(message, OrderCancelledV1 | OrderRejectedV1):
        return []
    skus = dict.fromkeys(line.sku for line in message.lines if line.sku)
    states.get_all(Unsure, [(message.owner, channel, sku) for sku in skus])
    return [Unsure(owner=message.owner, channel=channel, sku=sku, since=now) for sku in skus]


def _code(code: str) -> str:
    """A channel's own code, as contracts write codes."""
    return re.sub(r"[^a-z0-9]+", "-", code.lower()).strip("-")[:64].rstrip("-") or "refused"


def _held(record: OrderRecord, telling: Telling, why: str, now: datetime) -> Decision:
    """An order that goes on waits for somebody to look; one that has ended has nothing to wait with."""
    if record.status in ENDED or record.order is None:
        return Decision()
    hold = Hold(
        hold_id=f"channel-refused-{telling.telling_id}",
        reason="channel-refused",
        detail=f"{telling.telling_id}: {why}; see to it in the channel, and release",
        opened_at=now,
        expires_at=now + _PATIENCE,
        on_expiry="release",
    )
    return opened(record, hold)[1]
