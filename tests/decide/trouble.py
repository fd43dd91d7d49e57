"""The desk for parcel trouble of order web:1, which has bought line 1 and may have bought others."""

from functools import partial
from typing import Any

from crossdock_contracts.cases import (
    AnswerClaimV1,
    CloseCaseV1,
    DecideCaseV1,
    FileClaimV1,
    OpenCaseV1,
    ReceiveCaseGoodsV1,
)
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.payments import PaymentRefundedV1
from crossdock_contracts.returns import InspectedLine, InspectReturnV1, ReceiveReturnV1, RequestReturnV1
from crossdock_contracts.shipping import ShipmentShippedV2, ShippedLine, ShippedParcel
from crossdock_contracts.tracking import ShipmentDeliveredV1, ShipmentExceptionV1, ShipmentInTransitV1
from crossdock_contracts.values import LineQuantity, Money
from services.hub.decision import Decision
from services.returns.cases import Case, ClaimTimer
from services.returns.decide import back, claims, ending, settle, sold, trouble
from services.returns.rules import Rules
from services.returns.state import Sold, StuckTimer
from tests.builders import BERLIN, NOW, later, pieces
from tests.decide.ledger import Ledger

ABOUT = {"owner": "main", "order_id": "web:1"}
RULES = Rules(return_days=30, claim_days=30, claim_reminder_days=7, stuck_days=5)
EUR = "EUR"


class Trouble(Ledger):
    """What customers, carriers and agents say of an order's parcels."""

    def __init__(self, *lines: tuple[int, int], rules: Rules = RULES) -> None:
        super().__init__()
        self.rules = rules
        self.now = NOW
        self.ships(*lines or ((1, 1000),))

    # -- parcels

    def ships(self, *lines: tuple[int, int], number: int = 1) -> None:
        """Ship so many pieces of line 1, 2 …, paid with so much."""
        gone = tuple(
            ShippedLine(line_id=str(n), sku=f"S{n}", quantity=quantity, value_minor=value)
            for n, (quantity, value) in enumerate(lines, start=1)
        )
        message = ShipmentShippedV2(
            **ABOUT, fulfilment_id=f"web:1/{number}", location_id="BER", lines=gone,
            parcels=(ShippedParcel(carrier="table", service="world", tracking_number="XD1"),),
            value=Money(amount_minor=sum(one.value_minor for one in gone), currency=EUR),
            channel="web", ship_to=BERLIN, service_level="express", shipped_at=self.now,
        )  # fmt: skip
        self.take(partial(sold.know_shipped, self.rules), message, self.now)

    def carrier(self, kind: type[Any], number: int = 1, **fields: Any) -> Decision:
        """The carrier says something of a parcel."""
        message = kind(**ABOUT, fulfilment_id=f"web:1/{number}", tracking_number="XD1", occurred_at=self.now, **fields)
        hear = trouble.hear_exception if kind is ShipmentExceptionV1 else trouble.hear_moving
        return self.take(partial(hear, self.rules), message, self.now)

    def excepts(self, code: str, number: int = 1) -> Decision:
        """The carrier tells of an exception."""
        return self.carrier(ShipmentExceptionV1, number, code=code, detail="as the carrier sent it")

    def moves(self) -> Decision:
        """The parcel is in transit."""
        return self.carrier(ShipmentInTransitV1)

    def arrives(self) -> Decision:
        """The parcel is delivered."""
        return self.carrier(ShipmentDeliveredV1)

    def silence(self) -> Decision:
        """The timer of the first parcel fires."""
        timer = StuckTimer(**ABOUT, fulfilment_id="web:1/1", due_at=self.now)
        return self.take(partial(trouble.stuck, self.rules), timer, self.now)

    # -- people

    def opens(self, kind: str = "lost", *lines: LineQuantity, number: int = 1, **fields: Any) -> Decision:
        """Somebody opens a case."""
        message = OpenCaseV1(**ABOUT, fulfilment_id=f"web:1/{number}", kind=kind, lines=lines, **fields)
        return self.take(partial(trouble.open_case, self.rules), message, self.now)

    def decides(self, action: str, *lines: LineQuantity, case: str = "1", **fields: Any) -> Decision:
        """An agent decides."""
        message = DecideCaseV1(**ABOUT, case_id=case, action=action, lines=lines, **fields)
        return self.take(settle.decide_case, message, self.now)

    def receives(self, *found: tuple[int, str], case: str = "1") -> Decision:
        """So many pieces of line 1 are back, and what becomes of them."""
        lines = tuple(InspectedLine(line_id="1", quantity=n, disposition=what) for n, what in found)
        message = ReceiveCaseGoodsV1(**ABOUT, case_id=case, location_id="ROT", lines=lines)
        return self.take(ending.receive_goods, message, self.now)

    def closes(self, case: str = "1", **fields: Any) -> Decision:
        """An agent closes a case."""
        return self.take(ending.close_case, CloseCaseV1(**ABOUT, case_id=case, **fields), self.now)

    def claims(self, amount: int = 1000, **fields: Any) -> Decision:
        """The carrier is asked to pay."""
        message = FileClaimV1(**ABOUT, case_id="1", amount=Money(amount_minor=amount, currency=EUR), **fields)
        return self.take(claims.file_claim, message, self.now)

    def answers(self, accepted: int) -> Decision:
        """The carrier answers."""
        return self.take(claims.answer_claim, AnswerClaimV1(**ABOUT, case_id="1", accepted_minor=accepted), self.now)

    def reminder(self) -> Decision:
        """The claim's reminder fires."""
        return self.take(claims.remind, ClaimTimer(**ABOUT, case_id="1", due_at=self.now), self.now)

    def returns(self, quantity: int = 1, name: str = "R", upto: str = "inspected") -> None:
        """The buyer sends pieces of line 1 back."""
        asked = RequestReturnV1(**ABOUT, return_id=name, lines=(pieces(quantity),), reason="not-wanted")
        self.take(partial(back.request_return, self.rules), asked, self.now)
        if upto == "requested":
            return
        here = ReceiveReturnV1(**ABOUT, return_id=name, location_id="ROT", lines=(pieces(quantity),))
        self.take(back.receive_return, here, self.now)
        seen = (InspectedLine(line_id="1", quantity=quantity, disposition="restock"),)
        self.take(back.inspect_return, InspectReturnV1(**ABOUT, return_id=name, lines=seen), self.now)

    def pays(self, refund_id: str = "case:1/1", amount: int = 1000) -> Decision:
        """Payments says that money has gone back."""
        message = PaymentRefundedV1(
            **ABOUT, refund_id=refund_id, amount=Money(amount_minor=amount, currency=EUR), gateway="sandbox",
            reference="r", reason="lost", refunded_at=self.now,
        )  # fmt: skip
        return self.take(back.close_refunded, message, self.now)

    def after(self, **span: float) -> "Trouble":
        """So long after everything began."""
        self.now = later(**span)
        return self

    # -- what is so

    def case(self, case_id: str = "1") -> Any:
        """A case."""
        return self.get(Case, "main", "web:1", case_id)

    def refusals(self) -> list[str]:
        """Why commands were not carried out."""
        return [event.reason for event in self.said(CommandRefusedV1)]

    def sold_line(self) -> Any:
        """What is known of line 1."""
        return self.get(Sold, "main", "web:1").lines[0]
