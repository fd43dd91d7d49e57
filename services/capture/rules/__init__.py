"""What is configured of capture: each channel in ``channels.toml``, and beside it what its orders are checked for."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)
from pydantic_core import PydanticCustomError

from crossdock_contracts.base import Owner
from crossdock_contracts.values import ChannelPolicy, Code
from services.capture.channels import Format
from services.capture.rules.addresses import AddressRules
from services.capture.rules.customers import CustomerRules
from services.capture.rules.fraud import FraudRules
from services.capture.rules.workflow import Workflow
from services.hub.toml import RulesError, load_toml

MOST_LINES = 700
"""Lines that an order may have, its kits taken apart: a decision is bounded."""


def _address(text: str) -> str:
    if not re.match(r"https?://[^/\s]+", text):
        kind, meant = "address", "it begins with https://, as in https://shop.example.com"
        raise PydanticCustomError(kind, meant)
    return text.rstrip("/")


Url = Annotated[str, AfterValidator(_address)]
"""The address of an API."""

FULFILLERS = ("hub", "channel", "till")
"""Who may fulfil an order."""


class ApiConfig(BaseModel):
    """How a channel's web API is reached, and what goes over it. Secrets: `services.hub.secrets`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Url
    """Where it is, such as ``https://shop.example.com``."""
    account: Mapping[str, str] = {}
    """What else tells whose account it is, as the channel's documentation page says."""
    locations: Mapping[str, str] = {}
    """Our locations by the channel's names for them, beside those that stand with the channel itself."""
    poll_minutes: NonNegativeFloat = 10.0
    """How often orders are asked for that are new or changed; 0: never."""
    overlap_minutes: NonNegativeFloat = 15.0
    """How far back each time, for what the channel was slow to list."""
    first_days: NonNegativeFloat = 2.0
    """How far back the first time."""
    tell: tuple[Literal["acknowledge", "ship", "cancel", "refund"], ...] = ("acknowledge", "ship", "cancel", "refund")
    """What the channel is told of its orders; that they have come only where it wants to hear that."""
    stock_seconds: NonNegativeFloat = 10.0
    """How often stock that has changed is published; 0: never."""
    restate_hours: NonNegativeFloat = 24.0
    """Within so long every figure is published anew, changed or not, a few at a time: whatever became of it in the
    channel is set right; 0: never."""
    stock_by: Literal["listing", "sku"] = "listing"
    """What the channel knows goods by: its own ids, as they are mapped, or our SKUs."""
    timeout_s: PositiveFloat = 30.0
    concurrency: PositiveInt = 8
    rate_per_s: NonNegativeFloat = 0.0
    """Most calls; 0: as many as the channel's own answers allow."""


class ChannelConfig(BaseModel):
    """One channel in ``channels.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str
    """Which file in `channels/` reads its payloads."""
    owner: Owner = "main"
    """Whose orders they are."""
    rounding_minor: NonNegativeInt = 0
    """How far its totals may be off."""
    listing_is_sku: bool = False
    """A listing that is mapped to nothing is taken for a SKU of the same name."""
    needs_address: bool = True
    """Orders without a complete address are held."""
    hold_hours: PositiveFloat = 72.0
    """Holds expire after so long …"""
    on_expiry: str = Field(default="reject", pattern="^(release|reject)$")
    """… and then this happens."""
    most_lines: int = Field(default=MOST_LINES, ge=1, le=MOST_LINES)
    """Orders with more lines, their kits taken apart, are refused."""
    policy: ChannelPolicy = ChannelPolicy()
    locations: Mapping[str, str] = {}
    """Our locations by the channel's names for them: where it says that buyers collect, or what was sold where."""
    api: ApiConfig | None = None
    """None: the channel is neither asked nor told."""
    urgent_when_short: bool = False
    """An order that loses its stock is held for somebody to act at once, rather than waiting for other pieces."""
    urgent_hours: PositiveFloat = 4.0
    """Such a hold expires after so long; the order goes on waiting then."""
    urgent_role: Code = "marketplace-desk"
    """Who has to act on it."""
    location: str = ""
    """Where goods are handed over of what the channel fulfils itself: the shop of a till, or a marketplace's own
    warehouse, if its stock is kept here. An order may name another."""
    recorded_days: PositiveFloat = 30.0
    """An order that the channel fulfils is taken for fulfilled after so long, unless the channel said so before."""
    check_repeats: bool = True
    """The same goods for the same customer within minutes are held; false for what was sold long ago."""
    customer_po_required: bool = False
    """Orders on terms without the customer's own order number are held."""

    @property
    def places(self) -> Mapping[str, str]:
        """Our locations by the channel's names for them, wherever they stand."""
        return {**self.locations, **self.api.locations} if self.api else self.locations

    @model_validator(mode="after")
    def _somebody_fulfils(self) -> "ChannelConfig":
        if self.policy.fulfil_by not in FULFILLERS:
            msg = f"policy.fulfil_by is {self.policy.fulfil_by!r}; it may be {', '.join(FULFILLERS)}"
            raise ValueError(msg)
        return self


