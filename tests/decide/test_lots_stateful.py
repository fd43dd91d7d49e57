"""Whatever happens to a SKU with lots, and however often: the sums of its lots are what stock and reservations say."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crossdock_contracts.inventory import CountStockV1, StockMovedV1, TransferStockV1
from crossdock_contracts.values import LotQuantity
from services.inventory.decide import stock
from services.inventory.state import Reservation
from services.inventory.state_lots import Lots, Transfer
from tests.builders import NOW, later
from tests.decide.shelf import AUTUMN, SPRING, SUMMER, Shelf

PLACES = st.sampled_from(("BER", "ROT"))
LOTS = {"X": SPRING, "Y": SUMMER, "Z": AUTUMN}
NAMES = st.sampled_from(tuple(LOTS))
FEW = st.integers(1, 4)
COUNTERS = {"sellable": "on_hand", "quarantine": "quarantine", "damaged": "damaged", "in-transit": "in_transit"}


class Warehouse(RuleBasedStateMachine):
    """Goods come, are sold, picked from any lot, counted, recalled, moved, and grow old."""

    @initialize(begun=st.booleans())
    def begin(self, begun: bool) -> None:
        self.shelf = Shelf(tracked=begun)
        self.number = 0
        self.open: list[Any] = []

    def _lots(self, data: st.DataObject, quantity: int) -> list[LotQuantity]:
        """Lots that the warehouse says it took, any it likes."""
        name = data.draw(NAMES)
        return [LotQuantity(lot=name, quantity=quantity, expires_on=LOTS[name])] if data.draw(st.booleans()) else []

    @rule()
    def product_is_kept_by_lot_from_now_on(self) -> None:
        self.shelf.tracks(track_lot=True, track_expiry=True)

    @rule(quantity=FEW, lot=NAMES, place=PLACES)
    def goods_arrive(self, quantity: int, lot: str, place: str) -> None:
        self.shelf.receives(quantity, lot, LOTS[lot], place)

    @rule(quantity=FEW, place=PLACES)
    def goods_are_sold(self, quantity: int, place: str) -> None:
        self.number += 1
        self.open.append(self.shelf.sells(quantity, self.number, place))

    @rule(data=st.data())
    def goods_ship(self, data: st.DataObject) -> None:
        if self.open:
            made = data.draw(st.sampled_from(self.open))
            self.shelf.ships(made, *self._lots(data, made.lines[0].quantity))

    @rule(data=st.data())
    def picker_takes_other_lots(self, data: st.DataObject) -> None:
        if self.open:
            made = data.draw(st.sampled_from(self.open))
            lots = self._lots(data, made.lines[0].quantity)
            if lots:
                self.shelf.picks(made, *lots)
                assert self.shelf.picks(made, *lots).writes == []

    @rule(data=st.data(), missing=FEW)
    def pick_is_short(self, data: st.DataObject, missing: int) -> None:
        if self.open:
            made = data.draw(st.sampled_from(self.open))
            found = made.lines[0].quantity - missing
            if found >= 0:
                self.shelf.misses(made, missing, *(self._lots(data, found) if found else ()))

    @rule(data=st.data(), quantity=FEW)
    def goods_are_cancelled(self, data: st.DataObject, quantity: int) -> None:
        if self.open:
            self.shelf.cancels(data.draw(st.sampled_from(self.open)), quantity)

    @rule(quantity=FEW, lot=NAMES, disposition=st.sampled_from(("restock", "write-off")))
    def goods_come_back(self, quantity: int, lot: str, disposition: str) -> None:
        self.shelf.returned(quantity, lot, LOTS[lot], disposition)

    @rule(quantity=FEW, lot=NAMES, place=PLACES, source=st.sampled_from(("sellable", "quarantine", "damaged")),
          into=st.sampled_from(("sellable", "quarantine", "damaged", "disposed")))  # fmt: skip
    def condition_changes(self, quantity: int, lot: str, place: str, source: str, into: str) -> None:
        self.shelf.changes(quantity, source, into, lot, place)

    @rule(quantity=FEW, source=st.sampled_from((*LOTS, "unknown")), true=NAMES)
    def lot_is_corrected(self, quantity: int, source: str, true: str) -> None:
        self.shelf.corrects(quantity, source, true, LOTS[true])

    @rule(lot=NAMES, lifted=st.booleans())
    def lot_is_recalled(self, lot: str, lifted: bool) -> None:
        self.shelf.recalls(lot)
        if lifted:
            self.shelf.lifts(lot)

    @rule(quantity=FEW, data=st.data())
    def goods_travel(self, quantity: int, data: st.DataObject) -> None:
        self.number += 1
        self.shelf.dispatches(quantity, data.draw(st.sampled_from(("", *LOTS))), f"T-{self.number}")

    @rule(data=st.data(), quantity=st.integers(0, 5), more=st.booleans())
    def goods_arrive_from_elsewhere(self, data: st.DataObject, quantity: int, more: bool) -> None:
        sent = sorted(d.transfer_id for d in self.shelf.documents.values() if isinstance(d, Transfer))
        if sent:
            self.shelf.arrives(quantity, data.draw(st.sampled_from(sent)), more=more)

    @rule(place=PLACES, counted=st.integers(0, 8), lot=st.sampled_from(("", *LOTS)))
    def goods_are_counted(self, place: str, counted: int, lot: str) -> None:
        command = CountStockV1(owner="main", sku="A", location_id=place, counted=counted, lot=lot)
        self.shelf.take(stock.count, command, NOW)

    @rule(quantity=FEW, lot=st.sampled_from(("", *LOTS)))
    def goods_are_moved_at_once(self, quantity: int, lot: str) -> None:
        move = TransferStockV1(
            owner="main", sku="A", from_location_id="BER", to_location_id="ROT", quantity=quantity, lot=lot
        )
        self.shelf.take(stock.transfer, move, NOW)

    @rule(days=st.sampled_from((0, 31, 130)), place=PLACES)
    def time_passes(self, days: int, place: str) -> None:
        self.shelf.grows_old(later(days=days), place)

    @invariant()
    def lots_make_up_what_is_there(self) -> None:
        if not hasattr(self, "shelf") or self.shelf.stock is None or not self.shelf.stock.has_lots:
            return
        for name in self.shelf.stock.locations:
            found = self.shelf.get(Lots, "main", "A", name)
            if found is None:  # nothing has happened there since lots are kept
                continue
            place, lots = self.shelf.at(name), found.lots.values()
            for counter in ("on_hand", "quarantine", "damaged"):
                assert sum(getattr(lot, counter) for lot in lots) == getattr(place, counter)
                assert all(getattr(lot, counter) >= 0 for lot in lots)
            assert all(lot.allocated >= 0 for lot in lots)

    @invariant()
    def lots_are_bound_as_reservations_say(self) -> None:
        if not hasattr(self, "shelf"):
            return
        bound: dict[tuple[str, str], int] = {}
        for document in self.shelf.documents.values():
            for one in document.lines if isinstance(document, Reservation) else ():
                for part in one.bound:
                    assert sum(part.lots.values()) <= part.quantity
                    for lot, quantity in part.lots.items():
                        bound[part.location_id, lot] = bound.get((part.location_id, lot), 0) + quantity
        shelves = [d for d in self.shelf.documents.values() if isinstance(d, Lots)]
        counted = {(d.location_id, name): lot.allocated for d in shelves for name, lot in d.lots.items()}
        assert {k: n for k, n in counted.items() if n} == {k: n for k, n in bound.items() if n}

    @invariant()
    def the_ledger_makes_every_condition(self) -> None:
        if not hasattr(self, "shelf") or self.shelf.stock is None:
            return
        for name, place in self.shelf.stock.locations.items():
            entries = [e for e in self.shelf.said(StockMovedV1) if e.location_id == name]
            assert place.on_hand == sum(e.delta for e in entries)
            for condition, counter in COUNTERS.items():
                if condition != "sellable":
                    came = sum(e.quantity for e in entries if e.to_condition == condition)
                    went = sum(e.quantity for e in entries if e.from_condition == condition)
                    assert getattr(place, counter) == came - went >= 0

    @invariant()
    def what_travels_is_in_transit(self) -> None:
        if not hasattr(self, "shelf") or self.shelf.stock is None:
            return
        left = sum(d.left for d in self.shelf.documents.values() if isinstance(d, Transfer))
        assert sum(place.in_transit for place in self.shelf.stock.locations.values()) == left


TestWarehouse = Warehouse.TestCase
TestWarehouse.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
