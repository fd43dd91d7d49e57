"""Keeps streams small: archives old events and purges them, and what is left behind by what has been settled.

Nothing that is unprocessed is ever purged: an event goes only when it is older than its age, lies below the ack floor
of every consumer of its stream, and stands in the archive.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from nats.aio.msg import Msg

from crossdock_contracts import subjects
from services.hub.archive import name_of, pack
from services.hub.log import logger
from services.hub.objects import ObjectStore
from services.hub.settings import Settings
from services.hub.wire import Calls

_STRETCH = 5000
"""Events in one object of the archive."""
_MARKERS_KEPT_S = 24 * 3600.0
"""Markers outlive the ack floor by a day, so that a sender that repeats a command is still recognised."""


class Janitor:
    """Cleans the streams of one service; run by whoever holds its first partition."""

    def __init__(self, service: str, calls: Calls, archive: ObjectStore, settings: Settings) -> None:
        self._service = service
        self._stream = subjects.stream(service)
        self._calls = calls
        self._archive = archive
        self._settings = settings
        self._marks: list[tuple[float, int, dict[str, int]]] = []
        self._log = logger(service=service)

    async def clean(self) -> None:
        """One round of cleaning.

        Raises:
            DisconnectedError: the server could not be asked; the next round goes on.
        """
        oldest = datetime.now(UTC) - timedelta(days=self._settings.keep_events_days)
        floor = await self._floor(self._stream)
        await self._archive_events(oldest, floor)
        for space in ("due", "retry"):
            await self._purge(self._stream, f"{self._service}.{space}.>", floor)
        await self._purge_markers()
        await self._purge_inbox(oldest)

    async def _floor(self, stream: str) -> int:
        """The sequence up to which every consumer of a stream has settled everything."""
        floors, offset = [], 0
        while True:
            page: dict[str, Any] = await self._calls.api(f"CONSUMER.LIST.{stream}", {"offset": offset})
            consumers = [c for c in page.get("consumers") or [] if c["config"].get("durable_name")]
            for one in consumers:
                idle = one["num_pending"] == 0 and one["num_ack_pending"] == 0
                floors.append(one["delivered"]["stream_seq"] if idle else one["ack_floor"]["stream_seq"])
                if idle:  # nothing on its subjects is open, whatever else the stream has got since
                    floors[-1] = max(floors[-1], await self._last(stream))
            offset += len(page.get("consumers") or [])
            if offset >= page.get("total", 0) or not page.get("consumers"):
                return min(floors, default=0)

    async def _last(self, stream: str) -> int:
        info: dict[str, Any] = await self._calls.api(f"STREAM.INFO.{stream}")
        return int(info["state"]["last_seq"])

    async def _archive_events(self, oldest: datetime, floor: int) -> None:
        """Archive and purge old events, a stretch at a time."""
        while True:
            stretch = [m for m in await self._first_events() if _time(m) < oldest and _seq(m) <= floor]
            if not stretch:
                return
            first, last = _seq(stretch[0]), _seq(stretch[-1])
            await self._archive.put(name_of(self._stream, first, last), pack(stretch))
            await self._purge(self._stream, f"{self._service}.evt.>", last)
            self._log.info("events archived", first=first, last=last, events=len(stretch))
            if len(stretch) < _STRETCH:
                return

    async def _first_events(self) -> list[Msg]:
        request = orjson.dumps({"seq": 1, "next_by_subj": f"{self._service}.evt.>", "batch": _STRETCH})
        return await self._calls.many(f"$JS.API.DIRECT.GET.{self._stream}".encode(), request, timeout_s=60)

    async def _purge(self, stream: str, filter_subject: str, up_to: int) -> None:
        if up_to > 0:
            await self._calls.api(f"STREAM.PURGE.{stream}", {"filter": filter_subject, "seq": up_to + 1}, timeout_s=60)

    async def _purge_markers(self) -> None:
        """Purge markers of inputs that the ack floor passed a day ago.

        All markers up to a sequence of this stream are of inputs that had been delivered by then; once the floor of the
        inbox has passed those, none of them can come again.
        """
        inbox = subjects.inbox(self._service)
        self._marks.append((time.monotonic(), await self._last(self._stream), {inbox: await self._last(inbox)}))
        floor = await self._floor(inbox)
        while self._marks and time.monotonic() - self._marks[0][0] >= _MARKERS_KEPT_S:
            _, marker_seq, delivered = self._marks[0]
            if floor < delivered[inbox]:
                return
            await self._purge(self._stream, f"{self._service}.state.done.>", marker_seq)
            self._marks.pop(0)

    async def _purge_inbox(self, oldest: datetime) -> None:
        """Purge commands that are old and settled; what they led to stands in the events."""
        inbox = subjects.inbox(self._service)
        floor = await self._floor(inbox)
        request = orjson.dumps({"seq": 1, "next_by_subj": f"{self._service}.cmd.>", "batch": _STRETCH})
        old = [
            _seq(m)
            for m in await self._calls.many(f"$JS.API.DIRECT.GET.{inbox}".encode(), request, timeout_s=60)
            if _time(m) < oldest and _seq(m) <= floor
        ]
        if old:
            await self._purge(inbox, f"{self._service}.cmd.>", old[-1])


def _seq(message: Msg) -> int:
    return int((message.headers or {})["Nats-Sequence"])


def _time(message: Msg) -> datetime:
    return datetime.fromisoformat((message.headers or {})["Nats-Time-Stamp"][:26].rstrip("Z")).replace(tzinfo=UTC)
