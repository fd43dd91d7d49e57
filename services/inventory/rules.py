"""What is configured of stock: in ``stock.toml``, and who is its master in ``locations.toml``."""

from collections.abc import Iterable
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt

from crossdock_contracts.stock import Percent
from crossdock_contracts.values import Address, Code, Country
from services.hub.toml import load_toml
from services.inventory.state import ChannelLimit, Reorder, Stock


class StockLocation(BaseModel):
    """A location, as far as inventory goes by it. Routing and shipping read the same file for their part."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    address: Address
    stock_master: Literal["hub", "wms"] = "hub"
    """Who knows what is there: the hub, whose counts are believed, or its WMS, whose snapshots are."""


class LocationsFile(BaseModel):
    """``locations.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    location: dict[str, StockLocation]


class LimitRule(BaseModel):
    """How much a channel may be promised of some SKUs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: Code
    sku_prefixes: tuple[str, ...] = ()
    """SKUs that begin so; empty: all."""
    buffer: NonNegativeInt = 0
    share_percent: Percent | None = None


class ReorderRule(BaseModel):
    """When some SKUs are low."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku_prefixes: tuple[str, ...] = ()
    reorder_at: NonNegativeInt
    reorder_up_to: NonNegativeInt = 0


class CountRules(BaseModel):
    """How far a count may be from what was expected before somebody has to approve it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tolerance_pieces: NonNegativeInt = 2
    tolerance_percent: NonNegativeFloat = 2.0
    """Of what was expected. The wider of the two counts."""
    approver: Code = "stock-control"
    """The role that decides."""

    def tolerates(self, counted: int, expected: int) -> bool:
        """Whether a difference is small enough to be believed at once."""
        return abs(counted - expected) <= max(self.tolerance_pieces, self.tolerance_percent * abs(expected) / 100)


class SnapshotRules(BaseModel):
    """How snapshots are believed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    grace_minutes: NonNegativeFloat = 10.0
    """After a snapshot that leaves less than is promised, promises are taken back only then: shipments that had left
    may not have been confirmed yet."""


class ShelfLife(BaseModel):
    """How many days a lot must have left, its last one included, to be sold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_days: NonNegativeInt = 0
    """For categories that are not named."""
    categories: dict[str, NonNegativeInt] = Field(default_factory=dict)
    """By product category."""

    def of(self, category: str) -> int:
        """The days for a product of this category."""
        return self.categories.get(category, self.min_days)


Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class Area(BaseModel):
    """Where a country lies, and places in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    centre: tuple[Latitude, Longitude]
    postcodes: dict[str, tuple[Latitude, Longitude]] = Field(default_factory=dict)
    """Places by what their postcodes begin with; the longest that fits counts."""


class StockFile(BaseModel):
    """``stock.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: tuple[LimitRule, ...] = ()
    reorder: tuple[ReorderRule, ...] = ()
    count: CountRules = CountRules()
    snapshot: SnapshotRules = SnapshotRules()
    shelf_life: ShelfLife = ShelfLife()
    area: dict[Country, Area] = Field(default_factory=dict)


class Rules(BaseModel):
    """All that inventory goes by."""

    model_config = ConfigDict(frozen=True)

    stock: StockFile = StockFile()
    locations: dict[str, StockLocation] = Field(default_factory=dict)

    @cached_property
    def wms(self) -> frozenset[str]:
        """The locations whose WMS is the master of their stock."""
        return frozenset(name for name, one in self.locations.items() if one.stock_master == "wms")

    @property
    def shelf_life(self) -> ShelfLife:
        """How many days a lot must have left to be sold."""
        return self.stock.shelf_life

    @property
    def grace(self) -> timedelta:
        """How long what is on its way has to come in after a snapshot."""
        return timedelta(minutes=self.stock.snapshot.grace_minutes)

    def limit(self, stock: Stock, channel: str) -> ChannelLimit | None:
        """How much of a SKU a channel may have: as set for the SKU, else the first rule that fits; none: all of it."""
        if stock.limits and (found := stock.limits.get(channel)) is not None:
            return found
        for rule in self.stock.limit:
            if rule.channel == channel and _fits(rule.sku_prefixes, stock.sku):
                return ChannelLimit(buffer=rule.buffer, share_percent=rule.share_percent)
        return None

    def reorder(self, stock: Stock) -> Reorder | None:
        """When a SKU is low: as set for it, else the first rule that fits; none: never."""
        if stock.reorder is not None:
            return stock.reorder
        for rule in self.stock.reorder:
            if _fits(rule.sku_prefixes, stock.sku):
                return Reorder(reorder_at=rule.reorder_at, reorder_up_to=rule.reorder_up_to)
        return None

    @classmethod
    def load(cls, folder: Path) -> "Rules":
        """Read both files.

        Raises:
            RulesError: one is missing or wrong.
        """
        locations = load_toml(folder / "locations.toml", LocationsFile).location
        return cls(stock=load_toml(folder / "stock.toml", StockFile), locations=locations)


def _fits(prefixes: Iterable[str], sku: str) -> bool:
    prefixes = tuple(prefixes)
    return not prefixes or sku.startswith(prefixes)


NO_RULES = Rules()
"""Nothing is configured: no channel has a limit, nothing is ever low, the hub is master everywhere.

Lots are sold to their last day.
"""
