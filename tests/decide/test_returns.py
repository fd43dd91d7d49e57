from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.payments import PaymentRefundedV1
from crossdock_contracts.returns import (
    InspectedLine,
    InspectReturnV1,
    ReceiveReturnV1,
    RefundRequestedV1,
    RequestReturnV1,
    ReturnAuthorisedV1,
    ReturnClosedV1,
    ReturnInspectedV1,
    ReturnReceivedV1,
    ReturnRefusedV1,
)
from crossdock_contracts.shipping import ShipmentShippedV2, ShippedLine, ShippedParcel
from crossdock_contracts.values import LineQuantity, Money
from services.hub.decision import Decision
from services.hub.settings import ROOT
from services.returns.decide import back, sold
from services.returns.rules import Rules
from services.returns.state import Return, ReturnStatus, Sold
from tests.builders import NOW, later, pieces
from tests.decide.ledger import Ledger

RULES = Rules(return_days=30)
ABOUT = {"owner": "main", "order_id": "web:1"}


class Desk(Ledger):
    """The returns desk of order web:1."""

    def ships(self, *lines: tuple[int, int], number: int = 1, after_days: int = 0) -> Decision:
        """Ship so many pieces of line 1, 2 …, paid with so much."""
        gone = tuple(
            ShippedLine(line_id=str(n), sku=f"S{n}", quantity=quantity, value_minor=value)
            for n, (quantity, value) in enumerate(lines or ((1, 1000),), start=1)
        )
        message = ShipmentShippedV2(
            **ABOUT, fulfilment_id=f"web:1/{number}", location_id="BER", lines=gone,
            parcels=(ShippedParcel(carrier="table", service="world", tracking_number="XD1"),),
            value=Money(amount_minor=sum(one.value_minor for one in gone), currency="EUR"),
            shipped_at=later(days=after_days),
        )  # fmt: skip
        return self.take(partial(sold.know_shipped, RULES), message, NOW)

    def request(self, *lines: LineQuantity, name: str = "R-1", after_days: int = 1) -> Decision:
        message = RequestReturnV1(**ABOUT, return_id=name, lines=lines or (pieces(),), reason="not-wanted")
        return self.take(partial(back.request_return, RULES), message, later(days=after_days))

    def receive(self, *lines: LineQuantity, name: str = "R-1") -> Decision:
        message = ReceiveReturnV1(**ABOUT, return_id=name, location_id="ROT", lines=lines or (pieces(),))
        return self.take(back.receive_return, message, NOW)

    def inspect(self, *found: tuple[int, str], name: str = "R-1", number: int = 1) -> Decision:
        """Look at so many pieces of a line, and say what becomes of them."""
        lines = [
            InspectedLine(line_id=str(number), quantity=n, disposition=what) for n, what in found or ((1, "restock"),)
        ]
        return self.take(back.inspect_return, InspectReturnV1(**ABOUT, return_id=name, lines=tuple(lines)), NOW)

    def refunded(self, refund_id: str = "return:R-1") -> Decision:
        message = PaymentRefundedV1(
            **ABOUT, refund_id=refund_id, amount=Money(amount_minor=1000, currency="EUR"), gateway="sandbox",
            reference="r", reason="not-wanted", refunded_at=NOW,
        )  # fmt: skip
        return self.take(back.close_refunded, message, NOW)

    def status(self, name: str = "R-1") -> ReturnStatus:
        status: ReturnStatus = self.get(Return, "main", "web:1", name).status
        return status

    def line(self, number: int = 1) -> tuple[int, int, int]:
        """Pieces sold, pieces coming back, and what was paid back of a line."""
        found = next(one for one in self.get(Sold, "main", "web:1").lines if one.line_id == str(number))
        return found.quantity, found.returned, found.refunded_minor


def desk(*lines: tuple[int, int]) -> Desk:
    made = Desk()
    made.ships(*lines)
    return made


