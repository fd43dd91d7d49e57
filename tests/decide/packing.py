"""Fulfilments that are being packed, at a dock."""

from typing import Any

from crossdock_contracts.fulfilments import Fulfilment
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.values import Dimensions
from services.hub.decision import Done
from services.shipping.carriers import Voided
from services.shipping.rules import Rules
from tests.builders import fulfilment, fulfilment_line, parcel, pieces
from tests.decide.dock import BOUGHT, RULES, Dock

VOIDED = Done(Voided(tracking_number="XD1"))
LARGE = Dimensions(length_mm=400, width_mm=300, height_mm=200)
TWO_LINES = (fulfilment_line(1, quantity=2), fulfilment_line(2, "B"))


def rules(location: str = "BER", divisor: int | None = None, **fields: Any) -> Rules:
    """The dock's rules, a location and a carrier of which are in part others."""
    places = {**RULES.locations, location: RULES.locations[location].model_copy(update=fields)}
    cheap = RULES.carriers["cheap"].model_copy(update={"volumetric_divisor": divisor})
    return RULES.model_copy(update={"locations": places, "carriers": {**RULES.carriers, "cheap": cheap}})


def picked(made: Fulfilment | None = None, rules: Rules = RULES) -> Dock:
    """A fulfilment that waits to be packed; where labels are bought at release it has one."""
    made = made or fulfilment()
    dock = Dock(rules=rules)
    if dock.arrives(made).intent is not None:
        dock.answered(BOUGHT)
    dock.picked(*(pieces(line.quantity, int(line.line_id), line.sku) for line in made.lines))
    return dock


def sold(number: int) -> Done:
    """A carrier sells a label of this number."""
    return Done(parcel(f"XD{number}"))


def why_not(dock: Dock) -> str:
    """Why the last command was refused."""
    return str(dock.said(CommandRefusedV1)[-1].detail)
