"""Routing, wired: which rule answers to which message."""

from functools import partial

from crossdock_contracts import amendments, capture, inventory, payments, routing, shipping, stores
from services.hub.app import HubApp
from services.hub.service import Service
from services.hub.settings import Settings, settings
from services.routing.decide import amend, declined, locations, route, stop
from services.routing.rules import Rules
from services.routing.state import Places, ReleaseTimer, Route, Workload


def service(config: Settings) -> Service:
    """What routing hears, keeps and says."""
    rules = Rules.load(config.rules_dir, partitions=config.partitions)
    hub = Service(
        "routing",
        documents=(Route, ReleaseTimer, Workload, Places),
        says=(
            routing.OrderRoutedV1,
            routing.OrderUnroutableV1,
            routing.FulfilmentStopRequestedV1,
            routing.CancelDecidedV1,
            amendments.AmendmentDecidedV1,
            routing.OrderCompletedV1,
            routing.LocationChangedV1,
        ),
    )
    hub.on(
        capture.OrderCapturedV1, partial(route.know_order, rules), creates=route.creates_route, reads=route.reads_route
    )
    hub.on(capture.OrderReleasedV1, partial(route.go_on_released, rules), reads=route.reads_route)
    hub.on(capture.OrderHeldV1, route.stop_held, reads=route.reads_route)
    hub.on(payments.PaymentAuthorisedV1, partial(route.know_payment, rules), reads=route.reads_route)
    hub.on(inventory.StockReservedV1, partial(route.know_promise, rules), reads=route.reads_route)
    hub.on(
        inventory.StockBackorderedV1, partial(route.know_promise, rules), name="know-backorder", reads=route.reads_route
    )
    hub.on(inventory.AllocationRefusedV1, partial(route.place_again, rules), reads=route.reads_route)
    hub.on(shipping.ShortPickedV1, partial(route.take_back_short, rules), reads=route.reads_route, remember=True)
    hub.on(stores.FulfilmentDeclinedV1, partial(declined.take_back_declined, rules), reads=route.reads_route)
    hub.on(shipping.ShipmentShippedV2, route.know_shipped, reads=route.reads_route)
    hub.on(capture.CancelRequestedV1, partial(stop.cancel_requested, rules), reads=route.reads_route)
    hub.on(shipping.FulfilmentStoppedV1, partial(stop.stopped, rules), reads=route.reads_route)
    hub.on(capture.OrderCancelledV1, partial(stop.know_cancelled, rules), reads=route.reads_route)
    hub.on(amendments.AmendmentRequestedV1, partial(amend.amendment_requested, rules), reads=route.reads_route)
    hub.on(amendments.OrderAmendedV1, partial(amend.know_amended, rules), reads=route.reads_route)
    hub.on(capture.OrderRejectedV1, stop.know_rejected, reads=route.reads_route)
    hub.on(routing.CloseLocationV1, partial(locations.close_location, rules), remember=True)
    hub.on(routing.OpenLocationV1, partial(locations.open_location, rules), remember=True)
    hub.on(routing.SetLocationCapacityV1, partial(locations.set_capacity, rules), remember=True)
    hub.answers("locations", locations.LocationsQuestion, partial(locations.standings, rules))
    hub.at(ReleaseTimer, partial(route.release_due, rules))
    return hub


app = HubApp(service(settings()))
