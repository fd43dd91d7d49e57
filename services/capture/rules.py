"""What is configured of each channel, in ``channels.toml``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveFloat

from crossdock_contracts.base import Owner
from crossdock_contracts.capture import OrderInput
from crossdock_contracts.values import ChannelPolicy, Code
from services.hub.toml import RulesError, load_toml

MOST_LINES = 700
"""Lines that an order may have, its kits taken apart: a decision is bounded."""


class UnmappableError(ValueError):
    """A payload that cannot become an order; the text names the JSON path and the reason."""


class Format(Protocol):
    """How one kind of payload is read."""

    name: str

    def order_id(self, body: bytes) -> str:
        """The channel's id of the order in a payload, read at the edge.

        Raises:
            UnmappableError: there is none.
        """

    def read(self, body: bytes) -> OrderInput:
        """The order in a payload.

        Raises:
            UnmappableError: it is not one.
        """


class ChannelConfig(BaseModel):
    """One channel in ``channels.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

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
    urgent_when_short: bool = False
    """An order that loses its stock is held for somebody to act at once, rather than waiting for other pieces."""
    urgent_hours: PositiveFloat = 4.0
    """Such a hold expires after so long; the order goes on waiting then."""
    urgent_role: Code = "marketplace-desk"
    """Who has to act on it."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that is set up here."""

    name: Code
    config: ChannelConfig
    format: Format

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
        """Read ``channels.toml``.

        Raises:
            RulesError: it cannot be read, or names an unknown format; the text says where.
        """
        found: dict[str, Channel] = {}
        for name, table in load_toml(folder / "channels.toml", dict[str, ChannelConfig]).items():
            if table.format not in formats:
                msg = f"channels.toml: {name}.format is {table.format!r}; known: {', '.join(sorted(formats))}"
                raise RulesError(msg)
            found[name] = Channel(name, table, formats[table.format]())
        return cls(found)
