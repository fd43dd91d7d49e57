"""Keeps streams small: archives old events and purges them, and whatever else is settled and has had its time.

Nothing that is unprocessed is ever purged. An event goes only when it is older than its age, lies below the ack floor
of every consumer of its stream, and stands in the archive. A document goes only when it has ended, has not changed for
its age, and no dead letter is about it.
"""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from nats.aio.msg import Msg

from crossdock_contracts import subjects
from crossdock_contracts.base import Command
from services.hub.archive import name_of, pack
from services.hub.documents import Entry, Reader, UnreadableError
from services.hub.letters import read_letter
from services.hub.log import logger
from services.hub.objects import ObjectStore
from services.hub.settings import Settings
from services.hub.wire import Calls

_STRETCH = 5000
"""Messages that are looked at together; events in one object of the archive."""
_MARKERS_KEPT = timedelta(days=1)
"""Markers outlive the ack floor by a day, so that a sender that repeats a command is still recognised."""


class Janitor:
    """Cleans the streams of one service; run by whoever holds its first partition."""

    def __init__(
        self,
        service: str,
        calls: Calls,
        reader: Reader,
        archive: ObjectStore,
        settings: Settings,
        archives: Iterable[type[Command]] = (),
    ) -> None:
        self._service = service
        self._kept = tuple(f"{command.TYPE}.v" for command in archives)
        self._stream = subjects.stream(service)
        self._inbox = subjects.inbox(service)
        self._calls = calls
        self._reader = reader
        self._archive = archive
        self._settings = settings
        self._log = logger(service=service)

    async def clean(self) -> None:
        """One round of cleaning.

        Raises:
            DisconnectedError: the server could not be asked; the next round goes on.
            TransientError: the archive could not be written; the next round goes on.
        """
        now = datetime.now(UTC)
        floor = await self._floor(self._stream)
        await self._archive_events(now, floor)
        for space in ("due", "retry"):
            await self._purge(self._stream, f"{self._service}.{space}.>", floor)
        await self._purge_markers(now, floor)
        await self._purge_inbox(now)
        await self._purge_letters(now)
        await self._purge_ended(now)

    async def _archive_events(self, now: datetime, floor: int) -> None:
        """Archive and purge old events, a stretch at a time."""
        age = timedelta(days=self._settings.keep_events_days)
        async for page in self._older(self._stream, f"{self._service}.evt.>", now - age):
            stretch = [m for m in page if _seq(m) <= floor]
            if not stretch:
                return
            await self._archive_stretch(self._stream, stretch)
            await self._purge(self._stream, f"{self._service}.evt.>", _seq(stretch[-1]))

    async def _archive_stretch(self, stream: str, stretch: list[Msg]) -> None:
        if not stretch:
            return
        first, last = _seq(stretch[0]), _seq(stretch[-1])
        await self._archive.open()
        await self._archive.put(name_of(stream, first, last), pack(stretch))
        self._log.info("archived", stream=stream, first=first, last=last, messages=len(stretch))

    async def _purge_markers(self, now: datetime, floor: int) -> None:
        """Purge markers of inputs that cannot come again: the ack floor passed them at least a day ago."""
        space = f"{self._service}.state.done.>"
        floors = {self._stream: floor}
        async for page in self._older(self._stream, space, now - _MARKERS_KEPT):
            last = 0
            for marker in page:
                stream, _, seq = orjson.loads(marker.data)["key"].rpartition("-")
                if stream not in floors:
                    floors[stream] = await self._floor(stream)
                if _seq(marker) > floor or int(seq) > floors[stream]:
                    break
                last = _seq(marker)
            await self._purge(self._stream, space, last)
            if last != _seq(page[-1]):
                return

    async def _purge_inbox(self, now: datetime) -> None:
        """Purge commands that are old and settled; what they led to stands in the events, and some are archived."""
        age = timedelta(days=self._settings.keep_events_days)
        floor = await self._floor(self._inbox)
        async for page in self._older(self._inbox, f"{self._service}.cmd.>", now - age):
            settled = [message for message in page if _seq(message) <= floor]
            if not settled:
                return
            await self._archive_stretch(self._inbox, [m for m in settled if _subject(m).startswith(self._kept)])
            await self._purge(self._inbox, f"{self._service}.cmd.>", _seq(settled[-1]))

    async def _purge_letters(self, now: datetime) -> None:
        """Purge what is left of closed dead letters, and open ones beyond the age that was set for them."""
        ended, dead = timedelta(days=self._settings.keep_ended_days), timedelta(days=self._settings.keep_dead_days)
        async for page in self._older(self._stream, f"{self._service}.dead.>", now - min(ended, dead or ended)):
            for message in page:
                age, letter = now - _time(message), read_letter(message)
                if letter is None and age > ended:
                    await self._purge(self._stream, _subject(message), _seq(message))
                elif letter is not None and dead and age > dead:
                    await self._purge(self._stream, _subject(message), _seq(message))
                    self._log.warning(
                        "dead letter removed by its age", letter=letter.letter_id, error=letter.fact("error")
                    )

    async def _purge_ended(self, now: datetime) -> None:
        """Purge documents that have ended and have not changed since their age, unless a dead letter is about them."""
        dead: set[str] | None = None
        async for page in self._older(
            self._stream, f"{self._service}.state.>", now - timedelta(days=self._settings.keep_ended_days)
        ):
            for message in page:
                entry = self._reader.parse(message)
                if not _has_ended(entry):
                    continue
                assert entry.document is not None
                dead = await self._dead_orders() if dead is None else dead
                if f"{entry.document.owner}/{getattr(entry.document, 'order_id', '')}" not in dead:
                    await self._purge(self._stream, entry.subject, entry.seq)

    async def _dead_orders(self) -> set[str]:
        """The orders that open dead letters of this service are about."""
        orders: set[str] = set()
        after = 0
        while page := await self._page(self._stream, f"{self._service}.dead.>", after, _STRETCH):
            orders |= {letter.order for m in page if (letter := read_letter(m)) is not None}
            after = _seq(page[-1])
        return orders

    async def _older(self, stream: str, filter_subject: str, than: datetime) -> AsyncIterator[list[Msg]]:
        """Messages older than a time, the oldest first, in pages; one message is read where there are none."""
        after, size = 0, 1
        while page := await self._page(stream, filter_subject, after, size):
            old = [message for message in page if _time(message) < than]
            if old:
                yield old
            if len(old) < len(page):
                return
            after, size = _seq(page[-1]), _STRETCH

    async def _page(self, stream: str, filter_subject: str, after: int, size: int) -> list[Msg]:
        request = orjson.dumps({"seq": after + 1, "next_by_subj": filter_subject, "batch": size})
        return await self._calls.many(f"$JS.API.DIRECT.GET.{stream}".encode(), request, timeout_s=60)

    async def _floor(self, stream: str) -> int:
        """The sequence up to which every consumer of a stream has settled everything."""
        info: dict[str, Any] = await self._calls.api(f"STREAM.INFO.{stream}")
        last = int(info["state"]["last_seq"])
        floors, seen, total = [last], 0, 1
        while seen < total:
            page: dict[str, Any] = await self._calls.api(f"CONSUMER.LIST.{stream}", {"offset": seen})
            found = page.get("consumers") or []
            for one in found:
                # one that has nothing open has settled whatever was there when the stream was asked
                is_open = one["num_pending"] or one["num_ack_pending"]
                if is_open and one["config"].get("durable_name"):
                    floors.append(one["ack_floor"]["stream_seq"])
            seen, total = seen + len(found), page.get("total", 0) if found else 0
        return min(floors)

    async def _purge(self, stream: str, filter_subject: str, up_to: int) -> None:
        if up_to > 0:
            await self._calls.api(f"STREAM.PURGE.{stream}", {"filter": filter_subject, "seq": up_to + 1}, timeout_s=60)


def _has_ended(entry: Entry) -> bool:
    """It holds a document that has ended; what cannot be read is not touched."""
    if entry.kind is None:
        return False
    try:
        return entry.document is not None and entry.document.has_ended
    except UnreadableError:
        return False


def _seq(message: Msg) -> int:
    return int((message.headers or {})["Nats-Sequence"])


def _subject(message: Msg) -> str:
    return str((message.headers or {})["Nats-Subject"])


def _time(message: Msg) -> datetime:
    return datetime.fromisoformat((message.headers or {})["Nats-Time-Stamp"])
