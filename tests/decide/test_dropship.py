"""A supplier gets a purchase order, acknowledges or rejects it, ships, and invoices it once."""

from functools import partial
from typing import Any

import pytest
from pydantic import ValidationError

from crossdock_contracts.labels import LabelBoughtV1, ReportLabelV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.shipping import ShipmentShippedV2, ShortPickedV1
from crossdock_contracts.stores import (
    AcknowledgePurchaseOrderV1,
    FulfilmentAcceptedV1,
    FulfilmentDeclinedV1,
    FulfilmentOfferedV1,
    InvoicePurchaseOrderV1,
    PurchaseOrderIssuedV1,
    RejectPurchaseOrderV1,
    SupplierInvoicedV1,
)
from crossdock_contracts.values import Money
from services.hub.decision import Decision, changed
from services.shipping.decide import accept, dropship, due, mend, offer
from services.shipping.rules import Rules
from services.shipping.rules.locations import Labelling, ShipFrom
from services.shipping.state import ShipmentStatus
from services.shipping.state_work import OFFER, PICK, Task
from tests.builders import BERLIN, NOW, fulfilment, fulfilment_line, later, pieces
from tests.decide import dock
from tests.decide.dock import ABOUT, BOUGHT, Dock

OURS = ShipFrom(address=BERLIN, kind="supplier", accept_minutes=240)
THEIRS = changed(OURS, label_by="supplier", labels={"acme": Labelling(label_by="channel")})
ORDER = fulfilment(fulfilment_line(quantity=2), location="MAKER").model_copy(update={"ship_by": later(days=1)})


class Supplier(Dock):
    """A supplier that has four hours to acknowledge, and buys its labels itself, or has the hub do that."""

    def __init__(self, place: ShipFrom = THEIRS) -> None:
        rules: Rules = changed(dock.RULES, locations={**dock.RULES.locations, "MAKER": place})
        super().__init__(rules=rules)
        self.issued = self.arrives(ORDER)

    @property
    def queues(self) -> list[str]:
        return [one.queue for one in self.documents.values() if isinstance(one, Task)]

    @property
    def refusals(self) -> list[str]:
        return [one.reason for one in self.said(CommandRefusedV1)]

    def acknowledges(self) -> Decision:
        message = AcknowledgePurchaseOrderV1(**ABOUT, reference="S-77", expected_at=later(hours=8))
        return self.take(partial(accept.accept, self.rules, self._is_open), message, NOW)

    def rejects(self) -> Decision:
        return self.take(partial(offer.decline, self.rules), RejectPurchaseOrderV1(**ABOUT, reason="sold-out"), NOW)

    def labels(self) -> Decision:
        message = ReportLabelV1(**ABOUT, carrier="post", tracking_number="P1")
        return self.take(partial(mend.report_label, self.rules), message, NOW)

    def invoices(self, amount: int = 700, reference: str = "I-1") -> Decision:
        money = Money(amount_minor=amount, currency="EUR")
        return self.take(dropship.invoice, InvoicePurchaseOrderV1(**ABOUT, amount=money, reference=reference), NOW)


def test_a_supplier_gets_a_purchase_order_with_all_that_it_needs() -> None:
    supplier = Supplier()
    (said,) = supplier.said(PurchaseOrderIssuedV1)
    assert (said.fulfilment_id, said.location_id, said.label_by) == ("web:1/1", "MAKER", "supplier")
    assert [(one.sku, one.quantity) for one in said.lines] == [("A", 2)]
    assert (said.ship_to, said.needed_by, said.acknowledge_by) == (BERLIN, later(days=1), later(hours=4))
    assert (supplier.said(FulfilmentOfferedV1), supplier.queues, supplier.issued.intent) == ([], [OFFER], None)


def test_an_acknowledged_order_is_shipped_by_label_and_confirmation_alone() -> None:
    supplier = Supplier()
    supplier.labels()
    assert supplier.refusals == ["wrong-state"]
    assert supplier.acknowledges().intent is None
    (accepted,) = supplier.said(FulfilmentAcceptedV1)
    assert (accepted.reference, accepted.expected_at, supplier.queues) == ("S-77", later(hours=8), [PICK])
    supplier.shipped()
    assert supplier.refusals == ["wrong-state"] * 2
    supplier.labels()
    supplier.shipped()
    (shipped,) = supplier.said(ShipmentShippedV2)
    assert ([one.tracking_number for one in shipped.parcels], supplier.queues) == (["P1"], [])


def test_the_hub_buys_the_label_where_it_is_to_once_the_order_is_acknowledged() -> None:
    supplier = Supplier(OURS)
    decision = supplier.acknowledges()
    assert decision.intent is not None
    assert (decision.intent.operation, supplier.said(PurchaseOrderIssuedV1)[0].label_by) == ("buy", "hub")
    supplier.answered(BOUGHT)
    supplier.acknowledges()
    supplier.shipped()
    assert (len(supplier.said(LabelBoughtV1)), len(supplier.said(ShipmentShippedV2))) == (1, 1)


@pytest.mark.parametrize("how", ["rejects", "does-not-answer"])
def test_a_rejected_or_unanswered_order_gives_all_pieces_back(how: str) -> None:
    supplier = Supplier()
    task = supplier.get(Task, "main", "MAKER", OFFER, "web:1/1")
    if how == "rejects":
        supplier.rejects()
    supplier.take(partial(due.task_due, supplier.rules), task, later(hours=4))
    (said,) = supplier.said(FulfilmentDeclinedV1)
    assert (said.reason, said.lines) == ("sold-out" if how == "rejects" else "no-answer", (pieces(2),))
    supplier.acknowledges()
    supplier.invoices()
    assert (supplier.refusals, supplier.shipment.status) == (["wrong-state"] * 2, ShipmentStatus.STOPPED)


def test_a_supplier_that_has_less_after_all_confirms_what_it_picked() -> None:
    supplier = Supplier()
    supplier.acknowledges()
    supplier.picked(pieces(1))
    supplier.labels()
    supplier.shipped()
    assert len(supplier.said(ShortPickedV1)) == 1
    assert [one.quantity for one in supplier.said(ShipmentShippedV2)[0].lines] == [1]


def test_a_purchase_order_is_invoiced_once_before_or_after_it_is_delivered() -> None:
    supplier = Supplier()
    supplier.invoices()
    supplier.acknowledges()
    supplier.labels()
    supplier.shipped()
    supplier.tracked("delivered")
    for amount, reference in ((700, "I-1"), (700, "I-1"), (701, "I-1"), (700, "I-2")):
        supplier.invoices(amount, reference)
    (said,) = supplier.said(SupplierInvoicedV1)
    assert (said.location_id, said.amount.amount_minor, said.reference) == ("MAKER", 700, "I-1")
    assert supplier.refusals == ["wrong-state", "invoiced-already", "invoiced-already"]


def test_who_is_no_supplier_has_no_purchase_order() -> None:
    dock_in_berlin = Dock()
    dock_in_berlin.arrives()
    message: Any = InvoicePurchaseOrderV1(**ABOUT, amount=Money(amount_minor=1, currency="EUR"), reference="I-1")
    dock_in_berlin.take(dropship.invoice, message, NOW)
    assert [one.reason for one in dock_in_berlin.said(CommandRefusedV1)] == ["wrong-state"]


def test_a_supplier_has_a_time_to_acknowledge() -> None:
    with pytest.raises(ValidationError, match="needs accept_minutes"):
        ShipFrom(address=BERLIN, kind="supplier")
    assert THEIRS.label_by_for("acme") == "channel"
