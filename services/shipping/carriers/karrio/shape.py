"""What is particular to each carrier: its account, its formats, and how one finds out what became of a purchase."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Protocol
from uuid import NAMESPACE_URL, uuid5

from crossdock_contracts.values import Money
from services.shipping.carriers.answers import Label
from services.shipping.carriers.karrio.wire import Reply
from services.shipping.carriers.requests import BuyLabel


class Desk(Protocol):
    """A carrier's account, as it is asked in a thread for what karrio does not ask."""

    name: str
    settings: Any

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Send a message with the account's proof.

        Raises:
            TransientError: it cannot be sent or answered just now.
        """

    def give_back(self, tracking_number: str) -> None:
        """Void a label.

        Raises:
            PermanentError: it cannot be.
        """


Amend = Callable[[BuyLabel, str, str, str, dict[str, str], Any], None]
"""``(request, key, method, path, headers, body)``: what a purchase says beyond what karrio has it say."""
Recover = Callable[[Desk, BuyLabel, str], Label | None]
"""What a purchase under this key, whose answer was lost, has brought; none if nothing was bought. In a thread.

Raises `LostError` where nothing can tell.
"""


@dataclass(frozen=True, slots=True)
class Connector:
    """One carrier."""

    carrier: str
    """The name of its part of karrio, its mapper."""
    codes: str
    """The table of its tracking codes."""
    secrets: tuple[str, ...]
    """Settings that are secrets, as karrio calls them."""
    needs: tuple[str, ...]
    """Other settings that have to be there."""
    amend: Amend
    paid: Callable[[Any], Money | None]
    """What a label cost, from the answer to its purchase; none where it does not say."""
    recover: Recover
    settles: bool = False
    """What a look-up does not find may be bought all the same until a while after it was asked for."""
    as_json: Callable[[bytes], bytes] = bytes
    """Makes JSON of an answer that is none."""
    optional: tuple[str, ...] = ()
    """Secrets that may be there."""
    voids: bool = True
    """Labels are given back by asking. Where not, one that is not used costs nothing."""
    returns: bool = True
    """It has labels for returns of its own; otherwise they are labels from the buyer."""
    most_tracked: int = 1
    """Parcels that one message may ask about."""
    manifests: bool = False
    validates: bool = False
    label_types: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({"pdf": "PDF", "zpl": "ZPL"}))


def reference(key: str) -> str:
    """What a purchase is found by: the same for the same key, short enough for every carrier, and printable."""
    return f"XD{sha256(key.encode()).hexdigest()[:24].upper()}"


def transaction(key: str) -> str:
    """The same as a UUID, for carriers that want one."""
    return str(uuid5(NAMESPACE_URL, f"crossdock:{key}"))
