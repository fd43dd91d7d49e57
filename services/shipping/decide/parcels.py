"""What a fulfilment consists of: its pieces, its parcels, and their labels."""

from crossdock_contracts.base import Event
from crossdock_contracts.fulfilments import FulfilmentLine
from crossdock_contracts.labels import Parcel
from crossdock_contracts.values import Dimensions, LineQuantity
from crossdock_contracts.warehouse import ParcelSharedV1, ParcelUnsharedV1
from services.hub.decision import changed
from services.shipping.decide.goods import first_lots
from services.shipping.decide.rates import weight_of
from services.shipping.rules import Rules
from services.shipping.state import Box, Rider, Shipment, ShipmentStatus, is_open


def lines_of(shipment: Shipment) -> tuple[LineQuantity, ...]:
    """What is left of a fulfilment, by line."""
    lines = shipment.fulfilment.lines if shipment.fulfilment else ()
    return tuple(LineQuantity(line_id=line.line_id, sku=line.sku, quantity=line.quantity) for line in lines)


def without(shipment: Shipment, quantities: dict[str, int]) -> Shipment:
    """The shipment with so many fewer pieces of each line, and so much less to collect; stopped where none are left."""
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    left, worth = [], 0
    for line in fulfilment.lines:
        gone = min(quantities.get(line.line_id, 0), line.quantity)
        worth += line.value_minor * gone // line.quantity
        if gone < line.quantity:
            left.append(_fewer(line, gone) if gone else line)
    if not left:
        return changed(shipment, status=ShipmentStatus.STOPPED)
    cash = max(0, fulfilment.cash_on_delivery_minor - worth)
    fulfilment = changed(fulfilment, lines=tuple(left), cash_on_delivery_minor=cash)
    return changed(shipment, fulfilment=fulfilment, boxes=_taken_out(shipment.boxes, quantities))


def _fewer(line: FulfilmentLine, gone: int) -> FulfilmentLine:
    """A line with so many fewer pieces: they take with them their share of what the buyer paid."""
    value = line.value_minor - line.value_minor * gone // line.quantity
    paid = line.value_minor + line.reduced_minor
    return changed(
        line,
        quantity=line.quantity - gone,
        lots=first_lots(line.lots, line.quantity - gone),
        value_minor=value,
        reduced_minor=paid - paid * gone // line.quantity - value,
    )


def _taken_out(boxes: tuple[Box, ...], quantities: dict[str, int]) -> tuple[Box, ...]:
    """The parcels without so many pieces of each line, the last ones first; one of which nothing is left is none."""
    gone = dict(quantities)
    left: list[Box] = []
    for box in reversed(boxes):
        lines = []
        for line in box.lines:
            taken = min(gone.get(line.line_id, 0), line.quantity)
            gone[line.line_id] = gone.get(line.line_id, 0) - taken
            if taken < line.quantity:
                lines.append(changed(line, quantity=line.quantity - taken) if taken else line)
        if lines or not box.lines:
            left.insert(0, changed(box, lines=tuple(lines)))
    return tuple(left)


def size_of(rules: Rules, shipment: Shipment, number: int) -> tuple[int, Dimensions | None]:
    """What one of its parcels weighs, and its outer size; before it is packed there is one, of the expected weight."""
    for box in shipment.boxes:
        if box.number == number:
            return box.weight_g, box.dimensions
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    origin = rules.locations.get(fulfilment.location_id)
    return shipment.weight_g or (weight_of(fulfilment, origin) if origin else 1), None


def labels_of(shipment: Shipment) -> dict[int, Parcel]:
    """The labels that a fulfilment has, by the number of the parcel."""
    if not shipment.further:
        return {1: shipment.parcel} if shipment.parcel else {}
    found = {_number(parcel): parcel for parcel in shipment.further}
    return {1: shipment.parcel, **found} if shipment.parcel else found