@dataclass(frozen=True, slots=True)
class Checks:
    """What orders of every channel are checked for."""

    addresses: AddressRules
    customers: CustomerRules
    fraud: FraudRules
    workflow: Workflow

    @classmethod
    def load(cls, folder: Path) -> "Checks":
        """Read ``addresses.toml``, ``customers.toml``, ``fraud.toml`` and ``workflow.toml``.

        Raises:
            RulesError: one is missing or wrong; the text says where.
        """
        customers = CustomerRules.load(folder)
        return cls(
            addresses=AddressRules.load(folder),
            customers=customers,
            fraud=FraudRules.load(folder, customers.remember_orders),
            workflow=Workflow.load(folder),
        )


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that is set up here."""

    name: Code
    config: ChannelConfig = field(compare=False)
    format: Format
    checks: Checks = field(compare=False)

    def key(self, channel_order_id: str) -> str:
        """The order id within the owner."""
        return f"{self.name}:{channel_order_id}"


class UnknownChannelError(LookupError):
    """No such channel is set up; the text says where channels are set up."""


class Channels:
    """All channels of this hub."""

    def __init__(self, channels: dict[str, Channel]) -> None:
        self._channels = channels

    def __getitem__(self, name: str) -> Channel:
        """The channel of this name.

        Raises:
            UnknownChannelError: there is none.
        """
        try:
            return self._channels[name]
        except KeyError:
            known = ", ".join(sorted(self._channels))
            msg = f"no channel {name!r} is set up in channels.toml; known: {known}"
            raise UnknownChannelError(msg) from None

    @property
    def names(self) -> list[str]:
        """All channel names."""
        return sorted(self._channels)

    @classmethod
    def load(cls, folder: Path, formats: Mapping[str, Callable[[], Format]]) -> "Channels":
        """Read ``channels.toml`` and the files of `Checks`.

        Raises:
            RulesError: one cannot be read, or names an unknown format or location; the text says where.
        """
        configs = load_toml(folder / "channels.toml", dict[str, ChannelConfig])
        for name, config in configs.items():
            if config.format not in formats:
                msg = f"channels.toml: {name}.format is {config.format!r}; known: {', '.join(sorted(formats))}"
                raise RulesError(msg)
        _check_locations(configs, folder)
        checks = Checks.load(folder)
        return cls({name: Channel(name, config, formats[config.format](), checks) for name, config in configs.items()})


class _LocationsFile(BaseModel):
    """``locations.toml``, of which only the names count here."""

    location: Mapping[str, object]


def _check_locations(configs: Mapping[str, ChannelConfig], folder: Path) -> None:
    """See to it that channels name our locations as they are called.

    Raises:
        RulesError: one names a location that there is not.
    """
    named = [(name, ours) for name, config in configs.items() for ours in (config.location, *config.places.values())]
    if not any(ours for _, ours in named):
        return
    known = load_toml(folder / "locations.toml", _LocationsFile).location
    for name, ours in named:
        if ours and ours not in known:
            msg = f"channels.toml: {name}: {ours!r} is no location of locations.toml; known: {', '.join(sorted(known))}"
            raise RulesError(msg)
