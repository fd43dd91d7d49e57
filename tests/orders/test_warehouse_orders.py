"""Whole orders through warehouses that work with the hub: waves, shared parcels, several parcels, steps, substitutes.

Whatever happens to them and in whatever order, no piece and no cent is lost, and each parcel has one label.
"""

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from crossdock_contracts.inventory import ReceiveStockV1
from crossdock_contracts.products import Product, UpsertProductV1
from crossdock_contracts.shipping import ConfirmPackedV1, ConfirmPickedV1, PackedParcel
from crossdock_contracts.values import LineQuantity, PaymentMethod
from crossdock_contracts.warehouse import CloseWaveV1, ConfirmStepV1, PlanWaveV1
from services.capture.state import OrderRecord
from services.hub.settings import ROOT, Settings
from services.payments.gateways import Capture, Refund
from services.shipping.carriers import BuyLabel, VoidLabel
from services.shipping.decide.answers import WaveQuestion, next_wave
from services.shipping.decide.parcels import labels_of
from services.shipping.rules import Rules
from services.shipping.state import Shipment, is_open
from services.shipping.state_work import Task, Wave
from services.verify.checks import audit
from tests.orders import endings
from tests.orders import test_whole_orders as whole
from tests.orders.world import World

_few = st.integers(0, 30)
INSTEAD = """
[[substitution]]
sku = "A"
by = "B"
needs_consent = false
price = { amount_minor = 700, currency = "EUR" }

[[substitution]]
sku = "B"
by = "C"
needs_consent = false
"""
SEAL = '\n[[step]]\nname = "seal"\nbefore = "pack"\nwhen = { sku_prefixes = ["C"] }\n'


def rules_in(folder: Path) -> Path:
    """The project's rules; Berlin and Rotterdam work with the hub, which puts together, seals and substitutes."""
    rules = shutil.copytree(ROOT / "deploy" / "rules", folder / "rules")
    places = (rules / "locations.toml").read_text().replace("[location.BER]", '[location.BER]\nwork = "hub"')
    shared = '[location.ROT]\nwork = "hub"\nlabel_at = "pack"\nconsolidate = true'
    (rules / "locations.toml").write_text(places.replace("[location.ROT]", shared))
    (rules / "substitutions.toml").write_text((rules / "substitutions.toml").read_text() + INSTEAD)
    (rules / "workflow.toml").write_text((rules / "workflow.toml").read_text() + SEAL)
    return rules


_FOLDER = tempfile.TemporaryDirectory()
RULES_DIR = rules_in(Path(_FOLDER.name))
RULES = Rules.load(RULES_DIR)


