"""Following parcels, wired: which accounts are asked where they are, and which rule answers to what carriers say."""

from dataclasses import replace
from functools import partial

from crossdock_contracts import return_labels, tracking
from services.hub.effects import Limits
from services.hub.service import Service
from services.hub.settings import Settings
from services.shipping.carriers import AccountAdapter
from services.shipping.carriers.desk import AskDesk, following
from services.shipping.decide import follow, hear
from services.shipping.poll import AT_ONCE, Poller
from services.shipping.rules import Rules
from services.shipping.rules.carriers import Account
from services.shipping.state_track import TrackRound, Underway

DOCUMENTS = (Underway, TrackRound)
SAYS = (tracking.ParcelScannedV1, tracking.ScanUnplacedV1, return_labels.ReturnTrackedV1)


def ask(hub: Service, name: str, account: Account, carrier: AccountAdapter, limits: Limits, config: Settings) -> None:
    """An account is asked where parcels are, beside the decisions and within limits of its own."""
    if account.track_minutes:
        hub.adapter(AskDesk(following(name), carrier.call), replace(limits, concurrency=AT_ONCE))
        hub.beside(Poller(name, account, carrier.most_tracked, config))


def follow_all(hub: Service, rules: Rules) -> None:
    """Follow parcels that were bought through accounts, from every decision that sets one under way.

    After all other handlers: it is about what any of them decides.
    """
    if not rules.accounts:
        return
    hub.wrap(partial(follow.followed, rules))
    hub.on(tracking.HearCarrierV1, partial(hear.hear, rules), remember=True)
    hub.on(tracking.TrackingPolledV1, hear.polled)
    hub.at(Underway, hear.lose_sight)
