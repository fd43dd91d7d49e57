"""Lots: first expired first out, unless the warehouse took others; the sums of lots are what stock counts."""

import pytest

from crossdock_contracts.inventory import AllocationRefusedV1, ShortageRecordedV1, StockAllocatedV1, StockMovedV1
from crossdock_contracts.lots import LotCorrectedV1, LotExpiredV1
from crossdock_contracts.values import LotQuantity
from services.inventory.decide import bind, promise
from services.inventory.state import Stock
from services.inventory.state_lots import LotExpiry, Lots
from tests.builders import NOW, captured, fulfilment, later, line
from tests.decide.ledger import Ledger
from tests.decide.shelf import AUTUMN, SPRING, SUMMER, Shelf, lots_of
from tests.decide.test_inventory import routed, shelf


def two_lots(**fields: int) -> Shelf:
    """Five pieces until autumn, three until summer; the later ones came first."""
    made = Shelf(**fields)  # type: ignore[arg-type]
    made.receives(5, "LATE", AUTUMN)
    made.receives(3, "EARLY", SUMMER)
    return made


def test_what_expires_first_is_bound_first_and_the_pick_is_told():
    made = two_lots()

    told = made.sells(4)

    assert told.lines[0].lots == (
        LotQuantity(lot="EARLY", quantity=3, expires_on=SUMMER),
        LotQuantity(lot="LATE", quantity=1, expires_on=AUTUMN),
    )
    assert made.lots("allocated") == {"EARLY": 3, "LATE": 1}


def test_a_sku_without_lots_reads_and_says_no_more_than_before():
    ledger = Ledger(shelf(BER=5))
    ledger.take(promise.reserve, captured(line()), NOW)
    states = ledger.states

    decision = bind.allocate(states, routed(fulfilment()), NOW)

    assert {subject.split(".")[2] for subject in states.read} == {"reservation", "stock"}
    assert len(states.read) == 2
    assert decision.events == [
        StockAllocatedV1(owner="main", order_id="web:1", fulfilment=fulfilment(), allocated_at=NOW)
    ]
    assert len(decision.writes) == 2


def test_shipped_goods_leave_their_lots_with_one_entry_each():
    made = two_lots()
    made.ships(made.sells(4))

    assert (made.lots(), made.lots("allocated")) == ({"LATE": 4}, {})
    assert [(e.lot, e.delta) for e in made.said(StockMovedV1)[2:]] == [("EARLY", -3), ("LATE", -1)]


def test_goods_that_ship_without_their_lots_named_are_those_that_were_bound():
    made = two_lots()
    told = made.sells(4)
    made.ships(told.model_copy(update={"lines": (told.lines[0].model_copy(update={"lots": ()}),)}))

    assert made.lots() == {"LATE": 4}


def test_a_picker_who_took_another_lot_has_that_one_bound():
    made = two_lots()
    told = made.sells(2)
    made.picks(told, *lots_of(LATE=2))

    assert (made.bound(), made.lots("allocated"), made.lots()) == ({"LATE": 2}, {"LATE": 2}, {"EARLY": 3, "LATE": 5})
    assert made.picks(told, *lots_of(LATE=2)).writes == []
    made.ships(told, *lots_of(LATE=2))
    assert made.lots() == {"EARLY": 3, "LATE": 3}


def test_a_lot_that_the_books_do_not_have_was_counted_under_the_one_that_was_bound():
    made = two_lots()
    made.picks(made.sells(2), LotQuantity(lot="NEW", quantity=2, expires_on=SPRING))

    (event,) = made.said(LotCorrectedV1)
    assert (event.from_lot, event.to_lot, event.quantity, event.reason) == ("EARLY", "NEW", 2, "picked")
    assert (made.lots(), made.bound()) == ({"EARLY": 1, "LATE": 5, "NEW": 2}, {"NEW": 2})
    assert made.get(Lots, "main", "A", "BER").lots["NEW"].expires_on == SPRING


