"""Labels that wait: no carrier that would take the parcel can be reached."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from crossdock_contracts.labels import CIRCUIT_OPEN, NO_RATE, OUT_OF_REACH, LabelDelayedV1, RankedRate
from services.hub.decision import Decision, changed, outside
from services.shipping.carriers.shop import asking
from services.shipping.decide.calls import BUY, RATE
from services.shipping.decide.commands import about
from services.shipping.decide.told import passed_over
from services.shipping.rules import Rules
from services.shipping.state import LabelTimer, Shipment

_FIRST_S, _LONGEST_S = 2.0, 300.0
_AWAY = frozenset({CIRCUIT_OPEN, OUT_OF_REACH, NO_RATE})
"""Why a carrier did not sell that may well do so another time."""


def wait(rules: Rules, shipment: Shipment, after_s: float | None, now: datetime) -> Decision:
    """Ask all carriers again once one of them works again, or after a while, longer each time; it is said once.

    It is certain that nothing was bought, so no call is under way until then: a label may be reported meanwhile.
    """
    why = "; ".join(f"{rate.carrier} {rate.service}: {rate.refused}" for rate in shipment.ranking)[:1000]
    others = passed_over(rules, shipment.ranking, None)
    timer = LabelTimer(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        due_at=again_at(shipment.waits, after_s, now),
        waits_for=awaited(rules, shipment.ranking),
        why=why,
    )
    delayed = LabelDelayedV1(**about(shipment), detail=why, delayed_at=now, passed_over=others)
    said = [] if shipment.waits else [delayed]
    shipment = changed(shipment, intent=None, waits=min(shipment.waits + 1, 30))
    return Decision(writes=[shipment, timer], events=[*said])


def again_at(waits: int, after_s: float | None, now: datetime) -> datetime:
    """When carriers are asked again that could not be reached so many times in a row."""
    pause = min(_FIRST_S * 2**waits, _LONGEST_S)
    return now + timedelta(seconds=max(pause, min(after_s or 0.0, _LONGEST_S)))


def may_sell(ranking: Iterable[RankedRate]) -> bool:
    """One of these carriers was only out of reach: what others refused may be bought there."""
    return any(rate.cause in _AWAY for rate in ranking)


def awaited(rules: Rules, ranking: Iterable[RankedRate]) -> tuple[str, ...]:
    """What has to work again for one of those to sell that were out of reach."""
    away = (rate.carrier for rate in ranking if rate.cause in _AWAY and rate.carrier in rules.carriers)
    return tuple(dict.fromkeys(name for carrier in away for name in _operations(rules, carrier)))


def _operations(rules: Rules, carrier: str) -> tuple[str, ...]:
    """What has to work again for a carrier to sell."""
    found = rules.carriers[carrier]
    live = (outside(asking(found.adapter), RATE),) if found.rates == "live" else ()
    return (outside(found.adapter, BUY), *live)
