"""Manifests: what a carrier gets from a location is closed, once for each parcel, by hand or at a time of day."""

from collections.abc import Callable, Iterable
from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.dock import (
    MakeManifestV1,
    ManifestDelayedV1,
    ManifestMadeV1,
    ManifestRefusedV1,
    ManifestWantedV1,
    SettleManifestV1,
)
from services.hub.decision import (
    Decision,
    Done,
    Failed,
    Intent,
    IntentRecord,
    Later,
    Outcome,
    Refused,
    States,
    Unsettled,
    changed,
    outside,
)
from services.shipping.carriers import MakeManifest
from services.shipping.carriers.answers import ManifestKept
from services.shipping.decide.dock import bought, handed, put_back, take
from services.shipping.decide.waits import again_at
from services.shipping.rules import Rules
from services.shipping.state_dock import Docked, Manifest, ManifestAgain, ManifestStatus, ManifestTimer

Wanted = MakeManifestV1 | ManifestWantedV1


def make_manifest(rules: Rules, states: States, message: MakeManifestV1, now: datetime) -> Decision:
    """Somebody closes what a carrier gets."""
    if (found := _known(states, message)) is not None:
        return _resumed(rules, found)
    location, carrier = rules.locations.get(message.location_id), rules.carriers.get(message.carrier)
    if location is None:
        return Decision.unknown(message, "location", message.location_id)
    if carrier is None or not carrier.manifests:
        detail = f"no manifests are made of what {message.carrier} gets: carriers.toml says manifests = true where so"
        return Decision.refused(message, "no-manifests", detail)
    decision = _begun(rules, states, message, now)
    if not decision.writes and not decision.withdrawn:
        detail = f"nothing that is packed for {message.carrier} at {message.location_id} is without a manifest"
        return Decision.refused(message, "nothing-to-close", detail)
    return decision


def go_on(rules: Rules, states: States, message: ManifestWantedV1, now: datetime) -> Decision:
    """One manifest did not hold all: the next is made."""
    found = _known(states, message)
    return _resumed(rules, found) if found is not None else _begun(rules, states, message, now)


def close_day(rules: Rules, states: States, message: ManifestTimer, now: datetime) -> Decision:
    """It is the time of day at which a location closes what a carrier gets."""
    if now < message.due_at:
        return Decision.nothing()
    if (found := _known(states, wanted_by(message))) is not None:
        return _resumed(rules, found)
    carrier = rules.carriers.get(message.carrier)
    if carrier is None or not carrier.manifests or message.location_id not in rules.locations:
        return Decision.nothing()
    return go_on(rules, states, wanted_by(message), now)


def wanted_by(message: ManifestTimer) -> ManifestWantedV1:
    """What the time of day asks for; the same, however often it fires."""
    return ManifestWantedV1(
        owner=message.owner,
        location_id=message.location_id,
        carrier=message.carrier,
        manifest_id=f"{message.due_at:%Y%m%d-%H%M}",
    )


def _known(states: States, message: Wanted | SettleManifestV1 | ManifestAgain) -> Manifest | None:
    return states.get(Manifest, message.owner, message.location_id, message.carrier, message.manifest_id)


def _begun(rules: Rules, states: States, message: Wanted, now: datetime) -> Decision:
    """A manifest of what lies there; nothing where nothing does."""
    lying, more = take(states, message.owner, message.location_id, message.carrier, "manifest")
    held = [one for one in lying if one.fulfilment_id not in message.without]
    events: list[Event] = [_following(message)] if more else []
    if not held:
        return Decision(events=events, withdrawn=[*lying])
    manifest = Manifest(
        owner=message.owner,
        location_id=message.location_id,
        carrier=message.carrier,
        manifest_id=message.manifest_id,
        status=ManifestStatus.MAKING,
        held=tuple(held),
        made_by=message.made_by,
    )
    intent = _intent(rules, manifest)
    return Decision(
        writes=[changed(manifest, intent=intent.record(now))], events=events, withdrawn=[*lying], intent=intent
    )


def _following(message: Wanted) -> ManifestWantedV1:
    name, _, number = message.manifest_id.rpartition("+")
    following = f"{name}+{int(number) + 1}" if name and number.isdigit() else f"{message.manifest_id}+2"
    return ManifestWantedV1(
        owner=message.owner,
        location_id=message.location_id,
        carrier=message.carrier,
        manifest_id=following,
        without=message.without,
        made_by=message.made_by,
    )


def _intent(rules: Rules, manifest: Manifest) -> Intent:
    request = MakeManifest(
        carrier=manifest.carrier,
        ship_from=rules.locations[manifest.location_id].address,
        parcels=bought(manifest.held),
    )
    key = f"manifest:{manifest.owner}/{manifest.location_id}/{manifest.carrier}/{manifest.manifest_id}"
    return Intent(rules.carriers[manifest.carrier].adapter, "manifest", key, request)


def _resumed(rules: Rules, manifest: Manifest) -> Decision:
    """The message came before. Where its call is still under way, the answer is looked up."""
    if manifest.intent is None:
        return Decision.nothing()
    if manifest.carrier not in rules.carriers or manifest.location_id not in rules.locations:
        if manifest.unsettled:
            return Decision.nothing()
        return _unsettled(manifest, f"{manifest.carrier} or {manifest.location_id} is not in the rules any more")
    return Decision(writes=[manifest], intent=_intent(rules, manifest).begun(manifest.intent))