def test_what_shipped_although_it_was_in_quarantine_comes_out_of_it():
    made = two_lots()
    told = made.sells(3)
    made.changes(3, "sellable", "quarantine", "EARLY")
    made.ships(told)

    assert (made.lots(), made.lots("quarantine"), made.at().quarantine) == ({"LATE": 5}, {}, 0)


def test_cancelled_pieces_are_those_that_expire_last():
    made = two_lots()
    made.cancels(made.sells(4), 2)

    assert (made.bound(), made.lots("allocated")) == ({"EARLY": 2}, {"EARLY": 2})
    assert made.at().allocated == 2


def test_pieces_of_a_lot_that_the_picker_did_not_find_are_gone_from_that_lot():
    made = two_lots()
    told = made.sells(4)

    made.misses(told, 3, *lots_of(LATE=1))

    assert (made.lots(), made.lots("allocated"), made.bound()) == ({"LATE": 5}, {"LATE": 1}, {"LATE": 1})
    assert made.at().on_hand == 5


def test_a_short_pick_that_names_no_lots_missed_those_that_expire_last():
    made = two_lots()
    made.misses(made.sells(5), 1)

    assert (made.lots(), made.bound()) == ({"EARLY": 3, "LATE": 4}, {"EARLY": 3, "LATE": 1})


def test_missing_pieces_of_a_lot_in_quarantine_are_not_taken_from_another():
    made = two_lots()
    told = made.sells(3)
    made.recalls("EARLY")
    made.misses(told, 3)

    assert (made.lots(), made.lots("quarantine")) == ({"LATE": 5}, {"EARLY": 3})


def test_returned_goods_go_back_to_their_lot_and_damaged_ones_are_kept_by_lot():
    made = two_lots()
    made.ships(made.sells(8))
    made.returned(2, "EARLY", SUMMER)
    made.returned(1, "EARLY", SUMMER, "write-off")

    assert (made.lots(), made.lots("damaged")) == ({"EARLY": 2}, {"EARLY": 1})
    assert made.get(Lots, "main", "A", "BER").lots["EARLY"].expires_on == SUMMER


def test_returned_goods_whose_last_day_nobody_knows_are_not_sold_again():
    made = Shelf()
    made.returned(1)

    assert (made.lots("quarantine"), made.at().on_hand) == ({"unknown": 1}, 0)
    assert made.said(StockMovedV1)[-1].reason == "expiry-not-known"


@pytest.mark.parametrize(
    ("lot", "day", "reason"),
    [
        ("", SUMMER, "lot-missing"),
        ("L", "", "expiry-missing"),
        ("L", "30.6.2026", "not-a-day"),
        ("L", "2026-02-30", "not-a-day"),
        ("EARLY", AUTUMN, "expiry-differs"),
    ],
)
def test_a_receipt_has_to_say_what_its_product_is_kept_by(lot, day, reason):
    made = two_lots()
    before = made.at()

    assert made.receives(1, lot, day).writes == []

    assert made.refused == reason
    assert made.at() == before


def test_a_known_lot_may_be_received_without_its_day():
    made = two_lots()
    made.receives(1, "EARLY", "")
    assert made.lots() == {"EARLY": 4, "LATE": 5}


def test_a_sku_that_is_kept_by_expiry_alone_has_a_lot_for_each_day():
    made = Shelf()
    made.tracks(track_expiry=True)
    made.receives(2, "", SUMMER)
    made.receives(1, "", SPRING)
    assert made.lots() == {SPRING: 1, SUMMER: 2}


