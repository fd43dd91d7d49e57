"""Which lots were picked, what is traced as it leaves, and recalls that keep goods back."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from crossdock_contracts.fulfilments import FulfilmentLine
from crossdock_contracts.lots import LotRecalledV1, LotsPickedV1, PickedLots, RecallLiftedV1
from crossdock_contracts.shipping import LineLot, ShippedLine
from crossdock_contracts.values import LotQuantity
from services.hub.decision import Decision, Document, States, changed
from services.shipping.decide.serials import FINE, Read, Trouble, read_serials
from services.shipping.state import Pick, Shipment, ShipmentStatus
from services.shipping.state_goods import LotShipment, RecalledLot


def lots_trouble(lots: Iterable[LineLot], found: Mapping[str, int]) -> Trouble:
    """The lots that a picker names are those of all that was found of a line."""
    named: dict[str, int] = {}
    for lot in lots:
        named[lot.line_id] = named.get(lot.line_id, 0) + lot.quantity
    for line_id, quantity in named.items():
        there = found.get(line_id, 0)
        if quantity != there:
            return "lots-differ", f"{there} pieces of line {line_id} were picked, its lots make {quantity}"
    return FINE


def recall_trouble(states: States, shipment: Shipment) -> Trouble:
    """A lot of this fulfilment is recalled."""
    assert shipment.fulfilment is not None
    lots = [(line, lot.lot) for line in shipment.fulfilment.lines for lot in line.lots]
    recalls = states.get_all(RecalledLot, [(shipment.owner, line.sku, lot) for line, lot in lots]) if lots else []
    for (line, lot), recall in zip(lots, recalls, strict=True):
        if recall is not None and recall.is_recalled:
            return "lot-recalled", (
                f"lot {lot} of {line.sku} on line {line.line_id} is recalled; pick another lot and name it, "
                "report the pieces as not found, or cancel them"
            )
    return FINE


def picked(states: States, left: Shipment, pick: Pick, now: datetime) -> tuple[Read, Trouble]:
    """What was found of a fulfilment with the lots and serial numbers that the picker names, and what is wrong."""
    if left.status is ShipmentStatus.STOPPED or left.fulfilment is None:
        return Read(left), FINE
    found = {line.line_id: line.quantity for line in left.fulfilment.lines}
    taken = with_lots(left, pick.lots)
    read = read_serials(states, taken, pick.serials, now, complete=False)
    troubles = (lots_trouble(pick.lots, found), recall_trouble(states, taken), read.trouble)
    return read, next((trouble for trouble in troubles if trouble != FINE), FINE)


def with_lots(shipment: Shipment, lots: Iterable[LineLot]) -> Shipment:
    """The fulfilment with the lots that the picker named in place of those that it was told."""
    named: dict[str, list[LotQuantity]] = {}
    for one in lots:
        named.setdefault(one.line_id, []).append(
            LotQuantity(lot=one.lot, quantity=one.quantity, expires_on=one.expires_on)
        )
    if not named or shipment.fulfilment is None:
        return shipment
    lines = tuple(
        changed(line, lots=_with_days(line, named[line.line_id])) if line.line_id in named else line
        for line in shipment.fulfilment.lines
    )
    return changed(shipment, fulfilment=changed(shipment.fulfilment, lines=lines))


def _with_days(line: FulfilmentLine, lots: Iterable[LotQuantity]) -> tuple[LotQuantity, ...]:
    """The lots with their last days, where the pick was told them."""
    days = {lot.lot: lot.expires_on for lot in line.lots}
    return tuple(changed(lot, expires_on=lot.expires_on or days.get(lot.lot, "")) for lot in lots)


def other_lots(told: Shipment, picked: Shipment, short: Collection[str], now: datetime) -> list[LotsPickedV1]:
    """That other lots were picked than those that were told, if so; of short lines the short pick tells it."""
    assert told.fulfilment is not None
    assert picked.fulfilment is not None
    before = {line.line_id: line.lots for line in told.fulfilment.lines}
    lines = tuple(
        PickedLots(line_id=line.line_id, sku=line.sku, lots=line.lots)
        for line in picked.fulfilment.lines
        if line.lots != before[line.line_id] and line.line_id not in short
    )
    if not lines:
        return []
    event = LotsPickedV1(
        owner=told.owner,
        order_id=told.order_id,
        fulfilment_id=told.fulfilment_id,
        location_id=told.fulfilment.location_id,
        lines=lines,
        picked_at=now,
    )
    return [event]


def first_lots(lots: tuple[LotQuantity, ...], quantity: int) -> tuple[LotQuantity, ...]:
    """So many pieces of these lots, in their order."""
    kept = []
    for lot in lots:
        taken = min(lot.quantity, quantity)
        quantity -= taken
        if taken:
            kept.append(lot if taken == lot.quantity else changed(lot, quantity=taken))
    return tuple(kept)


def shipped_lines(shipment: Shipment) -> tuple[ShippedLine, ...]:
    """What leaves, with its lots and serial numbers."""
    assert shipment.fulfilment is not None
    return tuple(
        ShippedLine(
            line_id=line.line_id,
            sku=line.sku,
            quantity=line.quantity,
            value_minor=line.value_minor,
            ordered_sku=line.ordered_sku,
            reduced_minor=line.reduced_minor,
            lots=line.lots,
            serials=shipment.serials.get(line.line_id, ()),
            weight_g=line.weight_g,
            title=line.title if line.hs_code or line.origin_country else "",
            hs_code=line.hs_code,
            origin_country=line.origin_country,
        )
        for line in shipment.fulfilment.lines
    )


def trace(states: States, shipment: Shipment, at: datetime) -> list[Document]:
    """The documents by which a lot is traced to who got pieces of it."""
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    pieces: dict[tuple[str, str], int] = {}
    for line in fulfilment.lines:
        for lot in line.lots:
            pieces[line.sku, lot.lot] = pieces.get((line.sku, lot.lot), 0) + lot.quantity
    states.get_all(LotShipment, [(shipment.owner, sku, lot, shipment.fulfilment_id) for sku, lot in pieces])
    return [
        LotShipment(
            owner=shipment.owner,
            sku=sku,
            lot=lot,
            fulfilment_id=shipment.fulfilment_id,
            order_id=shipment.order_id,
            location_id=fulfilment.location_id,
            quantity=quantity,
            ship_to=fulfilment.ship_to,
            shipped_at=at,
        )
        for (sku, lot), quantity in pieces.items()
    ]


def know_recalled(states: States, message: LotRecalledV1, _now: datetime) -> Decision:
    """Nothing of a lot ships any more."""
    return _recall(states, message, message.recalled_at, is_recalled=True)


def know_lifted(states: States, message: RecallLiftedV1, _now: datetime) -> Decision:
    """A lot may ship again."""
    return _recall(states, message, message.lifted_at, is_recalled=False)


def _recall(
    states: States, message: LotRecalledV1 | RecallLiftedV1, said_at: datetime, *, is_recalled: bool
) -> Decision:
    known = states.get(RecalledLot, message.owner, message.sku, message.lot)
    if known is not None and known.said_at >= said_at:
        return Decision.nothing()
    document = RecalledLot(
        owner=message.owner, sku=message.sku, lot=message.lot, is_recalled=is_recalled, said_at=said_at
    )
    return Decision(writes=[document])
