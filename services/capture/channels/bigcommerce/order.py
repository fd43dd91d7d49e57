"""How an order of BigCommerce becomes one of the hub."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from crossdock_contracts.handed_in import CancelInput, LineInput, OrderInput, RefundInput
from crossdock_contracts.values import (
    Address,
    Customer,
    LineKind,
    LineQuantity,
    Money,
    PaymentMethod,
    PaymentTerms,
    ShippingChoice,
)
from services.capture.channels import NotYetError, UnmappableError
from services.capture.channels.bigcommerce.payload import AddressOf, Order, Product
from services.capture.channels.marks import marked
from services.capture.channels.parts import country_of, joined, level_of, mapping, one_by_one, spread
from services.capture.channels.reading import exponent, minor

_WAITING = {
    0: "the buyer has not finished the checkout",
    1: "the buyer has not finished the checkout",
    7: "it waits for its payment",
    12: "somebody has to look at it in the shop",
}
"""Statuses in which BigCommerce ships nothing."""
_AWAITING_PAYMENT = 7
_CANCELLED = {5: "cancelled", 6: "declined"}
_DISPUTED = 13
_SHIPPED = {2, 10}
_METHODS = {
    "cash on delivery": PaymentMethod.CASH_ON_DELIVERY,
    "purchase order": PaymentMethod.TERMS,
    "pay by purchase order": PaymentMethod.TERMS,
    "net 30": PaymentMethod.TERMS,
}
"""Payment methods by the name that the shop shows; every other one is paid to the shop before it ships."""
_RATES = (Decimal("0.000001"), Decimal(1_000_000))
"""Between any two currencies that are in use."""
_KINDS = {"digital": LineKind.DIGITAL, "giftcertificate": LineKind.DIGITAL}


@dataclass(frozen=True, slots=True)
class _Sums:
    """An order's amounts in minor units, all with tax or all without."""

    lines: list[int]
    shipping: int
    handling: int
    wrapping: int
    fees: list[int]
    tax: int
    taxed: bool

    def total(self, discount: int) -> int:
        """What they come to."""
        tax = 0 if self.taxed else self.tax
        return sum(self.lines) + self.shipping + self.handling + self.wrapping + sum(self.fees) + tax - discount


@mapping()
def order_of(found: Order) -> OrderInput:
    """The order.

    Raises:
        NotYetError: it is not to be shipped yet.
        UnmappableError: it makes no order.
    """
    method = _METHODS.get(found.payment_method.strip().lower(), PaymentMethod.PREPAID)
    _check(found, method)
    currency = found.default_currency_code or found.currency_code
    discount = _minor(found.discount_amount + found.coupon_discount, currency, "$.discount_amount")
    credit = _minor(found.store_credit_amount + found.gift_certificate_amount, currency, "$.store_credit_amount")
    due = _minor(found.total_inc_tax, currency, "$.total_inc_tax")
    sums, total = _matching(found, currency, discount, [due, due + credit])
    discounts = _discounts(found, currency, discount)
    return OrderInput(
        order_id=found.id,
        number=found.id,
        source_version=found.date_modified.isoformat() if found.date_modified else "",
        placed_at=found.date_created,
        currency=currency,
        lines=(*_lines(found, sums, discounts, currency), *_charges(found, sums)),
        discount_minor=max(0, discount - sum(discounts)),
        shipping_minor=sums.shipping,
        tax_minor=sums.tax,
        tax_included=sums.taxed,
        total_minor=total,
        gift_cards_minor=credit,
        shop_total=_shop_total(found, total, currency),
        payment=PaymentTerms(method=method, reference=found.payment_provider_id or found.payment_method),
        customer=_customer(found),
        ship_to=_address(found.shipping_addresses[0]) if found.shipping_addresses else None,
        bill_to=_address(found.billing_address) if found.billing_address else None,
        shipping=_shipping(found),
        fulfil_by="channel" if _shipped(found) else None,
        fulfilled_at=(found.date_shipped or found.date_modified or found.date_created) if _shipped(found) else None,
        gift_message="; ".join(one.wrapping_message for one in found.products if one.wrapping_message),
        note=found.customer_message,
        tags=tuple(_tags(found)),
        cancels=tuple(_cancels(found)),
        refunds=tuple(_refunds(found, currency)),
    )


