"""Asking carriers where parcels are: of those that tell nothing by themselves, and for what was told and never came.

A round goes through the parcels of an account that are under way in the order in which their labels were bought, and
asks about those that have left. How far it has come is kept, so that it goes on there after a restart. What the carrier
says and the order does not know goes into the inbox, under an id that is made of what it says.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crossdock_contracts import subjects
from crossdock_contracts.envelope import event_id
from crossdock_contracts.tracking import TrackingPolledV1, TrackingUpdateV1
from services.hub.decision import Done, Failed, Intent, Later, Refused
from services.hub.documents import Reader
from services.hub.inbox import Inbox, InboxError
from services.hub.log import logger
from services.hub.metrics import TRACKED
from services.hub.runtime import Runtime
from services.hub.settings import Settings
from services.shipping.carriers.answers import Tracks
from services.shipping.carriers.desk import following
from services.shipping.carriers.requests import TrackParcels, Wanted
from services.shipping.decide import back_track
from services.shipping.decide.follow import Sent, is_of
from services.shipping.decide.hear import updates
from services.shipping.decide.track import news
from services.shipping.rules.carriers import Account
from services.shipping.state import Shipment, ShipmentStatus
from services.shipping.state_back import ReturnLabel
from services.shipping.state_track import TrackRound, Underway

AT_ONCE = 4
"""Questions that an account is asked at a time."""
_PAGE = 200
_WAIT_S = 5.0
_LONGEST_WAIT_S = 300.0
_PATIENCE = 5
"""So often a carrier is asked about the same parcels, before the round goes on without them."""
_STREAM = subjects.stream("shipping")

Parcel = tuple[Underway, Sent]


@dataclass(slots=True)
class _Round:
    begun_at: datetime
    after: int = 0
    ended: bool = False
    asked: int = 0


def _place(way: Underway) -> str:
    """Where it stands what has been heard of a parcel."""
    if way.return_id:
        return ReturnLabel.at(way.order_owner, way.order_id, way.return_id)
    return Shipment.at(way.order_owner, way.fulfilment_id)


def _come_to(one: _Round | None) -> tuple[datetime, bool, int]:
    return (one.begun_at, one.ended, one.after) if one else (datetime.min.replace(tzinfo=UTC), False, 0)


class Poller:
    """Asks one account, round after round."""

    def __init__(self, name: str, account: Account, most: int, settings: Settings) -> None:
        """``most`` parcels are asked about at a time."""
        self._name = name
        self._account = account
        self._most = most
        self._settings = settings
        self._round: _Round | None = None
        """The last one that is known here: further than the one that is kept, unless another replica has gone on."""
        self._log = logger(service="shipping", account=name)

    async def __call__(self, runtime: Runtime) -> None:
        """Go on for ever."""
        while True:
            now = datetime.now(UTC)
            last = max((self._round, await self._kept(runtime)), key=_come_to)
            if last is None or last.ended:
                due = last.begun_at + timedelta(minutes=self._account.track_minutes) if last else now
                await asyncio.sleep(max(0.0, (due - now).total_seconds()))
                last = _Round(begun_at=datetime.now(UTC))
            self._round = last
            try:
                await self.go_through(runtime, last)
            except InboxError as error:
                self._log.warning("a round of tracking waits for the server", detail=str(error))
                await asyncio.sleep(_WAIT_S)

    async def _kept(self, runtime: Runtime) -> _Round | None:
        subject = TrackRound.at(self._account.owner, self._name)
        entry = (await Reader(runtime.calls, _STREAM, [TrackRound]).read([subject])).get(subject)
        if entry is None or not isinstance(entry.document, TrackRound):
            return None
        kept = entry.document
        return _Round(begun_at=kept.begun_at, after=kept.after, ended=kept.ended, asked=kept.asked)

    async def go_through(self, runtime: Runtime, round_: _Round) -> None:
        """Ask about all parcels that the round has not come to yet.

        Raises:
            InboxError, DisconnectedError: the server is away; the round goes on where it was.
        """
        ways, inbox = Reader(runtime.calls, _STREAM, [Underway]), Inbox(runtime, self._settings)
        prefix = f"{Underway.at(self._account.owner, self._name)}."
        while not round_.ended:
            page = await ways.page((prefix, round_.after, _PAGE))
            parcels = await self._left(runtime, page.documents)
            for start in range(0, len(parcels), self._most * AT_ONCE):
                some = parcels[start : start + self._most * AT_ONCE]
                told = await asyncio.gather(
                    *(self._ask(runtime, some[place : place + self._most]) for place in range(0, len(some), self._most))
                )
                for update in (one for found in told for one in found):
                    await inbox.put(update, self._id(update))
                round_.asked += len(some)
            round_.after, round_.ended = page.next or round_.after, not page.next
            if round_.ended or parcels:
                await inbox.put(self._so_far(round_))

    def _so_far(self, round_: _Round) -> TrackingPolledV1:
        return TrackingPolledV1(
            owner=self._account.owner,
            account=self._name,
            begun_at=round_.begun_at,
            after=round_.after,
            ended=round_.ended,
            asked=round_.asked,
        )

    def _id(self, update: TrackingUpdateV1) -> str:
        """The same whenever the same is said."""
        said = f"{update.tracking_number}/{update.status}/{update.code}/{update.occurred_at.isoformat()}"
        return event_id(f"{self._name}/{said}", update.TYPE, f"{update.owner}/{update.fulfilment_id}")

    async def _left(self, runtime: Runtime, ways: Sequence[Underway]) -> list[Parcel]:
        """Those of these parcels that have left, each with its fulfilment as it stands.

        When a buyer has sent a return nobody says but its carrier: those may have left from when they have a label.
        """
        places = [_place(way) for way in ways]
        entries = await Reader(runtime.calls, _STREAM, [Shipment, ReturnLabel]).read(list(dict.fromkeys(places)))
        found: list[Parcel] = []
        for way, subject in zip(ways, places, strict=True):
            sent = entries[subject].document if subject in entries else None
            has_left = isinstance(sent, Shipment) and sent.status is ShipmentStatus.SHIPPED
            if isinstance(sent, Shipment | ReturnLabel) and (has_left or way.return_id) and is_of(way, sent):
                found.append((way, sent))
        return found

    async def _ask(self, runtime: Runtime, parcels: Sequence[Parcel]) -> list[TrackingUpdateV1]:
        """What the carrier says of these parcels that is not known of them."""
        wanted = TrackParcels(
            parcels=tuple(Wanted(carrier=way.carrier, tracking_number=way.tracking_number) for way, _ in parcels)
        )
        key = f"track:{self._name}:{datetime.now(UTC).isoformat()}:{parcels[0][0].tracking_number}"
        for attempt in range(_PATIENCE):
            outcome = await runtime.service.effects.run(Intent(following(self._name), "track", key, wanted))
            match outcome:
                case Done(response=Tracks() as tracks):
                    return self._news(parcels, tracks)
                case Refused() if len(parcels) > 1:  # it may be one of them that is at fault
                    return [update for one in parcels for update in await self._ask(runtime, [one])]
                case Refused(code=code, detail=why):
                    self._log.warning("a carrier does not say where a parcel is", key=key, detail=f"{code} {why}")
                    break
                case Later(not_before_s=rest_s) | Failed(retry_after_s=rest_s):
                    pause = max(rest_s or 0.0, _WAIT_S * 2**attempt)
                    if attempt + 1 < _PATIENCE:
                        await asyncio.sleep(min(pause, _LONGEST_WAIT_S))
                case _:
                    break
        TRACKED.labels(self._name, "failed").inc(len(parcels))
        return []

    def _news(self, parcels: Sequence[Parcel], tracks: Tracks) -> list[TrackingUpdateV1]:
        told = {one.tracking_number: one for one in tracks.parcels}
        found: list[TrackingUpdateV1] = []
        for way, sent in parcels:
            tracked = told.get(way.tracking_number)
            TRACKED.labels(self._name, "not-seen" if tracked is None else "told").inc()
            if tracked is not None:
                told_of = updates(way, tracked, datetime.now(UTC))
                found += back_track.news(sent, told_of) if isinstance(sent, ReturnLabel) else news(sent, told_of)
        return found
