"""What is different about an order: pieces that come and go, what the buyer pays for them, and everything else.

A newer copy is compared with what its source said last, so that what an operator corrected meanwhile stays. The lines
of an order count all that was ever ordered of them; what is left of them stands beside it, in its record.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crossdock_contracts.amendments import Change
from crossdock_contracts.values import FulfilledQuantity, LineKind, Order, OrderLine, PaymentMethod
from services.capture.decide.money import part, share
from services.capture.state import OrderRecord
from services.hub.decision import changed

FIELDS: Mapping[str, Change] = {
    "ship_to": Change.ADDRESS,
    "shipping": Change.SERVICE,
    "priority": Change.DATE,
    "ship_by": Change.DATE,
    "deliver_by": Change.DATE,
    "requested_at": Change.DATE,
    "release_at": Change.DATE,
    "reserve_until": Change.DATE,
    "ship_complete": Change.DATE,
    "gift_message": Change.GIFT,
    "note": Change.GIFT,
}
"""Fields that goods go by; every other field of an order is on record only."""

_SET_APART = frozenset(
    {
        *("order_id", "channel", "channel_order_id", "source_version", "revision", "currency", "lines", "kits"),
        *("totals", "policy", "sold_at", "replaces"),
    }
)
"""Fields that make the order what it is, or that are compared in their own way."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of each line of an order, in pieces and money."""

    order: Order
    pieces: Mapping[str, int]
    """By line; what is cancelled does not count."""
    values: Mapping[str, int]
    """What the buyer pays for them."""

    @property
    def due_minor(self) -> int:
        """What the buyer pays for the order as it stands."""
        return sum(self.values.values())

    @property
    def to_ship(self) -> int:
        """Pieces that ship, or have shipped."""
        return sum(self.pieces[line.line_id] for line in self.order.lines if line.kind is LineKind.PHYSICAL)

    @property
    def net(self) -> Order:
        """The order of which nothing but what is left was ever ordered."""
        lines = tuple(
            changed(
                line, quantity=pieces, ordered_quantity=_ordered(line, pieces), paid_minor=self.values[line.line_id]
            )
            for line in self.order.lines
            if (pieces := self.pieces[line.line_id])
        )
        return changed(self.order, lines=lines)


def standing_of(record: OrderRecord) -> Standing:
    """What is left of an order that has not ended."""
    order = record.order
    assert order is not None
    pieces, values = {}, {}
    for line in order.lines:
        gone = record.cancelled.get(line.line_id, 0)
        pieces[line.line_id] = line.quantity - gone
        gone_minor = record.cancelled_values.get(line.line_id, part(line.paid_minor, gone, line.quantity))
        values[line.line_id] = line.paid_minor - gone_minor
    return Standing(order, pieces, values)


def lines_of(record: OrderRecord) -> list[str]:
    """Lines that an order has: as they were sold and as they ship, those under way to be added, too."""
    orders = [record.order, *(change.order for change in (record.amending, record.waiting) if change)]
    return list(dict.fromkeys(line.line_id for order in orders if order for line in (*order.kits, *order.lines)))


def worth(standing: Standing, gone: Mapping[str, int]) -> dict[str, int]:
    """What the buyer pays for so many pieces of lines, by line."""
    return {
        line_id: max(0, part(standing.values[line_id], min(pieces, here), here))
        for line_id, pieces in gone.items()
        if (here := standing.pieces.get(line_id, 0)) > 0
    }


@dataclass(frozen=True, slots=True)
class Difference:
    """What is to change of an order."""

    order: Order
    """As it shall be; its lines count what was ever ordered, the new pieces too."""
    changes: tuple[Change, ...] = ()
    added: tuple[FulfilledQuantity, ...] = ()
    removed: tuple[FulfilledQuantity, ...] = ()
    amount_minor: int = 0
    """What the buyer pays more, or less."""
    repriced_minor: int = 0
    """The part of it that is neither for added nor for removed pieces."""
    is_all: bool = False
    """Nothing would be left of the order: that is a cancel."""
    trouble: str = ""
    """Why nobody can tell what it means, so that somebody has to look; empty: it can be carried through."""


