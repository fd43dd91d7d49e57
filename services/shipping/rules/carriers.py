"""``carriers.toml``: carriers, their services, what these cost by weight, and the accounts that buy their labels."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat, PositiveInt

from crossdock_contracts.base import Owner
from crossdock_contracts.values import Code, Country, Currency
from services.hub.exchange import Exchange
from services.hub.terms import ServiceTerms


class CarrierService(ServiceTerms):
    """One service of a carrier: its terms, and what only shipping cares for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    returns: bool = False
    """It brings back from there what buyers return."""
    calendar: dict[str, Any] = Field(default_factory=dict)
    """Routing's part."""


class Carrier(BaseModel):
    """A carrier: which adapter buys its labels, and its services with their rates."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    adapter: Code
    currency: Currency
    active: bool = True
    rates: Literal["table", "live"] = "table"
    """Where its prices come from: from the bands, or from itself, each time. Then the bands are what routing expects of
    it; they also tell how heavy a parcel it takes, and whether weighing makes a difference."""
    calendar: dict[str, Any] = Field(default_factory=dict)
    """Routing's part."""
    manifests: bool = False
    """What it gets stands in a manifest: `crossdock warehouse manifest`, or the location's `manifest_at`."""
    pickups: bool = False
    """It comes when it is called: `crossdock warehouse book-pickup`."""
    volumetric_divisor: PositiveInt | None = None
    """Cubic centimetres that count as a kilogram, for instance 5000: a bulky parcel is priced by its volume. None: by
    its weight alone."""
    service: dict[str, CarrierService]

    def wants(self, purpose: Literal["manifest", "pickup"]) -> bool:
        """Whether parcels that it gets wait for this."""
        return self.manifests if purpose == "manifest" else self.pickups


class Account(BaseModel):
    """An account with a carrier, or with a house that speaks for several.

    Its secrets stand elsewhere, by the names ``carrier.<account>.<secret>``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["ups", "fedex", "dhl-express", "usps", "easypost"]
    test: bool = False
    """It is one with the carrier's test system."""
    url: str = ""
    """Is called in place of the carrier's own address."""
    settings: dict[str, str | int | bool] = Field(default_factory=dict)
    """What the carrier knows the account by, such as ``account_number``."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Goes with every request, as karrio's options of that carrier."""
    validates: tuple[Country | Literal["*"], ...] = ()
    """Countries of whose addresses it is asked whether it delivers there, ``*`` for those that no other account names;
    of which orders, capture's ``addresses.toml`` says."""
    names: dict[Code, str] = Field(default_factory=dict)
    """What a house that speaks for several calls carriers that are called otherwise here."""
    concurrency: PositiveInt = 16
    """Calls at a time; as many others may ask for rates and where parcels are."""
    rate_per_s: NonNegativeFloat = 0.0
    """Calls a second that change something; 0: as many as the carrier takes."""
    timeout_s: PositiveFloat = 20.0
    attempts: PositiveInt = 3
    """Tries in place, before the next carrier is asked or the parcel waits."""
    owner: Owner = "main"
    """Whose account it is; the orders whose parcels go through it may be of others."""
    track_minutes: NonNegativeFloat = 120.0
    """The carrier is asked where parcels are as often as this, whether it tells by itself or not; 0: never."""
    track_days: PositiveInt = 60
    """A parcel that is still not at rest so long after its label was bought is not asked about any more."""


class RateShopping(BaseModel):
    """How carriers are asked for live rates."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    deadline_s: PositiveFloat = 2.0
    """Those that have not answered by then do not compete."""


class CarriersFile(BaseModel):
    """``carriers.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    carrier: dict[Code, Carrier]
    account: dict[Code, Account] = Field(default_factory=dict)
    rates: RateShopping = RateShopping()
    exchange: Exchange = Exchange()
