"""What of an order of Shopify was cancelled, taken out or paid back since.

A refund takes pieces out of an order, gives money back, or both. Its ``restock_type`` says what became of the pieces:
``cancel`` had not left and do not leave; ``return`` came back; ``no_restock`` and ``legacy_restock`` say nothing, so
that what is left to fulfil does. A cancel has the id of its refund, so that both are known to be one. Pieces that an
order was edited to have no more stand in a refund without money.
"""

from collections import Counter
from decimal import Decimal

from crossdock_contracts.handed_in import CancelInput, RefundInput
from crossdock_contracts.values import LineQuantity
from services.capture.channels import UnmappableError
from services.capture.channels.marks import marked
from services.capture.channels.reading import minor
from services.capture.channels.shopify.payload import Order, Refund, Transaction
from services.capture.channels.shopify.purse import Purse

_REASONS = {
    "customer": "customer-changed-mind",
    "fraud": "fraud",
    "inventory": "out-of-stock",
    "declined": "payment-declined",
    "staff": "staff-error",
}
WHOLE = "cancelled"
"""The cancel of a whole order: it has no id of its own."""
_MOST = 100
"""Pieces of a line that may be gone without a refund: a decision is bounded."""


def cancels_of(order: Order) -> tuple[CancelInput, ...]:
    """What of it is cancelled."""
    if order.cancelled_at is not None:
        reason = _REASONS.get(order.cancel_reason, "cancelled-in-shop")
        return (CancelInput(cancel_id=WHOLE, reason=reason, cancelled_at=order.cancelled_at),)
    staying = _staying(order)
    found: list[CancelInput] = []
    for number, refund in enumerate(order.refunds):
        cancelled: Counter[str] = Counter()
        for line_id, quantity, restock_type in _pieces(order, refund, number):
            pieces = quantity if restock_type == "cancel" else 0
            if restock_type not in {"cancel", "return"}:
                pieces = min(quantity, max(0, staying[line_id]))
            cancelled[line_id] += pieces
            staying[line_id] -= pieces
        if lines := _quantities(cancelled):
            when = refund.processed_at or refund.created_at
            found.append(
                CancelInput(
                    cancel_id=refund.id,
                    lines=lines,
                    reason="removed-in-shop",
                    cancelled_at=when,
                    asked_as=marked(refund.note, "cancel"),
                )
            )
    return (*found, *_removed(order))


def _staying(order: Order) -> Counter[str]:
    """By line, the pieces that have not left and are not to leave."""
    left: Counter[str] = Counter()
    for fulfilment in order.fulfillments:
        for one in fulfilment.line_items if fulfilment.status == "success" else ():
            left[one.line_item.id if one.line_item else one.id] += one.quantity
    return Counter(
        {line.id: line.quantity - left[line.id] - (line.fulfillable_quantity or 0) for line in order.line_items}
    )


def _quantities(pieces: Counter[str]) -> tuple[LineQuantity, ...]:
    return tuple(LineQuantity(line_id=line_id, quantity=n) for line_id, n in pieces.items() if n > 0)


def _pieces(order: Order, refund: Refund, number: int) -> list[tuple[str, int, str]]:
    """Line, pieces and ``restock_type`` of what a refund is for."""
    known = {line.id for line in order.line_items}
    found = []
    for n, line in enumerate(refund.refund_line_items):
        line_id = line.line_item_id or (line.line_item.id if line.line_item else "")
        if line_id not in known:
            path = f"$.refunds[{number}].refund_line_items[{n}].line_item_id"
            msg = f"{path}: the order has no line {line_id or 'without an id'}; hand it in with all its lines"
            raise UnmappableError(msg)
        if line.quantity:
            found.append((line_id, line.quantity, line.restock_type))
    return found


def _removed(order: Order) -> list[CancelInput]:
    """Pieces that are gone and stand in no refund, each by itself: so they keep their ids when more follow."""
    refunded: Counter[str] = Counter()
    for number, refund in enumerate(order.refunds):
        for line_id, quantity, _ in _pieces(order, refund, number):
            refunded[line_id] += quantity
    found = []
    for line in order.line_items:
        gone = 0 if line.current_quantity is None else line.quantity - line.current_quantity - refunded[line.id]
        if gone > _MOST:
            msg = f"$.line_items: {gone} pieces of line {line.id} are gone and stand in no refund; {_MOST} may be"
            raise UnmappableError(msg)
        found += [
            CancelInput(
                cancel_id=f"removed-{line.id}-{number}",
                lines=(LineQuantity(line_id=line.id, quantity=1),),
                reason="removed-in-shop",
            )
            for number in range(1, gone + 1)
        ]
    return found


def refunds_of(order: Order, purse: Purse) -> tuple[RefundInput, ...]:
    """What was paid back."""
    found = []
    for number, refund in enumerate(order.refunds):
        amount = _paid_back(order, refund, purse, f"$.refunds[{number}]")
        if amount <= 0:
            continue
        refunded = _pieces(order, refund, number)
        pieces: Counter[str] = Counter()
        for line_id, quantity, _ in refunded:
            pieces[line_id] += quantity
        returned = {restock_type for _, _, restock_type in refunded} == {"return"}
        found.append(
            RefundInput(
                refund_id=refund.id,
                amount_minor=amount,
                lines=_quantities(pieces),
                reason="returned" if returned else "channel-refund",
                refunded_at=refund.processed_at or refund.created_at,
            )
        )
    return tuple(found)


def _paid_back(order: Order, refund: Refund, purse: Purse, path: str) -> int:
    """Money that went back, in the buyer's currency: payments that succeeded, or what they are said to come to."""
    if not refund.transactions:
        return purse.minor(Decimal(0), refund.total_refunded_set, f"{path}.total_refunded")
    paid = [
        (one, f"{path}.transactions[{n}].amount")
        for n, one in enumerate(refund.transactions)
        if one.kind == "refund" and one.status == "success"
    ]
    if all(one.amount_set or (one.currency or purse.shop) == purse.paid for one, _ in paid):
        return sum(_amount(one, purse, where) for one, where in paid)
    return value_of(order, refund, purse, path)


def _amount(one: Transaction, purse: Purse, path: str) -> int:
    return purse.minor(one.amount, one.amount_set, path) if one.amount_set else minor(one.amount, purse.paid, path)


def value_of(order: Order, refund: Refund, purse: Purse, path: str) -> int:
    """What the pieces of a refund cost, and what it gives back or keeps beside that."""
    value = 0
    for n, line in enumerate(refund.refund_line_items):
        where = f"{path}.refund_line_items[{n}]"
        value += purse.minor(line.subtotal, line.subtotal_set, f"{where}.subtotal")
        if not order.taxes_included:
            value += purse.minor(line.total_tax, line.total_tax_set, f"{where}.total_tax")
    for n, one in enumerate(refund.order_adjustments):
        where = f"{path}.order_adjustments[{n}]"
        value -= purse.minor(one.amount, one.amount_set, f"{where}.amount")
        value -= purse.minor(one.tax_amount, one.tax_amount_set, f"{where}.tax_amount")
    return value
