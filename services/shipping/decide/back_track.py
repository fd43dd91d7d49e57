"""Returns on their way back: what carriers say of their parcels. Received they are once somebody has counted them."""

from collections.abc import Iterable

from crossdock_contracts.return_labels import ReturnTrackedV1
from crossdock_contracts.tracking import ParcelScannedV1, TrackingUpdateV1
from services.hub.decision import Decision, States, changed
from services.shipping.decide.scans import in_order, is_known, rests
from services.shipping.state import Track
from services.shipping.state_back import BackStatus, ReturnLabel


def track(states: States, message: TrackingUpdateV1) -> Decision:
    """What somebody says of a return on its way."""
    label = states.get(ReturnLabel, message.owner, message.order_id, message.of_return)
    if label is None:
        name = f"of return {message.of_return} of order {message.order_id}"
        return Decision.unknown(message, "label", name, about=message.of_return)
    if label.status is not BackStatus.BOUGHT:
        detail = f"the label of return {message.of_return} of order {message.order_id} is {label.status}; only returns"
        return Decision.refused(message, "wrong-state", f"{detail} with a label are tracked", about=message.of_return)
    return _told(label, [message], ranked=False)


def scanned(states: States, message: ParcelScannedV1) -> Decision:
    """What a carrier says of it by itself."""
    label = states.get(ReturnLabel, message.owner, message.order_id, message.of_return)
    parcel = label.parcel if label is not None else None
    if label is None or label.status is not BackStatus.BOUGHT or parcel is None:
        return Decision.nothing()
    if parcel.tracking_number != message.tracking_number:
        return Decision.nothing()
    about = {"owner": message.owner, "order_id": message.order_id, "of_return": message.of_return}
    about |= {"fulfilment_id": message.fulfilment_id, "tracking_number": message.tracking_number}
    told = [TrackingUpdateV1(**about, **vars(scan)) for scan in message.scans]
    return _told(label, in_order(told), ranked=True)


def news(label: ReturnLabel, updates: Iterable[TrackingUpdateV1]) -> list[TrackingUpdateV1]:
    """Those of a carrier's words about a return that are not known of it, oldest first."""
    found = []
    if label.status is BackStatus.BOUGHT:
        for update in in_order(updates):
            after = _said(label, update, ranked=True)
            found += [update] if after is not None else []
            label = after or label
    return found


def is_under_way(label: ReturnLabel) -> bool:
    """It may be, or come to be, with its carrier."""
    return label.status is BackStatus.BOUGHT and not (label.track is not None and rests(label.track))


def _said(label: ReturnLabel, message: TrackingUpdateV1, *, ranked: bool) -> ReturnLabel | None:
    """The label after one thing was said of its parcel; none: it is no news."""
    code = message.code if message.status == "exception" else ""
    said = Track(status=message.status, code=code, at=message.occurred_at)
    return None if is_known(label.track, said, ranked=ranked) else changed(label, track=said)


def _told(label: ReturnLabel, updates: Iterable[TrackingUpdateV1], *, ranked: bool) -> Decision:
    decision = Decision()
    for update in updates:
        after = _said(label, update, ranked=ranked)
        if after is None or after.track is None or after.parcel is None:
            continue
        label = after
        decision.events.append(
            ReturnTrackedV1(
                owner=label.owner,
                order_id=label.order_id,
                return_id=label.return_id,
                status=update.status,
                tracking_number=after.parcel.tracking_number,
                occurred_at=update.occurred_at,
                code=after.track.code,
                detail=update.detail,
            )
        )
    decision.writes = [label] if decision.events else []
    return decision
