"""What the Orders API says of one purchase order."""

import re
from collections.abc import Iterator
from datetime import datetime

from crossdock_contracts.handed_in import CancelInput, LineInput, OrderInput, RefundInput
from crossdock_contracts.values import Address, Customer, PaymentMethod, PaymentTerms, ShippingChoice
from services.capture.channels import NotYetError, UnmappableError
from services.capture.channels.marks import mark, marked
from services.capture.channels.parts import country_of, one_by_one, spread
from services.capture.channels.reading import code_of, extra, minor
from services.capture.channels.walmart.payload import Address as Postal
from services.capture.channels.walmart.payload import (
    Answer,
    Charge,
    Fulfilment,
    Line,
    Money,
    Node,
    Order,
    ShippingInfo,
    Status,
    Tracking,
)
from services.hub.decision import changed

_COUNTRIES = {"CAN": "CA", "CHL": "CL", "MEX": "MX", "USA": "US"}
_LEVELS = {
    "ECONOMY": "economy",
    "EXPEDITED": "express",
    "EXPRESS": "express",
    "NEXTDAY": "express",
    "ONEDAY": "express",
    "SAMEDAY": "express",
    "TWODAY": "express",
    "VALUE": "economy",
}
"""Walmart's shipping methods and programmes; all others are standard."""
_DISCOUNT = re.compile(r"discount\b", re.IGNORECASE)
_GONE = frozenset({"Shipped", "Delivered"})
_UNPAID = "OnHold"
_NOT_OURS = frozenset({"WFSFulfilled", "3PLFulfilled"})


def order_of(body: bytes) -> OrderInput:
    """The order in an answer of getAnOrder.

    Raises:
        NotYetError: it is on hold until it is paid or has been looked at for fraud.
        UnmappableError: it is none.
    """
    order = Answer.of(body).order
    for number, line in enumerate(order.order_lines.order_line):
        if any(one.status == _UNPAID for one in _statuses(line)):
            msg = f"$.order.orderLines.orderLine[{number}]: {_UNPAID}: not to be taken before it is Created"
            raise NotYetError(msg)
    return _Reading(order).order()


