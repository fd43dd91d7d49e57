"""What codes and names of the file stand for."""

from crossdock_contracts.values import LineKind

_KINDS = {
    "POST": LineKind.CHARGE,
    "DOT": LineKind.CHARGE,
    "C2": LineKind.CHARGE,
    "C3": LineKind.CHARGE,
    "M": LineKind.CHARGE,
    "BANK CHARGES": LineKind.CHARGE,
    "AMAZONFEE": LineKind.CHARGE,
    "ADJUST": LineKind.CHARGE,
    "ADJUST2": LineKind.CHARGE,
    "D": LineKind.CHARGE,
    "B": LineKind.CHARGE,
    "S": LineKind.SERVICE,
    "TEST001": LineKind.SERVICE,
    "TEST002": LineKind.SERVICE,
    "GIFT": LineKind.DIGITAL,
}


COUNTRIES = {
    "United Kingdom": "GB",
    "EIRE": "IE",
    "Germany": "DE",
    "France": "FR",
    "Netherlands": "NL",
    "Spain": "ES",
    "Switzerland": "CH",
    "Portugal": "PT",
    "Belgium": "BE",
    "Channel Islands": "JE",
    "Sweden": "SE",
    "Italy": "IT",
    "Australia": "AU",
    "Cyprus": "CY",
    "Austria": "AT",
    "Greece": "GR",
    "United Arab Emirates": "AE",
    "Denmark": "DK",
    "Norway": "NO",
    "Finland": "FI",
    "USA": "US",
    "Japan": "JP",
    "Poland": "PL",
    "Malta": "MT",
    "Lithuania": "LT",
    "Singapore": "SG",
    "RSA": "ZA",
    "Bahrain": "BH",
    "Canada": "CA",
    "Hong Kong": "HK",
    "Thailand": "TH",
    "Israel": "IL",
    "Iceland": "IS",
    "Korea": "KR",
    "Brazil": "BR",
    "Bermuda": "BM",
    "Nigeria": "NG",
    "Lebanon": "LB",
    "Czech Republic": "CZ",
    "Saudi Arabia": "SA",
}
"""Names of the file by ISO 3166-1; a name that is not here has no country, and its orders are held."""


def kind_of(code: str) -> LineKind:
    """What a stock code stands for."""
    if code.lower().startswith("gift_"):
        return LineKind.DIGITAL
    return _KINDS.get(code.upper(), LineKind.PHYSICAL)