def test_a_lot_leaves_what_is_sellable_when_its_last_day_is_over():
    made = two_lots()
    timer = made.get(LotExpiry, "main", "A", "BER")
    assert timer.due_at.isoformat() == "2026-07-01T00:00:00+00:00"

    made.grows_old(timer.due_at)

    (event,) = made.said(LotExpiredV1)
    assert (event.lot, event.quantity, event.expires_on, event.reason) == ("EARLY", 3, SUMMER, "expired")
    assert (made.lots(), made.lots("quarantine"), made.stock.promisable) == ({"LATE": 5}, {"EARLY": 3}, 5)
    assert made.get(LotExpiry, "main", "A", "BER").due_at.isoformat() == "2026-10-01T00:00:00+00:00"


def test_a_timer_that_comes_early_or_again_moves_nothing():
    made = two_lots()
    decision = made.grows_old(NOW)
    assert decision.events == []
    made.grows_old(later(days=121))
    assert made.grows_old(later(days=121)).events == []
    assert made.lots() == {"LATE": 5}


def test_a_lot_with_less_shelf_life_than_its_category_needs_is_not_sold():
    made = two_lots(days=30)
    assert made.get(LotExpiry, "main", "A", "BER").due_at.isoformat() == "2026-06-01T00:00:00+00:00"
    made.receives(4, "SHORT", SPRING)

    assert (made.lots("quarantine"), made.said(StockMovedV1)[-1].reason) == ({"SHORT": 4}, "shelf-life")
    made.grows_old(later(days=91))
    assert made.said(LotExpiredV1)[0].reason == "shelf-life"


def test_what_has_grown_too_old_is_not_bound_even_where_its_timer_is_late():
    made = Shelf()
    made.receives(3, "EARLY", SPRING)
    made.sells(2, now=later(days=40))

    assert made.said(StockAllocatedV1) == []
    assert made.said(AllocationRefusedV1)[0].reason == "stock-gone"
    assert (made.lots("quarantine"), made.at().on_hand) == ({"EARLY": 3}, 0)
    assert [e.missing for e in made.said(ShortageRecordedV1)] == [2]


def test_pieces_that_were_there_before_lots_were_kept_are_of_an_unknown_lot():
    made = Shelf(shelf(BER=5), tracked=False)
    told = made.sells(2)
    made.tracks(track_lot=True)
    made.receives(3, "L", SUMMER)

    assert made.lots() == {"L": 3, "unknown": 5}
    second = made.sells(4, number=2)
    assert [(one.lot, one.quantity) for one in second.lines[0].lots] == [("L", 3), ("unknown", 1)]
    made.ships(told)
    made.ships(second)
    assert made.lots() == {"unknown": 2}


def test_pieces_of_an_unknown_lot_are_corrected_to_the_one_they_are_of():
    made = Shelf(shelf(BER=5), tracked=False)
    made.tracks(track_lot=True)
    made.corrects(3, "unknown", "L", AUTUMN)

    assert made.lots() == {"L": 3, "unknown": 2}
    made.corrects(3, "unknown", "L")
    assert made.refused == "not-so-many"


def test_pieces_that_turn_out_to_be_of_a_recalled_lot_go_to_quarantine():
    made = two_lots()
    made.recalls("BAD")
    made.corrects(2, "EARLY", "BAD", SUMMER)
    assert (made.lots(), made.lots("quarantine")) == ({"EARLY": 1, "LATE": 5}, {"BAD": 2})


def test_lots_that_were_begun_go_on_when_the_product_says_otherwise():
    made = two_lots()
    made.tracks()
    made.receives(2, "", "")
    assert made.lots() == {"EARLY": 3, "LATE": 5, "unknown": 2}


def test_most_products_leave_nothing_in_inventory():
    made = Shelf(tracked=False)
    assert made.tracks().writes == []
    assert made.get(Stock, "main", "A") is None


def test_a_serial_product_tells_the_pick_to_read_serial_numbers():
    made = Shelf(shelf(BER=5), tracked=False)
    made.tracks(track_serial=True)
    told = made.sells(1)
    assert (told.lines[0].track_serial, told.lines[0].lots) == (True, ())
