"""Waves: fulfilments of one location that are picked in one go, each in one wave at most."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from crossdock_contracts.base import Event
from crossdock_contracts.warehouse import (
    MOST_IN_WAVE,
    CloseWaveV1,
    PlanWaveV1,
    ReleaseWaveV1,
    WaveClosedV1,
    WaveMember,
    WavePlannedV1,
    WaveReleasedV1,
)
from services.hub.decision import Decision, States, changed
from services.shipping.decide.queues import in_turn
from services.shipping.rules import Rules
from services.shipping.state_work import PICK, Member, Task, Wave

WaveCommand = PlanWaveV1 | ReleaseWaveV1 | CloseWaveV1


def reads_wave(message: WaveCommand) -> Iterable[str]:
    """The document of the wave."""
    return [Wave.at(message.owner, message.location_id, message.wave_id)]


def proposed(rules: Rules, location_id: str, waiting: list[Task], most: int) -> list[Task]:
    """What the next wave should hold: what is in no wave yet, in turn, and beside each what shares its parcel."""
    free = sorted((task for task in waiting if not task.wave_id), key=in_turn)
    chosen: dict[str, Task] = {}
    for parcel in together(rules, location_id, free):
        if len(chosen) >= min(most, MOST_IN_WAVE):
            break
        chosen |= {task.fulfilment_id: task for task in parcel}
    return list(chosen.values())[:MOST_IN_WAVE]


def together(rules: Rules, location_id: str, tasks: list[Task]) -> list[list[Task]]:
    """The tasks, in their order, by the parcels that they make.

    One recipient's go into one parcel where the location consolidates, as far as their stock was bound within its
    window.
    """
    place = rules.locations.get(location_id)
    window = timedelta(hours=place.consolidate_within_hours if place and place.consolidate else 0.0)
    parcels: list[list[Task]] = []
    open_: dict[str, list[Task]] = {}
    for task in tasks:
        parcel = open_.get(task.recipient) if task.recipient and window else None
        if parcel is not None and abs(task.since - parcel[0].since) <= window:
            parcel.append(task)
        else:
            parcels.append([task])
            open_[task.recipient] = parcels[-1]
    return parcels


def plan_wave(rules: Rules, states: States, message: PlanWaveV1, now: datetime) -> Decision:
    """Take fulfilments out of the queue into a wave; what another wave has, or is picked already, is left out."""
    owner, location = message.owner, message.location_id
    if states.get(Wave, owner, location, message.wave_id) is not None:
        return Decision.nothing()
    wanted = list(dict.fromkeys(message.fulfilments))
    found = states.get_all(Task, [(owner, location, PICK, one) for one in wanted])
    free = sorted((task for task in found if task is not None and not task.wave_id), key=in_turn)
    if not free:
        detail = f"none of these {len(wanted)} fulfilments is to be picked at {location} and in no wave yet"
        return Decision.refused(message, "nothing-to-pick", detail)
    tasks, members = [], []
    for position, parcel in enumerate(together(rules, location, free), start=1):
        lead = parcel[0]
        for task in parcel:
            beside = {} if task is lead else {"lead": lead.fulfilment_id, "lead_order": lead.order_id}
            tasks.append(changed(task, wave_id=message.wave_id, **beside))
            members.append(
                Member(
                    fulfilment_id=task.fulfilment_id,
                    order_id=task.order_id,
                    position=position,
                    packed_with="" if task is lead else lead.fulfilment_id,
                )
            )
    wave = Wave(owner=owner, location_id=location, wave_id=message.wave_id, members=tuple(members), planned_at=now)
    taken = {member.fulfilment_id for member in members}
    planned = WavePlannedV1(
        owner=owner,
        location_id=location,
        wave_id=message.wave_id,
        members=tuple(WaveMember(**member.model_dump()) for member in members),
        left_out=tuple(one for one in wanted if one not in taken),
        planned_by=message.planned_by,
        planned_at=now,
    )
    return Decision(writes=[wave, *tasks], events=[planned])


def release_wave(states: States, message: ReleaseWaveV1, now: datetime) -> Decision:
    """The picking of a wave may begin."""
    wave = states.get(Wave, message.owner, message.location_id, message.wave_id)
    if wave is None or wave.closed_at is not None:
        return _unknown(message, wave)
    if wave.released_at is not None:
        return Decision.nothing()
    released = WaveReleasedV1(
        owner=wave.owner,
        location_id=wave.location_id,
        wave_id=wave.wave_id,
        released_by=message.released_by,
        released_at=now,
    )
    return Decision(writes=[changed(wave, released_at=now)], events=[released])


def _unknown(message: WaveCommand, wave: Wave | None) -> Decision:
    if wave is None:
        return Decision.unknown(message, "wave", f"{message.wave_id} of {message.location_id}")
    return Decision.refused(message, "no-open-wave", f"wave {message.wave_id} of {message.location_id} is closed")


def close_wave(states: States, message: CloseWaveV1, now: datetime) -> Decision:
    """A wave is over; what was not picked goes back to the queue."""
    wave = states.get(Wave, message.owner, message.location_id, message.wave_id)
    if wave is None:
        return _unknown(message, wave)
    if wave.closed_at is not None:
        return Decision.nothing()
    keys = [(wave.owner, wave.location_id, PICK, member.fulfilment_id) for member in wave.members]
    left = [task for task in states.get_all(Task, keys) if task is not None and task.wave_id == wave.wave_id]
    events: list[Event] = [
        WaveClosedV1(
            owner=wave.owner,
            location_id=wave.location_id,
            wave_id=wave.wave_id,
            left=tuple(task.fulfilment_id for task in left),
            closed_by=message.closed_by,
            closed_at=now,
        )
    ]
    back = [changed(task, wave_id="", lead="", lead_order="") for task in left]
    return Decision(writes=[changed(wave, closed_at=now), *back], events=events)
