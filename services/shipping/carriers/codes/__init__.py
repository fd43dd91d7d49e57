"""One vocabulary for what carriers say of parcels on their way; each carrier's codes map to it by a table.

A code that no table knows is `Status.UNKNOWN`, and is counted (`crossdock_unknown_codes_total`), so that the table can
be mended: nothing is guessed.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from services.hub.metrics import UNKNOWN_CODES


class Status(StrEnum):
    """What is known of a parcel."""

    LABELLED = "labelled"
    """The carrier knows of it and does not have it yet."""
    PICKED_UP = "picked-up"
    IN_TRANSIT = "in-transit"
    INFORMED = "informed"
    """A notice beside its way: somebody was told, something was paid, a wish was taken down. It is where it was."""
    IN_CUSTOMS = "in-customs"
    OUT_FOR_DELIVERY = "out-for-delivery"
    TO_BE_COLLECTED = "to-be-collected"
    """It waits where the buyer fetches it."""
    DELIVERED = "delivered"
    CANCELLED = "exception-cancelled"
    """Its label was voided, or it was called back."""
    DELAYED = "exception-delayed"
    ON_HOLD = "exception-on-hold"
    CUSTOMS_HELD = "exception-customs-held"
    ATTEMPTED = "exception-attempted"
    """It could not be handed over; the carrier tries again."""
    BAD_ADDRESS = "exception-bad-address"
    REFUSED = "exception-refused"
    UNDELIVERABLE = "exception-undeliverable"
    DAMAGED = "exception-damaged"
    LOST = "exception-lost"
    RETURNED = "exception-returned-to-sender"
    """It is on its way back, or has come back."""
    UNKNOWN = "exception-unknown"

    @property
    def told_as(self) -> tuple[str, str] | None:
        """Status and code of the tracking update that says so; none: there is no news in it."""
        if self in (Status.LABELLED, Status.INFORMED):
            return None
        if self.startswith("exception-"):
            return "exception", self.removeprefix("exception-")
        return (self.value if self in (Status.OUT_FOR_DELIVERY, Status.DELIVERED) else "in-transit"), ""


Table = Mapping[str, Status]
"""Codes as their carrier writes them, in upper case, each with what it means."""


def table(meanings: Mapping[Status, str]) -> dict[str, Status]:
    """A table from the codes of each status, separated by blanks.

    Raises:
        ValueError: a code stands twice.
    """
    found: dict[str, Status] = {}
    for status, codes in meanings.items():
        for code in codes.upper().split():
            if code in found:
                msg = f"code {code} stands under {found[code]} and {status}"
                raise ValueError(msg)
            found[code] = status
    return found


def _plain(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())


@cache
def carriers() -> Mapping[str, Table]:
    """The tables that there are, by carrier."""
    names = [module.name for module in iter_modules(__path__)]
    return {name.replace("_", "-"): import_module(f"{__name__}.{name}").CODES for name in names}


@cache
def _by_plain_name() -> Mapping[str, str]:
    return {_plain(name): name for name in carriers()}


def carrier_named(name: str) -> str | None:
    """The table's own name of a carrier, however it is written: ``DHLExpress``, ``dhl_express``; none: no table."""
    return _by_plain_name().get(_plain(name))


def status_of(carrier: str, code: str) -> Status:
    """What a carrier's code means. Where the code is made of parts, ``ZN/INSUF``, the last part may be unknown."""
    name = carrier_named(carrier)
    codes = carriers()[name] if name else {}
    wanted = "-".join(code.upper().split())
    while wanted and wanted not in codes:
        wanted = wanted.rpartition("/")[0]
    if not wanted:
        UNKNOWN_CODES.labels(name or "no-table", "tracking").inc()
        return Status.UNKNOWN
    return codes[wanted]
