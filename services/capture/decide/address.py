"""Delivery addresses: what is missing, wrong or out of reach, and whether they lead to a PO box.

A postcode is compared without blanks and hyphens, for channels and buyers write them as they like.
"""

import re
import unicodedata
from functools import lru_cache

from crossdock_contracts.values import Address
from services.capture.rules.addresses import AddressRules, Format, format_of

Problem = tuple[str, str]
"""Reason of a hold, and its detail."""

_PO_BOX = re.compile(
    r"""\b(?:
      p\.?[ ]?o\.?[ ]?box | p\.?o\.?b\.?[ ]?\d | post(?:al|[ ]office)[ ]box | gpo[ ]box
    | (?:locked|private)[ ](?:mail[ ])?bag
    | postfach | postbus | post?boks | postbox | postilokero
    | bo[iî]te[ ]postale | case[ ]postale | casella[ ]postale | caixa[ ]postal
    | apartado(?:[ ](?:de[ ]correos|postal|a[eé]reo))?[ ]n?[º°.]*[ ]?\d
    | apdo\.?[ ]?(?:de[ ]correos)?[ ]?\d | casilla[ ](?:de[ ]correo|postal)
    | skr(?:ytka|\.)[ ]poczt | po[sš]tovn[ií][ ]p[rř]ihr[aá]dka | posta[ ]?fi[oó]k
    | c[aă]su[tț]a[ ]po[sș]tal | posta[ ]kutusu | po[sš]tanski[ ]pretinac | po[sš]tni[ ]predal | pašto[ ]dėžutė
    )
    | а/я | абонентский[ ]ящик | пощенска[ ]кутия | ταχ(?:υδρομική|\.)[ ]?θυρ
    | 私書箱 | 邮政信箱 | 郵政信箱 | 사서함 | صندوق[ ]بريد | ص\.?[ ]?ب\.?[ ]?\d | ת\.?[ ]?ד\.?[ ]?\d
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PO_BOX_IN = {
    **dict.fromkeys(
        ("FR", "MC", "BE", "LU", "MA", "TN", "DZ", "SN", "CI", "CM", "GA", "BF", "ML", "NE", "TG", "BJ"),
        re.compile(r"\bb\.?[ ]?p\.?[ ]?n?[º°]?[ ]?\d", re.IGNORECASE),
    ),
    **dict.fromkeys(("CH", "IT", "SM", "VA", "RO"), re.compile(r"\bc\.?[ ]?p\.?[ ]?\d", re.IGNORECASE)),
    **dict.fromkeys(("SE", "NO", "DK"), re.compile(r"^\s*box[ ]\d", re.IGNORECASE | re.MULTILINE)),
    "FI": re.compile(r"^\s*pl[ ]?\d", re.IGNORECASE | re.MULTILINE),
    "HU": re.compile(r"\bpf\.?[ ]?\d", re.IGNORECASE),
    "TR": re.compile(r"\bp\.?[ ]?k\.?[ ]?\d", re.IGNORECASE),
    "GR": re.compile(r"τ\.?[ ]?θ\.?[ ]?\d", re.IGNORECASE),
}
"""Abbreviations that stand for a PO box in these countries, and for other things elsewhere."""


def is_po_box(address: Address) -> bool:
    """It leads to a PO box, as far as its lines say so in one of some twenty languages."""
    if not (address.line1 or address.line2):
        return False
    lines = f"{address.line1}\n{address.line2}\n{address.line3}"
    if _PO_BOX.search(lines):
        return True
    local = _PO_BOX_IN.get(address.country or "")
    return local is not None and local.search(lines) is not None


def address_problems(rules: AddressRules, address: Address | None, *, complete: bool) -> list[Problem]:
    """What is wrong with a delivery address; where it need not be ``complete`` a country is enough."""
    if address is None:
        return [("address-incomplete", "the delivery address has no address")]
    if address.country is None:
        lacks = [name for name in ("country", "city", "line1", "name") if not getattr(address, name)]
        return [("address-incomplete", f"the delivery address has no {', '.join(lacks if complete else ['country'])}")]
    found: list[Problem] = []
    format_ = format_of(address.country)
    if missing := _missing(format_, address) if complete else []:
        found.append(("address-incomplete", f"the delivery address has no {', '.join(missing)}"))
    if address.postcode and (wrong := _wrong_postcode(format_, address.postcode, address.region)):
        found.append(("address-invalid", f"ship_to.postcode: {wrong}; ask the buyer, and correct the order"))
    if address.country in rules.undeliverable:
        out = f"ship_to.country: nobody delivers to {address.country} (addresses.toml); ask the buyer for another place"
        found.append(("undeliverable", out))
    elif address.po_box and not {"*", address.country}.isdisjoint(rules.no_po_boxes):
        out = f"ship_to.line1: nobody delivers to PO boxes in {address.country} (addresses.toml); ask for a street"
        found.append(("undeliverable", out))
    return found


def _missing(format_: Format, address: Address) -> list[str]:
    """What a delivery address lacks by its country's format; a region is asked for only where it stands for a city."""
    missing = []
    if not address.city and (format_.needs_city or (format_.needs_region and not address.region)):
        missing.append("city")
    missing += [name for name in ("line1", "name") if not getattr(address, name)]
    if not address.name and address.company:
        missing.remove("name")
    if format_.needs_postcode and not address.postcode:
        missing.append("postcode")
    return missing


@lru_cache(maxsize=8192)
def _wrong_postcode(format_: Format, postcode: str, region: str) -> str:
    """Why this is no postcode of the country, or of the region; empty where it may be one."""
    if format_.postcode is None:
        return ""
    written = _squeezed(postcode)
    bare = _squeezed(re.sub(r"^\s*[A-Za-z]{1,2}\s*-", "", postcode))  # D-10115, as it was written of old
    fitting = next((one for one in (written, bare, format_.country + written) if format_.postcode.fullmatch(one)), None)
    if fitting is None:
        example = f" (one is {format_.example})" if format_.example else ""
        return f"{postcode!r} is no postcode of {format_.country}{example}"
    begins = format_.regions.get(region.strip().lower())
    if begins is not None and not begins.match(fitting):
        return f"{postcode!r} does not lie in {region}, {format_.country}"
    return ""


def _squeezed(postcode: str) -> str:
    """Letters in capitals and digits alone; full-width ones are as good as others."""
    return "".join(c for c in unicodedata.normalize("NFKC", postcode).upper() if c.isalnum())
