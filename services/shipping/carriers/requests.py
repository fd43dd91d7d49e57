"""What carriers are asked. Weights are grams, lengths millimetres, money minor units."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from crossdock_contracts.base import Utc, Value
from crossdock_contracts.values import Address, Code, Country, Dimensions, Money

Incoterm = Literal["EXW", "FCA", "FAS", "FOB", "CFR", "CIF", "CPT", "CIP", "DAP", "DPU", "DDP"]
"""Incoterms 2020: who pays what on the way. ``DDP``: the sender pays duties; ``DAP``: the recipient."""


class CustomsItem(Value):
    """One kind of goods in a parcel that crosses a border."""

    description: str
    quantity: PositiveInt
    weight_g: NonNegativeInt
    """Of one piece."""
    value: Money
    """Of one piece."""
    hs_code: str = ""
    """Harmonised System, 6 to 10 digits."""
    origin: Country | None = None
    """Where it was made."""
    sku: str = ""


class Customs(Value):
    """What customs are told of a parcel."""

    items: tuple[CustomsItem, ...]
    contents: Literal["merchandise", "gift", "documents", "sample", "returned-goods", "other"] = "merchandise"
    incoterm: Incoterm = "DAP"
    invoice_number: str = ""
    signed_by: str = ""
    """Who certifies that this is so."""
    if_undeliverable: Literal["return", "abandon"] = "return"
    export_declaration: str = ""
    """The export filing's number, or why none is needed: ``NOEEI 30.37(a)`` in the USA."""
    tax_ids: Mapping[str, str] = Field(default_factory=dict)
    """The sender's numbers, by kind: ``IOSS``, ``VAT``, ``EORI``, ``EIN`` …"""


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
    customs: Customs | None = None
    """For parcels that cross a border."""
    is_return: bool = False
    """It comes back: ``ship_from`` is the buyer, who pays nothing for it."""


class VoidLabel(Value):
    """Give back a label that was not used."""

    carrier: Code
    tracking_number: str
    handle: str = ""
    """The carrier's own id of the purchase, as its `Label` had it."""


class GetRates(Value):
    """Ask what a parcel would cost."""

    ship_from: Address
    ship_to: Address
    weight_g: int
    dimensions: Dimensions | None = None
    customs: Customs | None = None
    is_return: bool = False
    carriers: tuple[Code, ...] = ()
    """Of a house that speaks for several, these; empty: all."""


class Wanted(Value):
    """A parcel that is asked about."""

    carrier: Code
    tracking_number: str


class TrackParcels(Value):
    """Ask where parcels are: as many at a time as the carrier tells of in one answer."""

    parcels: tuple[Wanted, ...]


class ValidateAddress(Value):
    """Ask whether an address can be delivered to, and how it is written."""

    address: Address


class BoughtParcel(Value):
    """A parcel whose label was bought."""

    tracking_number: str
    handle: str = ""
    weight_g: int = 1000


class MakeManifest(Value):
    """Close a day: one document for all parcels that are handed over."""

    carrier: Code
    ship_from: Address
    parcels: tuple[BoughtParcel, ...]


class BookPickup(Value):
    """Have parcels fetched."""

    carrier: Code
    address: Address
    ready_at: Utc
    closes_at: Utc
    parcels: tuple[BoughtParcel, ...]
    instructions: str = ""
    timezone: str = "UTC"
    """IANA time zone of the address: some carriers want to hear its own time."""


class CancelPickup(Value):
    """Call a pickup off."""

    carrier: Code
    pickup_id: str


SHOP = "rate-shop"
"""The adapter that asks several carriers at once."""


class Asked(Value):
    """A carrier, and the account that speaks for it."""

    carrier: Code
    adapter: Code


class ShopRates(Value):
    """Ask several carriers what a parcel would cost."""

    parcel: GetRates
    asked: tuple[Asked, ...]


Request = BuyLabel | VoidLabel | GetRates | TrackParcels | ValidateAddress | MakeManifest | BookPickup | CancelPickup
