"""What shipping keeps to follow parcels that carriers have: which are under way, and how far they were asked about."""

from crossdock_contracts.base import Utc
from services.hub.decision import Document, Timer


class Underway(
    Timer, service="shipping", kind="underway", key=("account", "tracking_number"), home="order_id", shared=True
):
    """A parcel whose label was bought through an account, until it is at rest; it fires when it is given up.

    By account and number, for a carrier that speaks of it knows neither owner nor order: it stands under the owner of
    the account, and names that of the order. A number that a carrier gives out again belongs to the newest parcel.
    """

    account: str
    tracking_number: str
    carrier: str
    order_owner: str
    order_id: str
    fulfilment_id: str
    return_id: str = ""
    """The return that it brings back; empty: it brings a fulfilment to its buyer."""
    since: Utc
    """When its label was bought. What carriers say of the time long before is of another parcel of the same number."""


class TrackRound(Document, service="shipping", kind="track-round", key=("account",)):
    """How far an account has been asked about the parcels that are under way."""

    account: str
    begun_at: Utc
    after: int = 0
    ended: bool = False
    asked: int = 0