@dataclass(slots=True)
class _Lines:
    """Lines as they shall be, and what comes and goes of them."""

    after: list[OrderLine] = field(default_factory=list)
    added: list[tuple[OrderLine, int]] = field(default_factory=list)
    """Lines as the newer copy has them, and how many pieces come to each."""
    removed: list[tuple[OrderLine, int]] = field(default_factory=list)
    amount: int = 0
    """What the buyer pays more, or less, for all of it."""
    changes: set[Change] = field(default_factory=set)


def difference(standing: Standing, said: Order, now_says: Order, *, held: bool = False) -> Difference:
    """What is different between two copies of an order, in terms of the order as it stands."""
    trouble = _trouble(standing, said, now_says, held=held)
    if trouble:
        return Difference(order=standing.order, trouble=trouble)
    lines = _lines(standing, said, now_says)
    values = worth(standing, {line.line_id: pieces for line, pieces in lines.removed})
    removed = tuple(_piece(line, pieces, values[line.line_id]) for line, pieces in lines.removed)
    gone_minor = sum(one.value_minor for one in removed)
    for_added = max(0, lines.amount + gone_minor) if lines.added else 0
    shares = share(for_added, [max(0, line.paid_minor * n // line.quantity) for line, n in lines.added])
    added = tuple(_piece(line, n, minor) for (line, n), minor in zip(lines.added, shares, strict=True))
    more = {one.line_id: one.value_minor for one in added}
    after = tuple(changed(line, paid_minor=line.paid_minor + more.get(line.line_id, 0)) for line in lines.after)
    if lines.amount and not held and standing.order.payment.method is PaymentMethod.TERMS:
        return Difference(order=standing.order, trouble="it is paid on terms, and its amount is different now")
    order, changes = _fields(changed(standing.order, lines=after, totals=now_says.totals), said, now_says)
    repriced = lines.amount + gone_minor - for_added
    changes |= lines.changes | ({Change.AMOUNT} if repriced else set())
    cards = now_says.totals.gift_cards_minor != said.totals.gift_cards_minor
    cash = order.payment.method is PaymentMethod.CASH_ON_DELIVERY and (repriced or removed or cards)
    changes |= {Change.CASH} if cash else {Change.RECORD} if cards else set()
    return Difference(
        order=order,
        changes=tuple(change for change in Change if change in changes),
        added=added,
        removed=removed,
        amount_minor=lines.amount,
        repriced_minor=repriced,
        is_all=bool(removed) and not added and sum(n for _, n in lines.removed) == standing.to_ship,
    )


def _trouble(standing: Standing, said: Order, now_says: Order, *, held: bool) -> str:
    if now_says.currency != standing.order.currency:
        return f"it is in {now_says.currency} now, and was in {standing.order.currency}"
    if now_says.payment.method != said.payment.method and not held:
        return f"it is paid by {now_says.payment.method} now, and was by {said.payment.method}"
    return _trouble_with_goods(standing, said, now_says)


def _trouble_with_goods(standing: Standing, said: Order, now_says: Order) -> str:
    if now_says.policy.fulfil_by != standing.order.policy.fulfil_by:
        return f"{now_says.policy.fulfil_by} fulfils it now, and {standing.order.policy.fulfil_by} did before"
    if (standing.order.kits or now_says.kits) and _goods(said) != _goods(now_says):
        return "the lines of an order with kits are different; cancel whole kits, and order anew what comes to it"
    lines = {line.line_id: line for line in standing.order.lines}
    for line in now_says.lines:
        known = lines.get(line.line_id, line)
        if known.kind != line.kind or (known.sku and line.sku and known.sku != line.sku):
            return f"line {line.line_id} is {line.sku or line.kind} now, and was {known.sku or known.kind}"
    return _trouble_with_none(standing, said, now_says)


def _trouble_with_none(standing: Standing, said: Order, now_says: Order) -> str:
    if not any(line.kind is LineKind.PHYSICAL for line in standing.order.lines):
        return "its lines are different, and none of them ships" if now_says.lines != said.lines else ""
    if not any(line.kind is LineKind.PHYSICAL for line in now_says.lines):
        return "nothing of it is to ship any more; cancel it, if that is what is meant"
    return ""


def counts_more(said: Order, order: Order) -> bool:
    """A source counts goods that were never part of the order."""
    ever = {line.line_id: line.quantity for line in order.lines}
    goods = [line for line in said.lines if line.kind is LineKind.PHYSICAL]
    return any(line.quantity > ever.get(line.line_id, 0) for line in goods)


def _goods(order: Order) -> list[tuple[str, str | None, int, int]]:
    """What is sold of what, and for how much."""
    return [(x.line_id, x.sku, x.quantity, x.paid_minor) for x in order.lines if x.kind is LineKind.PHYSICAL]


def _lines(standing: Standing, said: Order, now_says: Order) -> _Lines:
    found = _Lines()
    known = {line.line_id: line for line in standing.order.lines}
    before = {line.line_id: _alike(line, known.get(line.line_id)) for line in said.lines}
    now = {line.line_id: _alike(line, known.get(line.line_id)) for line in now_says.lines}
    for line_id in dict.fromkeys((*known, *now)):
        line, then, copy = known.get(line_id), before.get(line_id), now.get(line_id)
        if line is None and copy is not None and copy.kind is LineKind.PHYSICAL:
            found.after.append(changed(copy, paid_minor=0))
            found.added.append((copy, copy.quantity))
            found.amount += copy.paid_minor
            found.changes.add(Change.LINE)
        elif (copy or line).kind is not LineKind.PHYSICAL:  # type: ignore[union-attr]  # one of them is there
            found.after += [copy] if copy else []
            found.changes |= {Change.RECORD} if copy != then else set()
        elif line is not None:
            _line(found, standing, line, then, copy)
    return found


def _line(
    found: _Lines, standing: Standing, line: OrderLine, said: OrderLine | None, now_says: OrderLine | None
) -> None:
    """What is different about a line that is known."""
    if now_says == said:
        found.after.append(line)
        return
    here, was = standing.pieces[line.line_id], said.quantity if said else 0
    wanted = now_says.quantity if now_says else 0
    more = max(0, wanted - max(was, here)) if wanted > was else 0
    less = max(0, here - wanted) if wanted < was else 0
    if more and now_says:
        found.added.append((now_says, more))
        found.changes.add(Change.QUANTITY)
    elif less:
        found.removed.append((line, less))
        found.changes.add(Change.LESS)
    else:
        found.changes.add(Change.RECORD)
    if now_says and said and (now_says.gift_wrap, now_says.note) != (said.gift_wrap, said.note):
        found.changes.add(Change.GIFT)
    priced = part(now_says.paid_minor, here + more - less, now_says.quantity) if now_says else 0
    found.amount += priced - standing.values[line.line_id]
    ever = line.quantity + more
    found.after.append(
        changed(
            now_says or line,
            sku=line.sku,
            quantity=ever,
            ordered_quantity=_ordered(line, ever),
            paid_minor=line.paid_minor,
        )
    )


def _alike(line: OrderLine, known: OrderLine | None) -> OrderLine:
    """A line in the terms of the one that is known: not named before that is, nor counted otherwise."""
    if known is None or line.sku == known.sku:
        return line
    pieces = line.ordered_quantity * known.quantity // known.ordered_quantity
    return changed(
        line,
        sku=known.sku,
        unknown_sku=known.unknown_sku,
        quantity=pieces,
        listing_id=known.listing_id,
        weight_g=known.weight_g,
        dimensions=known.dimensions,
        hazmat_class=known.hazmat_class,
        hs_code=known.hs_code,
        origin_country=known.origin_country,
    )


def _ordered(line: OrderLine, pieces: int) -> int:
    """So many pieces as the channel counts them."""
    return max(1, pieces * line.ordered_quantity // line.quantity)


def _piece(line: OrderLine, pieces: int, value_minor: int) -> FulfilledQuantity:
    return FulfilledQuantity(line_id=line.line_id, sku=line.sku or "", quantity=pieces, value_minor=max(0, value_minor))


def _fields(order: Order, said: Order, now_says: Order) -> tuple[Order, set[Change]]:
    """The order with every field as it is said now, where it was said otherwise before."""
    changes: set[Change] = set()
    for name in Order.model_fields:
        value = getattr(now_says, name)
        if name in _SET_APART or value == getattr(said, name) or value == getattr(order, name):
            continue
        changes.add(FIELDS.get(name, Change.RECORD))
        order = changed(order, **{name: value})
    return order, changes
