"""Labels that wait: no carrier that would take the parcel can be reached."""

from datetime import datetime, timedelta

from crossdock_contracts.labels import LabelDelayedV1
from services.hub.decision import Decision, changed, outside
from services.shipping.carriers.shop import asking
from services.shipping.decide.calls import BUY, RATE
from services.shipping.decide.commands import about
from services.shipping.decide.told import passed_over
from services.shipping.rules import Rules
from services.shipping.state import LabelTimer, Shipment

_FIRST_S, _LONGEST_S = 2.0, 300.0


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
        waits_for=tuple(dict.fromkeys(name for one in others for name in _operations(rules, one.carrier))),
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


def _operations(rules: Rules, carrier: str) -> tuple[str, ...]:
    """What has to work again for a carrier to sell."""
    found = rules.carriers[carrier]
    live = (outside(asking(found.adapter), RATE),) if found.rates == "live" else ()
    return (outside(found.adapter, BUY), *live)
