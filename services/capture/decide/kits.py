"""Kits: sold as one line, captured as their components, cancelled whole."""

from collections.abc import Sequence

from crossdock_contracts.values import LineQuantity, Order, OrderLine
from services.capture.decide.money import share
from services.capture.state import Cancel, Item, OrderRecord
from services.capture.state_outward import Outward, Unit
from services.hub.decision import changed


def explode(sold: OrderLine, kit: Item, parts: Sequence[Item], taken: set[str]) -> list[OrderLine]:
    """The components of a sold kit as lines of their own, whose amounts add up to those of the kit.

    Amounts are shared out by what the components cost; where the cost of one is not known, or in another currency,
    every piece counts the same. ``taken`` are the line ids that the order has; those of the components join them.
    """
    weights, kits = _weights(kit, parts), sold.quantity
    prices, discounts = share(sold.unit_price_minor, weights), _by_kit(sold.discount_minor, kits, weights)
    taxes, paid = _by_kit(sold.tax_minor, kits, weights), _by_kit(sold.paid_minor, kits, weights)
    return [
        changed(
            sold,
            line_id=_line_id(sold.line_id, number, taken),
            listing_id="",
            sku=part.sku,
            title=part.title or part.sku,
            quantity=sold.quantity * kit.components[number].quantity,
            unit_price_minor=prices[number],
            discount_minor=discounts[number],
            tax_minor=taxes[number],
            total_minor=sold.ordered_quantity * prices[number] - discounts[number],
            paid_minor=paid[number],
            weight_g=part.weight_g,
            dimensions=part.dimensions,
            hazmat_class=part.hazmat_class,
            hs_code=part.hs_code,
            origin_country=part.origin_country,
            kit_line_id=sold.line_id,
        )
        for number, part in enumerate(parts)
    ]


def _by_kit(amount: int, kits: int, weights: Sequence[int]) -> list[int]:
    """An amount shared out kit by kit, then what is left of it: each of three kits at 10.00 is worth 10.00 again."""
    each, rest = divmod(amount, kits)
    return [one * kits + more for one, more in zip(share(each, weights), share(rest, weights), strict=True)]


def _weights(kit: Item, parts: Sequence[Item]) -> list[int]:
    """How a kit's price is shared out to its components."""
    pieces = [component.quantity for component in kit.components]
    costs = [part.cost for part in parts]
    currencies = {cost.currency if cost else "" for cost in costs}
    worth = [cost.amount_minor * n for cost, n in zip(costs, pieces, strict=True) if cost is not None]
    comparable = len(currencies) == 1 and len(worth) == len(pieces) and min(worth) >= 0 and sum(worth) > 0
    return worth if comparable else pieces


def _line_id(sold: str, number: int, taken: set[str]) -> str:
    """The id of a component's line: ``2/1`` is the first component of line 2."""
    found = f"{sold}/{number + 1}"
    while found in taken:  # the channel names a line of its own so
        found = f"{found}/"
    taken.add(found)
    return found


def whole(order: Order, cancel: Cancel) -> tuple[Cancel, str]:
    """A cancel in lines that were captured, and what is wrong with it: a kit is cancelled whole.

    It may name the line as it was sold, with a number of kits, or the components in the proportion of the kit.
    """
    if not order.kits or not cancel.lines:
        return cancel, ""
    parts: dict[str, list[OrderLine]] = {}
    for line in order.lines:
        parts.setdefault(line.kit_line_id, []).append(line)
    sold = {kit.line_id: kit for kit in order.kits}
    asked: dict[str, LineQuantity] = {}
    for one in cancel.lines:
        kit = sold.get(one.line_id)
        named = [_pieces(part, kit, one.quantity) for part in parts[kit.line_id]] if kit else [one]
        for piece in named:
            before = asked.get(piece.line_id)
            asked[piece.line_id] = changed(piece, quantity=piece.quantity + before.quantity) if before else piece
    for kit in order.kits:
        counts = {part.line_id: asked[part.line_id].quantity for part in parts[kit.line_id] if part.line_id in asked}
        if counts and not _is_whole(kit, parts[kit.line_id], counts):
            named_as = ", ".join(f"{n} of line {line_id}" for line_id, n in counts.items())
            detail = f"{named_as}: kit {kit.sku} is cancelled whole; name line {kit.line_id} and how many kits"
            return cancel, detail
    return changed(cancel, lines=tuple(asked.values())), ""


def _pieces(part: OrderLine, kit: OrderLine, kits: int) -> LineQuantity:
    """The pieces of one component in so many kits."""
    return LineQuantity(line_id=part.line_id, sku=part.sku or "", quantity=kits * part.quantity // kit.quantity)


def _is_whole(kit: OrderLine, parts: list[OrderLine], counts: dict[str, int]) -> bool:
    """These pieces of the components make up whole kits."""
    kits = {divmod(counts.get(part.line_id, 0), part.quantity // kit.quantity) for part in parts}
    return len(kits) == 1 and kits.pop()[1] == 0


def units_of(order: Order) -> dict[str, Unit]:
    """Lines that the channel counts otherwise: packs, and kits, of which the first component stands for all."""
    units: dict[str, Unit] = {}
    kits = {kit.line_id: kit for kit in order.kits}
    told: set[str] = set()
    for line in order.lines:
        kit = kits.get(line.kit_line_id)
        if kit is not None:
            first = "" if kit.line_id in told else kit.line_id
            units[line.line_id] = Unit(line_id=first, pieces=line.quantity // kit.ordered_quantity)
            told.add(kit.line_id)
        elif line.quantity != line.ordered_quantity:
            units[line.line_id] = Unit(line_id=line.line_id, pieces=line.quantity // line.ordered_quantity)
    return units


def still_told(record: OrderRecord) -> Outward | None:
    """What an order that ends leaves behind to tell its channel by."""
    if record.outward is None or record.order is None:
        return record.outward
    return changed(record.outward, units=units_of(record.order))
