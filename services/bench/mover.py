"""One process of the floor: ``python -m services.bench.mover URL bare|wire``, its plan a line on standard input.

``bare`` is nats-py as it comes: fetch, publish, acknowledge. ``wire`` lays its writes out as bytes and sends them
together, as the hub does (`services.hub.wire`).
"""

import asyncio
import gc
import os
import sys
import threading
from abc import ABC, abstractmethod
from uuid import uuid4

import orjson
import uvloop
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NothingReadyError
from pydantic import BaseModel

import nats
from services.hub.commit import MOST_MESSAGES
from services.hub.wire import Calls, HubClient, frame, send

READY = b"ready"
_FETCH_S = 5.0
_PATIENCE_S = 30.0
_GARBAGE = (50_000, 50, 100)
"""As services look for garbage (`services.hub.process`), which would take too long to import here."""
_BUFFER = 64 * 1024 * 1024

Draft = tuple[str, bool, bytes]
"""Subject, whether it takes the place of what stands there, body."""


class Target(BaseModel):
    """Messages that are published for each that is taken."""

    subject: str
    per_input: float
    size_bytes: int
    keys: int = 0
    """As documents: under so many keys in turn. 0: all on one subject, as events are; 1: one a batch, as a lease is."""

    def __init__(self, subject: str, per_input: float, size_bytes: int, *, keys: int = 0) -> None:
        super().__init__(subject=subject, per_input=per_input, size_bytes=size_bytes, keys=keys)


class Hop(BaseModel):
    """One consumer, and what is published for what it brings: a batch for each group of targets."""

    service: str
    stream: str
    durable: str
    filter: str
    fetch: int
    targets: list[list[Target]]


class Plan(BaseModel):
    """All hops of one process."""

    hops: list[Hop]

    def encode(self) -> bytes:
        """The plan as one line of JSON."""
        return self.model_dump_json().encode()


class Load:
    """Lays out the messages of one group of targets."""

    def __init__(self, targets: list[Target]) -> None:
        self._targets = [(target, b"x" * target.size_bytes) for target in targets]
        self._taken = 0
        self._written = [0] * len(targets)

    def drafts(self, inputs: int) -> list[Draft]:
        """What so many more inputs call for; shares of a message are carried over to the next time."""
        self._taken += inputs
        found: list[Draft] = []
        for number, (target, body) in enumerate(self._targets):
            start = self._written[number]
            end = start + 1 if target.keys == 1 else int(self._taken * target.per_input)
            self._written[number] = end
            if target.keys:
                found += [(f"{target.subject}.{n % target.keys}", True, body) for n in range(start, end)]
            else:
                found += [(f"{target.subject}.v1", False, body)] * (end - start)
        return found


class Line(ABC):
    """How a mover takes and writes."""

    @abstractmethod
    async def commit(self, drafts: list[Draft]) -> bytes:
        """Write messages as one atomic batch; what the server answered."""

    @abstractmethod
    async def acknowledge(self, messages: list[Msg]) -> None:
        """Settle messages."""


class Bare(Line):
    """nats-py as it comes."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def commit(self, drafts: list[Draft]) -> bytes:
        """Publish one by one; the last is a request."""
        batch = uuid4().hex
        for number, (subject, replaces, body) in enumerate(drafts, start=1):
            headers = {"Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number)}
            if replaces:
                headers["Nats-Rollup"] = "sub"
            if number < len(drafts):
                await self._client.publish(subject, body, headers=headers)
        headers["Nats-Batch-Commit"] = "1"
        return bytes((await self._client.request(subject, body, timeout=_PATIENCE_S, headers=headers)).data)

    async def acknowledge(self, messages: list[Msg]) -> None:
        """One by one."""
        for message in messages:
            await message.ack()


class Wire(Line):
    """Laid out as bytes, written together."""

    def __init__(self, client: Client, calls: Calls) -> None:
        self._client = client
        self._calls = calls

    async def commit(self, drafts: list[Draft]) -> bytes:
        """All frames in one write, the last a request."""
        laid = [
            (subject.encode(), b"Nats-Rollup: sub\r\n" if replaces else b"", body) for subject, replaces, body in drafts
        ]
        return bytes((await self._calls.batch(laid, timeout_s=_PATIENCE_S)).data)

    async def acknowledge(self, messages: list[Msg]) -> None:
        """All in one write."""
        await send(self._client, [frame(message.reply.encode(), b"", b"+ACK") for message in messages])


async def move(client: Client, line: Line, hop: Hop) -> None:
    """Take, publish, acknowledge, for ever."""
    consumer = await client.jetstream().pull_subscribe_bind(hop.durable, hop.stream)
    loads = [Load(targets) for targets in hop.targets]
    while True:
        try:
            messages = await consumer.fetch(hop.fetch, timeout=_FETCH_S)
        except NothingReadyError:
            continue
        for load in loads:
            drafts = load.drafts(len(messages))
            for start in range(0, len(drafts), MOST_MESSAGES):
                answer = orjson.loads(await line.commit(drafts[start : start + MOST_MESSAGES]))
                if "error" in answer:
                    msg = f"{hop.durable}: {answer['error']}"
                    raise SystemExit(msg)
        await line.acknowledge(messages)


async def _lines(url: str, services: set[str], kind: str) -> dict[str, tuple[Client, Line]]:
    """A connection for each service, as services have."""
    found: dict[str, tuple[Client, Line]] = {}
    for service in services:
        if kind == "bare":
            client = await nats.connect(url, pending_size=_BUFFER)
            found[service] = client, Bare(client)
        else:
            client = HubClient()
            await client.connect(url, pending_size=_BUFFER)
            calls = Calls(client)
            await calls.start()
            found[service] = client, Wire(client, calls)
    return found


async def main(url: str, kind: str, plan: Plan) -> None:
    """Move what the plan says until the process ends."""
    lines = await _lines(url, {hop.service for hop in plan.hops}, kind)
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    moving = [asyncio.create_task(move(*lines[hop.service], hop)) for hop in plan.hops]
    sys.stdout.buffer.write(READY + b"\n")
    sys.stdout.buffer.flush()
    await asyncio.gather(*moving)


def _end_with_parent() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    given = Plan.model_validate_json(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    uvloop.run(main(sys.argv[1], sys.argv[2], given))
