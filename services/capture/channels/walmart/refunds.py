"""Paying buyers back at Walmart: by line and by what it is for, with the tax on it.

An amount is taken from the lines that it is for, else from all that have shipped, in their order: from the price of the
goods first, then from the postage, each with its share of the tax.

https://developer.walmart.com/us-marketplace/docs/refund-orders, …/reference/refundorderlines
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crossdock_contracts.values import Money
from services.capture.channels.api import TellRefund
from services.capture.channels.marks import mark, marked
from services.capture.channels.reading import minor
from services.capture.channels.speaking import by_hand
from services.capture.channels.walmart.order import charges_of, has_left, reduces
from services.capture.channels.walmart.payload import Answer, Charge, Line, Order
from services.hub.money import major, plain

_NAMES = {"PRODUCT": "Item Price", "SHIPPING": "Shipping"}
"""What can be paid back of a line, and what Walmart calls it."""
_REASONS = {
    "damaged": "DamagedItem",
    "defective": "DefectiveItem",
    "goodwill": "Finance -> Goodwill",
    "incorrect": "IncorrectItemReceived",
    "late": "CustomerReceivedItemLate",
    "lost": "ItemNotReceivedByCustomer",
    "missing": "Missing Parts / Instructions",
    "price": "BillingError",
    "return": "Customer returned item",
    "returned": "Customer returned item",
    "undeliverable": "ItemNotReceivedByCustomer",
    "wrong": "IncorrectItemReceived",
}
"""Walmart's reasons by a word of ours; any other is a general adjustment."""
_ADJUSTMENT = "General adjustment"


@dataclass(frozen=True, slots=True)
class Share:
    """What is paid back of one kind of charge of a line."""

    line: str
    kind: str
    name: str
    tax_name: str
    amount_minor: int
    tax_minor: int


def read(order: Mapping[str, Any]) -> Order:
    """The order, to be reckoned with."""
    return Answer.made_of({"order": order}).order


def refund_of(order: Order, told: TellRefund) -> str:
    """Walmart's id of the refund that bears our mark, or its number where it has none; empty: it is not there."""
    for line in order.order_lines.order_line:
        if line.refund and marked(line.refund.refund_comments, "refund") == told.refund_id:
            return line.refund.refund_id or line.line_number
    return ""


def paid_back(order: Order, currency: str) -> dict[str, tuple[str, int]]:
    """What the order shows to be paid back, by line: Walmart's id, and how much with its tax; one of a line."""
    found = {}
    for line in order.order_lines.order_line:
        amount = sum(sum(_back(line, kind, currency)) for kind in _NAMES)
        if line.refund and (line.refund.refund_id or amount):
            found[line.line_number] = (line.refund.refund_id, amount)
    return found


def shares(order: Order, told: TellRefund) -> list[Share]:
    """How an amount is shared out.

    Raises:
        PermanentError: it is more than what has shipped can give.
    """
    wanted = {line.line_id for line in told.lines}
    shipped = [line for line in order.order_lines.order_line if has_left(line)]
    named = [line for line in shipped if line.line_number in wanted] or shipped
    left, found = told.amount.amount_minor, []
    for line in named:
        for share in _taken(line, left, told.amount.currency):
            found.append(share)
            left -= share.amount_minor + share.tax_minor
    if left:
        missing = major(left, told.amount.currency)
        msg = f"pay {major(told.amount.amount_minor, told.amount.currency)} back in Seller Center: of the lines that "
        msg += f"have shipped {missing} of it cannot be taken"
        raise by_hand(msg)
    return found


def _taken(line: Line, most: int, currency: str) -> Iterator[Share]:
    """As much of a line as there is, and is wanted."""
    for kind, name in _NAMES.items():
        charges = [one for one in charges_of(line) if one.charge_type == kind]
        amount, tax = (sum(of) for of in zip((0, 0), *(_signed(one, currency) for one in charges), strict=True))
        back, tax_back = _back(line, kind, currency)
        amount, tax = max(0, amount - back), max(0, tax - tax_back)
        taken = min(most, amount + tax)
        if not taken:
            continue
        of_tax = min(tax, (2 * taken * tax + amount + tax) // (2 * (amount + tax)))
        of_amount = taken - of_tax
        if of_amount > amount:
            of_amount, of_tax = amount, taken - amount
        most -= taken
        called = next((one.charge_name for one in charges if one.charge_name), name)
        taxed = next((one.tax.tax_name for one in charges if one.tax and one.tax.tax_name), f"{called} Tax")
        yield Share(line.line_number, kind, called, taxed, of_amount, of_tax)


def _signed(one: Charge, currency: str) -> tuple[int, int]:
    """A charge and its tax in minor units; both negative where it takes something off."""
    amount = minor(one.charge_amount.amount, currency, "charge") if one.charge_amount else 0
    tax = minor(one.tax.tax_amount.amount, currency, "tax") if one.tax and one.tax.tax_amount else 0
    return (-abs(amount), -abs(tax)) if reduces(one, amount) else (amount, tax)


def _back(line: Line, kind: str, currency: str) -> tuple[int, int]:
    """What of a kind of charge the order shows to be paid back, and its tax."""
    parts = line.refund.refund_charges.refund_charge if line.refund and line.refund.refund_charges else ()
    found = [_signed(part.charge, currency) for part in parts if part.charge and part.charge.charge_type == kind]
    return sum(abs(amount) for amount, _ in found), sum(abs(tax) for _, tax in found)


def body_of(order_id: str, told: TellRefund, found: list[Share]) -> dict[str, Any]:
    """Lines with what is paid back of them; amounts are negative."""
    reason = next((_REASONS[word] for word in told.reason.split("-") if word in _REASONS), _ADJUSTMENT)
    lines = [
        {
            "lineNumber": line,
            "isFullRefund": False,
            "refunds": {
                "refund": [
                    {
                        "refundComments": mark("refund", told.refund_id),
                        "refundCharges": {
                            "refundCharge": [
                                {"refundReason": reason, "charge": _charge(share, told.amount.currency)}
                                for share in found
                                if share.line == line
                            ]
                        },
                    }
                ]
            },
        }
        for line in dict.fromkeys(share.line for share in found)
    ]
    return {"orderRefund": {"purchaseOrderId": order_id, "orderLines": {"orderLine": lines}}}


def _charge(share: Share, currency: str) -> dict[str, Any]:
    charge: dict[str, Any] = {
        "chargeType": share.kind,
        "chargeName": share.name,
        "chargeAmount": _money(share.amount_minor, currency),
    }
    if share.tax_minor:
        charge["tax"] = {"taxName": share.tax_name, "taxAmount": _money(share.tax_minor, currency)}
    return charge


def _money(amount_minor: int, currency: str) -> dict[str, Any]:
    return {"currency": currency, "amount": -float(plain(Money(amount_minor=amount_minor, currency=currency)))}
