"""Hands over what a consumer has ready, at once: no waiting for a batch to fill, no polling while there is nothing.

FastStream's own batch subscriber waits its whole time-out unless a batch is full, and nats-py's `fetch` spends a task
and a timer on each message. Here one pull request stands at the server all the time; whatever it sends is gathered
while the round before is under way. `ReadySubscriber` gives this to FastStream's subscriber; it leans on two of its
internals, `_create_subscription` and `process_message`, so its minor version is pinned and `tests/hub/test_pump.py`
holds it to them.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import orjson
from faststream.nats.message import NatsBatchMessage
from faststream.nats.subscriber.specification import NatsSubscriberSpecification
from faststream.nats.subscriber.usecases.stream_pull_subscriber import BatchPullStreamSubscriber
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from pydantic import BaseModel

from services.hub.inputs import pending
from services.hub.log import logger
from services.hub.metrics import LAG
from services.hub.wire import status

REQUEST_S = 10.0
"""A request that stands at the server ends after so long, and is made anew."""
_HANDED_OVER = 2
_IDLE_TURNS = 3
"""From the socket to the buffer a message takes two turns of the event loop."""


class Pump:
    """Pulls from one durable consumer while it is open."""

    def __init__(self, service: str, handler: str, partition: int, stream: str, durable: str, batch: int) -> None:
        self.stream = stream
        self.durable = durable
        self.suspect_below = 0
        """Messages up to this sequence were handed out to a holder that did not come back."""
        self._request = orjson.dumps({"batch": batch, "expires": int(REQUEST_S * 1e9)})
        self._batch = batch
        self._lag = LAG.labels(service, handler, str(partition))
        self._client: Client | None = None
        self._subscription: Subscription | None = None
        self._buffer: list[Msg] = []
        self._due = 0
        self._wake = asyncio.Event()

    async def open(self, client: Client) -> None:
        """Begin to pull."""
        self._client = client
        self._buffer, self._due = [], 0
        self._subscription = await client.subscribe(client.new_inbox(), cb=self._receive)
        self._wake.set()

    async def close(self) -> None:
        """Stop pulling; what was pulled and not handed over is handed out again by the server."""
        subscription, self._subscription = self._subscription, None
        self._buffer, self._due = [], 0
        if subscription is not None and self._client is not None and self._client.is_connected:
            await subscription.unsubscribe()

    def reconnected(self) -> None:
        """The requests that stood at the server are gone with the connection."""
        self._due = 0
        self._wake.set()

    async def _receive(self, message: Msg) -> None:
        if not status(message):
            self._buffer.append(message)
            self._due -= 1
        else:  # a request has ended: it says how much of it was not brought
            self._due -= int((message.headers or {}).get("Nats-Pending-Messages", self._due))
        self._wake.set()

    async def _ask(self) -> None:
        """Have a request at the server whenever there is room for what it brings."""
        if self._client is None or self._subscription is None:
            return
        if self._due < max(1, self._batch // 2) and len(self._buffer) < self._batch:
            self._due = max(self._due, 0) + self._batch
            await self._client.publish(
                f"$JS.API.CONSUMER.MSG.NEXT.{self.stream}.{self.durable}",
                self._request,
                reply=self._subscription.subject,
            )

    async def _gather(self) -> None:
        """Let in what has arrived at the socket already; the client reads some messages at each turn of the loop."""
        idle = 0
        while idle < _IDLE_TURNS and self._due > 0 and len(self._buffer) < self._batch:
            before = len(self._buffer)
            await asyncio.sleep(0)
            idle = 0 if len(self._buffer) > before else idle + 1

    async def ready(self) -> AsyncIterator[list[Msg]]:
        """What is ready, each time there is something."""
        while True:
            if self._subscription is not None and self._client is not None and self._client.is_connected:
                await self._ask()
            if self._buffer:
                await self._gather()
                messages, self._buffer = self._buffer[: self._batch], self._buffer[self._batch :]
                self._lag.set(pending(messages[-1]))
                yield messages
                continue
            self._wake.clear()
            try:
                async with asyncio.timeout(REQUEST_S + 2 if self._due > 0 else None):
                    await self._wake.wait()
            except TimeoutError:
                self._due = 0  # the server forgot the request: its leader changed, or it was restarted


async def parse(raw: list[Msg]) -> NatsBatchMessage:
    """FastStream's message around raw ones; the hub decodes each by itself."""
    return NatsBatchMessage(raw_message=raw, body=[], headers={}, batch_headers=[], path={})


async def decode(message: NatsBatchMessage) -> list[Msg]:
    """The raw messages themselves."""
    return list(message.raw_message)


class ContractSpecification(NatsSubscriberSpecification):
    """What AsyncAPI says of a subscriber: its contract, which FastStream cannot see behind raw messages."""

    contract: type[BaseModel] | None = None

    def get_payloads(self) -> list[tuple[dict[str, Any], str]]:
        """The JSON Schema of one message."""
        if self.contract is None:
            return [({"title": "AnyMessage"}, "AnyMessage")]
        return [(self.contract.model_json_schema(), self.contract.__name__)]


class ReadySubscriber(BatchPullStreamSubscriber):
    """FastStream's batch subscriber, fed by a pump."""

    pump: Pump

    def feed(self, pump: Pump, contract: type[BaseModel] | None) -> None:
        """Take messages of this contract from this pump."""
        self.pump = pump
        standing: Any = self.specification
        described = ContractSpecification(standing._outer_config, standing.config, standing.calls)  # noqa: SLF001
        described.contract = contract
        self.specification = cast("Any", described)

    async def _create_subscription(self) -> None:
        self.add_task(self._consume_pull)

    async def _consume_pull(self) -> None:
        """Hand messages over, the next while those before are under way, so that none is waited for.

        While so many are under way no more are gathered: what comes meanwhile goes together as soon as one is settled.
        """
        under_way: set[asyncio.Task[None]] = set()
        async for messages in self.pump.ready():
            task = asyncio.create_task(self._hand_over(messages))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            if len(under_way) == _HANDED_OVER:
                await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)

    async def _hand_over(self, messages: list[Msg]) -> None:
        try:
            await self.process_message(messages)
        except Exception:  # noqa: BLE001  # it is logged, and the messages come again
            # `consume` would swallow it; the messages stay unsettled, and the server hands them out again
            logger(consumer=self.pump.durable).exception("messages were not taken", messages=len(messages))

    async def stop(self) -> None:
        """Finish what was handed over, and stop."""
        await self.pump.close()
        await super().stop()
