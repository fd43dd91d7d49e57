"""Asking channels for orders that are new or changed: where nothing is pushed, and for what was pushed and never came.

A poll begins a while before the last one began, and puts whatever a channel lists into the inbox, as a webhook would;
capture tells what is new. Once all of it is on disk, the cursor moves. What was handed in before as it is listed, by an
earlier poll or by a webhook, is left out.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from crossdock_contracts.base import LONGEST_ID
from crossdock_contracts.channels import PollFinishedV1
from services.capture.channels import PassedOverError, UnmappableError
from services.capture.channels.api import AskOrders, Page
from services.capture.decide.ingest import read
from services.capture.inbox import HandedIn, Inbox, InboxError
from services.capture.rules import ApiConfig, Channel
from services.capture.state_outward import PollCursor
from services.hub.decision import Done, Failed, Intent, Later, Refused
from services.hub.documents import Reader
from services.hub.log import logger
from services.hub.metrics import PASSED_OVER, POLLED
from services.hub.runtime import Runtime
from services.hub.settings import Settings

_WAIT_S = 5.0
"""Between tries, where a channel cannot be asked."""
_LONGEST_WAIT_S = 300.0
_PATIENCE = 20
"""So often a page that is not the first one is asked for."""


class Poller:
    """Asks one channel, again and again."""

    def __init__(self, channel: Channel, api: ApiConfig, settings: Settings, handed_in: HandedIn) -> None:
        self._channel = channel
        self._api = api
        self._settings = settings
        self._handed_in = handed_in
        self._begun: datetime | None = None
        """When the last poll began that came to its end, which the cursor may not say yet."""
        self._longest_wait_s = min(_LONGEST_WAIT_S, max(_WAIT_S, 60 * api.poll_minutes))
        """A poll that failed is taken up again before the next one would have been due."""
        self._log = logger(service="capture", channel=channel.name)

    async def __call__(self, runtime: Runtime) -> None:
        """Go on for ever."""
        failures = 0
        while True:
            cursor = await self._cursor(runtime)
            begun = max((at for at in (self._begun, cursor and cursor.until) if at), default=None)
            due = begun + timedelta(minutes=self._api.poll_minutes) if begun else datetime.now(UTC)
            await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
            try:
                orders = await self.poll(runtime, cursor)
            except (PollError, InboxError) as error:
                failures += 1
                wait = min(self._longest_wait_s, _WAIT_S * 2 ** min(failures - 1, 10))
                self._log.warning("a poll ended early; it is taken up again", detail=str(error), after_s=wait)
                await asyncio.sleep(wait)
                continue
            failures = 0
            POLLED.labels(self._channel.name).inc(orders)

    async def _cursor(self, runtime: Runtime) -> PollCursor | None:
        subject = PollCursor.at(self._channel.config.owner, self._channel.name)
        entry = (await Reader(runtime.calls, "CAPTURE", [PollCursor]).read([subject])).get(subject)
        return entry.document if entry is not None and isinstance(entry.document, PollCursor) else None

    async def poll(self, runtime: Runtime, cursor: PollCursor | None) -> int:
        """Ask once for all that is new; how many orders were handed in.

        Raises:
            PollError: the channel could not be asked to the end.
            InboxError: the server is away.
        """
        begun = datetime.now(UTC)
        back = timedelta(minutes=self._api.overlap_minutes) if cursor else timedelta(days=self._api.first_days)
        since = (cursor.until if cursor else begun) - back
        inbox = Inbox(runtime, self._settings)
        page, orders = "", 0
        asked, last, repeats = {page}, b"", 0
        while True:
            answer = await self._ask(runtime, AskOrders(since=since, page=page), begun)
            digest = sha256(b"\0".join(answer.orders)).digest() if answer.orders else b""
            repeats, last = repeats + 1 if digest and digest == last else 0, digest
            for body in answer.orders:
                orders += await self._hand_in(inbox, body)
            page = answer.next
            if not page:
                break
            if page in asked or repeats > 1:  # to go on would be to ask without end
                msg = f"the channel lists the same again and again; it would go on at {page[:80]}"
                raise PollError(msg)
            asked.add(page)
        owner = self._channel.config.owner
        await inbox.put(PollFinishedV1(owner=owner, channel=self._channel.name, until=begun, orders=orders))
        self._begun = begun
        return orders

    async def _ask(self, runtime: Runtime, request: AskOrders, begun: datetime) -> Page:
        """A page. One that the channel will not give yet is waited for: to begin anew would ask for all before it."""
        key = f"poll:{self._channel.name}:{begun.isoformat()}:{request.page}"
        for _ in range(_PATIENCE if request.page else 1):
            outcome = await runtime.service.effects.run(Intent(self._channel.name, "orders", key, request))
            match outcome:
                case Done(response=Page() as answer):
                    return answer
                case Refused(code=code, detail=detail):
                    raise PollError(f"{code} {detail}".rstrip())
                case Later(reason=why, not_before_s=wait) | Failed(detail=why, retry_after_s=wait):
                    await asyncio.sleep(min(_LONGEST_WAIT_S, wait or _WAIT_S) if request.page else 0)
                case _:
                    why = "no orders were listed"
        raise PollError(why)

    async def _hand_in(self, inbox: Inbox, body: bytes) -> int:
        name = self._channel.name
        if self._handed_in.knows(name, body):
            return 0
        if passed_over := self._passed_over(body):
            PASSED_OVER.labels(name, passed_over).inc()
        else:
            await inbox.ingest(self._channel, self._order_id(body), body, "poll", "application/json")
        self._handed_in.note(name, body)
        return int(not passed_over)

    def _order_id(self, body: bytes) -> str:
        unread = f"unread-{sha256(body).hexdigest()[:16]}"
        try:
            order_id = self._channel.key(self._channel.format.order_id(body))
        except UnmappableError:  # it becomes a dead letter, as it is
            return self._channel.key(unread)
        return order_id if len(order_id) <= LONGEST_ID else self._channel.key(unread)

    def _passed_over(self, body: bytes) -> str:
        """Why something is plainly not to be worked on; empty: it may be. What is not done yet is listed again."""
        try:
            read(self._channel, body.decode())  # which is remembered for the decision
        except PassedOverError as error:
            return error.reason
        except (UnmappableError, UnicodeDecodeError):  # for somebody to see
            return ""
        except Exception:  # noqa: BLE001  # it is our mistake: it becomes a dead letter, and keeps no other back
            self._log.exception("an order could not be read, in a way that its format does not know")
        return ""


class PollError(Exception):
    """A channel could not be asked to the end; the text says why."""
