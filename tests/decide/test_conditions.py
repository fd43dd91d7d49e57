"""Conditions: what may go where, and that no piece is lost on the way."""

import pytest

from crossdock_contracts.inventory import ShortageRecordedV1, StockMovedV1
from crossdock_contracts.lots import LotQuarantinedV1, LotRecalledV1, TransferReceivedV1
from services.inventory.decide import recalls
from services.inventory.state import LocationStock, Stock
from services.inventory.state_lots import Transfer
from tests.builders import NOW
from tests.decide.shelf import AUTUMN, SPRING, SUMMER, Shelf, rules_for
from tests.decide.test_inventory import shelf


def untracked(pieces: int = 10) -> Shelf:
    return Shelf(shelf(BER=pieces), tracked=False)


def counted(made: Shelf, place: str = "BER") -> tuple[int, int, int, int]:
    """Sellable, in quarantine, damaged, in transit."""
    found = made.at(place)
    return found.on_hand, found.quarantine, found.damaged, found.in_transit


def test_pieces_change_their_condition_and_the_ledger_tells_from_which_to_which():
    made = untracked()
    made.changes(4, "sellable", "quarantine")
    made.changes(1, "quarantine", "damaged")
    made.changes(2, "quarantine", "sellable")
    made.changes(1, "damaged", "disposed")

    assert counted(made) == (8, 1, 0, 0)
    moves = [(e.quantity, e.delta, e.from_condition, e.to_condition) for e in made.said(StockMovedV1)]
    assert moves == [
        (4, -4, "sellable", "quarantine"),
        (1, 0, "quarantine", "damaged"),
        (2, 2, "quarantine", "sellable"),
        (1, 0, "damaged", ""),
    ]


@pytest.mark.parametrize(
    ("source", "target", "pieces", "reason"),
    [
        ("damaged", "sellable", 1, "not-allowed"),
        ("sellable", "disposed", 1, "not-allowed"),
        ("sellable", "sellable", 1, "not-allowed"),
        ("sellable", "quarantine", 11, "not-so-many"),
        ("quarantine", "sellable", 1, "not-so-many"),
    ],
)
def test_a_change_that_cannot_be_is_refused(source, target, pieces, reason):
    made = untracked()
    assert made.changes(pieces, source, target).writes == []
    assert made.refused == reason


def test_taking_promised_pieces_off_sale_is_recorded_as_short():
    made = untracked()
    made.sells(8)
    made.changes(4, "sellable", "damaged")
    assert [e.missing for e in made.said(ShortageRecordedV1)] == [2]


def test_pieces_of_a_sku_with_lots_change_by_lot():
    made = Shelf()
    made.receives(2, "L", SUMMER)
    made.changes(1, "sellable", "quarantine")  # there is one lot only
    made.receives(2, "M", AUTUMN)
    made.changes(1, "sellable", "quarantine")
    assert made.refused == "lot-missing"
    made.changes(2, "sellable", "damaged", "M")

    assert (made.lots(), made.lots("quarantine"), made.lots("damaged")) == ({"L": 1}, {"L": 1}, {"M": 2})


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda made: made.recalls("L"), "lot-recalled"),
        (lambda made: made.receives(1, "OLD", "2026-03-01"), "lot-expired"),
        (lambda made: made.returned(1), "expiry-not-known"),
    ],
)
def test_what_may_not_be_sold_does_not_go_back_on_sale(prepare, reason):
    made = Shelf()
    made.receives(2, "L", SUMMER)
    prepare(made)
    (lot,) = made.lots("quarantine")
    made.changes(1, "quarantine", "sellable", lot)
    assert made.refused == reason


def test_a_recall_takes_a_lot_off_sale_everywhere_and_blocks_what_comes_of_it_later():
    made = Shelf()
    made.receives(3, "BAD", SUMMER)
    made.receives(2, "GOOD", AUTUMN)
    made.receives(4, "BAD", SUMMER, place="ROT")
    made.sells(3)
    made.recalls("BAD")

    assert (made.lots("quarantine"), made.lots("quarantine", "ROT")) == ({"BAD": 3}, {"BAD": 4})
    assert (made.lots(), made.stock.promisable) == ({"GOOD": 2}, 0)
    assert [e.missing for e in made.said(ShortageRecordedV1)] == [1]
    (quarantined,) = made.said(LotQuarantinedV1)
    assert [(one.location_id, one.quantity) for one in quarantined.places] == [("BER", 3), ("ROT", 4)]
    made.receives(5, "BAD", SUMMER)
    made.returned(1, "BAD", SUMMER)
    assert made.lots("quarantine") == {"BAD": 9}
    made.recalls("BAD")
    assert len(made.said(LotRecalledV1)) == 1


