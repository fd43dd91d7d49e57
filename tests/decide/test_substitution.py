"""Substitutes: what is short is replaced by rule, and neither a piece nor a cent is lost or given twice."""

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.inventory import Substitute, SubstitutionDecidedV1
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.shipping import FulfilmentPickedV1, ShipmentShippedV2, ShortPickedV1
from crossdock_contracts.values import Money
from crossdock_contracts.warehouse import LineSubstitutedV1, SubstitutionWantedV1
from services.hub.decision import Decision
from services.routing.decide.pieces import take as take_pieces
from services.routing.decide.pieces import value_of
from services.routing.state import Pieces
from services.shipping.decide import substitute
from services.shipping.decide.parcels import without
from services.shipping.rules import Rules
from services.shipping.rules.work import Substitution
from services.shipping.state import Shipment, ShipmentStatus
from tests.builders import NOW, fulfilment, fulfilment_line, pieces
from tests.decide.dock import BOUGHT, RULES, Dock

YES = "substitutes-welcome"
CHEAPER = Money(amount_minor=900, currency="EUR")


def rules(**fields: Any) -> Rules:
    """The dock's rules, and one that sends A2 for A."""
    one = Substitution(**{"sku": "A", "by": "A2", **fields})
    return RULES.model_copy(update={"substitutions": (one,), "consent": YES})


def made(*lines: tuple[str, int, int], **fields: Any) -> Fulfilment:
    """A fulfilment whose buyer takes substitutes, of lines of a SKU, so many, at so much in all."""
    parts = [fulfilment_line(n, *one) for n, one in enumerate(lines or (("A", 2, 2000),), start=1)]
    return fulfilment(*parts).model_copy(update={"tags": (YES,), **fields})


def labelled(what: Fulfilment | None = None, **rule: Any) -> Dock:
    dock = Dock(rules=rules(**rule))
    dock.arrives(what or made())
    dock.answered(BOUGHT)
    return dock


def decided(dock: Dock, *by: Substitute, attempt: int = 1) -> Decision:
    """Inventory answers: these are bound instead."""
    message = SubstitutionDecidedV1(
        owner="main", order_id="web:1", fulfilment_id="web:1/1", location_id="BER", attempt=attempt, substituted=by,
        decided_at=NOW,
    )  # fmt: skip
    return dock.take(partial(substitute.substituted, dock.rules), message, NOW)


A2 = Substitute(line_id="1", sku="A", by="A2", quantity=2)


def sent(dock: Dock) -> list[tuple[str, int, int]]:
    """What is to be sent: SKU, pieces, what the buyer pays."""
    assert dock.shipment.fulfilment is not None
    return [(one.sku, one.quantity, one.value_minor) for one in dock.shipment.fulfilment.lines]


# -- the warehouse


def test_a_short_line_that_a_rule_covers_is_asked_for_before_it_is_placed_elsewhere() -> None:
    dock = labelled()
    dock.picked(pieces(1))
    (wanted,) = dock.said(SubstitutionWantedV1)
    assert [(one.sku, one.by, one.missing) for one in wanted.lines] == [("A", "A2", 1)]
    assert (dock.said(ShortPickedV1), dock.shipment.status) == ([], ShipmentStatus.LABELLED)
    dock.picked(pieces(1))
    assert "substitutes for what was short are being looked for" in dock.said(CommandRefusedV1)[0].detail


def test_who_picked_is_known_although_the_pick_waited_for_a_substitute() -> None:
    dock = labelled()
    dock.picked(pieces(1), by="picker-1")
    decided(dock)
    (short,), (picked,) = dock.said(ShortPickedV1), dock.said(FulfilmentPickedV1)
    assert (short.picked_by, picked.picked_by) == ("picker-1", "picker-1")


def test_a_line_is_substituted_as_a_whole_and_picked_then() -> None:
    dock = labelled(price=CHEAPER)
    dock.picked(pieces(1))
    decided(dock, A2)

    (said,) = dock.said(LineSubstitutedV1)
    assert (said.ordered_sku, said.sku, said.quantity) == ("A", "A2", 2)
    assert (said.value_minor, said.reduced_minor) == (1800, 200)
    assert (sent(dock), dock.shipment.status) == ([("A2", 2, 1800)], ShipmentStatus.LABELLED)
    dock.picked(pieces(2))
    dock.packed()
    dock.shipped()
    (shipped,) = dock.said(ShipmentShippedV2)
    assert (shipped.lines[0].sku, shipped.lines[0].ordered_sku, shipped.lines[0].reduced_minor) == ("A2", "A", 200)
    assert (shipped.value.amount_minor, dock.said(ShortPickedV1)) == (1800, [])


