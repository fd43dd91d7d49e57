"""What is configured of returns, in ``returns.toml``."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt

from crossdock_contracts.base import Owner
from crossdock_contracts.values import Code, Country
from services.hub.toml import load_toml


class LabelPolicy(BaseModel):
    """Returns for which the seller sends a label; what is empty does not matter."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    reasons: tuple[Code, ...] = ()
    channels: tuple[Code, ...] = ()
    owners: tuple[Owner, ...] = ()
    countries: tuple[Country, ...] = ()
    """Of the buyer."""

    def covers(self, owner: str, reason: str, channel: str, country: str | None) -> bool:
        """Whether a return is one of these."""
        return (
            (not self.owners or owner in self.owners)
            and (not self.reasons or reason in self.reasons)
            and (not self.channels or channel in self.channels)
            and (not self.countries or country in self.countries)
        )


class Rules(BaseModel):
    """``returns.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    return_days: PositiveInt = 30
    """Days after shipping within which goods may come back."""
    grace_days: NonNegativeInt = 14
    """So many days later a return of which nothing has come is called off: what was sent on the last day is on its
    way."""
    label: tuple[LabelPolicy, ...] = ()
    """Returns for which the seller sends a label, unless whoever asks for the return says otherwise; empty: none."""
    label_service_level: Code = "standard"
    """How fast their parcels come back."""
    claim_days: PositiveInt = 30
    """Days after shipping within which a carrier takes a claim."""
    claim_reminder_days: NonNegativeInt = 7
    """So many days before that somebody is reminded."""
    stuck_days: NonNegativeInt = 0
    """Days without a word of the carrier after which a parcel is stuck; 0: nobody looks for stuck parcels."""

    @classmethod
    def load(cls, folder: Path) -> "Rules":
        """Read the file.

        Raises:
            RulesError: it is missing or wrong.
        """
        return load_toml(folder / "returns.toml", cls)
