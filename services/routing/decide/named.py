"""Lines that were named late: pieces of an unknown listing become pieces of its SKU, or of its kit's components."""

from collections.abc import Iterable

from crossdock_contracts.values import LineQuantity, Order, OrderLine
from services.hub.decision import changed
from services.routing.decide.pieces import split
from services.routing.state import Pieces


def named(unplaced: tuple[Pieces, ...], before: Order, order: Order) -> tuple[Pieces, ...]:
    """The same pieces, named and counted as the order now says: two packs of six are twelve.

    What the buyer pays for them is shared out to the components of a kit as the kit's price was.
    """
    was = {line.line_id: line.quantity for line in before.lines}
    lines = {line.line_id: [line] for line in order.lines if line.line_id in was}
    for line in order.lines:
        if line.line_id not in was:
            lines.setdefault(line.kit_line_id, []).append(line)
    return tuple(piece for p in unplaced for piece in _named(p, was[p.line_id], lines[p.line_id]))


def _named(piece: Pieces, was: int, lines: list[OrderLine]) -> Iterable[Pieces]:
    values = split(piece.value_minor, [line.paid_minor for line in lines])
    for line, value in zip(lines, values, strict=True):
        yield changed(
            piece,
            line_id=line.line_id,
            sku=line.sku or piece.sku,
            quantity=piece.quantity * line.quantity // was,
            value_minor=value,
        )


def in_pieces(order: Order | None, cancelled: Iterable[LineQuantity]) -> list[tuple[str, int]]:
    """Line and number of cancelled pieces.

    A line that nobody could name yet is cancelled as the channel counts. It may have been named since, and be a kit.
    """
    found: list[tuple[str, int]] = []
    for one in cancelled:
        lines = () if one.sku or order is None else order.lines
        since = [
            (line.line_id, one.quantity * (line.quantity // line.ordered_quantity))
            for line in lines
            if one.line_id in (line.line_id, line.kit_line_id)
        ]
        found += since or [(one.line_id, one.quantity)]
    return found
