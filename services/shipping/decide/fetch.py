"""Pickups of carriers: one is called to a location for what lies at its dock, and may be called off again."""

from datetime import datetime

from crossdock_contracts.dock import (
    BookCarrierPickupV1,
    CancelCarrierPickupV1,
    CarrierPickupBookedV1,
    CarrierPickupCancelledV1,
    CarrierPickupDelayedV1,
    CarrierPickupRefusedV1,
    SettleCarrierPickupV1,
)
from services.hub.decision import (
    Decision,
    Done,
    Failed,
    Intent,
    IntentRecord,
    Outcome,
    Refused,
    States,
    changed,
    outside,
)
from services.shipping.carriers import BookPickup, CancelPickup, PickupBooked
from services.shipping.decide.dock import bought, handed, put_back, take
from services.shipping.decide.waits import again_at
from services.shipping.rules import Rules
from services.shipping.state_dock import CallStatus, CarrierPickup, PickupAgain

BOOK, CANCEL = "pickup", "cancel-pickup"
About = BookCarrierPickupV1 | CancelCarrierPickupV1 | SettleCarrierPickupV1 | PickupAgain


def book(rules: Rules, states: States, message: BookCarrierPickupV1, now: datetime) -> Decision:
    """A carrier is asked to come for what lies at the dock; what is too much for one pickup is left to the next."""
    if (found := _known(states, message)) is not None:
        return _resumed(rules, found)
    if (trouble := _trouble(rules, message, now)) is not None:
        return trouble
    held, _ = take(states, message.owner, message.location_id, message.carrier, "pickup")
    if not held:
        detail = f"nothing that is packed for {message.carrier} at {message.location_id} waits to be fetched"
        return Decision.refused(message, "nothing-to-fetch", detail)
    pickup = CarrierPickup(
        owner=message.owner,
        location_id=message.location_id,
        pickup_id=message.pickup_id,
        carrier=message.carrier,
        status=CallStatus.BOOKING,
        ready_at=message.ready_at,
        closes_at=message.closes_at,
        instructions=message.instructions,
        held=tuple(held),
        booked_by=message.booked_by,
    )
    intent = _intent(rules, pickup)
    return Decision(writes=[changed(pickup, intent=intent.record(now))], withdrawn=[*held], intent=intent)


def _trouble(rules: Rules, message: BookCarrierPickupV1, now: datetime) -> Decision | None:
    """Why nobody is asked; none: nothing speaks against it."""
    carrier = rules.carriers.get(message.carrier)
    if message.location_id not in rules.locations:
        return Decision.unknown(message, "location", message.location_id)
    if carrier is None or not carrier.pickups:
        detail = f"{message.carrier} is not called for pickups: carriers.toml says pickups = true where it is"
        return Decision.refused(message, "no-pickups", detail)
    if message.closes_at <= max(now, message.ready_at):
        window = f"{message.ready_at:%Y-%m-%d %H:%M} to {message.closes_at:%Y-%m-%d %H:%M} UTC"
        return Decision.refused(message, "wrong-window", f"{window} is no time to come that is still ahead")
    return None


def _known(states: States, message: About) -> CarrierPickup | None:
    return states.get(CarrierPickup, message.owner, message.location_id, message.pickup_id)


def _intent(rules: Rules, pickup: CarrierPickup, operation: str = BOOK) -> Intent:
    place = rules.locations[pickup.location_id]
    request: BookPickup | CancelPickup = CancelPickup(carrier=pickup.carrier, pickup_id=pickup.handle)
    if operation == BOOK:
        request = BookPickup(
            carrier=pickup.carrier,
            address=place.address,
            ready_at=pickup.ready_at,
            closes_at=pickup.closes_at,
            parcels=bought(pickup.held),
            instructions=pickup.instructions,
            timezone=place.calendar.time_zone,
        )
    key = f"{operation}:{pickup.owner}/{pickup.location_id}/{pickup.pickup_id}"
    return Intent(rules.carriers[pickup.carrier].adapter, operation, key, request)


def _resumed(rules: Rules, pickup: CarrierPickup) -> Decision:
    """The message came before. Where its call is still under way, the answer is looked up."""
    if pickup.intent is None:
        return Decision.nothing()
    if gone := _gone(rules, pickup):
        if pickup.intent.operation == CANCEL:
            said = _refusal(pickup, "cancel-refused", gone)
            return Decision(writes=[changed(pickup, intent=None)], events=[said])
        return Decision.nothing() if pickup.unsettled else _unsettled(pickup, gone)
    return Decision(writes=[pickup], intent=_intent(rules, pickup, pickup.intent.operation).begun(pickup.intent))


