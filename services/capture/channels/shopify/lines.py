"""Lines of an order of Shopify, and what it says of their amounts."""

from collections.abc import Sequence
from decimal import Decimal

from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.values import LineKind
from services.capture.channels.shopify.parts import Allocation, Attribute, Price
from services.capture.channels.shopify.payload import Line, Order, ShippingLine
from services.capture.channels.shopify.purse import Purse


def is_tip(line: Line) -> bool:
    """Whether a line is a tip: the REST API marks it, the GraphQL API names it and nothing else."""
    marked = "tip_payment_gateway" in line.model_fields_set or bool(line.tip_payment_method)
    return marked or (line.title == "Tip" and not _listing(line) and line.requires_shipping is False)


def kind_of(line: Line) -> LineKind:
    """What a line is: goods that ship, a gift card or download, a service, a tip."""
    if is_tip(line):
        return LineKind.CHARGE
    if line.requires_shipping is not False and not (line.gift_card and line.requires_shipping is None):
        return LineKind.PHYSICAL
    return LineKind.DIGITAL if line.gift_card or _listing(line) else LineKind.SERVICE


def _listing(line: Line) -> str:
    return line.variant_id or (line.variant.id if line.variant else "")


def lines_of(order: Order, purse: Purse) -> list[LineInput]:
    """The lines, and what is charged beside them: duties, fees, tips that are no lines."""
    lines = [_line(line, purse, f"$.line_items[{n}]") for n, line in enumerate(order.line_items) if line.quantity]
    duties = 0
    if not order.duties_included:
        duties = purse.minor(Decimal(0), order.original_total_duties_set, "$.original_total_duties")
    fees = purse.minor(Decimal(0), order.original_total_additional_fees_set, "$.original_total_additional_fees")
    tip = 0
    if not any(is_tip(line) for line in order.line_items):
        tip = purse.minor(order.total_tip_received, order.total_tip_received_set, "$.total_tip_received")
    for line_id, title, amount in (
        ("duties", "Duties", duties),
        ("fees", "Additional fees", fees),
        ("tip", "Tip", tip),
    ):
        if amount:
            charge = LineInput(line_id=line_id, kind=LineKind.CHARGE, title=title, quantity=1, unit_price_minor=amount)
            lines.append(charge)
    return lines


def _line(line: Line, purse: Purse, path: str) -> LineInput:
    kind = kind_of(line)
    goods = kind in {LineKind.PHYSICAL, LineKind.DIGITAL}
    return LineInput(
        line_id=line.id,
        kind=kind,
        listing_id=_listing(line) if goods else "",
        sku=line.sku.strip() if goods else "",
        title=line.name or line.title,
        quantity=line.quantity,
        unit_price_minor=purse.minor(line.price, line.price_set, f"{path}.price"),
        discount_minor=line_discount(line, purse, path),
        tax_minor=_taxes(line.tax_lines, purse, path),
        note=_note(line),
    )


def line_discount(line: Line, purse: Purse, path: str) -> int:
    """What is taken off a line, its part of discounts on the order included."""
    if line.discount_allocations:
        return _allocated(line.discount_allocations, purse, path)
    return purse.minor(line.total_discount, line.total_discount_set, f"{path}.total_discount")


def _allocated(parts: Sequence[Allocation], purse: Purse, path: str) -> int:
    return sum(
        purse.minor(part.amount, part.amount_set, f"{path}.discount_allocations[{n}].amount")
        for n, part in enumerate(parts)
    )


def _taxes(taxes: Sequence[Price], purse: Purse, path: str) -> int:
    return sum(purse.minor(tax.price, tax.price_set, f"{path}.tax_lines[{n}].price") for n, tax in enumerate(taxes))


def shipping_of(order: Order, purse: Purse) -> tuple[int, int]:
    """What shipping costs after discounts, and what these come to."""
    if not (order.shipping_lines or order.shipping_line):
        return purse.minor(Decimal(0), order.total_shipping_price_set, "$.total_shipping_price"), 0
    price = discount = 0
    for n, line in enumerate(order.ways):
        price += purse.minor(line.price, line.price_set, f"$.shipping_lines[{n}].price")
        discount += _shipping_discount(line, purse, f"$.shipping_lines[{n}]")
    return price - discount, discount


def _shipping_discount(line: ShippingLine, purse: Purse, path: str) -> int:
    if line.discount_allocations:
        return _allocated(line.discount_allocations, purse, path)
    if not line.model_fields_set & {"discounted_price", "discounted_price_set"}:
        return 0
    price = purse.minor(line.price, line.price_set, f"{path}.price")
    return price - purse.minor(line.discounted_price, line.discounted_price_set, f"{path}.discounted_price")


def _note(line: Line) -> str:
    bundle = [f"part of {line.line_item_group.title}"] if line.line_item_group and line.line_item_group.title else []
    return "; ".join([*bundle, *told(line.properties)])


def told(attributes: Sequence[Attribute]) -> list[str]:
    """What the buyer was asked and said; names that begin with an underscore are the shop's own business."""
    return [f"{one.name}: {one.value}" for one in attributes if one.name and one.value and one.name[0] != "_"]
