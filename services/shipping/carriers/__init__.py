"""One file for each carrier. All take the same requests and give the same answers (`requests`, `answers`)."""

from typing import Protocol

from services.hub.effects import PermanentError
from services.shipping.carriers.answers import (
    AddressChecked,
    Answer,
    Label,
    Manifested,
    Offer,
    PickupBooked,
    PickupCancelled,
    Rates,
    Scan,
    Tracked,
    Tracks,
    Voided,
)
from services.shipping.carriers.requests import (
    BookPickup,
    BoughtParcel,
    BuyLabel,
    CancelPickup,
    Customs,
    CustomsItem,
    GetRates,
    MakeManifest,
    Request,
    TrackParcels,
    ValidateAddress,
    VoidLabel,
    Wanted,
)

__all__ = [
    "AccountAdapter",
    "AddressChecked",
    "Answer",
    "BookPickup",
    "BoughtParcel",
    "BuyLabel",
    "CancelPickup",
    "CarrierAdapter",
    "Customs",
    "CustomsItem",
    "GetRates",
    "Label",
    "MakeManifest",
    "Manifested",
    "Offer",
    "PickupBooked",
    "PickupCancelled",
    "Rates",
    "Request",
    "Scan",
    "TrackParcels",
    "Tracked",
    "Tracks",
    "ValidateAddress",
    "VoidLabel",
    "Voided",
    "Wanted",
    "not_supported",
]


class CarrierAdapter(Protocol):
    """One carrier, or a house that speaks for several.

    What is asked is told by the request's type; ``operation`` is its word for metrics and circuits: ``buy``, ``void``,
    ``rate``, ``track``, ``validate``, ``manifest``, ``pickup``, ``cancel-pickup``.
    """

    name: str

    async def call(self, operation: str, key: str, request: object) -> Answer:
        """Do what is asked, once for each key.

        Raises:
            PermanentError: refused; ``not-supported`` where the carrier does no such thing.
            TransientError, UnknownError: see `services.hub.effects`.
        """

    async def look_up(self, operation: str, key: str, request: object) -> Answer | None:
        """What was done under this key; none if nothing was: it never arrived, or was refused."""


class AccountAdapter(CarrierAdapter, Protocol):
    """A carrier outside, through an account with it."""

    most_tracked: int
    """Parcels that it can be asked about at a time."""

    async def close(self) -> None:
        """Let go of its connections and threads."""


def not_supported(carrier: str, operation: str) -> PermanentError:
    """The refusal of what a carrier does not do."""
    return PermanentError("not-supported", f"{carrier} does no {operation}")
