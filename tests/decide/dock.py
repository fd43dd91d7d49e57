"""A dock for tests: one fulfilment, two carriers, and calls that are answered when a test says so."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from crossdock_contracts.routing import FulfilmentStopRequestedV1
from crossdock_contracts.shipping import ConfirmPackedV1, ConfirmPickedV1, ConfirmShippedV1
from crossdock_contracts.tracking import TrackingUpdateV1
from crossdock_contracts.values import LineQuantity
from services.hub.decision import Decision, Done, Failed, Outcome, Refused
from services.hub.terms import Band
from services.shipping.decide import label, pack, stop, track, work
from services.shipping.rules import Rules
from services.shipping.rules.carriers import Carrier, CarrierService
from services.shipping.rules.locations import ShipFrom
from services.shipping.state import Shipment
from tests.builders import BERLIN, NOW, allocated, parcel, pieces
from tests.decide.ledger import Ledger

_LIGHT, _HEAVY = Band(up_to_g=1000, amount_minor=400), Band(up_to_g=5000, amount_minor=600)
_CHEAP = CarrierService(countries=("DE", "NL"), transit_days=2, bands=(_LIGHT, _HEAVY))
_DEAR = CarrierService(hazmat=True, transit_days=4, bands=(Band(up_to_g=30_000, amount_minor=900),))

RULES = Rules(
    locations={
        "BER": ShipFrom(address=BERLIN),
        "LON": ShipFrom(address=BERLIN, label_at="pack"),
        "SUP": ShipFrom(address=BERLIN, label_by="supplier"),
    },
    carriers={
        "dear": Carrier(adapter="dear", currency="EUR", service={"standard": _DEAR}),
        "cheap": Carrier(adapter="cheap", currency="EUR", service={"standard": _CHEAP}),
    },
)
ABOUT = {"owner": "main", "order_id": "web:1", "fulfilment_id": "web:1/1"}
BOUGHT = Done(parcel())
NO = Refused("not-served", "not there")
AWAY = Failed("out of order", 3.0)


class Dock(Ledger):
    """Shipping's decisions about the fulfilment web:1/1, by what they are about."""

    def __init__(self, *open_circuits: str, rules: Rules = RULES) -> None:
        super().__init__()
        self.rules = rules
        self._is_open = open_circuits.__contains__

    @property
    def shipment(self) -> Shipment:
        found: Shipment = self.get(Shipment, "main", "web:1/1")
        return found

    @property
    def quantities(self) -> dict[str, int]:
        """What is left of each line."""
        lines = self.shipment.fulfilment.lines if self.shipment.fulfilment else ()
        return {line.line_id: line.quantity for line in lines}

    def arrives(self, made: Any = None) -> Decision:
        return self.take(partial(label.ship, self.rules, self._is_open), allocated(made), NOW)

    def picked(self, *lines: LineQuantity, by: str = "") -> Decision:
        """Confirm as picked these pieces, or one."""
        message = ConfirmPickedV1(**ABOUT, lines=lines or (pieces(),), picked_by=by)
        return self.take(partial(work.confirm_picked, self.rules), message, NOW)

    def packed(self, weight_g: int | None = None, **fields: Any) -> Decision:
        message = ConfirmPackedV1(**ABOUT, weight_g=weight_g, **fields)
        return self.take(partial(pack.confirm_packed, self.rules, self._is_open), message, NOW)

    def shipped(self, at: datetime | None = None) -> Decision:
        return self.take(work.confirm_shipped, ConfirmShippedV1(**ABOUT, shipped_at=at), NOW)

    def tracked(self, status: Any, at: datetime = NOW, code: str = "") -> Decision:
        return self.take(track.track, TrackingUpdateV1(**ABOUT, status=status, occurred_at=at, code=code), NOW)

    def stop(self, *lines: LineQuantity, cancel_id: str = "c-1") -> Decision:
        """Ask for these pieces to be stopped, or one."""
        message = FulfilmentStopRequestedV1(
            **ABOUT, cancel_id=cancel_id, lines=lines or (pieces(),), reason="requested"
        )
        return self.take(partial(stop.stop, self.rules), message, NOW)

    def answered(self, outcome: Outcome, key: str = "") -> Decision:
        """A carrier answers: the call that is under way, or the one with this key."""
        intent = self.shipment.intent
        answer = replace(outcome, key=key or (intent.key if intent else ""))
        return self.take(partial(label.settle_label, self.rules), allocated(), NOW, answer)