def test_goods_come_back_are_restocked_and_paid_back() -> None:
    returns = desk()
    returns.request()
    returns.receive()
    returns.inspect()
    returns.refunded()
    (authorised,) = returns.said(ReturnAuthorisedV1)
    assert (authorised.lines[0].sku, authorised.expires_at) == ("S1", later(days=30))
    assert returns.said(ReturnReceivedV1)[0].location_id == "ROT"
    (inspected,) = returns.said(ReturnInspectedV1)
    assert (inspected.location_id, inspected.lines[0].sku, inspected.lines[0].disposition) == ("ROT", "S1", "restock")
    (refund,) = returns.said(RefundRequestedV1)
    assert (refund.amount, refund.reason) == (Money(amount_minor=1000, currency="EUR"), "not-wanted")
    assert (returns.said(ReturnClosedV1)[0].refunded_minor, returns.status()) == (1000, ReturnStatus.CLOSED)


def test_what_is_written_off_is_paid_back_too() -> None:
    returns = desk((3, 999))
    returns.request(pieces(3))
    returns.receive(pieces(3))
    returns.inspect((1, "write-off"), (2, "restock"))
    goods = [(one.quantity, one.disposition) for one in returns.said(ReturnInspectedV1)[0].lines]
    assert goods == [(1, "write-off"), (2, "restock")]
    assert returns.said(RefundRequestedV1)[0].amount.amount_minor == 999


def test_goods_that_cost_nothing_are_done_with_once_somebody_has_looked() -> None:
    returns = desk((1, 0))
    returns.request()
    returns.receive()
    returns.inspect()
    assert not returns.said(RefundRequestedV1)
    assert (returns.said(ReturnClosedV1)[0].refunded_minor, returns.status()) == (0, ReturnStatus.CLOSED)


def test_a_return_waits_for_its_money() -> None:
    returns = desk()
    returns.request()
    returns.receive()
    returns.inspect()
    assert (returns.status(), returns.said(ReturnClosedV1)) == (ReturnStatus.REFUNDING, [])


@pytest.mark.parametrize("refund_id", ["cancel:R-1", "return:R-2", "R-1"])
def test_money_for_something_else_closes_no_return(refund_id: str) -> None:
    returns = desk()
    returns.request()
    returns.receive()
    returns.inspect()
    assert returns.refunded(refund_id) == Decision()


def test_a_refund_that_is_heard_twice_closes_once() -> None:
    returns = desk()
    returns.request()
    assert returns.refunded() == Decision()
    returns.receive()
    returns.inspect()
    returns.refunded()
    assert returns.refunded() == Decision()


def test_what_has_not_shipped_does_not_come_back() -> None:
    returns = Desk()
    returns.request()
    assert returns.said(ReturnRefusedV1)[0].reason == "not-shipped"
    assert returns.get(Return, "main", "web:1", "R-1") is None


def test_goods_come_back_until_the_last_day_counted_from_the_last_shipment() -> None:
    returns = desk()
    returns.ships(number=2, after_days=5)
    returns.request(after_days=35)
    returns.request(name="R-2", after_days=36)
    assert [event.return_id for event in returns.said(ReturnAuthorisedV1)] == ["R-1"]
    (refused,) = returns.said(ReturnRefusedV1)
    assert (refused.return_id, refused.reason, later(days=35).date().isoformat() in refused.detail) == (
        "R-2",
        "too-late",
        True,
    )


def test_no_more_comes_back_than_was_sold() -> None:
    returns = desk((2, 1000))
    returns.request(pieces(1))
    decision = returns.request(pieces(2), name="R-2")
    assert (decision.writes, returns.said(ReturnRefusedV1)[0].reason) == ([], "not-so-many")
    assert returns.said(ReturnRefusedV1)[0].detail == "1 of line 1 can come back, not 2"


def test_a_line_that_is_named_twice_counts_twice() -> None:
    returns = desk((2, 1000))
    returns.request(pieces(1), pieces(2))
    assert returns.said(ReturnRefusedV1)[0].reason == "not-so-many"
    assert returns.line() == (2, 0, 0)


def test_a_line_that_was_not_sold_does_not_come_back() -> None:
    returns = desk()
    returns.request(pieces(1, 9))
    assert returns.said(ReturnRefusedV1)[0].reason == "not-so-many"


