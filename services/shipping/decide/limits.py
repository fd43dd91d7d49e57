"""Limits: what a carrier service takes at all, before anybody asks what it costs, and when it would be there."""

from crossdock_contracts.fulfilments import Fulfilment
from services.shipping.rules.carriers import CarrierService


def refusal(service: CarrierService, fulfilment: Fulfilment) -> str:
    """Why a service takes no parcel of these goods to this address; empty where it does."""
    if fulfilment.service_level not in service.service_levels:
        return "other-service-level"
    hazardous = {line.hazmat_class for line in fulfilment.lines if line.hazmat_class}
    if hazardous and not service.hazmat and hazardous - set(service.hazmat_classes):
        return "hazardous-goods"
    return _not_there(service, fulfilment) or _too_large(service, fulfilment)


def _not_there(service: CarrierService, fulfilment: Fulfilment) -> str:
    """Why a service does not go from there to this address; empty where it does."""
    to = fulfilment.ship_to
    if service.countries and to.country not in service.countries:
        return "country-not-served"
    if service.from_locations and fulfilment.location_id not in service.from_locations:
        return "location-not-served"
    if to.country in service.banned_countries:
        return "country-banned"
    if not service.post_boxes and to.po_box:
        return "no-post-boxes"
    return ""


def _too_large(service: CarrierService, fulfilment: Fulfilment) -> str:
    """Whether a single piece is too large for a service: none of its parcels could hold it."""
    if service.longest_mm is None and service.girth_mm is None:
        return ""
    for line in fulfilment.lines:
        if line.dimensions is not None:
            if service.longest_mm is not None and line.dimensions.longest_mm > service.longest_mm:
                return "too-long"
            if service.girth_mm is not None and line.dimensions.girth_mm > service.girth_mm:
                return "too-large"
    return ""


def transit_days(service: CarrierService, fulfilment: Fulfilment) -> int:
    """Working days from pickup to the delivery address."""
    return service.transit_days_to.get(fulfilment.ship_to.country or "", service.transit_days)


def is_late(name: str, fulfilment: Fulfilment) -> bool:
    """Whether a service, named ``<carrier>/<service>``, does not keep what was promised when the order was routed."""
    return fulfilment.promise is not None and name not in fulfilment.promise.services
