"""Payments, wired: which rule answers to which message."""

from crossdock_contracts import amendments, capture, channels, payments, returns, shipping
from services.hub.app import HubApp
from services.hub.effects import Limits
from services.hub.service import Service
from services.payments.decide import amend, authorise, credit, giveback, imported, take
from services.payments.gateways.sandbox import SandboxGateway
from services.payments.state import Account, AuthoriseTimer, Payment


def service() -> Service:
    """What payments hears, keeps and says, and the gateways that it works with."""
    hub = Service(
        "payments",
        documents=(Payment, AuthoriseTimer, Account),
        says=(
            payments.PaymentAuthorisedV1,
            payments.PaymentDeclinedV1,
            payments.PaymentCapturedV1,
            payments.PaymentVoidedV1,
            payments.PaymentRefundedV1,
            payments.PaymentFailedV1,
            payments.RefundLeftToChannelV1,
            payments.AccountChangedV1,
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
    hub.at(AuthoriseTimer, authorise.authorise_due, settle=authorise.settle_authorise)
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
    hub.on(payments.ImportRefundV1, imported.import_refund)
    hub.on(channels.ChannelRefundedV1, imported.enter_refund)
    hub.on(payments.SetCreditLimitV1, credit.set_limit, remember=True)
    hub.on(payments.ReceivePaymentV1, credit.receive_payment, remember=True)
    hub.on(capture.CustomersMergedV1, credit.merge_accounts)
    return hub


app = HubApp(service())
