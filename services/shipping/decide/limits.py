"""Limits: what a carrier service takes at all, before anybody asks what it costs, and when it would be there."""

from crossdock_contracts.fulfilments import Fulfilment
from services.shipping.rules.carriers import CarrierService


def refusal(service: CarrierService, fulfilment: Fulfilment) -> str:
    """Why a service takes no parcel of these goods to this address; empty where it does."""
    if fulfilment.service_level not in service.service_levels:
        return "other-service-level"
    if not service.carries({line.hazmat_class for line in fulfilment.lines if line.hazmat_class}):
        return "hazardous-goods"
    to = fulfilment.ship_to
    if why := service.not_there(to.country, fulfilment.location_id, po_box=to.po_box):
        return why
    sizes = (service.too_large(line.dimensions) for line in fulfilment.lines)  # a parcel is no smaller than its pieces
    return next(filter(None, sizes), "")


def transit_days(service: CarrierService, fulfilment: Fulfilment) -> int:
    """Working days from pickup to the delivery address."""
    return service.days_to(fulfilment.ship_to.country)


def is_late(name: str, fulfilment: Fulfilment) -> bool:
    """Whether a service, named ``<carrier>/<service>``, does not keep what was promised when the order was routed."""
    return fulfilment.promise is not None and name not in fulfilment.promise.services