def settle_manifest(
    states: States, message: Wanted | ManifestTimer | ManifestAgain, outcome: Outcome, now: datetime
) -> Decision:
    """What the carrier made of it."""
    manifest = _known(states, wanted_by(message) if isinstance(message, ManifestTimer) else message)
    if manifest is None or manifest.intent is None or outcome.key != manifest.intent.key:
        return Decision.nothing()
    match outcome:
        case Done(response=ManifestKept() as kept):
            return _made(manifest, kept, now)
        case Refused(code=code, detail=detail):
            return _refused(manifest, "refused", f"{code} {detail}".strip())
        case Unsettled(detail=detail):
            return _unsettled(manifest, detail)
        case Failed():
            return _wait(manifest, manifest.intent, outcome, now)
        case _:
            return Decision(later=Later(f"{manifest.carrier} answered with {outcome}"))


def _wait(manifest: Manifest, intent: IntentRecord, outcome: Failed, now: datetime) -> Decision:
    """Its carrier is away, and nothing was done: it is asked again as soon as it is back, however long that takes."""
    timer = ManifestAgain(
        owner=manifest.owner,
        location_id=manifest.location_id,
        carrier=manifest.carrier,
        manifest_id=manifest.manifest_id,
        due_at=again_at(manifest.waits, outcome.retry_after_s, now),
        waits_for=(outcome.waits_for or outside(intent.adapter, intent.operation),),
        why=outcome.detail,
    )
    said = ManifestDelayedV1(
        owner=manifest.owner,
        location_id=manifest.location_id,
        carrier=manifest.carrier,
        manifest_id=manifest.manifest_id,
        detail=outcome.detail,
        delayed_at=now,
    )
    after = changed(manifest, intent=None, waits=min(manifest.waits + 1, 30))
    return Decision(writes=[after, timer], events=[] if manifest.waits else [said])


def ask_again(rules: Rules, states: States, message: ManifestAgain, now: datetime) -> Decision:
    """A carrier was away when it was asked for a manifest."""
    manifest = _known(states, message)
    if manifest is None or manifest.has_ended:
        return Decision.nothing()
    if manifest.intent is not None:
        return _resumed(rules, manifest)
    if manifest.carrier not in rules.carriers or manifest.location_id not in rules.locations:
        gone = f"{manifest.carrier} or {manifest.location_id} is not in the rules any more"
        return _refused(manifest, "no-manifests", gone)
    intent = _intent(rules, manifest)
    return Decision(writes=[changed(manifest, intent=intent.record(now))], intent=intent)


def _unsettled(manifest: Manifest, detail: str) -> Decision:
    """Nothing tells whether it was made: somebody has to look."""
    waits = changed(manifest, unsettled=True)
    return Decision(writes=[waits], events=[_refusal(waits, "outcome-unknown", detail)])


def _made(manifest: Manifest, kept: ManifestKept, now: datetime) -> Decision:
    """It was; what the carrier left out of it waits for the next."""
    inside = set(kept.tracking_numbers)
    closed = _parted(manifest.held, lambda number: number in inside)
    out = _parted(manifest.held, lambda number: number not in inside)
    if not closed:  # it does not say, or not by these numbers
        closed, out = [*manifest.held], []
    made = ManifestMadeV1(
        owner=manifest.owner,
        location_id=manifest.location_id,
        carrier=manifest.carrier,
        manifest_id=manifest.manifest_id,
        number=kept.number,
        parcels=handed(closed),
        left_out=handed(out),
        documents=kept.documents,
        made_by=manifest.made_by,
        made_at=now,
    )
    after = changed(
        manifest,
        status=ManifestStatus.MADE,
        intent=None,
        waits=0,
        unsettled=False,
        number=kept.number,
        documents=kept.documents,
        made_at=now,
    )
    return Decision(writes=[after], events=[made, *put_back(out)])


def _parted(held: Iterable[Docked], is_wanted: Callable[[str], bool]) -> list[Docked]:
    """What was taken from the dock, of each fulfilment only the parcels with such numbers."""
    parted = (
        changed(one, parcels=tuple(parcel for parcel in one.parcels if is_wanted(parcel.tracking_number)))
        for one in held
    )
    return [one for one in parted if one.parcels]


def _refused(manifest: Manifest, reason: str, detail: str) -> Decision:
    """There is none; all of it waits for the next."""
    after = changed(manifest, status=ManifestStatus.REFUSED, intent=None, waits=0, unsettled=False)
    return Decision(writes=[after], events=[_refusal(manifest, reason, detail), *put_back(manifest.held)])


def _refusal(manifest: Manifest, reason: str, detail: str) -> ManifestRefusedV1:
    return ManifestRefusedV1(
        owner=manifest.owner,
        location_id=manifest.location_id,
        carrier=manifest.carrier,
        manifest_id=manifest.manifest_id,
        reason=reason,
        detail=detail,
        parcels=handed(manifest.held),
    )


def settle_by_hand(states: States, message: SettleManifestV1, now: datetime) -> Decision:
    """Somebody has looked whether it was made, or has seen to it while its carrier could not be reached."""
    manifest = _known(states, message)
    if manifest is None:
        return Decision.unknown(message, "manifest", f"{message.manifest_id} of {message.location_id}")
    if not (manifest.unsettled or manifest.waits_for_carrier):
        detail = f"manifest {message.manifest_id} of {message.location_id} does not wait for somebody to look"
        return Decision.refused(message, "wrong-state", detail)
    if not message.number:
        return _refused(manifest, "not-made", "the carrier's own pages show none")
    return _made(manifest, ManifestKept(number=message.number), now)
