"""Waits until a hub has nothing left to do."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

from crossdock_contracts import subjects
from services.cli.client import Client
from services.cli.supervisor import ALL


class BusyError(TimeoutError):
    """The hub has not come to rest in time; the text says what is left."""


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


async def left(client: Client) -> dict[str, int]:
    """What each consumer has not settled yet, and messages that are parked; empty when the hub is at rest."""
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
                    if open_ and one["config"].get("durable_name"):
                        found[one["name"]] = open_
                offset += len(consumers)
                if not consumers or offset >= page.get("total", 0):
                    break
        parked = await count(client, service, f"{service}.parked.>")
        if parked:
            found[f"{service} parked"] = parked
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


async def wait(client: Client, timeout_s: float = 600.0) -> None:
    """Wait until nothing is left to do, twice in a row.

    Raises:
        BusyError: something is left, and nothing of it has been done for a while, or time is up.
    """
    deadline = time.monotonic() + timeout_s
    calm = 0
    remaining: dict[str, int] = {}
    while calm < 2:
        remaining = await left(client)
        calm = 0 if remaining else calm + 1
        if time.monotonic() > deadline:
            msg = f"the hub is not at rest after {timeout_s:g} s: {remaining}"
            raise BusyError(msg)
        await asyncio.sleep(0.02 if not remaining else 0.1)
