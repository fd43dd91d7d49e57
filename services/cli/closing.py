"""Dead letters closed by the thousand, and what became of them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from crossdock_contracts import subjects
from crossdock_contracts.base import Command
from crossdock_contracts.operations import DiscardDeadLetterV1, ReplayDeadLetterV1
from services.cli.client import Answer, Client
from services.cli.letters import Filters, letters
from services.cli.many import Errand, order_each

_PATIENCE_S = 120.0
"""A command that has not been answered for so long is given up."""
_TOGETHER, _TOGETHER_BYTES = 100, 256 * 1024
"""Most letters of one command, and most bytes of their payloads; a larger letter goes alone."""
_AT_ONCE = 3
"""Commands that have not been answered yet."""
_STILL_S = 60.0
"""Replayed messages of which none has been settled for so long are no longer waited for."""


def replay_of(found: Sequence[dict[str, Any]], *, by: str, note: str, body: str | None = None) -> Command:
    """The command that hands letters to their handlers once more, those that are still as they were looked at."""
    return ReplayDeadLetterV1(owner=_owner(found[0]), body=body, requested_by=by, note=note, **_names(found))


def discard_of(found: Sequence[dict[str, Any]], *, by: str, note: str) -> Command:
    """The command that closes letters unhandled, those that are still as they were looked at."""
    return DiscardDeadLetterV1(owner=_owner(found[0]), requested_by=by, note=note, **_names(found))


def _names(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    names = [{name: letter[name] for name in ("letter_id", "handler", "seq")} for letter in found]
    return names[0] | {"also": names[1:]}


def _owner(letter: dict[str, Any]) -> str:
    """Whose letter it is; of one that belongs to nobody the hub's own."""
    return str(letter["order"]).partition("/")[0] or "main"


@dataclass(slots=True)
class Tally:
    """How far the closing of many letters has come; it goes on being true when that is interrupted."""

    total: int = 0
    found: set[str] = field(default_factory=set)
    """Ids of the letters that are meant."""
    closed: list[dict[str, Any]] = field(default_factory=list)
    gone: int = 0
    """Closed by somebody else meanwhile, or dead anew."""
    refused: dict[str, str] = field(default_factory=dict)
    """Letters that could not be closed, and why."""
    failed_again: list[dict[str, Any]] = field(default_factory=list)
    waiting: int = 0
    """Replayed, and parked until a later attempt."""
    under_way: int = 0
    """Replayed, and not settled yet when they were no longer waited for."""
    seconds: float = 0.0

    @property
    def done(self) -> int:
        """Letters that have been dealt with, however."""
        return len(self.closed) + self.gone + len(self.refused)

    def count(self, batch: Sequence[dict[str, Any]], answer: Answer) -> None:
        """What became of some letters."""
        refusals = {
            event["body"]["entity_id"]: event["body"]
            for event in answer.events
            if event["type"].endswith("command-refused")
        }
        done = {(event["body"].get("letter_id"), event["body"].get("handler")) for event in answer.events}
        for letter in batch:
            refusal = refusals.get(letter["letter_id"])  # which may be that of another handler's letter of this id
            if answer.refusal and not answer.events:
                self.refused[letter["letter_id"]] = answer.refusal
            elif refusal is None or (letter["letter_id"], letter["handler"]) in done:
                self.closed.append(letter)
            elif refusal["reason"] == "no-such-dead-letter":
                self.gone += 1
            else:
                self.refused[letter["letter_id"]] = f"{refusal['reason']}: {refusal['detail']}"

    def summary(self, verb: str) -> dict[str, Any]:
        """The figures, for programs."""
        return {
            verb: len(self.closed),
            "gone": self.gone,
            "refused": self.refused,
            "seconds": round(self.seconds, 2),
            "per_s": round(len(self.closed) / self.seconds, 1) if self.seconds else 0.0,
        }


