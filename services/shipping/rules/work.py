"""What fulfilments take beyond a pick: steps (``workflow.toml``), and substitutes (``substitutions.toml``)."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, NonNegativeInt

from crossdock_contracts.base import Id
from crossdock_contracts.values import Code, Money
from services.shipping.state_work import OFFER, PICK, PICKUP


class StepWhen(BaseModel):
    """What a fulfilment must be like to take a step; what is empty does not matter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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

    model_config = ConfigDict(frozen=True, extra="forbid")

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

    model_config = ConfigDict(frozen=True, extra="forbid")

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
