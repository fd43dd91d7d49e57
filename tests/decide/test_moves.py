"""Every table of legal moves is total: each status is named, each is reachable, and what has ended stays so."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import services
from services.capture.state import OrderStatus
from services.inventory.state import ReservationStatus
from services.payments.state import PaymentStatus
from services.returns import cases
from services.returns.cases import CaseStatus, ClaimStatus
from services.returns.state import ReturnStatus
from services.routing.state import RouteStatus
from services.shipping.state import ShipmentStatus

Moves = dict[Any, frozenset[Any]]
STATES = sorted(Path(services.__file__).parent.glob("*/state.py"))
MODULES = [import_module(f"services.{file.parent.name}.state") for file in STATES]
TABLES = [pytest.param(module.MOVES, id=module.__name__) for module in MODULES if hasattr(module, "MOVES")]
TABLES += [pytest.param(cases.MOVES, id="cases"), pytest.param(cases.CLAIM_MOVES, id="claims")]

ENDS = {
    OrderStatus: {OrderStatus.REJECTED, OrderStatus.CANCELLED, OrderStatus.COMPLETED},
    ReservationStatus: {ReservationStatus.ENDED},
    PaymentStatus: {PaymentStatus.VOIDED, PaymentStatus.ENDED},
    ReturnStatus: {ReturnStatus.CLOSED},
    CaseStatus: {CaseStatus.CLOSED},
    ClaimStatus: {ClaimStatus.ACCEPTED, ClaimStatus.REFUSED},
    RouteStatus: {RouteStatus.ENDED},
    ShipmentStatus: {ShipmentStatus.DELIVERED, ShipmentStatus.STOPPED},
}


def statuses(moves: Moves) -> Any:
    """The enum that a table is about."""
    return type(next(iter(moves)))


def reachable(moves: Moves, first: Any) -> set[Any]:
    found, left = set(), {first}
    while left:
        status = left.pop()
        found.add(status)
        left |= moves[status] - found
    return found


def test_every_status_enum_of_a_service_has_a_table() -> None:
    assert {statuses(param.values[0]) for param in TABLES} == ENDS.keys()


@pytest.mark.parametrize("moves", TABLES)
def test_each_status_is_named_and_nothing_else(moves: Moves) -> None:
    assert list(moves) == list(statuses(moves))
    assert set().union(*moves.values()) <= set(statuses(moves))


@pytest.mark.parametrize("moves", TABLES)
def test_only_what_has_ended_has_no_moves(moves: Moves) -> None:
    assert {status for status, onward in moves.items() if not onward} == ENDS[statuses(moves)]


@pytest.mark.parametrize("moves", TABLES)
def test_no_status_moves_to_itself(moves: Moves) -> None:
    assert not [status for status, onward in moves.items() if status in onward]


@pytest.mark.parametrize("moves", TABLES)
def test_every_status_is_reachable_from_the_first(moves: Moves) -> None:
    assert reachable(moves, next(iter(statuses(moves)))) == set(statuses(moves))


@pytest.mark.parametrize("moves", TABLES)
def test_from_every_status_there_is_a_way_to_an_end(moves: Moves) -> None:
    ends = ENDS[statuses(moves)]
    assert not [status for status in moves if not reachable(moves, status) & ends]
