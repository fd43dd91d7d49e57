"""What suppliers are going to deliver: expected, slipped, closed, and received against."""

from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.inbound import (
    BackorderDatesDueV1,
    CloseReceiptV1,
    ExpectReceiptV1,
    ReceiptClosedV1,
    ReceiptExpectedV1,
    SlipReceiptV1,
)
from crossdock_contracts.inventory import ReceiveStockV1
from services.hub.decision import Decision, States, changed
from services.inventory.decide.stocks import Stocks
from services.inventory.state_inbound import ExpectedReceipt, Inbound

MOST_RECEIPTS = 200
"""Receipts that may be expected of one SKU at a time."""
_CLOSED_KEPT = 200

InboundCommand = ExpectReceiptV1 | SlipReceiptV1 | CloseReceiptV1


def inbound_of(states: States, owner: str, sku: str) -> Inbound:
    """What is expected of a SKU; nothing where nobody has said anything."""
    return states.get(Inbound, owner, sku) or Inbound(owner=owner, sku=sku)


def expect(states: States, message: ExpectReceiptV1, now: datetime) -> Decision:
    """A supplier is going to deliver, or something else than was said before."""
    inbound = inbound_of(states, message.owner, message.sku)
    known = inbound.receipts.get(message.receipt_id)
    if message.receipt_id in inbound.closed:
        detail = f"receipt {message.receipt_id} of {message.sku} is closed; expect what is new under another id"
        return Decision.refused(message, "receipt-closed", detail)
    if known is None and len(inbound.receipts) >= MOST_RECEIPTS:
        detail = f"{len(inbound.receipts)} receipts of {message.sku} are expected, the most that are kept"
        return Decision.refused(message, "too-many-receipts", detail)
    if known is not None and message.quantity <= known.received:
        detail = f"{known.received} of receipt {message.receipt_id} have come already; close it instead"
        return Decision.refused(message, "received-already", detail)
    receipt = ExpectedReceipt(
        receipt_id=message.receipt_id,
        location_id=message.location_id,
        quantity=message.quantity,
        received=known.received if known else 0,
        expected_at=message.expected_at,
        supplier=message.supplier or (known.supplier if known else ""),
    )
    if receipt == known:
        return Decision.nothing()
    return _said(states, inbound, receipt, "changed" if known else "expected", now)


def slip(states: States, message: SlipReceiptV1, now: datetime) -> Decision:
    """A receipt comes on another date."""
    inbound = inbound_of(states, message.owner, message.sku)
    known = inbound.receipts.get(message.receipt_id)
    if known is None:
        return _unknown(message)
    if known.expected_at == message.expected_at:
        return Decision.nothing()
    return _said(states, inbound, changed(known, expected_at=message.expected_at), message.reason, now)


def close(states: States, message: CloseReceiptV1, now: datetime) -> Decision:
    """Nothing more comes of a receipt."""
    inbound = inbound_of(states, message.owner, message.sku)
    known = inbound.receipts.get(message.receipt_id)
    if known is None:
        return _unknown(message)
    stocks = Stocks(states, message.owner, now)
    stocks.expect(message.sku, -known.left)
    inbound, closed = _closed(inbound, known, message.reason, 0, now)
    return Decision(writes=[*stocks.writes(), inbound], events=[closed, *dates_due(stocks, message.sku, "cancelled")])


def _unknown(message: InboundCommand) -> Decision:
    return Decision.refused(message, "no-such-receipt", f"no receipt {message.receipt_id} of {message.sku} is expected")


def _said(states: States, inbound: Inbound, receipt: ExpectedReceipt, reason: str, now: datetime) -> Decision:
    """A receipt is expected like this from now on."""
    before = inbound.receipts.get(receipt.receipt_id)
    stocks = Stocks(states, inbound.owner, now)
    stocks.expect(inbound.sku, receipt.left - (before.left if before else 0))
    event = expected_event(inbound, receipt, before, reason, now)
    inbound = changed(inbound, receipts={**inbound.receipts, receipt.receipt_id: receipt})
    return Decision(writes=[*stocks.writes(), inbound], events=[event, *dates_due(stocks, inbound.sku, reason)])


def expected_event(
    inbound: Inbound, receipt: ExpectedReceipt, before: ExpectedReceipt | None, reason: str, now: datetime
) -> ReceiptExpectedV1:
    """What is expected of a receipt from now on."""
    slipped = before is not None and before.expected_at != receipt.expected_at
    return ReceiptExpectedV1(
        owner=inbound.owner,
        sku=inbound.sku,
        receipt_id=receipt.receipt_id,
        location_id=receipt.location_id,
        quantity=receipt.quantity,
        received=receipt.received,
        expected_at=receipt.expected_at,
        was_expected_at=before.expected_at if before and slipped else None,
        supplier=receipt.supplier,
        reason=reason,
        said_at=now,
    )


def receive_against(states: States, stocks: Stocks, message: ReceiveStockV1) -> Decision:
    """Pieces have arrived: if their reference is that of an expected receipt, so many fewer are expected."""
    if not stocks[message.sku].expected:
        return Decision.nothing()
    inbound = inbound_of(states, message.owner, message.sku)
    known = inbound.receipts.get(message.reference)
    if known is None:
        return Decision(events=[*dates_due(stocks, message.sku, "received")])
    stocks.expect(message.sku, -min(known.left, message.quantity))
    receipt = changed(known, received=known.received + message.quantity)
    if receipt.left:
        event: Event = expected_event(inbound, receipt, known, "received", stocks.moment)
        inbound = changed(inbound, receipts={**inbound.receipts, receipt.receipt_id: receipt})
    else:
        inbound, event = _closed(inbound, receipt, "complete", receipt.received - receipt.quantity, stocks.moment)
    return Decision(writes=[inbound], events=[event, *dates_due(stocks, message.sku, "received")])


def _closed(
    inbound: Inbound, receipt: ExpectedReceipt, reason: str, over: int, now: datetime
) -> tuple[Inbound, ReceiptClosedV1]:
    """Without a receipt of which nothing more is expected, and that this is so."""
    others = {name: one for name, one in inbound.receipts.items() if name != receipt.receipt_id}
    event = ReceiptClosedV1(
        owner=inbound.owner,
        sku=inbound.sku,
        receipt_id=receipt.receipt_id,
        location_id=receipt.location_id,
        quantity=receipt.quantity,
        received=receipt.received,
        short=receipt.left,
        over=over,
        reason=reason,
        closed_at=now,
    )
    closed = (*inbound.closed, receipt.receipt_id)[-_CLOSED_KEPT:]
    return changed(inbound, receipts=others, closed=closed), event


def dates_due(stocks: Stocks, sku: str, reason: str) -> list[BackorderDatesDueV1]:
    """Who waits or what is expected has changed: where orders wait, their dates are worked out anew."""
    if stocks[sku].waiting <= 0:
        return []
    return [BackorderDatesDueV1(owner=stocks[sku].owner, sku=sku, reason=reason)]
