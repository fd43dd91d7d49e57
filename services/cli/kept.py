"""Payloads as channels handed them over: kept in capture's inbox, among its events, and in the archive."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter

from pydantic import ValidationError

from crossdock_contracts.capture import IngestV1
from crossdock_contracts.channels import OrderFetchedV1
from services.capture.channels import PassedOverError, UnmappableError
from services.capture.decide.ingest import digest_of, read
from services.capture.decide.versions import is_older
from services.capture.inbox import ORIGINALS
from services.capture.rules import Channel
from services.cli.client import Client
from services.hub.objects import ObjectStore
from services.verify.reading import Entry, Streams

Place = tuple[str, int]
"""Stream and sequence."""

_SOURCES = {
    "CAPTURE_IN": f"{IngestV1.TYPE}.v{IngestV1.VERSION}.>",
    "CAPTURE": f"{OrderFetchedV1.TYPE}.v{OrderFetchedV1.VERSION}.>",
}
_CHARS = 160


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which payloads are meant."""

    channel: Channel
    orders: frozenset[str] = frozenset()
    """Ids of orders; empty: all of the channel."""
    since: datetime | None = None
    """When they came in …"""
    until: datetime | None = None
    """… and before when."""

    def take(self, message: IngestV1) -> bool:
        """Whether this one is meant. What was read again before is the same payload once more."""
        came = message.received_at
        return (
            message.channel == self.channel.name
            and message.owner == self.channel.config.owner
            and message.reread is None
            and (not self.orders or message.order_id in self.orders)
            and (self.since is None or came >= self.since)
            and (self.until is None or came < self.until)
        )


@dataclass(frozen=True, slots=True)
class Newest:
    """The payload of an order that counts, as it reads today."""

    place: Place
    version: str
    came: datetime
    first: datetime
    """When a payload that reads the same came in first."""
    digest: str

    def gives_way_to(self, other: "Newest") -> bool:
        """Another payload is the newer one: by what their source says, and else by when they first came in."""
        if is_older(self.version, other.version) or is_older(other.version, self.version):
            return is_older(self.version, other.version)
        return other.first >= self.first


@dataclass(slots=True)
class Survey:
    """What is kept."""

    payloads: int = 0
    newest: dict[str, Newest] = field(default_factory=dict)
    """By order."""
    earlier: dict[str, list[Newest]] = field(default_factory=dict, repr=False)
    """What else its payloads read as, where they differ."""
    unreadable: Counter[str] = field(default_factory=Counter)
    """Payloads that cannot be read today either, by why not: each became a dead letter when it came in."""
    passed_over: int = 0
    """Payloads of orders with which the channel had not done, or of what is no order."""

    def add(self, order_id: str, one: Newest) -> None:
        """Take a payload of an order into account; one that was sent again is no newer for that."""
        known = [*self.earlier.get(order_id, ()), *filter(None, (self.newest.get(order_id),))]
        same = next((other for other in known if other.digest == one.digest), one)
        latest = max(same, one, key=attrgetter("came"))
        copies = [other for other in known if other is not same]
        copies = sorted([*copies, replace(latest, first=min(same.first, one.first))], key=attrgetter("first"))
        newest = copies[0]
        for other in copies[1:]:
            newest = other if newest.gives_way_to(other) else newest
        self.newest[order_id] = newest
        if len(copies) > 1:
            self.earlier[order_id] = [other for other in copies if other is not newest]


class Kept:
    """Reads what is kept."""

    def __init__(self, client: Client) -> None:
        self._streams = Streams(client.connection, client.calls)
        self._originals = ObjectStore(client.connection, client.calls, ORIGINALS)

    async def messages(self, wanted: Wanted) -> AsyncIterator[tuple[Place, IngestV1]]:
        """The messages that hold payloads, or name the objects that do; those of each stream in their order.

        Raises:
            DisconnectedError: the server did not answer.
        """
        for stream, subject in _SOURCES.items():
            async for entry in self._streams.read(stream, subject):
                message = _message(entry)
                if message is not None and wanted.take(message):
                    yield (stream, entry.seq), message

    async def text(self, message: IngestV1) -> str:
        """The payload.

        Raises:
            UnmappableError: it is not there any more, or is no text.
        """
        if not message.original:
            return message.body
        found = await self._originals.get(message.original)
        if found is None:
            msg = f"payload {message.original} is not in the object store"
            raise UnmappableError(msg)
        try:
            return found.decode()
        except UnicodeDecodeError as error:
            msg = f"$: not UTF-8: {error}"
            raise UnmappableError(msg) from None

    async def survey(self, wanted: Wanted, found: Survey, moved: Callable[[], None]) -> None:
        """Find the newest payload of each order that can be read today.

        Raises:
            DisconnectedError: the server did not answer.
        """
        async for place, message in self.messages(wanted):
            found.payloads += 1
            moved()
            try:
                order = read(wanted.channel, await self.text(message))
            except PassedOverError:
                found.passed_over += 1
                continue
            except UnmappableError as error:
                found.unreadable[str(error)[:_CHARS]] += 1
                continue
            came = message.received_at
            one = Newest(place, order.source_version, came, came, digest_of(order))
            found.add(message.order_id, one)

    async def at(self, places: Sequence[Place]) -> AsyncIterator[IngestV1]:
        """The messages at these places, wherever they are kept by now.

        Raises:
            DisconnectedError: the server did not answer.
        """
        for stream in _SOURCES:
            async for entry in self._streams.at(stream, {seq for where, seq in places if where == stream}):
                message = _message(entry)
                if message is not None:
                    yield message


def _message(entry: Entry) -> IngestV1 | None:
    """What was handed in; none: it cannot be read as that, so that it became a dead letter."""
    try:
        if not entry.subject.startswith(OrderFetchedV1.TYPE):
            return IngestV1.decode(entry.body)
        fetched = OrderFetchedV1.decode(entry.body)
    except ValidationError:
        return None
    fields = {name: getattr(fetched, name) for name in OrderFetchedV1.model_fields}
    return IngestV1(**fields, source="fetch")
