"""A small service to try the hub with: it counts pieces, and does on request what services should not do.

It speaks inventory's contracts, so that real commands and events are on the wire.
"""

import os
import signal
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import Field

from crossdock_contracts.base import Utc, Value
from crossdock_contracts.inventory import (
    AdjustStockV1,
    CountStockV1,
    ReceiveStockV1,
    SetSafetyStockV1,
    StockMovedV1,
    TransferStockV1,
)
from services.hub.decision import Decision, Document, Done, Intent, IntentRecord, Later, Outcome, States, Timer, changed
from services.hub.effects import Limits
from services.hub.service import Question, Service


class Tally(Document, service="inventory", kind="tally", key=("sku",), traced=True):
    """How many pieces of a SKU there are."""

    sku: str
    pieces: int = 0
    filler: str = ""
    calls: tuple[IntentRecord, ...] = ()
    answers: dict[str, str] = Field(default_factory=dict)
    rings_at: Utc | None = None
    rung: int = 0


class Alarm(Timer, service="inventory", kind="alarm", key=("sku",)):
    """Rings once."""

    sku: str


def moved(message: Any, pieces: int, now: datetime, number: int = 0) -> StockMovedV1:
    """One entry of the ledger."""
    return StockMovedV1(
        owner=message.owner,
        sku=message.sku,
        location_id=getattr(message, "location_id", "X"),
        kind="received",
        quantity=1,
        delta=1,
        on_hand=max(0, pieces),
        reason="received",
        reference=str(number),
        moved_at=now,
    )


def reads(message: Any) -> Iterable[str]:
    """The tally that a command is about."""
    return [Tally.at(message.owner, message.sku)]


def tally(states: States, message: Any) -> Tally:
    """The tally that a message is about, new where there is none."""
    return states.get(Tally, message.owner, message.sku) or Tally(owner=message.owner, sku=message.sku)


def receive(states: States, message: ReceiveStockV1, now: datetime) -> Decision:
    """Add pieces; nothing in the state tells whether this receipt has been added before."""
    found = tally(states, message)
    after = changed(found, pieces=found.pieces + message.quantity)
    return Decision(writes=[after], events=[moved(message, after.pieces, now)])


def adjust(states: States, message: AdjustStockV1, now: datetime) -> Decision:
    """Misbehave as the reason says, or add the difference."""
    return REASONS.get(message.reason, add)(states, message, now)


def add(states: States, message: AdjustStockV1, now: datetime) -> Decision:
    """Add the difference."""
    found = tally(states, message)
    after = changed(found, pieces=found.pieces + message.delta)
    return Decision(writes=[after], events=[moved(message, after.pieces, now)])


def fail(_states: States, message: AdjustStockV1, _now: datetime) -> Decision:
    """Have a bug."""
    return Decision(writes=[{}[message.sku]])


def kill(_states: States, _message: AdjustStockV1, _now: datetime) -> Decision:
    """End the process."""
    os.kill(os.getpid(), signal.SIGKILL)
    return Decision()


def wait(states: States, message: AdjustStockV1, now: datetime) -> Decision:
    """Wait for a file."""
    if not Path(message.note).exists():
        return Decision(later=Later("the file is not there", delay_s=0.2))
    return add(states, message, now)


def swell(states: States, message: AdjustStockV1, _now: datetime) -> Decision:
    """Write a document of so many kilobytes."""
    return Decision(writes=[changed(tally(states, message), filler="x" * (1000 * message.delta))])


def talk(states: States, message: AdjustStockV1, now: datetime) -> Decision:
    """Say so many events at once."""
    found = tally(states, message)
    after = changed(found, pieces=found.pieces + message.delta)
    return Decision(writes=[after], events=[moved(message, after.pieces, now, n) for n in range(message.delta)])


def copy(states: States, message: AdjustStockV1, _now: datetime) -> Decision:
    """Have as many pieces as another SKU, which is read and not written."""
    other = states.get(Tally, message.owner, message.note)
    return Decision(writes=[changed(tally(states, message), pieces=other.pieces if other else 0)])


def add_unless(states: States, message: AdjustStockV1, now: datetime) -> Decision:
    """Add the difference, or do nothing at all where another SKU has pieces."""
    other = states.get(Tally, message.owner, message.note)
    return Decision.nothing() if other and other.pieces else add(states, message, now)


def look_around(states: States, message: AdjustStockV1, now: datetime) -> Decision:
    """Read many tallies, and add how many have pieces."""
    others = states.get_all(Tally, [(message.owner, f"N{n}") for n in range(message.delta)])
    found = tally(states, message)
    after = changed(found, pieces=found.pieces + sum(1 for other in others if other and other.pieces))
    return Decision(writes=[after], events=[moved(message, after.pieces, now)])


