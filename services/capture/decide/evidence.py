"""What a buyer is recognised by: e-mail address, phone, the channel's own id; written in one way each."""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from crossdock_contracts.handed_in import OrderInput
from crossdock_contracts.values import Order
from services.capture.rules.customers import CustomerRules

_LEAST_DIGITS = 8
"""Shorter numbers, with country code, are typing errors or stand-ins."""

_CALLING_CODES = {
    "AD": "376", "AE": "971", "AL": "355", "AM": "374", "AR": "54", "AT": "43", "AU": "61", "AZ": "994", "BA": "387",
    "BD": "880", "BE": "32", "BG": "359", "BH": "973", "BO": "591", "BR": "55", "BY": "375", "CA": "1", "CH": "41",
    "CL": "56", "CM": "237", "CN": "86", "CO": "57", "CR": "506", "CY": "357", "CZ": "420", "DE": "49", "DK": "45",
    "DZ": "213", "EC": "593", "EE": "372", "EG": "20", "ES": "34", "FI": "358", "FO": "298", "FR": "33", "GB": "44",
    "GE": "995", "GG": "44", "GH": "233", "GI": "350", "GL": "299", "GR": "30", "GT": "502", "HK": "852",
    "HR": "385", "HU": "36", "ID": "62", "IE": "353", "IL": "972", "IM": "44", "IN": "91", "IQ": "964", "IR": "98",
    "IS": "354", "IT": "39", "JE": "44", "JO": "962", "JP": "81", "KE": "254", "KR": "82", "KW": "965", "KZ": "7",
    "LB": "961", "LI": "423", "LK": "94", "LT": "370", "LU": "352", "LV": "371", "MA": "212", "MC": "377",
    "MD": "373", "ME": "382", "MK": "389", "MT": "356", "MX": "52", "MY": "60", "NG": "234", "NL": "31", "NO": "47",
    "NZ": "64", "OM": "968", "PA": "507", "PE": "51", "PH": "63", "PK": "92", "PL": "48", "PT": "351", "PY": "595",
    "QA": "974", "RO": "40", "RS": "381", "RU": "7", "SA": "966", "SE": "46", "SG": "65", "SI": "386", "SK": "421",
    "SM": "378", "SN": "221", "TH": "66", "TN": "216", "TR": "90", "TW": "886", "UA": "380", "US": "1", "UY": "598",
    "VA": "39", "VE": "58", "VN": "84", "XK": "383", "ZA": "27",
}  # fmt: skip
"""Countries' calling codes (ITU-T E.164)."""
_TRUNK = {"HU": "06", "RU": "8", "KZ": "8", "BY": "8", "LT": "8", "IT": "", "SM": "", "VA": ""}
"""What is dialled before a number within a country and dropped from abroad, where that is not 0."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One thing that an order names its buyer by."""

    kind: str
    """``email``, ``phone`` or ``channel``."""
    value: str

    @property
    def customer_id(self) -> str:
        """The id of whoever is known by this alone; the thing itself cannot be read from it."""
        return customer_id_of(self.kind, self.value)


@lru_cache(maxsize=4096)
def customer_id_of(kind: str, value: str) -> str:
    """The customer id that follows from one thing that a buyer is known by."""
    return f"C-{sha256(f'{kind}:{value}'.encode()).hexdigest()[:20]}"


def traces_of(rules: CustomerRules, channel: str, order: Order | OrderInput) -> list[Trace]:
    """What an order of a channel names its buyer by, the most telling first."""
    found = []
    buyer, bill, ship = order.customer, order.bill_to, order.ship_to
    email = normal_email(buyer.email or (bill.email if bill else "") or (ship.email if ship else ""))
    if email and email not in rules.ignore_emails and email[email.index("@") :] not in rules.ignore_emails:
        found.append(Trace("email", email))
    given = buyer.phone or (bill.phone if bill else "") or (ship.phone if ship else "")
    home = bill or ship
    phone = normal_phone(given, (home.country if home else "") or "") if given else ""
    if phone and phone not in rules.ignore_phones:
        found.append(Trace("phone", phone))
    if buyer.channel_customer_id not in ("", "0"):  # 0 is a guest
        found.append(Trace("channel", f"{channel}:{buyer.channel_customer_id}"))
    return found


def normal_email(email: str) -> str:
    """An address in lower case and without what follows a + in its name; empty where it is none.

    A mail server may tell Anna@ from anna@, and none does; ``anna+shop@`` reaches ``anna@``.
    """
    name, at, domain = email.strip().lower().rpartition("@")
    name = name.partition("+")[0]
    return f"{name}@{domain}" if name and at and "." in domain and " " not in domain else ""


def normal_phone(phone: str, country: str) -> str:
    """A number with + and country code; empty where it cannot be told or stands for nobody, as 000000 does."""
    text = phone.strip()
    digits = "".join(c for c in text.replace("(0)", "") if c.isdecimal() and c.isascii())
    if text.startswith("+"):
        number = digits
    elif digits.startswith("00"):
        number = digits[2:]
    else:
        code = _CALLING_CODES.get(country, "")
        if not code:
            return ""
        number = digits if code == "1" and digits.startswith("1") else code + digits.removeprefix(_trunk(country))
    subscriber = number[3:]
    return f"+{number}" if len(number) >= _LEAST_DIGITS and len(set(subscriber)) > 1 else ""


def _trunk(country: str) -> str:
    return _TRUNK.get(country, "0")
