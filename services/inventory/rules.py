"""What is configured of stock, in ``stock.toml``."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, NonNegativeInt

from services.hub.toml import load_toml


class ShelfLife(BaseModel):
    """How many days a lot must have left, its last one included, to be sold."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    min_days: NonNegativeInt = 0
    """For categories that are not named."""
    categories: dict[str, NonNegativeInt] = {}
    """By product category."""

    def of(self, category: str) -> int:
        """The days for a product of this category."""
        return self.categories.get(category, self.min_days)


TO_THE_LAST_DAY = ShelfLife()
"""Every lot is sold up to its last day."""


class Rules(BaseModel):
    """``stock.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    shelf_life: ShelfLife = TO_THE_LAST_DAY

    @classmethod
    def load(cls, folder: Path) -> "Rules":
        """Read the file.

        Raises:
            RulesError: it is missing or wrong.
        """
        return load_toml(folder / "stock.toml", cls)