def test_a_lifted_recall_leaves_its_pieces_in_quarantine_until_they_are_moved():
    made = Shelf()
    made.receives(3, "L", SUMMER)
    made.recalls("L")
    made.lifts("L")
    assert made.lots("quarantine") == {"L": 3}
    made.changes(3, "quarantine", "sellable", "L")
    assert made.lots() == {"L": 3}
    made.lifts("L")
    assert made.refused == "not-recalled"


def test_a_recall_goes_through_many_locations_a_slice_at_a_time():
    made = Shelf()
    for number in range(recalls.SLICE + 5):
        made.receives(1, "L", SUMMER, place=f"S{number:03}")
    made.recalls("L")
    assert sum(bool(made.lots("on_hand", f"S{n:03}")) for n in range(recalls.SLICE + 5)) == 5

    (begun,) = made.said(LotQuarantinedV1)
    made.take(recalls.go_on, begun, NOW)
    made.take(recalls.go_on, made.said(LotQuarantinedV1)[-1], NOW)

    assert made.stock.promisable == 0
    assert len(made.said(LotQuarantinedV1)) == 2
    assert made.said(LotQuarantinedV1)[-1].behind == ""


def test_only_what_is_kept_by_lot_is_recalled():
    made = untracked()
    made.recalls("L")
    assert made.refused == "no-lots"


def test_pieces_in_transit_are_nobodys_to_sell_until_they_arrive():
    made = untracked()
    made.dispatches(6)
    assert (counted(made), counted(made, "ROT"), made.stock.promisable) == ((4, 0, 0, 0), (0, 0, 0, 6), 4)

    made.arrives(2, more=True)
    made.arrives(4)

    assert (counted(made, "ROT"), made.stock.promisable) == ((6, 0, 0, 0), 10)
    assert [(e.quantity, e.left) for e in made.said(TransferReceivedV1)] == [(2, 4), (4, 0)]
    assert made.get(Transfer, "main", "T-1", "A").has_ended
    made.arrives(1)
    assert made.refused == "wrong-state"


def test_what_is_short_of_a_transfer_is_gone_and_what_is_over_is_taken_in():
    made = untracked()
    made.dispatches(4)
    made.arrives(3)
    made.dispatches(4, name="T-2")
    made.arrives(5, name="T-2")

    assert counted(made, "ROT") == (8, 0, 0, 0)
    assert [(e.short, e.over) for e in made.said(TransferReceivedV1)] == [(1, 0), (0, 1)]
    assert [e.reason for e in made.said(StockMovedV1) if e.reason.startswith("transfer-")] == [
        "transfer-short",
        "transfer-over",
    ]


def test_bound_pieces_stay_and_a_transfer_leaves_once():
    made = untracked()
    made.sells(8)
    made.dispatches(3)
    assert made.refused == "not-enough-free"
    made.dispatches(2)
    made.dispatches(2)
    assert made.refused == "transfer-known"
    assert counted(made) == (8, 0, 0, 0)


def test_lots_travel_with_their_last_day_those_first_that_expire_first():
    made = Shelf()
    made.receives(3, "LATE", AUTUMN)
    made.receives(2, "EARLY", SUMMER)
    made.dispatches(4)
    assert made.lots() == {"LATE": 1}
    made.recalls("LATE")
    made.arrives(4)

    assert (made.lots("on_hand", "ROT"), made.lots("quarantine", "ROT")) == ({"EARLY": 2}, {"LATE": 2})


def test_a_named_lot_travels_alone():
    made = Shelf()
    made.receives(3, "LATE", AUTUMN)
    made.receives(2, "EARLY", SUMMER)
    made.dispatches(4, "LATE")
    assert made.refused == "not-enough-free"
    made.dispatches(3, "LATE")
    assert made.lots() == {"EARLY": 2}


def test_an_expired_lot_does_not_go_on_sale_where_it_arrives():
    made = Shelf()
    made.receives(2, "L", SPRING)
    made.dispatches(2)
    made.rules = rules_for(food=60)
    made.receives(1, "M", AUTUMN)
    made.arrives(2)
    assert made.lots("quarantine", "ROT") == {"L": 2}


def test_stock_that_has_only_other_conditions_is_not_promised():
    place = LocationStock(quarantine=3, damaged=2, in_transit=4)
    assert Stock(sku="A", locations={"BER": place}, expected=9).promisable == 0