def test_the_same_request_twice_is_one_return() -> None:
    returns = desk((2, 1000))
    returns.request()
    assert returns.request() == Decision()
    assert returns.line() == (2, 1, 0)


def test_a_shipment_that_is_heard_twice_counts_once_and_a_second_one_adds() -> None:
    returns = desk((1, 1000))
    assert returns.ships((1, 1000)) == Decision()
    returns.ships((2, 500), number=2)
    assert returns.line() == (3, 0, 0)
    assert returns.get(Sold, "main", "web:1").lines[0].value_minor == 1500


def test_what_did_not_come_may_be_announced_again() -> None:
    returns = desk((3, 900), (1, 100))
    returns.request(pieces(3), pieces(1, 2))
    returns.receive(pieces(2))
    assert [(one.line_id, one.quantity) for one in returns.said(ReturnReceivedV1)[0].lines] == [("1", 2)]
    assert (returns.line(1), returns.line(2)) == ((3, 2, 0), (1, 0, 0))
    returns.request(pieces(1), pieces(1, 2), name="R-2")
    assert len(returns.said(ReturnAuthorisedV1)) == 2


def test_what_came_beyond_what_was_announced_is_not_taken() -> None:
    returns = desk((3, 900))
    returns.request(pieces(2))
    returns.receive(pieces(3), pieces(1, 9))
    assert [(one.line_id, one.quantity) for one in returns.said(ReturnReceivedV1)[0].lines] == [("1", 2)]


def test_other_goods_than_those_announced_are_not_received() -> None:
    returns = desk()
    returns.request()
    returns.receive(pieces(1, 9))
    assert "none of its goods" in returns.said(CommandRefusedV1)[0].detail
    assert returns.status() is ReturnStatus.AUTHORISED


def test_only_what_was_authorised_is_received_and_that_once() -> None:
    returns = desk()
    returns.receive()
    returns.request()
    returns.receive()
    returns.receive()
    details = [event.detail for event in returns.said(CommandRefusedV1)]
    assert ["is not known" in details[0], "is received" in details[1], len(details)] == [True, True, 2]


def test_only_what_was_received_is_inspected_and_that_once() -> None:
    returns = desk()
    returns.request()
    returns.inspect()
    returns.receive()
    returns.inspect()
    returns.inspect()
    details = [event.detail for event in returns.said(CommandRefusedV1)]
    assert ["is authorised" in details[0], "is refunding" in details[1], len(details)] == [True, True, 2]
    assert len(returns.said(RefundRequestedV1)) == 1


@pytest.mark.parametrize(("found", "number"), [(((1, "restock"),), 1), (((3, "restock"),), 1), (((2, "restock"),), 2)])
def test_all_of_what_was_received_has_to_be_inspected(found: tuple[tuple[int, str], ...], number: int) -> None:
    returns = desk((2, 1000))
    returns.request(pieces(2))
    returns.receive(pieces(2))
    returns.inspect(*found, number=number)
    assert "2 of line 1" in returns.said(CommandRefusedV1)[0].detail
    assert returns.status() is ReturnStatus.RECEIVED


@given(st.integers(0, 10_000), st.lists(st.integers(1, 4), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_however_a_line_comes_back_its_parts_add_up_to_what_was_paid(
    value: int, parts: list[int], chance: object
) -> None:
    returns = desk((sum(parts), value))
    names = [f"R-{n}" for n in range(len(parts))]
    for name, quantity in zip(names, parts, strict=True):
        returns.request(pieces(quantity), name=name)
    order = list(zip(names, parts, strict=True))
    for step in (returns.receive, returns.inspect):
        chance.shuffle(order)
        for name, quantity in order:
            step(pieces(quantity) if step == returns.receive else (quantity, "restock"), name=name)
    paid = [event.amount.amount_minor for event in returns.said(RefundRequestedV1)]
    assert returns.line() == (sum(parts), sum(parts), value)
    assert sum(paid) == value


def test_the_shipped_rules_are_sound() -> None:
    assert Rules.load(ROOT / "deploy" / "rules").return_days > 0
