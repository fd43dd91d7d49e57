"""What carriers answer."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import Field

from crossdock_contracts.base import Utc, Value
from crossdock_contracts.labels import LabelObject
from crossdock_contracts.tracking import TrackingUpdateV1
from crossdock_contracts.values import Address, Code, Country, Money
from services.shipping.carriers.codes import Status


class Label(Value):
    """A label that was bought."""

    tracking_number: str
    cost: Money
    documents: Mapping[str, bytes]
    """The label itself, by format, and what else has to be with the parcel: ``invoice``."""
    handle: str = ""
    """The carrier's own id of the purchase, where it wants to hear that rather than the tracking number."""


class Voided(Value):
    """A label that was given back."""

    tracking_number: str


class Offer(Value):
    """A service at a price."""

    carrier: Code
    service: str
    cost: Money
    transit_days: int | None = None
    deliver_by: Utc | None = None


class Rates(Value):
    """What a parcel would cost; a carrier that makes no offer may say why."""

    offers: tuple[Offer, ...]
    silent: tuple[str, ...] = ()


class Shopped(Value):
    """What several carriers offered in time, and why there are no more offers."""

    offers: tuple[Offer, ...] = ()
    silent: Mapping[str, str] = Field(default_factory=lambda: MappingProxyType({}))
    """Why carriers did not answer, or made no offer."""
    down: tuple[str, ...] = ()
    """Those of them that may answer another time."""
    avoid: tuple[str, ...] = ()
    """Carriers that would not sell just now, whatever they offer."""


class Scan(Value):
    """One thing that happened to a parcel on its way."""

    status: Status
    at: Utc
    code: str
    """As the carrier wrote it."""
    detail: str = ""
    city: str = ""
    country: Country | None = None


class Tracked(Value):
    """What is known of a parcel, oldest first."""

    tracking_number: str
    carrier: Code
    scans: tuple[Scan, ...]
    expected_at: Utc | None = None

    @property
    def last(self) -> Scan | None:
        """What was said last."""
        return self.scans[-1] if self.scans else None

    def updates(self, owner: str, order_id: str, fulfilment_id: str) -> list[TrackingUpdateV1]:
        """What shipping is to be told; scans that are no news to it are left out, and it lets pass what it knows."""
        return [
            TrackingUpdateV1(
                owner=owner,
                order_id=order_id,
                fulfilment_id=fulfilment_id,
                tracking_number=self.tracking_number,
                status=told[0],
                code=told[1],
                occurred_at=scan.at,
                detail=", ".join(filter(None, (scan.detail or scan.status, scan.city))),
            )
            for scan in self.scans
            if (told := scan.status.told_as) is not None
        ]


class Tracks(Value):
    """What is known of the parcels that were asked about; of those that are missing the carrier knows nothing yet."""

    parcels: tuple[Tracked, ...]


class AddressChecked(Value):
    """Whether an address can be delivered to."""

    deliverable: bool
    address: Address | None = None
    """As it is properly written, where it could be found."""
    problems: tuple[str, ...] = ()
    residential: bool | None = None


class Manifested(Value):
    """What was handed over stands in one document."""

    manifest_id: str
    tracking_numbers: tuple[str, ...]
    documents: Mapping[str, bytes]


class ManifestKept(Value):
    """The same, its document stored."""

    number: str
    tracking_numbers: tuple[str, ...] = ()
    """Of those that stand in it; empty: all."""
    documents: tuple[LabelObject, ...] = ()


class PickupBooked(Value):
    """Parcels will be fetched."""

    pickup_id: str
    confirmation: str = ""
    cost: Money | None = None


class PickupCancelled(Value):
    """They will not."""

    pickup_id: str


Answer = Label | Voided | Rates | Tracks | AddressChecked | Manifested | PickupBooked | PickupCancelled
