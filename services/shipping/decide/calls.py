"""The calls that a fulfilment's labels need: what carriers charge, a purchase, a void."""

from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.labels import RankedRate
from crossdock_contracts.values import Dimensions, Money
from services.hub.decision import Intent
from services.shipping.carriers import BuyLabel, GetRates, VoidLabel
from services.shipping.carriers.requests import SHOP, Asked, ShopRates
from services.shipping.decide.customs import customs
from services.shipping.decide.parcels import labels_of
from services.shipping.decide.rates import billed_g, price
from services.shipping.rules import Rules
from services.shipping.state import Quote, Shipment

RATE, BUY, VOID = "rate", "buy", "void"


def enquiry(rules: Rules, shipment: Shipment, *, resumed: bool = False) -> Intent | None:
    """To ask those carriers that say themselves what they charge and would take the parcel; none if there are none."""
    fulfilment, quote = shipment.fulfilment, shipment.quote or Quote()
    assert fulfilment is not None
    asked = live(rules, fulfilment, quote.weight_g, quote.dimensions)
    if not asked:
        return None
    origin = rules.locations[fulfilment.location_id]
    request = ShopRates(
        asked=asked,
        parcel=GetRates(
            ship_from=origin.address,
            ship_to=fulfilment.ship_to,
            weight_g=quote.weight_g,
            dimensions=quote.dimensions,
            customs=customs(origin, shipment, quote.number),
        ),
    )
    key = f"rates:{shipment.owner}/{shipment.fulfilment_id}:{shipment.generation}.{quote.number}"
    return Intent(SHOP, RATE, key, request, resumed=resumed)


def live(
    rules: Rules, fulfilment: Fulfilment, weight_g: int, dimensions: Dimensions | None = None
) -> tuple[Asked, ...]:
    """Carriers that say themselves what they charge, and would take a parcel."""
    return tuple(
        Asked(carrier=name, adapter=carrier.adapter)
        for name, carrier in rules.carriers.items()
        if carrier.active and carrier.rates == "live"
        if any(
            not price(carrier, service, fulfilment, billed_g(carrier, weight_g, dimensions))[1]
            for service in carrier.service.values()
        )
    )


def purchase(rules: Rules, shipment: Shipment, offer: RankedRate) -> Intent:
    """To buy a label for one parcel."""
    fulfilment, quote = shipment.fulfilment, shipment.quote or Quote()
    assert fulfilment is not None
    origin = rules.locations[fulfilment.location_id]
    cash = quote.cash_minor
    request = BuyLabel(
        carrier=offer.carrier,
        service=offer.service,
        reference=shipment.fulfilment_id,
        ship_from=origin.address,
        ship_to=fulfilment.ship_to,
        weight_g=quote.weight_g,
        dimensions=quote.dimensions,
        parcel=quote.number,
        rate=offer.cost,
        cash_on_delivery=Money(amount_minor=cash, currency=fulfilment.currency) if cash else None,
        formats=origin.label_formats,
        from_name=origin.name,
        customs=customs(origin, shipment, quote.number),
    )
    key = f"label:{shipment.owner}/{shipment.fulfilment_id}:{shipment.generation}"
    return Intent(rules.carriers[offer.carrier].adapter, BUY, key, request)


def void(rules: Rules, shipment: Shipment) -> Intent:
    """To give back the label of a parcel."""
    parcel = labels_of(shipment)[shipment.voids]
    key = f"void:{shipment.owner}/{shipment.fulfilment_id}:{shipment.generation}"
    key = key if shipment.voids == 1 else f"{key}.{shipment.voids}"
    request = VoidLabel(carrier=parcel.carrier, tracking_number=parcel.tracking_number, handle=parcel.handle)
    return Intent(rules.carriers[parcel.carrier].adapter, VOID, key, request)