class _Reading:
    """One order on its way to the hub's."""

    def __init__(self, source: Order) -> None:
        self.source = source
        self.lines = source.order_lines.order_line
        self.info = source.shipping_info or ShippingInfo()
        named = [one.charge_amount.currency for line in self.lines for one in charges_of(line) if one.charge_amount]
        self.currency = next((currency for currency in named if currency), "")
        if not self.currency:
            msg = "$.order.orderLines.orderLine[0].charges.charge: no charge names a currency"
            raise UnmappableError(msg)
        self.elsewhere = (source.ship_node or Node()).type in _NOT_OURS

    def order(self) -> OrderInput:
        """The order as the hub takes it. Walmart names no total: it is what its charges and taxes come to."""
        source = self.source
        lines = [one for number, line in enumerate(self.lines) for one in self.of_line(number, line)]
        charged = [(path, one) for path, one in self.charges()]
        amounts = [(one, self.minor(one.charge_amount, f"{path}.chargeAmount")) for path, one in charged]
        shipping = sum(amount for one, amount in amounts if one.charge_type == "SHIPPING" and not reduces(one, amount))
        tax = sum(self.tax(one, path) for path, one in charged)
        total = sum(-abs(amount) if reduces(one, amount) else amount for one, amount in amounts) + tax
        dates = [line.status_date for line in self.lines if line.status_date]
        replaced = source.original_customer_order_id
        return OrderInput(
            order_id=source.purchase_order_id,
            number=source.customer_order_id or source.purchase_order_id,
            source_version=max(dates).isoformat() if dates else "",
            placed_at=source.order_date,
            currency=self.currency,
            lines=tuple(lines),
            shipping_minor=shipping,
            tax_minor=tax,
            total_minor=total,
            payment=PaymentTerms(method=PaymentMethod.PREPAID, reference=source.customer_order_id),
            customer=self.customer(),
            ship_to=self.ship_to(),
            shipping=self.shipping(),
            ship_by=self.info.estimated_ship_date,
            deliver_by=self.info.estimated_delivery_date,
            note=f"Replaces {replaced}" if replaced else "",
            tags=tuple(dict.fromkeys(self.tags())),
            fulfil_by="channel" if self.elsewhere else "hub" if source.ship_node else None,
            fulfilled_at=self.shipped_at(),
            cancels=self.cancels(),
            refunds=tuple(self.refunds()),
        )

    def minor(self, money: Money | None, path: str) -> int:
        """An amount in the minor unit of the order's currency; what is missing is 0."""
        if money is None or not money.amount:
            return 0
        if money.currency != self.currency:
            msg = f"$.order.{path}: in {money.currency!r}, while the order is in {self.currency}"
            raise UnmappableError(msg)
        return minor(money.amount, self.currency, f"$.order.{path}")

    def charges(self) -> Iterator[tuple[str, Charge]]:
        """All charges, with their paths."""
        for number, line in enumerate(self.lines):
            for at, one in enumerate(charges_of(line)):
                yield f"orderLines.orderLine[{number}].charges.charge[{at}]", one

    def tax(self, one: Charge, path: str) -> int:
        """The tax on a charge; on one that takes something off it is taken off, too."""
        tax = self.minor(one.tax.tax_amount if one.tax else None, f"{path}.tax.taxAmount")
        return -abs(tax) if reduces(one, self.minor(one.charge_amount, f"{path}.chargeAmount")) else tax

    def of_line(self, number: int, line: Line) -> Iterator[LineInput]:
        """The goods of a line, and what is paid for it besides, postage excepted."""
        path, quantity = f"orderLines.orderLine[{number}]", line.order_line_quantity.amount
        if not quantity:
            msg = f"$.order.{path}.orderLineQuantity.amount: a number of pieces is needed"
            raise UnmappableError(msg)
        price = off = tax = 0
        besides: list[LineInput] = []
        for at, one in enumerate(charges_of(line)):
            where = f"{path}.charges.charge[{at}]"
            amount = self.minor(one.charge_amount, f"{where}.chargeAmount")
            if one.charge_type == "PRODUCT" or reduces(one, amount):
                off += abs(amount) if reduces(one, amount) else 0
                price += 0 if reduces(one, amount) else amount
                tax += self.tax(one, where)
            elif one.charge_type != "SHIPPING":
                line_id = f"{line.line_number}/{code_of(one.charge_type, 'charge')}-{at}"
                title = one.charge_name or one.charge_type or "Charge"
                besides.append(extra(line_id, title, amount, tax_minor=self.tax(one, where)))
        one_piece, rounding = spread(price, quantity)
        yield LineInput(
            line_id=line.line_number,
            listing_id=line.item.sku,
            title=line.item.product_name,
            quantity=quantity,
            unit_price_minor=one_piece,
            discount_minor=off + rounding,
            tax_minor=tax,
        )
        yield from besides

    def customer(self) -> Customer:
        """The buyer, by an address that Walmart relays."""
        at = self.info.postal_address or Postal()
        return Customer(
            channel_customer_id=self.source.buyer_id,
            name=at.name,
            email=self.source.customer_email_id,
            phone=self.info.phone,
        )

    def ship_to(self) -> Address | None:
        """Where it goes."""
        at = self.info.postal_address
        if at is None:
            return None
        return Address(
            name=at.name,
            line1=at.address1,
            line2=at.address2,
            city=at.city,
            region=at.state,
            postcode=at.postal_code,
            country=country_of(_COUNTRIES.get(at.country.strip().upper(), at.country)),
            phone=self.info.phone,
        )

    def shipping(self) -> ShippingChoice:
        """What the buyer chose."""
        how = next((line.fulfillment for line in self.lines if line.fulfillment), Fulfilment())
        words = [how.shipping_program_type, self.info.method_code, how.ship_method]
        levels = [level for word in words if (level := _LEVELS.get(word.upper().replace("_", "").replace("-", "")))]
        return ShippingChoice(
            service_level=levels[0] if levels else "standard",
            title=self.info.method_code or how.ship_method,
            pickup_location_id=how.store_id if how.fulfillment_option.upper() == "PICKUP" else "",
        )

    def tags(self) -> Iterator[str]:
        """What kind of an order it is."""
        if self.source.order_type not in ("", "REGULAR"):
            yield code_of(self.source.order_type, "other")
        for line in self.lines:
            if line.intent_to_cancel.lower() not in ("", "false", "n", "no") and not _is_cancelled(line):
                yield "buyer-requested-cancel"
            if line.fulfillment and line.fulfillment.fulfillment_option.upper() == "S2S":
                yield "site-to-store"
        if self.elsewhere:
            yield code_of((self.source.ship_node or Node()).type, "other")

    def shipped_at(self) -> datetime | None:
        """When the last piece left, of an order that somebody else ships and of which all has left."""
        states = [one for line in self.lines for one in _statuses(line)]
        gone = [one for one in states if one.status in _GONE]
        if not self.elsewhere or not gone or any(one.status not in (*_GONE, "Cancelled") for one in states):
            return None
        times = [at for one in gone if (at := (one.tracking_info or Tracking()).ship_date_time)]
        return max(times, default=None) or max((at for line in self.lines if (at := line.status_date)), default=None)

    def cancels(self) -> tuple[CancelInput, ...]:
        """What is cancelled: all, or so many pieces of a line."""
        if all(_is_cancelled(line) for line in self.lines):
            reason = code_of(_reason(self.lines[0]), "cancelled-at-channel")
            return (CancelInput(cancel_id="all", reason=reason, cancelled_at=self.lines[0].status_date),)
        found: list[CancelInput] = []
        for line in self.lines:
            pieces = min(_cancelled(line), line.order_line_quantity.amount)
            reason = code_of(_reason(line), "cancelled-at-channel")
            found += [changed(one, reason=reason) for one in one_by_one(line.line_number, pieces)]
        return tuple(found)

    def refunds(self) -> Iterator[RefundInput]:
        """What was paid back, with its tax; what the hub had paid back of several lines is one refund."""
        ours: dict[str, list[RefundInput]] = {}
        for number, line in enumerate(self.lines):
            refund = line.refund
            parts = refund.refund_charges.refund_charge if refund and refund.refund_charges else ()
            path = f"orderLines.orderLine[{number}].refund.refundCharges"
            amount = sum(
                abs(self.minor(part.charge.charge_amount, path)) + abs(self.tax(part.charge, path))
                for part in parts
                if part.charge
            )
            if not refund or not amount:
                continue
            name = marked(refund.refund_comments, "refund")
            found = RefundInput(
                refund_id=mark("refund", name) if name else refund.refund_id or f"{line.line_number}/{amount}",
                amount_minor=amount,
                reason=code_of(parts[0].refund_reason, "channel-refund"),
            )
            ours.setdefault(name, []).append(found)
        yield from ours.pop("", ())
        for several in ours.values():
            yield changed(several[0], amount_minor=sum(one.amount_minor for one in several))


def charges_of(line: Line) -> tuple[Charge, ...]:
    """All charges of a line."""
    return line.charges.charge if line.charges else ()


def _statuses(line: Line) -> tuple[Status, ...]:
    return line.order_line_statuses.order_line_status if line.order_line_statuses else ()


def has_left(line: Line) -> bool:
    """Pieces of a line are on their way, or there."""
    return any(one.status in _GONE for one in _statuses(line))


def _cancelled(line: Line) -> int:
    return sum(one.status_quantity.amount for one in _statuses(line) if one.status == "Cancelled")


def _is_cancelled(line: Line) -> bool:
    return _cancelled(line) >= line.order_line_quantity.amount


def _reason(line: Line) -> str:
    return next((one.cancellation_reason for one in _statuses(line) if one.cancellation_reason), "")


def reduces(one: Charge, amount: int) -> bool:
    """Whether a charge takes something off, such as ``SubscriptionDiscount``, which is of the type PRODUCT."""
    return amount < 0 or one.is_discount or bool(_DISCOUNT.search(f"{one.charge_type} {one.charge_name}"))
