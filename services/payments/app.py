"""Payments, wired: which rule answers to which message."""

from crossdock_contracts import amendments, capture, payments, returns, shipping
from services.hub.app import HubApp
from services.hub.effects import Limits
from services.hub.service import Service
from services.payments.decide import amend, authorise, giveback, take
from services.payments.gateways.sandbox import SandboxGateway
from services.payments.state import Payment


def service() -> Service:
    """What payments hears, keeps and says, and the gateways that it works with."""
    hub = Service(
        "payments",
        documents=(Payment,),
        says=(
            payments.PaymentAuthorisedV1,
            payments.PaymentDeclinedV1,
            payments.PaymentCapturedV1,
            payments.PaymentVoidedV1,
            payments.PaymentRefundedV1,
            payments.PaymentFailedV1,
        ),
    )
    hub.adapter(SandboxGateway(), Limits(concurrency=512))
    hub.on(
        capture.OrderCapturedV1,
        authorise.authorise,
        creates=authorise.creates_payment,
        settle=authorise.settle_authorise,
        reads=authorise.reads_payment,
    )
    hub.on(
        capture.OrderReleasedV1,
        authorise.authorise_released,
        settle=authorise.settle_authorise,
        reads=authorise.reads_payment,
    )
    hub.on(amendments.OrderAmendedV1, amend.amend, settle=authorise.settle_authorise, reads=authorise.reads_payment)
    hub.on(shipping.ShipmentShippedV2, take.capture_shipped, settle=take.settle_capture, reads=authorise.reads_payment)
    hub.on(
        capture.OrderCancelledV1,
        giveback.compensate_cancel,
        settle=giveback.settle_compensation,
        reads=authorise.reads_payment,
    )
    hub.on(
        capture.OrderRejectedV1,
        giveback.compensate_reject,
        settle=giveback.settle_compensation,
        reads=authorise.reads_payment,
    )
    hub.on(
        returns.RefundRequestedV1,
        giveback.refund_returned,
        settle=giveback.settle_compensation,
        reads=authorise.reads_payment,
    )
    return hub


app = HubApp(service())