def _gone(rules: Rules, pickup: CarrierPickup) -> str:
    """Why nothing can be asked of its carrier any more; empty: it can."""
    is_known = pickup.carrier in rules.carriers and pickup.location_id in rules.locations
    return "" if is_known else f"{pickup.carrier} or {pickup.location_id} is not in the rules any more"


def call_off(rules: Rules, states: States, message: CancelCarrierPickupV1, now: datetime) -> Decision:
    """A carrier is told not to come."""
    pickup = _known(states, message)
    if pickup is None:
        return Decision.unknown(message, "pickup", f"{message.pickup_id} of {message.location_id}")
    if pickup.status is CallStatus.CANCELLED:
        return Decision.nothing()
    if pickup.intent is not None and pickup.intent.operation == CANCEL:
        return _resumed(rules, pickup)
    if pickup.waits_for_carrier:
        return _cancelled(pickup, message.cancelled_by, now)
    if trouble := _stays(rules, pickup):
        return Decision.refused(message, *trouble)
    intent = _intent(rules, pickup, CANCEL)
    pickup = changed(pickup, intent=intent.record(now), cancelled_by=message.cancelled_by)
    return Decision(writes=[pickup], intent=intent)


def _stays(rules: Rules, pickup: CarrierPickup) -> tuple[str, str] | None:
    """Why a pickup is not called off; none: it may be."""
    if pickup.status is not CallStatus.BOOKED:
        detail = f"pickup {pickup.pickup_id} of {pickup.location_id} is {pickup.status}; only booked ones are"
        return "wrong-state", f"{detail} called off"
    gone = _gone(rules, pickup)
    return ("no-pickups", f"{gone}: tell the carrier yourself") if gone else None


def ask_again(rules: Rules, states: States, message: PickupAgain, now: datetime) -> Decision:
    """A carrier was away when it was to be called, or called off."""
    pickup = _known(states, message)
    if pickup is None or pickup.has_ended:
        return Decision.nothing()
    if pickup.intent is not None:
        return _resumed(rules, pickup)
    if gone := _gone(rules, pickup):
        return _not_booked(pickup, "no-pickups", gone)
    if now >= pickup.closes_at:
        return _not_booked(pickup, "too-late", f"it could not be asked in time: {message.why}")
    intent = _intent(rules, pickup)
    return Decision(writes=[changed(pickup, intent=intent.record(now))], intent=intent)


def _wait(pickup: CarrierPickup, intent: IntentRecord, outcome: Failed, now: datetime) -> Decision:
    """The carrier is away, and nothing was done: it is asked again as soon as it is back, or when the window is over.

    What is to be called off stays so: whether it has been is looked up before it is asked for again.
    """
    due_at = min(again_at(pickup.waits, outcome.retry_after_s, now), pickup.closes_at)
    timer = PickupAgain(
        owner=pickup.owner,
        location_id=pickup.location_id,
        pickup_id=pickup.pickup_id,
        due_at=due_at,
        waits_for=(outcome.waits_for or outside(intent.adapter, intent.operation),),
        why=outcome.detail,
    )
    said = CarrierPickupDelayedV1(
        owner=pickup.owner,
        location_id=pickup.location_id,
        carrier=pickup.carrier,
        pickup_id=pickup.pickup_id,
        detail=outcome.detail,
        delayed_at=now,
    )
    kept = intent if intent.operation == CANCEL else None
    after = changed(pickup, intent=kept, waits=min(pickup.waits + 1, 30))
    return Decision(writes=[after, timer], events=[] if pickup.waits else [said])


def settle_pickup(states: States, message: About, outcome: Outcome, now: datetime) -> Decision:
    """What the carrier says to it."""
    pickup = _known(states, message)
    if pickup is None or pickup.intent is None or outcome.key != pickup.intent.key:
        return Decision.nothing()
    match outcome:
        case Failed() if now < pickup.closes_at:
            return _wait(pickup, pickup.intent, outcome, now)
        case Failed(detail=detail):
            outcome = Refused("too-late", f"it could not be asked in time: {detail}")
    if pickup.intent.operation == BOOK:
        return _answered(pickup, outcome, now)
    by = message.cancelled_by if isinstance(message, CancelCarrierPickupV1) else pickup.cancelled_by
    return _called_off(pickup, by, outcome, now)


