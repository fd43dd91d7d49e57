"""One file for each carrier. All take the same two requests and give the same answers."""

from collections.abc import Mapping
from typing import Protocol

from crossdock_contracts.base import Value
from crossdock_contracts.values import Address, Code, Dimensions, Money


class BuyLabel(Value):
    """Buy a label for one parcel."""

    carrier: Code
    service: str
    reference: str
    """Fulfilment id, printed on the label."""
    ship_from: Address
    ship_to: Address
    weight_g: int
    dimensions: Dimensions | None = None
    parcel: int = 1
    """Which parcel of the fulfilment, counted from 1."""
    rate: Money
    cash_on_delivery: Money | None = None
    formats: tuple[str, ...] = ("pdf", "zpl")
    from_name: str = ""


class VoidLabel(Value):
    """Give back a label that was not used."""

    carrier: Code
    tracking_number: str


class Label(Value):
    """A label that was bought."""

    tracking_number: str
    cost: Money
    documents: Mapping[str, bytes]
    """The label itself, by format."""


class Voided(Value):
    """A label that was given back."""

    tracking_number: str


class CarrierAdapter(Protocol):
    """One carrier, or a house that speaks for several."""

    name: str

    async def call(self, operation: str, key: str, request: object) -> Label | Voided:
        """Buy or void a label, once for each key.

        Raises:
            TransientError, PermanentError, UnknownError: see `services.hub.effects`.
        """

    async def look_up(self, operation: str, key: str, request: object) -> Label | Voided | None:
        """What was answered under this key; none if it never arrived."""
