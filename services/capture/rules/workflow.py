"""Which orders wait for somebody, and which go first, in ``workflow.toml``."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat

from crossdock_contracts.values import Code, Priority
from services.capture.rules.when import When
from services.hub.toml import RulesError, load_toml


class Halt(BaseModel):
    """Orders that are like this wait for somebody of this role."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Code
    """It is the reason of the hold, and so stands on the timeline."""
    when: When
    role: Code = "operations"
    """Who has to act."""
    hours: PositiveFloat | None = None
    """It ends by itself after so long; else after as long as the channel says."""
    detail: str = ""
    """What whoever has to act is told."""


class ConfiguredHold(Halt):
    """Somebody is to look; if nobody does, what ``on_expiry`` says happens."""

    on_expiry: Literal["release", "reject"] = "reject"


class Gate(Halt):
    """Somebody has to approve, by name: silence is no approval, and so it expires in a rejection."""

    @property
    def on_expiry(self) -> str:
        """What happens if nobody does."""
        return "reject"


class PriorityRule(BaseModel):
    """Orders that are like this are served at least as early as this."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1)]
    when: When
    priority: Priority


class Workflow(BaseModel):
    """Capture's part of ``workflow.toml``; other services read theirs."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    hold: tuple[ConfiguredHold, ...] = ()
    gate: tuple[Gate, ...] = ()
    priority: tuple[PriorityRule, ...] = ()

    @classmethod
    def load(cls, folder: Path) -> "Workflow":
        """Read the file.

        Raises:
            RulesError: it is missing or wrong, or two holds or gates have the same name.
        """
        found = load_toml(folder / "workflow.toml", cls)
        names = [halt.name for halt in (*found.hold, *found.gate)]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            msg = f"workflow.toml: several holds or gates are named {', '.join(doubled)}; each needs a name of its own"
            raise RulesError(msg)
        return found
