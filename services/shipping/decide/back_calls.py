"""The calls that the label of a return needs: what carriers charge, a purchase, a void."""

from crossdock_contracts.fulfilments import Fulfilment, FulfilmentLine
from crossdock_contracts.labels import RankedRate
from crossdock_contracts.return_labels import ReturnLabelWantedV1
from services.hub.decision import Intent
from services.shipping.carriers import BuyLabel, Customs, GetRates, VoidLabel
from services.shipping.carriers.requests import SHOP, ShopRates
from services.shipping.decide.calls import BUY, RATE, VOID, live
from services.shipping.decide.customs import crosses_border, items_of
from services.shipping.decide.rates import weight_of
from services.shipping.rules import Rules
from services.shipping.state_back import ReturnLabel


def way_of(message: ReturnLabelWantedV1, location_id: str) -> Fulfilment:
    """The way back as one there: what goes by a carrier from the location to the buyer comes back by it."""
    return Fulfilment(
        fulfilment_id=f"{message.order_id}/{message.return_id}",
        order_id=message.order_id,
        location_id=location_id,
        lines=tuple(
            FulfilmentLine(
                line_id=line.line_id,
                sku=line.sku,
                title=line.title,
                quantity=line.quantity,
                weight_g=line.weight_g,
                value_minor=line.value_minor,
                hs_code=line.hs_code,
                origin_country=line.origin_country,
            )
            for line in message.lines
        ),
        ship_to=message.ship_from,
        channel=message.channel,
        currency=message.currency,
        service_level=message.service_level,
    )


def _key(purpose: str, label: ReturnLabel) -> str:
    return f"{purpose}:{label.owner}/{label.order_id}/{label.return_id}:{label.generation}"


def weight(rules: Rules, way: Fulfilment) -> int:
    """What the parcel is expected to weigh, in grams."""
    return weight_of(way, rules.locations[way.location_id])


def enquiry(rules: Rules, label: ReturnLabel, *, resumed: bool = False) -> Intent | None:
    """To ask those carriers that say themselves what they charge; none if there are none."""
    way = label.way
    assert way is not None
    weight_g = weight(rules, way)
    asked = live(rules.returning, way, weight_g)
    if not asked:
        return None
    parcel = GetRates(
        ship_from=way.ship_to,
        ship_to=rules.locations[way.location_id].address,
        weight_g=weight_g,
        customs=_customs(rules, way),
        is_return=True,
    )
    return Intent(SHOP, RATE, _key("return-rates", label), ShopRates(asked=asked, parcel=parcel), resumed=resumed)


def purchase(rules: Rules, label: ReturnLabel, offer: RankedRate) -> Intent:
    """To buy it: as PDF, for the buyer has no label printer."""
    way = label.way
    assert way is not None
    target = rules.locations[way.location_id]
    request = BuyLabel(
        carrier=offer.carrier,
        service=offer.service,
        reference=way.fulfilment_id,
        ship_from=way.ship_to,
        ship_to=target.address,
        weight_g=weight(rules, way),
        rate=offer.cost,
        formats=("pdf",),
        from_name=way.ship_to.name,
        customs=_customs(rules, way),
        is_return=True,
    )
    return Intent(rules.carriers[offer.carrier].adapter, BUY, _key("return-label", label), request)


def void(rules: Rules, label: ReturnLabel) -> Intent:
    """To give it back."""
    parcel = label.parcel
    assert parcel is not None
    request = VoidLabel(carrier=parcel.carrier, tracking_number=parcel.tracking_number, handle=parcel.handle)
    return Intent(rules.carriers[parcel.carrier].adapter, VOID, _key("return-void", label), request)


def _customs(rules: Rules, way: Fulfilment) -> Customs | None:
    """What customs are told of goods that come back over a border; none where they do not."""
    target = rules.locations[way.location_id]
    if not crosses_border(way.ship_to.country, target.address.country):
        return None
    return Customs(
        items=items_of(way, {line.line_id: line.quantity for line in way.lines}, target),
        contents="returned-goods",
        incoterm=target.export.incoterm,
        invoice_number=way.fulfilment_id[-35:],
        signed_by=way.ship_to.name or way.ship_to.company,
    )
