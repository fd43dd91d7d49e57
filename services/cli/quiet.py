"""Waits until a hub has nothing left to do."""

import asyncio
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from crossdock_contracts import subjects
from services.cli.client import Client
from services.cli.output import errors
from services.cli.supervisor import ALL
from services.hub.documents import Reader
from services.hub.waits import read_waiting


class BusyError(TimeoutError):
    """The hub has not come to rest in time; the text says what is left."""


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


_OURS = re.compile(rf"({'|'.join(ALL)})-.+-\d+")
"""Names that services give their consumers; all others are of systems that are connected."""


async def left(client: Client) -> dict[str, int]:
    """What the services have not settled yet, and messages that are parked; empty when the hub is at rest.

    What connected systems have not fetched does not count: nobody here can tell whether they ever will.
    """
    found: dict[str, int] = {}
    for service in ALL:
        for stream in (subjects.stream(service), subjects.inbox(service)):
            offset = 0
            while True:
                page: dict[str, Any] = await client.calls.api(
                    f"CONSUMER.LIST.{stream}", {"offset": offset}, timeout_s=20
                )
                consumers = page.get("consumers") or []
                for one in consumers:
                    open_ = one["num_pending"] + one["num_ack_pending"]
                    if open_ and _OURS.fullmatch(one["config"].get("durable_name", "")):
                        found[one["name"]] = open_
                offset += len(consumers)
                if not consumers or offset >= page.get("total", 0):
                    break
    return found | await parked(client)


async def parked(client: Client) -> dict[str, int]:
    """Messages that wait to be tried again, by service."""
    counts = {f"{service} parked": await count(client, service, f"{service}.parked.>") for service in ALL}
    return {name: number for name, number in counts.items() if number}


async def why(client: Client, left: Mapping[str, int], most: int = 3) -> list[str]:
    """Some of what is ``left`` parked, and why; asked of the server: services need not be running."""
    found: list[str] = []
    for service in (one for one in ALL if f"{one} parked" in left):
        reader = Reader(client.calls, subjects.stream(service), ())
        stored = await reader.messages(f"{service}.parked.>", 0, most)
        waiting = filter(None, (read_waiting(one, {}) for one in stored))
        found += [
            f"{service} {one.handler} of {one.about}, tried {one.attempts} times, again by {one.due_at[:19]}: {one.why}"
            for one in waiting
        ]
    return found


async def count(client: Client, service: str, filter_subject: str) -> int:
    """Messages on a subject or wildcard of a service's stream."""
    request = {"subjects_filter": filter_subject}
    info: dict[str, Any] = await client.calls.api(f"STREAM.INFO.{subjects.stream(service)}", request, timeout_s=20)
    return sum(((info.get("state") or {}).get("subjects") or {}).values())


async def events(client: Client) -> dict[str, int]:
    """Events in the streams, by name."""
    found: dict[str, int] = {}
    for service in ALL:
        request = {"subjects_filter": f"{service}.evt.>"}
        info: dict[str, Any] = await client.calls.api(f"STREAM.INFO.{subjects.stream(service)}", request, timeout_s=20)
        for subject, number in ((info.get("state") or {}).get("subjects") or {}).items():
            name = subject.split(".")[2]
            found[name] = found.get(name, 0) + number
    return found


def told(left: dict[str, int]) -> str:
    """What is left, the most of it first."""
    return ", ".join(f"{name} {count:,}" for name, count in sorted(left.items(), key=lambda one: -one[1])[:3])


async def wait(
    client: Client, timeout_s: float = 600.0, *, say_after_s: float = 0.0, besides: Mapping[str, int] | None = None
) -> None:
    """Wait until nothing is left to do, twice in a row, or nothing but what was ``parked`` before (``besides``).

    Whoever waits at a terminal is told for what, each time so many seconds are over; 0: nobody is told.

    Raises:
        BusyError: something is left, and time is up.
    """
    deadline = time.monotonic() + timeout_s
    say_at = time.monotonic() + say_after_s
    calm = 0
    remaining: dict[str, int] = {}
    while calm < 2:
        remaining = {name: n for name, n in (await left(client)).items() if n > (besides or {}).get(name, 0)}
        calm = 0 if remaining else calm + 1
        if time.monotonic() > deadline:
            msg = "; ".join(
                [f"the hub is not at rest after {timeout_s:g} s: {told(remaining)}", *await why(client, remaining)]
            )
            raise BusyError(msg)
        if say_after_s and remaining and time.monotonic() > say_at:
            errors.print(f"waiting for the hub to come to rest: {told(remaining)}", highlight=False, soft_wrap=True)
            say_at += say_after_s
        await asyncio.sleep(0.02 if not remaining else 0.1)