@pytest.mark.parametrize(
    "price", [None, Money(amount_minor=1200, currency="EUR"), Money(amount_minor=5, currency="USD")]
)
def test_nobody_pays_more_than_for_what_they_ordered_nor_less_in_another_currency(price: Money | None) -> None:
    dock = labelled(price=price)
    dock.picked(pieces(1))
    decided(dock, A2)
    assert sent(dock) == [("A2", 2, 2000)]


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        ({}, {"tags": ()}),
        ({"channels": ("shop",)}, {}),
        ({"owners": ("other",)}, {}),
        ({"locations": ("LON",)}, {}),
        ({"sku": "B"}, {}),
    ],
)
def test_where_no_rule_applies_or_the_buyer_has_not_agreed_a_short_pick_is_one(
    rule: dict[str, Any], fields: dict[str, Any]
) -> None:
    dock = labelled(made(**fields), **rule)
    dock.picked(pieces(1))
    assert (len(dock.said(ShortPickedV1)), dock.said(SubstitutionWantedV1)) == (1, [])


def test_a_rule_may_do_without_consent() -> None:
    dock = labelled(made(tags=()), needs_consent=False)
    dock.picked(pieces(1))
    assert len(dock.said(SubstitutionWantedV1)) == 1


def test_what_inventory_has_nothing_for_is_short_as_ever_and_the_rest_is_picked() -> None:
    dock = labelled()
    dock.picked(pieces(1))
    decided(dock)
    assert [one.quantity for event in dock.said(ShortPickedV1) for one in event.missing] == [1]
    assert [one.quantity for event in dock.said(FulfilmentPickedV1) for one in event.lines] == [1]
    assert dock.shipment.status is ShipmentStatus.PICKED


def test_of_two_short_lines_the_one_is_substituted_and_the_other_placed_elsewhere() -> None:
    dock = labelled(made(("A", 2, 2000), ("B", 2, 3000)))
    dock.picked(pieces(2, 1), pieces(1, 2, "B"))
    assert dock.said(SubstitutionWantedV1) == []  # nothing of A is missing, and nothing is sent for B
    both = labelled(made(("A", 2, 2000), ("B", 2, 3000)))
    both.picked(pieces(1, 1), pieces(1, 2, "B"))
    decided(both, A2)
    assert [(one.line_id, one.quantity) for event in both.said(ShortPickedV1) for one in event.missing] == [("2", 1)]
    assert sent(both) == [("A2", 2, 2000), ("B", 1, 1500)]


def test_nothing_is_sent_in_place_of_a_substitute() -> None:
    dock = labelled()
    dock.picked(pieces(1))
    decided(dock, A2)
    dock.picked(pieces(1, 1, "A2"))
    assert (len(dock.said(SubstitutionWantedV1)), dock.said(ShortPickedV1)[0].missing[0].sku) == (1, "A2")


def test_an_answer_that_comes_again_or_too_late_changes_nothing() -> None:
    dock = labelled()
    dock.picked(pieces(1))
    decided(dock, A2)
    assert decided(dock, A2) == Decision()
    stopped = labelled()
    stopped.picked(pieces(1))
    stopped.stop(pieces(2))
    assert decided(stopped, A2) == Decision()


def test_what_is_cancelled_while_a_substitute_is_looked_for_is_not_sent() -> None:
    dock = labelled()
    dock.picked(pieces(1))
    dock.stop(pieces(1))
    decided(dock, A2)
    assert sent(dock) == [("A2", 1, 1000)]


@given(
    value=st.integers(0, 5000), quantity=st.integers(1, 7), price=st.integers(0, 800), stops=st.lists(st.integers(1, 7))
)
def test_what_the_buyer_paid_is_charged_or_given_back_to_the_cent_whatever_is_cancelled(
    value: int, quantity: int, price: int, stops: list[int]
) -> None:
    dock = labelled(made(("A", quantity, value)), price=Money(amount_minor=price, currency="EUR"))
    dock.picked()
    dock.picked(pieces(1))
    decided(dock, A2)
    routed: tuple[Pieces, ...] = (Pieces(line_id="1", sku="A", quantity=quantity, value_minor=value),)
    shipment: Shipment = dock.shipment
    for gone in stops:
        if shipment.status is ShipmentStatus.STOPPED:
            break
        shipment = without(shipment, {"1": gone})
        _, routed = take_pieces(routed, "1", gone)
    if shipment.status is not ShipmentStatus.STOPPED:
        (left,) = shipment.fulfilment.lines
        assert left.value_minor + left.reduced_minor == value_of(routed)
        assert min(left.value_minor, left.reduced_minor) >= 0


# -- the stock


# -- the money
