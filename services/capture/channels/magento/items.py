"""Which items of a Magento order are lines: of configurable products and bundles each piece counts once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from services.capture.channels.magento.payload import Item
from services.capture.channels.reading import exponent, minor
from services.capture.decide.money import share


@dataclass(frozen=True, slots=True)
class Money:
    """Amounts in an order's currency."""

    currency: str

    def minor(self, amount: Decimal, path: str) -> int:
        """An amount in minor units. Magento keeps four decimals whatever the currency has; they are rounded.

        Raises:
            UnmappableError: the currency is none.
        """
        minor(Decimal(0), self.currency, "$.order_currency_code")
        return minor(amount.quantize(Decimal(1).scaleb(-exponent(self.currency)), ROUND_HALF_UP), self.currency, path)


@dataclass(frozen=True, slots=True)
class Sold:
    """An item that is a line, with its money."""

    item: Item
    path: str
    row_minor: int
    """For all pieces, without tax, before discount."""
    discount_minor: int
    """Without the tax in it."""
    tax_minor: int
    weee_minor: int
    wrap: bool
    cancelled: int
    """Pieces that will not ship, as Magento counts: cancelled, or paid back before they were shipped."""


def sold(items: Iterable[Item], money: Money) -> Iterator[Sold]:
    """The items that are lines.

    A configurable product is sold as its parent item, which has the SKU of the variant, the price and the counts; the
    variant's own item is left out. A bundle is what is in it: the price stands with its parts or, if the bundle has a
    price of its own, it is shared out to them.

    Raises:
        UnmappableError: an amount is not one of the currency.
    """
    numbered = list(enumerate(items))
    by_id = {item.item_id: item for _, item in numbered}
    parts: dict[str, list[tuple[int, Item]]] = {}
    for number, item in numbered:
        if _parent(item, by_id) is not None:
            parts.setdefault(item.parent_item_id, []).append((number, item))
    for number, item in numbered:
        parent = _parent(item, by_id)
        if parent is None and not (item.product_type == "bundle" and item.item_id in parts):
            yield _sold(item, f"$.items[{number}]", money)
        elif parent is None:
            yield from _bundle(item, f"$.items[{number}]", parts[item.item_id], money)


def _parent(item: Item, by_id: Mapping[str, Item]) -> Item | None:
    parent = by_id.get(item.parent_item_id) if item.parent_item_id else None
    return parent if parent is not None and parent.item_id != item.item_id and not parent.parent_item_id else None


def _bundle(bundle: Item, path: str, parts: list[tuple[int, Item]], money: Money) -> Iterator[Sold]:
    whole = _sold(bundle, path, money)
    lines = [_sold(item, f"$.items[{number}]", money, bundle) for number, item in parts]
    if any(line.row_minor or line.discount_minor or line.tax_minor for line in lines):
        yield from lines
        return
    weights = [money.minor(item.original_price, "$.items") * item.qty_ordered for _, item in parts]
    weights = weights if sum(weights) > 0 else [item.qty_ordered for _, item in parts]
    rows, discounts = share(whole.row_minor, weights), share(whole.discount_minor, weights)
    taxes, fees = share(whole.tax_minor, weights), share(whole.weee_minor, weights)
    for line, row, discount, tax, fee in zip(lines, rows, discounts, taxes, fees, strict=True):
        yield Sold(
            item=line.item,
            path=line.path,
            row_minor=row,
            discount_minor=discount,
            tax_minor=tax,
            weee_minor=fee,
            wrap=line.wrap or whole.wrap,
            cancelled=line.cancelled,
        )


def _sold(item: Item, path: str, money: Money, bundle: Item | None = None) -> Sold:
    discount = item.discount_amount - item.discount_tax_compensation_amount
    return Sold(
        item=item,
        path=path,
        row_minor=money.minor(item.row_total, f"{path}.row_total"),
        discount_minor=max(0, money.minor(discount, f"{path}.discount_amount")),
        tax_minor=money.minor(item.tax_amount, f"{path}.tax_amount"),
        weee_minor=money.minor(item.weee_tax_applied_row_amount, f"{path}.weee_tax_applied_row_amount"),
        wrap=bool(item.extension_attributes.gw_id),
        cancelled=max(_gone(item), _gone_with(bundle, item) if bundle else 0),
    )


def _gone(item: Item) -> int:
    """As ``getQtyToShip`` of an order item has it: what is paid back and has not shipped is not to be shipped."""
    return max(0, min(item.qty_canceled + item.qty_refunded, item.qty_ordered - item.qty_shipped))


def _gone_with(bundle: Item, item: Item) -> int:
    """Parts that ship together with their bundle are counted there alone."""
    return _gone(bundle) * item.qty_ordered // bundle.qty_ordered
