"""Money of an order: totals that add up, and what each line's share of them is."""

from collections.abc import Sequence

from crossdock_contracts.handed_in import OrderInput
from crossdock_contracts.values import LineKind, OrderTotals


def totals(order: OrderInput) -> OrderTotals:
    """The totals of an order as it states them, with the sum of its lines."""
    return OrderTotals(
        lines_minor=sum(line_total(order, i) for i in range(len(order.lines))),
        discount_minor=order.discount_minor,
        shipping_minor=order.shipping_minor,
        tax_minor=order.tax_minor,
        tax_included=order.tax_included,
        total_minor=order.total_minor,
        gift_cards_minor=order.gift_cards_minor,
    )


def line_total(order: OrderInput, number: int) -> int:
    """Quantity × unit price − discount of one line; a discount line counts against the order."""
    line = order.lines[number]
    amount = line.quantity * line.unit_price_minor - line.discount_minor
    return -abs(amount) if line.kind is LineKind.DISCOUNT else amount


def expected_total(found: OrderTotals) -> int:
    """Lines − discount + shipping + tax, unless tax is included."""
    tax = 0 if found.tax_included else found.tax_minor
    return found.lines_minor - found.discount_minor + found.shipping_minor + tax


def share(amount: int, weights: Sequence[int]) -> list[int]:
    """Split an amount in proportion to weights, to the minor unit: the shares add up to it.

    The largest remainders get what rounding leaves (Hare–Niemeyer). Without any weight the first share takes all.
    """
    if not weights:
        return []
    whole = sum(weights)
    if whole <= 0:
        return [amount] + [0] * (len(weights) - 1)
    exact = [divmod(amount * weight, whole) for weight in weights]
    shares = [quotient for quotient, _ in exact]
    left = amount - sum(shares)
    for number in sorted(range(len(weights)), key=lambda i: (-exact[i][1], i))[:left]:
        shares[number] += 1
    return shares


def part(amount: int, quantity: int, of: int) -> int:
    """What so many pieces are worth if so many cost this.

    However they are taken out, one part after the other, the parts add up to what is paid for them.
    """
    return amount if quantity == of else amount * quantity // of
