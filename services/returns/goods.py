"""Which pieces a buyer has got, by lot and serial number, and which of them come back."""

from collections.abc import Iterable

from crossdock_contracts.returns import InspectedGoods, InspectedLine
from crossdock_contracts.shipping import ShippedLine
from services.hub.decision import changed
from services.returns.state import Sold, SoldLine


def with_goods(known: SoldLine, gone: ShippedLine) -> SoldLine:
    """The line with the lots and serial numbers of what has shipped now."""
    if not (gone.lots or gone.serials):
        return known
    lots, days = dict(known.lots), dict(known.days)
    for lot in gone.lots:
        lots[lot.lot] = lots.get(lot.lot, 0) + lot.quantity
        days[lot.lot] = lot.expires_on
    return changed(known, lots=lots, days=days, serials=(*known.serials, *gone.serials))


def identified(sold: Sold, inspected: Iterable[InspectedLine]) -> tuple[Sold, tuple[InspectedGoods, ...], str, str]:
    """Which pieces came back: of lots and with serial numbers that the buyer got; else why not, reason and detail."""
    lines = {line.line_id: line for line in sold.lines}
    goods = []
    for one in inspected:
        line = lines[one.line_id]
        lot = one.lot or (next(iter(line.lots)) if len(line.lots) == 1 else "")
        reason, detail = _not_theirs(line, one, lot)
        if reason:
            return sold, (), reason, detail
        goods.append(
            InspectedGoods(
                line_id=one.line_id,
                sku=line.sku,
                quantity=one.quantity,
                disposition=one.disposition,
                lot=lot,
                expires_on=line.days.get(lot, ""),
                serials=one.serials,
            )
        )
        lots = {name: there - one.quantity if name == lot else there for name, there in line.lots.items()}
        serials = tuple(serial for serial in line.serials if serial not in one.serials)
        lines[one.line_id] = changed(line, lots={name: n for name, n in lots.items() if n}, serials=serials)
    return changed(sold, lines=tuple(lines.values())), tuple(goods), "", ""


def _not_theirs(line: SoldLine, one: InspectedLine, lot: str) -> tuple[str, str]:
    """Why these cannot be pieces that the buyer got: reason and detail; empty: they can."""
    if line.lots and line.lots.get(lot, 0) < one.quantity:
        got = ", ".join(f"{n} of lot {name}" for name, n in line.lots.items())
        if not lot:
            return "lot-missing", f"name the lot of what came back on line {line.line_id}; the buyer has {got}"
        return "lot-differs", f"{one.quantity} of lot {lot} cannot be of line {line.line_id}; the buyer has {got}"
    strange = [serial for serial in one.serials if serial not in line.serials]
    if strange:
        return "serial-unknown", f"{', '.join(strange)} did not ship on line {line.line_id}, or came back before"
    if line.serials and len(set(one.serials)) != one.quantity:
        read = len(set(one.serials))
        return (
            "serials-missing",
            f"line {line.line_id}: {one.quantity} pieces came back, {read} serial numbers are named",
        )
    return "", ""
