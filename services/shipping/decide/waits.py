"""Labels that wait: no carrier that would take the parcel can be reached."""

from datetime import datetime, timedelta

from crossdock_contracts.labels import LabelDelayedV1
from services.hub.decision import Decision, changed
from services.shipping.decide.commands import about
from services.shipping.state import LabelTimer, Shipment

_FIRST_S, _LONGEST_S = 2.0, 300.0


def wait(shipment: Shipment, why: str, after_s: float | None, now: datetime) -> Decision:
    """Ask all carriers again after a while, longer each time; the first time it is said.

    It is certain that nothing was bought, so no call is under way until then: a label may be reported meanwhile.
    """
    due_at = again_at(shipment.waits, after_s, now)
    timer = LabelTimer(
        owner=shipment.owner, order_id=shipment.order_id, fulfilment_id=shipment.fulfilment_id, due_at=due_at
    )
    said = [] if shipment.waits else [LabelDelayedV1(**about(shipment), detail=why[:1000], delayed_at=now)]
    shipment = changed(shipment, intent=None, waits=min(shipment.waits + 1, 30))
    return Decision(writes=[shipment, timer], events=[*said])


def again_at(waits: int, after_s: float | None, now: datetime) -> datetime:
    """When carriers are asked again that could not be reached so many times in a row."""
    pause = min(_FIRST_S * 2**waits, _LONGEST_S)
    return now + timedelta(seconds=max(pause, min(after_s or 0.0, _LONGEST_S)))
