"""Returns, wired: which rule answers to which message."""

from functools import partial

from crossdock_contracts import capture, payments, returns, shipping
from services.hub.app import HubApp
from services.hub.service import Service
from services.hub.settings import Settings, settings
from services.returns import decide
from services.returns.rules import Rules
from services.returns.state import Return, Sold


def service(config: Settings) -> Service:
    """What returns hears, keeps and says."""
    rules = Rules.load(config.rules_dir)
    hub = Service(
        "returns",
        documents=(Sold, Return),
        says=(
            returns.ReturnAuthorisedV1,
            returns.ReturnRefusedV1,
            returns.ReturnReceivedV1,
            returns.ReturnInspectedV1,
            returns.RefundRequestedV1,
            returns.ReturnClosedV1,
        ),
    )
    hub.on(shipping.ShipmentShippedV2, decide.know_shipped, reads=decide.reads_sold)
    hub.on(capture.GoodsHandedOverV1, decide.know_handed_over, reads=decide.reads_sold)
    hub.on(returns.ImportReturnV1, decide.import_return)
    hub.on(returns.RequestReturnV1, partial(decide.request_return, rules))
    hub.on(returns.ReceiveReturnV1, decide.receive_return)
    hub.on(returns.InspectReturnV1, decide.inspect_return)
    hub.on(payments.PaymentRefundedV1, decide.close_refunded)
    return hub


app = HubApp(service(settings()))
