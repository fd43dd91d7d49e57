"""What customs are told of a parcel that leaves their territory."""

from collections.abc import Mapping

from crossdock_contracts.fulfilments import Fulfilment, FulfilmentLine
from crossdock_contracts.values import Money
from services.shipping.carriers.requests import Customs, CustomsItem
from services.shipping.rules.locations import ShipFrom
from services.shipping.state import Shipment

_UNION = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MC", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    }
)
"""The customs territory of the European Union, by countries (Regulation (EU) No 952/2013, article 4). Its exceptions,
such as the Canary Islands or Livigno, are not told apart by their country."""


def crosses_border(origin: str | None, destination: str | None) -> bool:
    """Whether goods leave one customs territory for another; where a country is not known they are taken not to."""
    if origin is None or destination is None or origin == destination:
        return False
    return not (origin in _UNION and destination in _UNION)


def customs(origin: ShipFrom, shipment: Shipment, number: int) -> Customs | None:
    """What customs are told of one of its parcels; none where it stays within their territory."""
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    if not crosses_border(origin.address.country, fulfilment.ship_to.country):
        return None
    inside = next((box.lines for box in shipment.boxes if box.number == number), ())
    pieces = {line.line_id: line.quantity for line in inside} or {
        line.line_id: line.quantity for line in fulfilment.lines
    }
    items = items_of(fulfilment, pieces, origin)
    export = origin.export
    return Customs(
        items=items,
        incoterm=export.incoterm,
        invoice_number=f"{shipment.fulfilment_id}.{number}"[-35:],
        signed_by=export.signed_by or origin.address.name or origin.name,
        export_declaration=export.export_declaration,
        tax_ids=export.tax_ids,
    )


def items_of(fulfilment: Fulfilment, pieces: Mapping[str, int], origin: ShipFrom) -> tuple[CustomsItem, ...]:
    """So many pieces of each line, as customs are told of them."""
    return tuple(
        _item(line, pieces[line.line_id], origin, fulfilment.currency)
        for line in fulfilment.lines
        if pieces.get(line.line_id)
    )


def _item(line: FulfilmentLine, pieces: int, origin: ShipFrom, currency: str) -> CustomsItem:
    """A piece is worth its share of what the buyer pays, and nothing is worth nothing."""
    return CustomsItem(
        description=line.title or line.sku,
        quantity=pieces,
        weight_g=line.weight_g if line.weight_g is not None else origin.usual_weight_g,
        value=Money(amount_minor=max(1, line.value_minor // line.quantity), currency=currency),
        hs_code="".join(char for char in line.hs_code if char.isdigit()),
        origin=line.origin_country,
        sku=line.sku,
    )
