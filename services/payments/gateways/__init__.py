"""One file for each payment gateway. All take the same four requests and give the same answers."""

from pydantic import Field

from crossdock_contracts.base import Utc, Value
from crossdock_contracts.values import Money


class Authorise(Value):
    """Set this much aside on a buyer's card or wallet."""

    order_id: str
    token: str = Field(repr=False)
    """A secret: never logged."""
    amount: Money


class Authorised(Value):
    """It is set aside."""

    authorisation_id: str
    expires_at: Utc | None = None


class Capture(Value):
    """Take this much of what was set aside."""

    authorisation_id: str
    amount: Money


class Void(Value):
    """Give back what was set aside and not taken."""

    authorisation_id: str


class Refund(Value):
    """Give this much back to the buyer."""

    reference: str
    """What was paid: a capture, an authorisation, or the channel's own payment."""
    amount: Money


class Moved(Value):
    """It is done."""

    reference: str
    """The gateway's id of it."""
