"""Publishing stock to a channel: what has changed, the newest figure only, the oldest change first.

Inventory's documents are followed by their sequence: of a SKU that changes a hundred times between two looks one
document is left. How much a channel may sell of it is asked of inventory, which knows buffers, shares and kits. What
the channel was told is kept, so that after a restart only differences are told. What has not changed is told again in
its turn, a few at a time, so that a channel that has lost or changed a figure is set right.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import orjson

from crossdock_contracts.channels import LevelsPublishedV1, PublishedLevel
from services.capture.channels.api import Level, Levelled, SetStock, StockSet
from services.capture.inbox import Inbox, InboxError
from services.capture.rules import ApiConfig, Channel
from services.hub.decision import Done, Intent
from services.hub.log import logger
from services.hub.metrics import LEVELS, LEVELS_BEHIND
from services.hub.runtime import Runtime
from services.hub.settings import Settings
from services.hub.wire import DisconnectedError, status

_ASKED = 400
"""SKUs that inventory is asked about at a time."""
_PAGE = 500
_WAIT_S = 5.0
_Key = tuple[str, str]
"""SKU and listing id."""


class Levels:
    """Publishes stock to one channel."""

    def __init__(self, channel: Channel, api: ApiConfig, batch: int, settings: Settings) -> None:
        self._channel = channel
        self._api = api
        self._batch = batch
        self._size = batch
        """How many are told at once: fewer, after some could not be told."""
        self._settings = settings
        self._log = logger(service="capture", channel=channel.name)

    async def __call__(self, runtime: Runtime) -> None:
        """Go on for ever."""
        book = _Book(self._channel, runtime, by_sku=self._api.stock_by == "sku")
        await book.open()
        turns = Turns(self._api.restate_hours * 3600)
        while True:
            try:
                await book.look()
                book.restate(turns.due(len(book.told_at), asyncio.get_running_loop().time()))
                LEVELS_BEHIND.labels(self._channel.name).set(len(book.changed))
                was_told = await self._publish(runtime, book)
            except DisconnectedError as error:  # what is to be told is still in the book
                self._log.warning("stock waits to be published", detail=str(error))
                was_told = False
            if not was_told:
                await asyncio.sleep(_WAIT_S)
            elif not book.changed:  # what was passed over is told at once: the channel takes some
                await asyncio.sleep(self._api.stock_seconds)

    async def _publish(self, runtime: Runtime, book: "_Book") -> bool:
        """Tell the channel of the oldest changes; whether it could be told of any."""
        skus = list(book.changed)[:_ASKED]
        levels = await book.levels(skus)
        missed: set[str] = set()
        start = 0
        while start < len(levels):
            some = levels[start : start + self._size]
            known = await self._told(runtime, book, some)
            untold = [one.sku for one in some if one not in (known or ())]
            missed.update(untold)
            book.later(untold)
            if known is None:  # it may be for one of them that all are refused: the rest does not wait for it
                missed.update(one.sku for one in levels[start:])
                self._size = max(1, self._size // 2)
                break
            start += self._size
            self._size = min(self._batch, 2 * self._size)
        book.done(sku for sku in skus if sku not in missed)
        return start >= len(levels) and (len(missed) < len(skus) or not skus)

    async def _told(self, runtime: Runtime, book: "_Book", some: list[Level]) -> list[Level] | None:
        """Tell the channel of these: those that it said something of; none where it could not be told of any."""
        told = await self._tell(runtime, SetStock(levels=tuple(some), notes=book.notes))
        if told is None:
            return None
        became = {(one.sku, one.listing_id): one for one in told}
        known = [one for one in some if (one.sku, one.listing_id) in became]
        said = tuple(
            PublishedLevel(available=one.available, **became[one.sku, one.listing_id].model_dump()) for one in known
        )
        if not said:  # the channel said nothing of any of them: they are told again
            return []
        for one in said:
            LEVELS.labels(self._channel.name, "refused" if one.problem else "published").inc()
        command = LevelsPublishedV1(
            owner=self._channel.config.owner, channel=self._channel.name, levels=said, published_at=datetime.now(UTC)
        )
        try:
            await Inbox(runtime, self._settings).put(command)
        except InboxError as error:
            self._log.warning("what was published could not be noted", detail=str(error))
            return None
        book.told(said)
        return known

    async def _tell(self, runtime: Runtime, request: SetStock) -> tuple[Levelled, ...] | None:
        key = f"stock:{self._channel.name}:{datetime.now(UTC).isoformat()}"
        outcome = await runtime.service.effects.run(Intent(self._channel.name, "stock", key, request))
        if isinstance(outcome, Done) and isinstance(outcome.response, StockSet):
            return outcome.response.levels
        self._log.warning("stock could not be published; it is tried again", detail=str(outcome))
        return None


class Turns:
    """How many of the figures that a channel knows have their turn to be told again, so that all had it in a period."""

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._saved = 0.0
        self._last_at: float | None = None

    def due(self, known: int, now_s: float) -> int:
        """How many, of so many known ones, since it was asked last; time that nobody asked in is not made up for."""
        if not self._period_s:
            return 0
        since = min(now_s - (self._last_at if self._last_at is not None else now_s), self._period_s)
        self._last_at = now_s
        whole, self._saved = divmod(self._saved + known * since / self._period_s, 1)
        return min(known, int(whole))


class _Book:
    """What a channel was told, what it lists, and what has changed since."""

    def __init__(self, channel: Channel, runtime: Runtime, *, by_sku: bool) -> None:
        self._channel = channel
        self._runtime = runtime
        self._by_sku = by_sku or channel.config.listing_is_sku
        self._after = {"listing": 0, "item": 0, "stock": 0, "unsure": 0}
        self._sent: dict[_Key, int] = {}
        self._notes: dict[_Key, str] = {}
        self.told_at: dict[str, datetime] = {}
        """By SKU, when the channel was told last; those that it was told of the longest ago first."""
        self._again: set[str] = set()
        """SKUs that the channel is told of whatever it was told before: its own sales and cancels change its figure."""
        self._is_open = False
        """What had changed before the first look has been told, as far as it differs."""
        self._listings: dict[str, dict[str, int]] = defaultdict(dict)
        """Listing ids by SKU, and how many pieces one is."""
        self._sku_of: dict[str, str] = {}
        self._kits: dict[str, set[str]] = defaultdict(set)
        """Kits by component."""
        self.changed: dict[str, None] = {}
        """SKUs to look at, the oldest change first."""

    async def open(self) -> None:
        """Read what the channel was told."""
        async for one in self._documents("capture", "level", self._channel.name):
            self._sent[one["sku"], one.get("listing_id", "")] = one["available"]
            self._note_of(one["sku"], one.get("listing_id", ""), one.get("note", ""))
            self._told(one["sku"], datetime.fromisoformat(one["published_at"]))

    async def look(self) -> None:
        """Find out what has changed since the last look."""
        async for listing in self._documents("capture", "listing", self._channel.name):
            name, sku = listing["listing_id"], listing["sku"]
            before = self._sku_of.get(name, sku)
            self._listings[before].pop(name, None)
            if before != sku:  # it shows what there is of the other
                self._sent.pop((sku, name), None)
            self._listings[sku][name] = listing.get("quantity", 1)
            self._sku_of[name] = sku
            self.changed[sku] = None
        async for item in self._documents("capture", "item"):
            for part in item.get("components", []):
                self._kits[part["sku"]].add(item["sku"])
            self.changed[item["sku"]] = None
        async for stock in self._documents("inventory", "stock"):
            self._note(stock["sku"], again=self._is_open)
        async for one in self._documents("capture", "unsure", self._channel.name):
            told_at = self.told_at.get(one["sku"])
            if self._is_open or told_at is None or told_at < datetime.fromisoformat(one["since"]):
                self._note(one["sku"], again=True)
        self._is_open = True

    def restate(self, count: int) -> None:
        """Have so many SKUs told again of which the channel was told the longest ago, whatever it was told."""
        for sku in list(islice(self.told_at, count)):
            self._told(sku, self.told_at[sku])  # it has had its turn, though it may be told of no more
            self.changed[sku] = None
            self._again.add(sku)

    def _told(self, sku: str, at: datetime) -> None:
        self.told_at.pop(sku, None)
        self.told_at[sku] = at

    def _note(self, stocked: str, *, again: bool) -> None:
        """Something has changed of a SKU, and so of the kits that it is in."""
        for sku in (stocked, *sorted(self._kits[stocked])):
            self.changed[sku] = None
            if again:
                self._again.add(sku)

    async def _documents(self, service: str, kind: str, *key: str) -> Any:
        """Documents that were written since they were last asked for, the oldest first."""
        after: int | None = self._after.get(kind, 0)
        while after is not None:
            page = await self._ask(service, "documents", kind=kind, key=key, after=after, limit=_PAGE)
            self._after[kind] = page["last"]
            for one in page["documents"]:
                yield one
            after = page["next"]

    async def levels(self, skus: list[str]) -> list[Level]:
        """What the channel is to be told of these SKUs: what it was told otherwise, or not at all."""
        wanted = [sku for sku in skus if self._by_sku or self._listings.get(sku)]
        if not wanted:
            return []
        answer = (await self._ask("inventory", "availability", skus=wanted, channel=self._channel.name))["answer"]
        pieces = {one["sku"]: max(0, one["for_channel"]) for one in answer}
        found = []
        for sku in wanted:
            listings = {"": 1} if self._by_sku else self._listings[sku]
            there = pieces.get(sku, 0)  # of what nothing was ever there
            found += [Level(sku=sku, listing_id=name, available=there // each) for name, each in listings.items()]
        return [
            one for one in found if one.sku in self._again or self._sent.get((one.sku, one.listing_id)) != one.available
        ]

    async def _ask(self, service: str, question: str, **fields: Any) -> dict[str, Any]:
        subject = f"{service}.query.{question}.v1".encode()
        body = orjson.dumps({"owner": self._channel.config.owner, **fields})
        answer = await self._runtime.calls.one([], subject, b"", body, timeout_s=15)
        if status(answer):
            msg = f"{service} does not answer"
            raise DisconnectedError(msg)
        content: dict[str, Any] = orjson.loads(answer.data)
        if "error" in content:
            raise DisconnectedError(content["error"])
        return content

    @property
    def notes(self) -> tuple[str, ...]:
        """What the client noted with what it told last."""
        return tuple(self._notes.values())

    def _note_of(self, sku: str, listing_id: str, note: str) -> None:
        self._notes.pop((sku, listing_id), None)
        if note:
            self._notes[sku, listing_id] = note

    def told(self, levels: Iterable[PublishedLevel]) -> None:
        """The channel knows these now."""
        now = datetime.now(UTC)
        for one in levels:
            self._sent[one.sku, one.listing_id] = one.available
            self._note_of(one.sku, one.listing_id, one.note)
            self._told(one.sku, now)

    def later(self, skus: Iterable[str]) -> None:
        """These come after all others."""
        for sku in dict.fromkeys(skus):
            self.changed.pop(sku, None)
            self.changed[sku] = None

    def done(self, skus: Iterable[str]) -> None:
        """All of these are as the channel knows them."""
        for sku in skus:
            self.changed.pop(sku, None)
            self._again.discard(sku)