def _answered(pickup: CarrierPickup, outcome: Outcome, now: datetime) -> Decision:
    match outcome:
        case Done(response=PickupBooked() as said):
            return _booked(pickup, said, now)
        case Refused(code="too-late", detail=detail):
            return _not_booked(pickup, "too-late", detail)
        case Refused(code=code, detail=detail):
            return _not_booked(pickup, "refused", f"{code} {detail}".strip())
        case _:
            detail = getattr(outcome, "detail", "") or f"it answered with {outcome}"
            return _unsettled(pickup, detail)


def _unsettled(pickup: CarrierPickup, detail: str) -> Decision:
    """Nothing tells whether it was booked: somebody has to look."""
    return Decision(writes=[changed(pickup, unsettled=True)], events=[_refusal(pickup, "outcome-unknown", detail)])


def _booked(pickup: CarrierPickup, said: PickupBooked, now: datetime) -> Decision:
    confirmation = said.confirmation or said.pickup_id
    booked = CarrierPickupBookedV1(
        owner=pickup.owner,
        location_id=pickup.location_id,
        carrier=pickup.carrier,
        pickup_id=pickup.pickup_id,
        confirmation=confirmation,
        ready_at=pickup.ready_at,
        closes_at=pickup.closes_at,
        parcels=handed(pickup.held),
        cost=said.cost,
        booked_by=pickup.booked_by,
        booked_at=now,
    )
    after = changed(
        pickup,
        status=CallStatus.BOOKED,
        intent=None,
        waits=0,
        unsettled=False,
        handle=said.pickup_id,
        confirmation=confirmation,
    )
    return Decision(writes=[after], events=[booked])


def _not_booked(pickup: CarrierPickup, reason: str, detail: str) -> Decision:
    after = changed(pickup, status=CallStatus.REFUSED, intent=None, waits=0, unsettled=False)
    return Decision(writes=[after], events=[_refusal(pickup, reason, detail), *put_back(pickup.held)])


def _called_off(pickup: CarrierPickup, by: str, outcome: Outcome, now: datetime) -> Decision:
    if isinstance(outcome, Done):
        return _cancelled(pickup, by, now)
    code = outcome.code if isinstance(outcome, Refused) else "outcome-unknown"
    said = _refusal(pickup, "cancel-refused", f"{code} {outcome.detail}".strip())
    return Decision(writes=[changed(pickup, intent=None, waits=0)], events=[said])


def _cancelled(pickup: CarrierPickup, by: str, now: datetime) -> Decision:
    """It does not come: what it was for waits for another."""
    cancelled = CarrierPickupCancelledV1(
        owner=pickup.owner,
        location_id=pickup.location_id,
        carrier=pickup.carrier,
        pickup_id=pickup.pickup_id,
        cancelled_by=by,
        cancelled_at=now,
    )
    after = changed(pickup, status=CallStatus.CANCELLED, intent=None, waits=0)
    return Decision(writes=[after], events=[cancelled, *put_back(pickup.held)])


def _refusal(pickup: CarrierPickup, reason: str, detail: str) -> CarrierPickupRefusedV1:
    return CarrierPickupRefusedV1(
        owner=pickup.owner,
        location_id=pickup.location_id,
        carrier=pickup.carrier,
        pickup_id=pickup.pickup_id,
        reason=reason,
        detail=detail,
    )


def settle_by_hand(states: States, message: SettleCarrierPickupV1, now: datetime) -> Decision:
    """Somebody has looked whether the carrier comes.

    One that is booked and that the carrier's own pages do not show, or show as called off, does not come: whatever the
    carrier says to its being called off here.
    """
    pickup = _known(states, message)
    if pickup is None:
        return Decision.unknown(message, "pickup", f"{message.pickup_id} of {message.location_id}")
    if pickup.status is CallStatus.BOOKED and not message.number:
        return _cancelled(pickup, "", now)
    if not (pickup.unsettled or pickup.waits_for_carrier):
        detail = f"pickup {message.pickup_id} of {message.location_id} does not wait for somebody to look"
        return Decision.refused(message, "wrong-state", detail)
    if not message.number:
        return _not_booked(pickup, "not-booked", "the carrier's own pages show none")
    return _booked(pickup, PickupBooked(pickup_id=message.number, confirmation=message.number), now)
