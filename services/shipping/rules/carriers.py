"""``carriers.toml``: carriers, their services, what these cost by weight, and the accounts that buy their labels."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

from crossdock_contracts.base import Owner
from crossdock_contracts.values import Code, Country, Currency
from services.hub.exchange import Exchange


class Band(BaseModel):
    """A price up to a weight."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    up_to_g: PositiveInt
    amount_minor: NonNegativeInt
    per_kg_minor: NonNegativeInt = 0
    """For each kilogram; what that comes to is asked where it is more than the amount."""

    def asks(self, weight_g: int) -> int:
        """The price of a parcel of so many grams."""
        return max(self.amount_minor, -(-self.per_kg_minor * weight_g // 1000))


def _in_order(bands: tuple[Band, ...]) -> tuple[Band, ...]:
    weights = [band.up_to_g for band in bands]
    if weights != sorted(set(weights)):
        msg = f"bands must be in order of weight, each once; these go up to {weights} g"
        raise ValueError(msg)
    return bands


class CarrierService(BaseModel):
    """One service of a carrier: where it goes, how long that takes, and what it costs by weight."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    service_levels: tuple[Code, ...] = ("standard",)
    """Service levels that it can fulfil."""
    countries: tuple[Country, ...] = ()
    """Countries that it goes to; empty: all."""
    banned_countries: tuple[Country, ...] = ()
    """Countries that it does not go to."""
    from_locations: tuple[str, ...] = ()
    """Locations at which it collects; empty: all."""
    hazmat: bool = False
    """It takes hazardous goods of every class."""
    hazmat_classes: tuple[str, ...] = ()
    """It takes hazardous goods of these classes."""
    returns: bool = False
    """It brings back from there what buyers return."""
    post_boxes: bool = True
    """It delivers to post-office boxes and parcel lockers."""
    longest_mm: PositiveInt | None = None
    """The longest side that it takes."""
    girth_mm: PositiveInt | None = None
    """The most that it takes of the longest side and the way around the other two together."""
    transit_days: NonNegativeInt
    """Working days from pickup to delivery."""
    transit_days_to: dict[Country, NonNegativeInt] = Field(default_factory=dict)
    """The same to countries where it differs."""
    bands: Annotated[tuple[Band, ...], Field(min_length=1), AfterValidator(_in_order)]
    """In order of weight; heavier parcels are not taken."""
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