REASONS: dict[str, Callable[[States, AdjustStockV1, datetime], Decision]] = {
    "fails": fail,
    "kills": kill,
    "waits": wait,
    "swells": swell,
    "talks": talk,
    "copies": copy,
    "unless": add_unless,
    "looks": look_around,
}


def key_of(message: CountStockV1) -> str:
    """Idempotency key of the call that a count makes."""
    return f"count:{message.sku}:{message.counted}"


class Call(Value):
    """What is asked of the outside."""

    sku: str


def call(states: States, message: CountStockV1, now: datetime) -> Decision:
    """Ask the outside, once for each count's number."""
    found = tally(states, message)
    key = key_of(message)
    if key in found.answers:
        return Decision.nothing()
    resumed = any(record.key == key for record in found.calls)
    intent = Intent("desk", "ask", key, Call(sku=message.sku), resumed=resumed)
    if resumed:
        return Decision(writes=[found], intent=intent)
    return Decision(writes=[changed(found, calls=(*found.calls, intent.record(now)))], intent=intent)


def settle(states: States, message: CountStockV1, outcome: Outcome, now: datetime) -> Decision:
    """Keep the answer."""
    found = tally(states, message)
    said = str(outcome.response) if isinstance(outcome, Done) else type(outcome).__name__.lower()
    after = changed(found, answers={**found.answers, key_of(message): said})
    return Decision(writes=[after], events=[moved(message, after.pieces, now)])


def set_alarm(states: States, message: SetSafetyStockV1, now: datetime) -> Decision:
    """Ring in so many milliseconds; none withdraws the alarm."""
    found = tally(states, message)
    standing = states.get(Alarm, message.owner, message.sku)
    if message.quantity:
        due = now + timedelta(milliseconds=message.quantity)
        alarm = Alarm(owner=message.owner, sku=message.sku, due_at=due)
        return Decision(writes=[changed(found, rings_at=due), alarm])
    return Decision(writes=[changed(found, rings_at=None)], withdrawn=[standing] if standing else [])


def ring(states: States, alarm: Alarm, now: datetime) -> Decision:
    """Count the ring, if it still is to ring then."""
    found = tally(states, alarm)
    if found.rings_at is None or now < found.rings_at:
        return Decision.nothing()
    return Decision(writes=[changed(found, rings_at=None, rung=found.rung + 1)], events=[moved(alarm, 0, now)])


def transfer(states: States, message: TransferStockV1, now: datetime) -> Decision:
    """Move pieces from one tally to another: a write of two documents."""
    source = tally(states, message)
    target = states.get(Tally, message.owner, message.to_location_id) or Tally(
        owner=message.owner, sku=message.to_location_id
    )
    return Decision(
        writes=[
            changed(source, pieces=source.pieces - message.quantity),
            changed(target, pieces=target.pieces + message.quantity),
        ],
        events=[moved(message, source.pieces, now)],
    )


class FileDesk:
    """An outside that outlives the process: it keeps what it was asked in a file."""

    name = "desk"

    def __init__(self, file: Path) -> None:
        self.file = file

    @property
    def asked(self) -> list[str]:
        """The keys that it was asked under, in order."""
        return self.file.read_text().split() if self.file.exists() else []

    async def call(self, operation: str, key: str, request: Any) -> Any:
        """Note the key; the answer is its number."""
        del operation, request
        with self.file.open("a") as notes:
            notes.write(f"{key}\n")
        return f"answer-{len(self.asked)}"

    async def look_up(self, operation: str, key: str, request: Any) -> Any | None:
        """The answer under this key, if it was asked."""
        del operation, request
        return f"answer-{self.asked.index(key) + 1}" if key in self.asked else None


class TallyQuestion(Question):
    """How many pieces of a SKU there are."""

    sku: str


def answer(states: States, question: TallyQuestion, now: datetime) -> Any:
    """The tally as it stands."""
    del now
    found = states.get(Tally, question.owner, question.sku)
    return found.model_dump(mode="json") if found else None


def service(desk: Any = None, limits: Limits | None = None) -> Service:
    """The service, with its handlers."""
    hub = Service("inventory", documents=(Tally, Alarm), says=(StockMovedV1,))
    if desk is not None:
        hub.adapter(desk, limits)
    hub.on(ReceiveStockV1, receive, reads=reads, remember=True)
    hub.on(AdjustStockV1, adjust, reads=reads, remember=True)
    hub.on(CountStockV1, call, reads=reads, settle=settle)
    hub.on(SetSafetyStockV1, set_alarm, reads=reads, remember=True)
    hub.on(TransferStockV1, transfer, reads=reads, remember=True)
    hub.at(Alarm, ring)
    hub.answers("tally", TallyQuestion, answer)
    return hub
