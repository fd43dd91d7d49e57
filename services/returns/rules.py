"""What is configured of returns, in ``returns.toml``."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt

from services.hub.toml import load_toml


class Rules(BaseModel):
    """``returns.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    return_days: PositiveInt = 30
    """Days after shipping within which goods may come back."""
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
