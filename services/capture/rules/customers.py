"""What buyers are recognised by, and what counts as a repeat, in ``customers.toml``."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat

from services.hub.toml import load_toml


class CustomerRules(BaseModel):
    """``customers.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    remember_orders: int = Field(default=20, ge=1, le=100)
    """So many of a customer's latest orders are remembered, to see repeats and bursts by."""
    most_evidence: int = Field(default=20, ge=1, le=200)
    """An identity that has so many e-mail addresses, phones and channel ids is shared: nothing more is joined to it."""
    ignore_emails: tuple[str, ...] = ()
    """Addresses that stand for nobody in lower case; ``@domain`` for all of a domain."""
    ignore_phones: tuple[str, ...] = ()
    """Numbers that stand for nobody, with + and country code."""
    repeats_within_minutes: NonNegativeFloat = 10.0
    """The same goods for the same customer within so long are held as a repeat; 0: never."""

    @classmethod
    def load(cls, folder: Path) -> "CustomerRules":
        """Read the file.

        Raises:
            RulesError: it is missing or wrong.
        """
        return load_toml(folder / "customers.toml", cls)
