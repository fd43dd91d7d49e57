"""Serial numbers: one for each piece of a line whose SKU has them, each in one fulfilment at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crossdock_contracts.fulfilments import FulfilmentLine
from crossdock_contracts.returns import ReturnInspectedV1
from crossdock_contracts.shipping import LineSerials
from services.hub.decision import Decision, Document, States, changed
from services.shipping.state import Shipment, ShipmentStatus
from services.shipping.state_goods import Serial

Trouble = tuple[str, str]
"""Why something cannot be done: reason and detail."""

FINE: Trouble = ("", "")


@dataclass(frozen=True, slots=True)
class Read:
    """What has become of serial numbers that were read."""

    shipment: Shipment
    serials: tuple[Serial, ...] = ()
    """Those whose document changes."""
    trouble: Trouble = FINE


def read_serials(
    states: States, shipment: Shipment, given: Iterable[LineSerials], now: datetime, *, complete: bool
) -> Read:
    """Take in serial numbers: exactly as many as a line has pieces, each of them unique within its SKU.

    ``complete``: those of every line have to be there by now.
    """
    assert shipment.fulfilment is not None
    named = {**shipment.serials, **{one.line_id: one.serials for one in given}}
    serials: dict[str, tuple[str, ...]] = {}
    documents: dict[tuple[str, str], Serial] = {}
    for line in shipment.fulfilment.lines:
        read = named.get(line.line_id, ())
        if not line.track_serial or not (read or complete):
            continue
        trouble = _wrong_count(line, read)
        known = states.get_all(Serial, [(shipment.owner, line.sku, serial) for serial in read])
        for serial, standing in zip(read, known, strict=True):
            if (line.sku, serial) in documents:
                trouble = "serial-twice", f"serial {serial} of {line.sku} is on two lines"
            if standing is not None and not standing.is_free and standing.fulfilment_id != shipment.fulfilment_id:
                trouble = (
                    "serial-taken",
                    f"serial {serial} of {line.sku} belongs to fulfilment {standing.fulfilment_id}",
                )
            documents[line.sku, serial] = _serial(shipment, line, serial, standing, now)
        if trouble != FINE:
            return Read(shipment, trouble=trouble)
        serials[line.line_id] = read
    if serials == shipment.serials:
        return Read(shipment, tuple(documents.values()))
    dropped = [
        one
        for line in shipment.fulfilment.lines
        for one in freed(states, shipment, line.sku, shipment.serials.get(line.line_id, ()))
        if (one.sku, one.serial) not in documents
    ]
    return Read(changed(shipment, serials=serials), (*documents.values(), *dropped))


def _wrong_count(line: FulfilmentLine, read: tuple[str, ...]) -> Trouble:
    if len(set(read)) < len(read):
        twice = next(one for one in read if read.count(one) > 1)
        return "serial-twice", f"serial {twice} of {line.sku} was read twice"
    if len(read) != line.quantity:
        detail = (
            f"line {line.line_id} has {line.quantity} pieces of {line.sku}, and {len(read)} serial numbers were read"
        )
        return "serials-missing", detail
    return FINE


def _serial(shipment: Shipment, line: FulfilmentLine, serial: str, known: Serial | None, now: datetime) -> Serial:
    """Whose a serial number is from now on; those whose it was before are remembered."""
    mine = known is not None and known.fulfilment_id == shipment.fulfilment_id
    earlier = known.earlier if known else ()
    if known is not None and not mine:
        earlier = (*earlier, known.fulfilment_id)[-20:]
    return Serial(
        owner=shipment.owner,
        sku=line.sku,
        serial=serial,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        line_id=line.line_id,
        read_at=known.read_at if known and mine else now,
        earlier=earlier,
    )


def freed(states: States, shipment: Shipment, sku: str, serials: Iterable[str]) -> list[Serial]:
    """These serial numbers are nobody's again."""
    found = states.get_all(Serial, [(shipment.owner, sku, serial) for serial in serials])
    return [
        changed(one, is_free=True)
        for one in found
        if one is not None and one.fulfilment_id == shipment.fulfilment_id and not one.is_free
    ]


def let_go(states: States, before: Shipment, after: Shipment) -> tuple[Shipment, list[Serial]]:
    """Pieces were taken out: which ones nobody knows, so the serial numbers of their lines are to be read anew."""
    if not before.serials or before.fulfilment is None or after.fulfilment is None:
        return after, []
    is_open = after.status is not ShipmentStatus.STOPPED
    left = {line.line_id: line.quantity for line in after.fulfilment.lines if is_open}
    gone = [
        line
        for line in before.fulfilment.lines
        if len(before.serials.get(line.line_id, ())) > left.get(line.line_id, 0)
    ]
    documents = [one for line in gone for one in freed(states, before, line.sku, before.serials[line.line_id])]
    lost = {line.line_id for line in gone}
    serials = {line_id: read for line_id, read in before.serials.items() if line_id not in lost}
    return changed(after, serials=serials), documents


def take_back(states: States, message: ReturnInspectedV1, _now: datetime) -> Decision:
    """Serial numbers of returned goods are nobody's; they may be sold again."""
    writes: list[Document] = []
    for line in message.lines:
        found = states.get_all(Serial, [(message.owner, line.sku, serial) for serial in line.serials])
        writes += [
            changed(one, is_free=True)
            for one in found
            if one is not None and one.order_id == message.order_id and not one.is_free
        ]
    return Decision(writes=writes)
