"""How a receipt of Etsy becomes an order of the hub."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from crossdock_contracts.handed_in import CancelInput, LineInput, OrderInput, RefundInput
from crossdock_contracts.values import Address, Customer, LineKind, PaymentMethod, PaymentTerms, ShippingChoice
from services.capture.channels import NotYetError, UnmappableError
from services.capture.channels.etsy.payload import Money, Receipt
from services.capture.channels.parts import country_of, level_of, mapping
from services.capture.channels.reading import minor


def _minor(money: Money, path: str, currency: str) -> int:
    if money.currency_code and money.currency_code != currency:
        msg = f"{path}.currency_code: {money.currency_code}, and the total is in {currency}"
        raise UnmappableError(msg)
    return minor(Decimal(money.amount) / money.divisor, currency, path)


@mapping()
def order_of(found: Receipt) -> OrderInput:
    """The order.

    Raises:
        NotYetError: it is not paid.
        UnmappableError: it makes no order.
    """
    status = found.status.lower()
    if status in ("open", "payment processing", "unpaid") or (found.is_paid is False and status != "canceled"):
        msg = f"$.is_paid: {found.status or 'false'}: the buyer has not paid yet; it comes again once that has changed"
        raise NotYetError(msg)
    currency = found.grandtotal.currency_code
    amounts = {
        field: _minor(getattr(found, field), f"$.{field}", currency)
        for field in ("grandtotal", "total_shipping_cost", "total_tax_cost", "total_vat_cost", "discount_amt")
    }
    lines = (*_lines(found, currency, amounts["discount_amt"]), *_wrapping(found, currency))
    discount = max(0, amounts["discount_amt"] - sum(line.discount_minor for line in lines))
    untaxed = sum(line.quantity * line.unit_price_minor - line.discount_minor for line in lines)
    untaxed += amounts["total_shipping_cost"] - discount
    tax, included = _tax(amounts["grandtotal"] - untaxed, amounts["total_tax_cost"], amounts["total_vat_cost"])
    upgrades = [one.shipping_upgrade or one.shipping_method for one in found.transactions]
    method = next(filter(None, upgrades), "")
    return OrderInput(
        order_id=found.receipt_id,
        number=found.receipt_id,
        source_version=found.updated_timestamp or found.update_timestamp,
        placed_at=_placed(found),
        currency=currency,
        lines=lines,
        discount_minor=discount,
        shipping_minor=amounts["total_shipping_cost"],
        tax_minor=tax,
        tax_included=included,
        total_minor=amounts["grandtotal"],
        payment=PaymentTerms(method=PaymentMethod.PREPAID, reference=found.receipt_id),
        customer=Customer(channel_customer_id=found.buyer_user_id, name=found.name, email=found.buyer_email),
        ship_to=_address(found),
        shipping=ShippingChoice(service_level=level_of(method), title=method),
        ship_by=min((one.expected_ship_date for one in found.transactions if one.expected_ship_date), default=None),
        fulfil_by="channel" if found.is_shipped else None,
        fulfilled_at=_shipped(found) if found.is_shipped else None,
        gift_message=_gift(found),
        note=found.message_from_buyer,
        tags=("gift",) if found.is_gift else (),
        cancels=tuple(_cancels(found, status)),
        refunds=tuple(_refunds(found, currency)),
    )


def _placed(found: Receipt) -> datetime:
    placed = found.created_timestamp or found.create_timestamp
    if placed is None:
        msg = "$.created_timestamp: it is needed"
        raise UnmappableError(msg)
    return placed


def _shipped(found: Receipt) -> datetime:
    moments = (one.shipped_timestamp for one in found.transactions)
    return max((moment for moment in moments if moment is not None), default=_placed(found))


def _tax(added: int, sales: int, vat: int) -> tuple[int, bool]:
    """Sales tax comes on top; VAT does if the total adds it, and otherwise it is in the prices."""
    if added == sales and not sales and vat:
        return vat, True
    return (sales + vat, False) if added == sales + vat else (sales, False)


def _lines(found: Receipt, currency: str, discount: int) -> Iterator[LineInput]:
    """Transactions; their coupons count if they are the discount of the receipt."""
    coupons = [
        minor(one.shop_coupon + one.buyer_coupon, currency, f"$.transactions[{number}].shop_coupon")
        for number, one in enumerate(found.transactions)
    ]
    known = sum(coupons) == discount and all(coupon >= 0 for coupon in coupons)
    for number, (one, coupon) in enumerate(zip(found.transactions, coupons, strict=True)):
        yield LineInput(
            line_id=one.transaction_id,
            kind=LineKind.DIGITAL if one.is_digital else LineKind.PHYSICAL,
            listing_id="" if one.is_digital else one.product_id or one.listing_id,
            sku="" if one.is_digital else one.sku,
            title=one.title,
            quantity=one.quantity,
            unit_price_minor=_minor(one.price, f"$.transactions[{number}].price", currency),
            discount_minor=coupon if known else 0,
            gift_wrap=found.gift_wrap_price.amount > 0 and not one.is_digital,
            note="; ".join(f"{choice.formatted_name}: {choice.formatted_value}" for choice in one.variations),
        )


def _wrapping(found: Receipt, currency: str) -> Iterator[LineInput]:
    if amount := _minor(found.gift_wrap_price, "$.gift_wrap_price", currency):
        yield LineInput(
            line_id="gift-wrap", kind=LineKind.CHARGE, title="Gift wrap", quantity=1, unit_price_minor=amount
        )


def _address(found: Receipt) -> Address | None:
    if not (found.first_line or found.city or found.zip or found.country_iso):
        return None
    return Address(
        name=found.name,
        line1=found.first_line,
        line2=found.second_line,
        city=found.city,
        region=found.state,
        postcode=found.zip,
        country=country_of(found.country_iso),
        email=found.buyer_email,
    )


def _gift(found: Receipt) -> str:
    if found.gift_message and found.gift_sender:
        return f"From {found.gift_sender}: {found.gift_message}"
    return found.gift_message


def _cancels(found: Receipt, status: str) -> Iterator[CancelInput]:
    if status == "canceled":
        yield CancelInput(cancel_id="cancelled")
    elif status == "fully refunded" and not found.is_shipped:
        yield CancelInput(cancel_id="cancelled", reason="refunded")


def _refunds(found: Receipt, currency: str) -> Iterator[RefundInput]:
    seen: Counter[str] = Counter()
    for number, one in enumerate(found.refunds):
        amount = _minor(one.amount, f"$.refunds[{number}].amount", currency)
        if amount <= 0 or one.status.lower() in ("failed", "declined", "canceled"):
            continue
        when = int(one.created_timestamp.timestamp()) if one.created_timestamp else 0
        seen[f"{when}-{amount}"] += 1
        again = seen[f"{when}-{amount}"]
        refund_id = f"{when}-{amount}" if again == 1 else f"{when}-{amount}-{again}"
        yield RefundInput(refund_id=refund_id, amount_minor=amount, refunded_at=one.created_timestamp)
