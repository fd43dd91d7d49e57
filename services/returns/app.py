"""Returns, wired: which rule answers to which message."""

from functools import partial

from crossdock_contracts import capture, cases, payments, return_labels, returns, shipping, tracking
from services.hub.app import HubApp
from services.hub.service import Service
from services.hub.settings import Settings, settings
from services.returns.cases import Case, ClaimTimer
from services.returns.decide import back, called_off, claims, ending, imported, labels, settle, sold, trouble
from services.returns.rules import Rules
from services.returns.state import Return, ReturnTimer, Sold, StuckTimer


def service(config: Settings) -> Service:
    """What returns hears, keeps and says."""
    rules = Rules.load(config.rules_dir)
    hub = Service(
        "returns",
        documents=(Sold, Return, ReturnTimer, Case, StuckTimer, ClaimTimer),
        says=(
            returns.ReturnAuthorisedV1,
            returns.ReturnRefusedV1,
            returns.ReturnCancelledV1,
            return_labels.ReturnLabelWantedV1,
            returns.ReturnReceivedV1,
            returns.ReturnInspectedV1,
            returns.RefundRequestedV1,
            returns.ReturnClosedV1,
            cases.CaseOpenedV1,
            cases.CaseChangedV1,
            cases.CaseDecidedV1,
            cases.ReplacementOrderedV1,
            cases.CaseParcelDeliveredV1,
            cases.CaseClosedV1,
            cases.ClaimDueV1,
            cases.ClaimFiledV1,
            cases.ClaimAnsweredV1,
        ),
    )
    hub.on(shipping.ShipmentShippedV2, partial(sold.know_shipped, rules), reads=sold.reads_sold)
    hub.on(capture.GoodsHandedOverV1, sold.know_handed_over, reads=sold.reads_sold)
    hub.on(returns.ImportReturnV1, imported.import_return)
    hub.on(returns.RequestReturnV1, partial(back.request_return, rules))
    hub.on(returns.ReceiveReturnV1, back.receive_return)
    hub.on(returns.InspectReturnV1, back.inspect_return)
    hub.on(payments.PaymentRefundedV1, back.close_refunded)
    hub.on(returns.CancelReturnV1, called_off.cancel_return)
    hub.at(ReturnTimer, called_off.expire)
    hub.on(return_labels.SendReturnLabelV1, partial(labels.send_label, rules), remember=True)
    hub.on(return_labels.ReturnLabelBoughtV1, labels.know_label, name="know-label-bought")
    hub.on(return_labels.ReturnLabelRefusedV1, labels.know_label, name="know-label-refused")
    hub.on(return_labels.ReturnLabelDelayedV1, labels.know_label, name="know-label-delayed")
    hub.on(return_labels.ReturnLabelVoidedV1, labels.know_label, name="know-label-voided")
    hub.on(return_labels.ReturnTrackedV1, labels.know_tracked)
    _trouble(hub, rules)
    return hub


def _trouble(hub: Service, rules: Rules) -> None:
    """Parcels that do not arrive as they should."""
    hub.on(cases.OpenCaseV1, partial(trouble.open_case, rules), remember=True)
    hub.on(tracking.ShipmentExceptionV1, partial(trouble.hear_exception, rules), remember=True)
    hub.at(StuckTimer, partial(trouble.stuck, rules))
    hear = partial(trouble.hear_moving, rules)
    hub.on(tracking.ShipmentInTransitV1, hear, name="hear-in-transit")
    hub.on(tracking.ShipmentOutForDeliveryV1, hear, name="hear-out-for-delivery")
    hub.on(tracking.ShipmentDeliveredV1, hear, name="hear-delivered", reads=sold.reads_sold)
    hub.on(cases.DecideCaseV1, settle.decide_case, remember=True)
    hub.on(cases.ReceiveCaseGoodsV1, ending.receive_goods, remember=True)
    hub.on(cases.FileClaimV1, claims.file_claim, remember=True)
    hub.on(cases.AnswerClaimV1, claims.answer_claim, remember=True)
    hub.at(ClaimTimer, claims.remind, name="remind-of-claim")
    hub.on(cases.CloseCaseV1, ending.close_case, remember=True)


app = HubApp(service(settings()))