def _check(found: Order, method: PaymentMethod) -> None:
    later = found.status_id == _AWAITING_PAYMENT and method is not PaymentMethod.PREPAID
    if found.status_id in _WAITING and not later:
        told = f"{found.status_id} {found.status}".strip()
        msg = f"$.status_id: {told}: {_WAITING[found.status_id]}; it comes again once that has changed"
        raise NotYetError(msg)
    if len(found.shipping_addresses) > 1:
        msg = f"$.shipping_addresses: {len(found.shipping_addresses)}; an order here goes to one: split it in the shop"
        raise UnmappableError(msg)


def _minor(amount: Decimal, currency: str, path: str) -> int:
    minor(Decimal(0), currency, "$.default_currency_code")
    return minor(amount.quantize(Decimal(1).scaleb(-exponent(currency)), ROUND_HALF_UP), currency, path)


def _matching(found: Order, currency: str, discount: int, totals: list[int]) -> tuple[_Sums, int]:
    """The amounts in the way in which they come to the total: discounts are taken off before tax, or after.

    The total is what is left to pay once store credit and gift certificates are taken off, or before; the version of
    the shop decides. Where nothing fits, it is the first of all, and the capture shows that it does not add up.
    """
    ways = [(_sums(found, currency, taxed=taxed), total) for total in totals for taxed in (False, True)]
    return next(((sums, total) for sums, total in ways if sums.total(discount) == total), ways[0])


def _sums(found: Order, currency: str, *, taxed: bool) -> _Sums:
    with_or_without = "inc_tax" if taxed else "ex_tax"

    def amount(name: str) -> int:
        field = f"{name}_{with_or_without}"
        return _minor(getattr(found, field), currency, f"$.{field}")

    return _Sums(
        lines=[
            _minor(getattr(one, f"total_{with_or_without}"), currency, f"$.products[{n}].total_{with_or_without}")
            for n, one in enumerate(found.products)
        ],
        shipping=amount("shipping_cost"),
        handling=amount("handling_cost"),
        wrapping=amount("wrapping_cost"),
        fees=[_minor(getattr(one, f"cost_{with_or_without}"), currency, "$.fees") for one in found.fees],
        tax=_minor(found.total_tax, currency, "$.total_tax"),
        taxed=taxed,
    )


def _discounts(found: Order, currency: str, whole: int) -> list[int]:
    """What is taken off each product, where that is part of the order's discount; the rest is taken off the order."""
    taken = [
        max(0, _minor(sum((one.amount for one in product.applied_discounts), Decimal(0)), currency, "$.products"))
        for product in found.products
    ]
    return taken if sum(taken) <= whole else [0] * len(taken)


def _shipped(found: Order) -> bool:
    """The goods have left: through the hub, which knows it, or before it was there, and then it only records that."""
    goods = [one for one in found.products if one.type == "physical"]
    left = [one for one in goods if one.quantity_shipped + one.quantity_refunded < one.quantity]
    return found.status_id in _SHIPPED or (not left and any(one.quantity_shipped for one in goods))


def _lines(found: Order, sums: _Sums, discounts: list[int], currency: str) -> Iterator[LineInput]:
    for number, (product, row, discount) in enumerate(zip(found.products, sums.lines, discounts, strict=True)):
        unit, less = spread(row, product.quantity)
        kind = _KINDS.get(product.type, LineKind.PHYSICAL)
        yield LineInput(
            line_id=product.id,
            kind=kind,
            listing_id=_listing(product) if kind is LineKind.PHYSICAL else "",
            sku=product.sku if kind is LineKind.PHYSICAL else "",
            title=product.name,
            quantity=product.quantity,
            unit_price_minor=unit,
            discount_minor=discount + less,
            tax_minor=_minor(product.total_tax, currency, f"$.products[{number}].total_tax"),
            gift_wrap=bool(product.wrapping_name),
            note="; ".join(f"{one.display_name}: {one.display_value}" for one in product.product_options),
        )


def _listing(product: Product) -> str:
    """The variant; of a product without variants, the product."""
    return product.variant_id if product.variant_id not in ("", "0") else product.product_id