class WarehouseOrders(whole.WholeOrders):
    """As all orders, and the floor does more."""

    @initialize(seed=whole._seeds)
    def begin(self, seed: int) -> None:
        super().begin(seed)
        self.world = World(Settings(rules_dir=RULES_DIR))
        for sku in endings.SKUS:
            self.world.send(UpsertProductV1(owner="main", sku=sku, product=Product(sku=sku, weight_g=300)))
            for place, quantity in (("BER", 1), ("ROT", 20)):
                self.world.send(ReceiveStockV1(owner="main", sku=sku, location_id=place, quantity=quantity))
        self.world.run(self.draw)

    @rule(place=st.sampled_from(whole.PLACES[:2]), few=_few)
    def a_wave_is_planned(self, place: str, few: int) -> None:
        found = next_wave(RULES, self.world.states, WaveQuestion(location_id=place, most=5), self.world.now)
        if found:
            wave = f"w{self._next('wave')}"
            message = PlanWaveV1(owner="main", location_id=place, wave_id=wave, fulfilments=tuple(found))
            self._send(message, few)

    @rule(few=_few, shorts=st.lists(st.integers(0, 4), min_size=5, max_size=5), lead_first=st.booleans(),
          skus=st.lists(st.sampled_from("AAABBC"), max_size=3),
          method=st.sampled_from(tuple(PaymentMethod)[:2]))  # fmt: skip
    def a_wave_is_worked(
        self, few: int, shorts: list[int], lead_first: bool, skus: list[str], method: PaymentMethod
    ) -> None:
        for sku in skus:
            self.order_comes([(sku, 2)], "tok_1", method, 0, "10115", 1, 1, 0)
        self.world.run(self.draw)
        self.a_wave_is_planned("ROT", 50)
        waves = sorted(self.world.all(Wave), key=lambda one: one.wave_id)
        for member, short in zip(waves[-1].members if waves else (), shorts, strict=False):
            one = self.world.get(Shipment, "main", member.fulfilment_id)
            if one.fulfilment is not None:
                lines = tuple(
                    LineQuantity(line_id=x.line_id, quantity=max(1, x.quantity - (not short)))
                    for x in one.fulfilment.lines
                )
                self._send(ConfirmPickedV1(**_about(one), lines=lines), few + 20)
        for step in (True, False) if lead_first else (False, True):
            for member in waves[-1].members if waves else ():
                one = self.world.get(Shipment, "main", member.fulfilment_id)
                if step is not bool(one.lead):
                    self._send(ConfirmPackedV1(**_about(one), packed_with=one.lead), few)

    @rule(number=st.integers(0, 20), few=_few)
    def a_piece_is_short(self, number: int, few: int) -> None:
        one = self._some_shipment(number)
        if one is not None:
            first, *rest = one.fulfilment.lines
            found = [LineQuantity(line_id=first.line_id, quantity=first.quantity - 1)] if first.quantity > 1 else []
            found += [LineQuantity(line_id=x.line_id, quantity=x.quantity) for x in rest]
            self._send(ConfirmPickedV1(**_about(one), lines=tuple(found)), few)

    @rule(number=st.integers(0, 9), few=_few)
    def a_wave_is_closed(self, number: int, few: int) -> None:
        found = sorted(self.world.all(Wave), key=lambda one: one.wave_id)
        if found:
            one = found[number % len(found)]
            self._send(CloseWaveV1(owner="main", location_id=one.location_id, wave_id=one.wave_id), few)

    @rule(number=st.integers(0, 20), few=_few)
    def goods_go_into_the_parcel_of_others(self, number: int, few: int) -> None:
        found = sorted((s for s in self.world.all(Shipment) if s.lead), key=lambda s: s.fulfilment_id)
        if found:
            one = found[number % len(found)]
            self._send(ConfirmPackedV1(**_about(one), packed_with=one.lead), few)

    @rule(
        number=st.integers(0, 20), few=_few, weights=st.lists(st.sampled_from([300, 900, 4000]), min_size=1, max_size=3)
    )
    def goods_are_packed(self, number: int, few: int, weights: list[int]) -> None:
        one = self._some_shipment(number)
        if one is not None:
            parcels = tuple(PackedParcel(weight_g=grams) for grams in weights)
            self._send(ConfirmPackedV1(**_about(one), parcels=parcels), few)

    @rule(number=st.integers(0, 20), few=_few)
    def each_line_is_packed_by_itself(self, number: int, few: int) -> None:
        one = self._some_shipment(number)
        if one is not None:
            parcels = tuple(
                PackedParcel(weight_g=500, lines=(LineQuantity(line_id=x.line_id, quantity=x.quantity),))
                for x in one.fulfilment.lines
            )
            self._send(ConfirmPackedV1(**_about(one), parcels=parcels), few)

    @rule(number=st.integers(0, 20), few=_few, outcome=st.sampled_from(["done", "done", "failed"]))
    def a_step_is_confirmed(self, number: int, few: int, outcome: Any) -> None:
        found = sorted((s for s in self.world.all(Shipment) if s.steps), key=lambda s: s.fulfilment_id)
        if found:
            one = found[number % len(found)]
            self._send(ConfirmStepV1(**_about(one), step=one.steps[0].name, outcome=outcome), few)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            finish(self.world, self.draw)
            sound(self.world)


def _about(one: Shipment) -> dict[str, str]:
    return {"owner": "main", "order_id": one.order_id, "fulfilment_id": one.fulfilment_id}


def finish(world: World, draw: Any) -> None:
    """Everybody does their part; what waits for a step gets it."""

    def with_steps(world: World, draw: Any) -> None:
        for one in [s for s in world.all(Shipment) if is_open(s.status)]:
            for step in one.steps:
                world.send(ConfirmStepV1(**_about(one), step=step.name))
        world.run(draw, trouble=False)
        endings.ship_all(world, draw)

    endings.finish(world, draw, with_steps)


def sound(world: World) -> None:
    """As all orders are; and no parcel has two labels, none of which is lost, and no queue holds what is over."""
    assert world.dead == []
    assert [violation for check in audit(world.facts()) for violation in check.violations] == []
    for order in world.all(OrderRecord):
        assert order.has_ended or order.status == "expected", f"{order.order_id} is {order.status}: {order.holds}"
    assert not [s for s in world.all(Shipment) if is_open(s.status) or s.intent]
    assert not list(world.all(Task))
    labels: Counter[str] = Counter()
    moved: Counter[str] = Counter()
    for intent, answer in world.done_outside.values():
        match intent.request:
            case BuyLabel():
                labels[answer.tracking_number] += 1
            case VoidLabel():
                labels[intent.request.tracking_number] -= 1
            case Capture():
                moved["payment-captured"] += intent.request.amount.amount_minor
            case Refund():
                moved["payment-refunded"] += intent.request.amount.amount_minor
    used = {p.tracking_number for s in world.all(Shipment) if s.shipped_at for p in labels_of(s).values()}
    assert {number for number, left in labels.items() if left} == used
    assert set(labels.values()) <= {0, 1}
    told: Counter[str] = Counter()
    for event in world.events:
        if event.NAME in {"payment-captured", "payment-refunded"}:
            told[event.NAME] += event.amount.amount_minor
    assert told == +moved


TestWarehouseOrders = WarehouseOrders.TestCase
TestWarehouseOrders.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