def labels_in_use(shipment: Shipment) -> dict[int, Parcel]:
    """The labels of the parcels that ship: not one that a carrier keeps although its parcel was emptied."""
    wanted = {box.number for box in shipment.boxes}
    return {number: label for number, label in labels_of(shipment).items() if not wanted or number in wanted}


def _number(parcel: Parcel) -> int:
    return int(parcel.parcel_id.rpartition("/")[2])


def with_label(shipment: Shipment, number: int, label: Parcel) -> Shipment:
    """The shipment with the label of one of its parcels, no call under way; what was only allocated is labelled now."""
    parcel_id = f"{shipment.fulfilment_id}/{number}"
    label = label if label.parcel_id == parcel_id else changed(label, parcel_id=parcel_id)
    status = ShipmentStatus.LABELLED if shipment.status is ShipmentStatus.ALLOCATED else shipment.status
    if number == 1:
        return changed(shipment, status=status, intent=None, parcel=label)
    return changed(shipment, status=status, intent=None, further=(*shipment.further, label))


def without_label(shipment: Shipment, number: int) -> Shipment:
    """The shipment after the label of one of its parcels was given back."""
    if number == 1:
        return changed(shipment, parcel=None, returning="")
    return changed(shipment, further=tuple(one for one in shipment.further if _number(one) != number))


def unlabelled(shipment: Shipment) -> int | None:
    """The first of its parcels that has no label; none where all have."""
    if not shipment.boxes:
        return None if shipment.parcel else 1
    labels = labels_of(shipment)
    numbers = [box.number for box in shipment.boxes]
    return next((number for number in numbers if number not in labels), None)


def spare_label(shipment: Shipment) -> int | None:
    """The parcel whose label is to be given back: it does not ship, was emptied, or its label does not fit it."""
    if shipment.returning:
        return 1
    ships = is_open(shipment.status)
    if ships and not shipment.boxes:
        return None
    wanted = {box.number for box in shipment.boxes} if ships else set()
    for number, label in labels_of(shipment).items():
        ours = label.tracking_number not in shipment.kept and not (number == 1 and shipment.reported)
        if ours and number not in wanted:
            return number
    return None


def with_reported(shipment: Shipment, number: int, label: Parcel) -> Shipment:
    """The shipment with a label that is not the hub's to give back."""
    shipment = with_label(shipment, number, label)
    return changed(shipment, kept=(*shipment.kept, label.tracking_number), reported=shipment.reported or number == 1)


def shared(shipment: Shipment, *riders: Rider) -> list[Event]:
    """What is to be said to those who go in its parcel, or to these of them: its label, and that it has left."""
    label = labels_of(shipment).get(1)
    packed = (ShipmentStatus.PACKED, ShipmentStatus.SHIPPED, ShipmentStatus.DELIVERED)
    if label is None or shipment.status not in packed:
        return []
    return [
        ParcelSharedV1(
            owner=shipment.owner,
            order_id=rider.order_id,
            fulfilment_id=rider.fulfilment_id,
            lead_fulfilment_id=shipment.fulfilment_id,
            parcel=label,
            shipped_at=shipment.shipped_at,
        )
        for rider in riders or shipment.riders
    ]


def unshared(owner: str, lead: str, rider: Rider, why: str) -> ParcelUnsharedV1:
    """What is to be said to one who would have gone in the parcel of a fulfilment that does not ship."""
    return ParcelUnsharedV1(
        owner=owner,
        order_id=rider.order_id,
        fulfilment_id=rider.fulfilment_id,
        lead_fulfilment_id=lead,
        detail=f"{lead} does not take it along: {why}",
    )


def let_go(shipment: Shipment) -> tuple[Shipment, list[Event]]:
    """A stopped fulfilment without those who would have gone in its parcel, and what is to be said to them."""
    if not shipment.riders or is_open(shipment.status):
        return shipment, []
    said = [unshared(shipment.owner, shipment.fulfilment_id, rider, "it is stopped") for rider in shipment.riders]
    return changed(shipment, riders=()), [*said]