def _charges(found: Order, sums: _Sums) -> Iterator[LineInput]:
    amounts = [("handling", "Handling", sums.handling), ("gift-wrapping", "Gift wrapping", sums.wrapping)]
    amounts += [(f"fee-{fee.id}", fee.name or "Fee", amount) for fee, amount in zip(found.fees, sums.fees, strict=True)]
    for line_id, title, amount in amounts:
        if amount:
            yield LineInput(line_id=line_id, kind=LineKind.CHARGE, title=title, quantity=1, unit_price_minor=amount)


def _shop_total(found: Order, total: int, currency: str) -> Money | None:
    """In the currency that the store counts in, at the rate that it took."""
    shop, rate = found.store_default_currency_code, found.store_default_to_transactional_exchange_rate
    if not shop or shop == currency or not _RATES[0] <= rate <= _RATES[1]:
        return None
    amount = Decimal(total).scaleb(-exponent(currency)) / rate
    return Money(amount_minor=_minor(amount, shop, "$.store_default_to_transactional_exchange_rate"), currency=shop)


def _customer(found: Order) -> Customer:
    bill = found.billing_address or AddressOf()
    return Customer(
        channel_customer_id="" if found.customer_id == "0" else found.customer_id,
        name=joined(bill.first_name, bill.last_name),
        company=bill.company,
        email=bill.email,
        phone=bill.phone,
    )


def _address(found: AddressOf) -> Address:
    return Address(
        name=joined(found.first_name, found.last_name),
        company=found.company,
        line1=found.street_1,
        line2=found.street_2,
        city=found.city,
        region=found.state,
        postcode=found.zip,
        country=country_of(found.country_iso2),
        phone=found.phone,
        email=found.email,
    )


def _shipping(found: Order) -> ShippingChoice:
    pickup = next((one for each in found.consignments for one in each.pickups if one.location is not None), None)
    if pickup is not None and pickup.location is not None:
        where = pickup.location.code or pickup.location.id
        return ShippingChoice(title=pickup.pickup_method_display_name, pickup_location_id=where)
    method = found.shipping_addresses[0].shipping_method if found.shipping_addresses else ""
    return ShippingChoice(service_level=level_of(method), title=method)


def _tags(found: Order) -> Iterator[str]:
    yield from (f"coupon:{one.code}" for one in found.coupons if one.code)
    if found.external_source:
        yield f"source:{found.external_source}"
    if found.status_id == _DISPUTED:
        yield "disputed"


def _cancels(found: Order) -> Iterator[CancelInput]:
    """Cancelled as a whole, or paid back before it was shipped: by its refund, or as BigCommerce counts."""
    left = {one.id: min(one.quantity_refunded, max(0, one.quantity - one.quantity_shipped)) for one in found.products}
    if found.status_id in _CANCELLED:
        yield CancelInput(cancel_id="cancelled", reason=_CANCELLED[found.status_id])
        return
    if not found.refunds and all(left[one.id] == one.quantity for one in found.products):
        yield CancelInput(cancel_id="cancelled", reason="refunded")
        return
    for refund in found.refunds or ():
        pieces = []
        for item in refund.items:
            count = min(item.quantity, left.get(item.item_id, 0)) if item.item_type == "PRODUCT" else 0
            if count:
                left[item.item_id] -= count
                pieces.append(LineQuantity(line_id=item.item_id, quantity=count))
        if pieces:
            yield CancelInput(
                cancel_id=refund.id,
                lines=tuple(pieces),
                reason="refunded",
                cancelled_at=refund.created,
                asked_as=next(filter(None, (marked(item.reason, "cancel") for item in refund.items)), ""),
            )
    for line_id, count in left.items():
        yield from one_by_one(line_id, count)


def _refunds(found: Order, currency: str) -> Iterator[RefundInput]:
    if found.refunds is None:
        amount = _minor(found.refunded_amount, currency, "$.refunded_amount")
        if amount > 0:
            yield RefundInput(refund_id="refunded", amount_minor=amount)
        return
    known = {one.id for one in found.products}
    for number, one in enumerate(found.refunds):
        amount = _minor(one.total_amount, currency, f"$.refunds[{number}].total_amount")
        if amount > 0:
            pieces = [it for it in one.items if it.item_type == "PRODUCT" and it.quantity and it.item_id in known]
            lines = tuple(LineQuantity(line_id=it.item_id, quantity=it.quantity) for it in pieces)
            yield RefundInput(refund_id=one.id, amount_minor=amount, lines=lines, refunded_at=one.created)
