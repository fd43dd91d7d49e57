"""``locations.toml``: how each location works, labels and ships."""

from datetime import time
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from crossdock_contracts.base import Owner
from crossdock_contracts.values import Address
from services.shipping.carriers.requests import Incoterm

LabelFormat = Literal["pdf", "zpl"]


LabelAt = Literal["release", "pack"]


LabelBy = Literal["hub", "warehouse", "channel", "supplier"]


class Labelling(BaseModel):
    """Where one owner's labels are bought otherwise than the location's; what is left out is as there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label_at: LabelAt | None = None
    label_by: LabelBy | None = None


class Export(BaseModel):
    """What customs are told of parcels that leave a location for abroad, besides the goods."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    incoterm: Incoterm = "DAP"
    """``DDP``: duties and taxes are the sender's; ``DAP``: the recipient's."""
    signed_by: str = ""
    """Who certifies that it is so."""
    export_declaration: str = ""
    """The filing's number, or why none is needed: ``NOEEI 30.37(a)``."""
    tax_ids: dict[str, str] = Field(default_factory=dict)
    """The sender's numbers, by kind: ``IOSS``, ``VAT``, ``EORI``, ``EIN``."""


class Clock(BaseModel):
    """The part of a location's calendar that shipping reads."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    time_zone: str = "UTC"


class ShipFrom(BaseModel):
    """How a location ships. Routing reads the same file for its part."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = ""
    address: Address
    label_at: LabelAt = "release"
    """When labels are bought: when the fulfilment is released, or when it has been packed and weighed."""
    label_by: LabelBy = "hub"
    """Who buys them; whoever else it is reports them."""
    labels: dict[Owner, Labelling] = Field(default_factory=dict)
    """Owners for whom it is otherwise."""
    label_formats: tuple[LabelFormat, ...] = ("pdf", "zpl")
    rerate_from_minor: NonNegativeInt = 1
    """A label that was bought at release is given back, and bought anew, if weighing makes this much of a difference
    to its price; in the carrier's currency."""
    work: Literal["hub", "warehouse"] = "warehouse"
    """With what it works: the hub keeps a queue of what is to be picked, or it has a system of its own."""
    walk: tuple[str, ...] = ()
    """Zones in the order in which pickers walk them; a bin's zone is what its name begins with: ``A`` of ``A-03``."""
    consolidate: bool = False
    """Fulfilments of one recipient that are planned in one wave are packed into one parcel."""
    consolidate_within_hours: PositiveFloat = 24.0
    """If their stock was bound within so long of each other."""
    late_after_hours: PositiveFloat = 24.0
    """What stands in a queue for so long is overdue, unless the fulfilment has a time to ship by."""
    kind: Literal["warehouse", "store", "supplier"] = "warehouse"
    """A supplier gets a purchase order for each fulfilment, which it acknowledges, ships and invoices."""
    accept_minutes: PositiveFloat | None = None
    """It is asked whether it takes on a fulfilment, and has so long to answer; none: it takes on all of them."""
    remind_after_hours: PositiveFloat = 72.0
    """A buyer who has not collected an order by then is reminded."""
    hold_hours: PositiveFloat = 168.0
    """What is not collected within so long is cancelled, or somebody has to see to it where it was shipped here."""
    calendar: Clock = Clock()
    manifest_at: time | None = None
    """The time of day there at which what was packed for carriers that make manifests is closed; none: only by hand."""
    returns_to: str = ""
    """The location where what it has shipped comes back to; empty: itself."""
    export: Export = Export()
    """What customs are told of its parcels."""
    packaging_g: NonNegativeInt = 100
    """Weight of an empty parcel."""
    usual_weight_g: PositiveInt = 500
    """Taken for pieces that have no weight on file."""
    warn_minutes: NonNegativeInt = 60
    """So long before a fulfilment has to leave, one that has not left is warned of; 0: not at all."""
    warn_delivery_hours: NonNegativeInt = 12
    """So long before it has to arrive, one that is not being delivered is warned of; 0: not at all."""

    @model_validator(mode="after")
    def _consolidates_what_is_labelled_at_pack(self) -> Self:
        if self.consolidate and (self.work != "hub" or self.label_by != "hub" or self.label_at != "pack"):
            msg = 'consolidate = true needs work = "hub", label_by = "hub" and label_at = "pack": one label for all'
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _a_supplier_answers(self) -> Self:
        if self.kind == "supplier" and self.accept_minutes is None:
            msg = 'kind = "supplier" needs accept_minutes: how long it may take to acknowledge a purchase order'
            raise ValueError(msg)
        return self

    def label_by_for(self, owner: str) -> LabelBy:
        """Who buys the labels of this owner's fulfilments."""
        own = self.labels.get(owner)
        return (own.label_by if own else None) or self.label_by

    def hub_buys_at(self, owner: str) -> LabelAt | None:
        """When the hub buys the labels of this owner's fulfilments; none: somebody else does."""
        own = self.labels.get(owner)
        if own is None:
            return self.label_at if self.label_by == "hub" else None
        return (own.label_at or self.label_at) if (own.label_by or self.label_by) == "hub" else None


class LocationsFile(BaseModel):
    """``locations.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    location: dict[str, ShipFrom]