def together(found: Sequence[dict[str, Any]], rate: float = 0.0) -> Iterator[list[dict[str, Any]]]:
    """Letters some at a time: of one owner and one partition, in their order, and not much to hold in one commit.

    Where so many a second are wanted they go a tenth of a second's at a time.
    """
    most = min(_TOGETHER, max(1, round(rate / 10))) if rate else _TOGETHER
    batches: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for letter in found:
        batch = batches.setdefault((letter["service"], letter["partition"], _owner(letter)), [])
        full = len(batch) == most or sum(one["size"] for one in batch) + letter["size"] > _TOGETHER_BYTES
        if batch and full:
            yield [*batch]
            batch.clear()
        batch.append(letter)
    yield from batches.values()


async def close_all(
    client: Client,
    found: Sequence[dict[str, Any]],
    command: Callable[[Sequence[dict[str, Any]]], Command],
    tally: Tally,
    *,
    rate: float = 0.0,
    moved: Callable[[], None] = lambda: None,
) -> None:
    """Close letters by a command for some of them at a time, in their order, at most so many letters a second.

    Interrupted at any point, what was done is in the tally, and what was not is still open: the same again goes on.

    Raises:
        UnreachableError: it is not certain that all commands were stored.
        NoServiceError: some are stored, but were not carried out in time.
    """
    tally.total += len(found)
    started = time.perf_counter()
    batches = list(together(found, rate))

    def told(number: int, answer: Answer) -> None:
        tally.count(batches[number], answer)
        tally.seconds = time.perf_counter() - started
        moved()

    # to the partition that the letter lies in: those about the same entity stay in their order
    errands = (Errand(command(of), of[0]["service"], of[0]["partition"], len(of)) for of in batches)
    await order_each(client, errands, told, rate=rate, timeout_s=_PATIENCE_S, at_once=_AT_ONCE)


async def see_through(client: Client, tally: Tally) -> None:
    """Wait until the handlers are through with what was replayed, and count what died again or waits."""
    tally.under_way = await _settled(client, {(one["service"], one["partition"]) for one in tally.closed})
    for service in dict.fromkeys(one["service"] for one in tally.closed):
        before = {(one["handler"], one["letter_id"]): one["seq"] for one in tally.closed if one["service"] == service}
        tally.failed_again += [
            letter
            for letter in await letters(client, Filters(service=service))
            if letter["seq"] > before.get((letter["handler"], letter["letter_id"]), letter["seq"])
        ]
        parked = {f"{service}.parked.{handler}.{subjects.token(letter_id)}" for handler, letter_id in before}
        tally.waiting += len(parked & {subject async for subject in _standing(client, service, "parked")})


async def _settled(client: Client, shards: set[tuple[str, int]]) -> int:
    """Wait until everything that was replayed is settled; how much is not, when nothing has moved for a while."""
    left, moved_at = -1, time.monotonic()
    while True:
        now = sum([await _open(client, service, shard) for service, shard in shards])
        if now == 0:
            return 0
        if now != left:
            left, moved_at = now, time.monotonic()
        if time.monotonic() - moved_at > _STILL_S:
            return now
        await asyncio.sleep(0.05)


async def _open(client: Client, service: str, shard: int) -> int:
    """Messages on their way back to handlers of one shard."""
    stream = subjects.stream(service)
    info: dict[str, Any] = await client.calls.api(f"CONSUMER.INFO.{stream}.{service}-retry-{shard}", timeout_s=10)
    return int(info["num_pending"]) + int(info["num_ack_pending"])


async def _standing(client: Client, service: str, space: str) -> AsyncIterator[str]:
    """Subjects of a space of a service's stream on which a message stands."""
    offset, total = 0, 1
    while offset < total:
        request = {"subjects_filter": f"{service}.{space}.>", "offset": offset}
        info: dict[str, Any] = await client.calls.api(f"STREAM.INFO.{subjects.stream(service)}", request, timeout_s=20)
        found = (info.get("state") or {}).get("subjects") or {}
        for subject in found:
            yield subject
        offset, total = offset + len(found), int(info.get("total", 0)) if found else 0
