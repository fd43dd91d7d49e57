"""What is configured of shipping.

How each location works and labels (``locations.toml``), carriers (``carriers.toml``), steps (``workflow.toml``), and
what is sent in place of what is short (``substitutions.toml``).
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from crossdock_contracts.base import Id, Owner
from crossdock_contracts.values import Address, Code, Money
from services.hub.toml import load_toml
from services.shipping.carriers.requests import Incoterm
from services.shipping.state import OFFER, PICK, PICKUP
from services.shipping.tariffs import Account, Band, Carrier, CarrierService, CarriersFile, RateShopping

__all__ = [
    "Account",
    "Band",
    "Carrier",
    "CarrierService",
    "CarriersFile",
    "Export",
    "Labelling",
    "LocationsFile",
    "RateShopping",
    "Rules",
    "ShipFrom",
    "StepRule",
    "StepWhen",
    "Substitution",
    "SubstitutionsFile",
    "WorkflowFile",
]

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

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    incoterm: Incoterm = "DAP"
    """``DDP``: duties and taxes are the sender's; ``DAP``: the recipient's."""
    signed_by: str = ""
    """Who certifies that it is so."""
    export_declaration: str = ""
    """The filing's number, or why none is needed: ``NOEEI 30.37(a)``."""
    tax_ids: dict[str, str] = Field(default_factory=dict)
    """The sender's numbers, by kind: ``IOSS``, ``VAT``, ``EORI``, ``EIN``."""


class ShipFrom(BaseModel):
    """How a location ships. Routing reads the same file for its part."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

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


class StepWhen(BaseModel):
    """What a fulfilment must be like to take a step; what is empty does not matter."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    gift_wrap: bool = False
    """At least one line is to be gift-wrapped."""
    personalised: bool = False
    """At least one line has a note of the buyer's."""
    tags: tuple[str, ...] = ()
    """The order has one of these."""
    sku_prefixes: tuple[str, ...] = ()
    """At least one line's SKU begins so."""
    owners: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    service_levels: tuple[str, ...] = ()


def _no_queue_of_its_own(name: str) -> str:
    if name in (PICK, OFFER, PICKUP):
        msg = f"{name!r} is the name of another queue; call the step something else"
        raise ValueError(msg)
    return name


class StepRule(BaseModel):
    """A step that some fulfilments take: gift wrap, personalisation, a check."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: Annotated[Code, AfterValidator(_no_queue_of_its_own)]
    before: Literal["pick", "pack", "ship"]
    """What waits for it."""
    role: Code = "warehouse"
    """Who does it."""
    when: StepWhen = StepWhen()


class WorkflowFile(BaseModel):
    """``workflow.toml``, as far as it is about fulfilments; capture reads the same file for its part."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    step: tuple[StepRule, ...] = ()


class Substitution(BaseModel):
    """What may be sent in place of a SKU that is short on the shelf."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    sku: Id
    by: Id
    """What is sent. It has to ship as the other does: to the same countries, as hazardous or not."""
    needs_consent: bool = True
    """Only in orders that have the tag of consent."""
    owners: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    price: Money | None = None
    """What a piece of it costs the buyer at most; none, or in another currency: as much as what was ordered."""
    title: str = ""
    weight_g: NonNegativeInt | None = None
    """Of a piece; none: as what was ordered."""


class SubstitutionsFile(BaseModel):
    """``substitutions.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    consent: str = "substitutes-welcome"
    """Tag of orders whose buyers take something else for what is short."""
    substitution: tuple[Substitution, ...] = ()


class LocationsFile(BaseModel):
    """``locations.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    location: dict[str, ShipFrom]


class Rules(BaseModel):
    """All that shipping goes by."""

    model_config = ConfigDict(frozen=True)

    locations: dict[str, ShipFrom]
    carriers: dict[Code, Carrier]
    accounts: dict[Code, Account] = Field(default_factory=dict)
    rates: RateShopping = RateShopping()
    steps: tuple[StepRule, ...] = ()
    substitutions: tuple[Substitution, ...] = ()
    consent: str = ""
    """Tag of orders whose buyers take something else for what is short."""

    @classmethod
    def load(cls, folder: Path) -> "Rules":
        """Read the files.

        Raises:
            RulesError: one is missing or wrong.
        """
        locations = load_toml(folder / "locations.toml", LocationsFile).location
        tariffs = load_toml(folder / "carriers.toml", CarriersFile)
        steps = load_toml(folder / "workflow.toml", WorkflowFile).step
        instead = load_toml(folder / "substitutions.toml", SubstitutionsFile)
        return cls(
            locations=locations,
            carriers=tariffs.carrier,
            accounts=tariffs.account,
            rates=tariffs.rates,
            steps=steps,
            substitutions=instead.substitution,
            consent=instead.consent,
        )
