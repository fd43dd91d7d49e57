"""The FastStream application of a service: subscribers, publishers, questions, health, metrics, AsyncAPI."""

import asyncio
from collections.abc import Callable
from typing import Any

from faststream.asgi import AsgiFastStream, AsgiResponse, get
from faststream.asgi.types import ASGIApp, Receive, Scope, Send
from faststream.middlewares import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from faststream.nats.security import NatsCredentials
from faststream.specification import AsyncAPI
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from prometheus_client import make_asgi_app

from services.hub.log import logger
from services.hub.pump import ReadySubscriber, decode, parse
from services.hub.runtime import Runtime
from services.hub.service import Service
from services.hub.settings import Settings
from services.hub.settings import settings as process_settings
from services.hub.wire import HubClient

_QUESTIONS = ("documents", "timeline", "letters", "waiting")


class HubBroker(NatsBroker):
    """FastStream's broker over the hub's client."""

    server_name = ""
    """Name that the server has to have; empty: any."""

    async def _connect(self) -> Client:
        client = HubClient(self.server_name)
        await client.connect(**self._connection_kwargs)
        self.config.connect(client)
        return client


class HubApp(AsgiFastStream):
    """A service as an application: run it with ``faststream run services.<name>.app:app`` or ``crossdock run <name>``.

    Its web routes are up at once; the broker is brought up beside them, and waits for the server as long as it takes.
    """

    def __init__(
        self,
        service: Service,
        settings: Settings | None = None,
        http: Callable[[Runtime], ASGIApp] | None = None,
        below: str = "/",
    ) -> None:
        self.settings = settings or process_settings()
        self.service = service
        self.runtime = Runtime(service, self.settings)
        self.http = http(self.runtime) if http is not None else None
        """The service's own web interface, if it has one …"""
        self.below = below
        """… and the path below which it answers, where it shares a process with others."""
        self.on_failure: Callable[[BaseException], None] = lambda _error: None
        """Called when the service cannot start."""
        self._up: asyncio.Task[None] | None = None
        self._say = logger(service=service.name)
        self._nats = self._broker()
        self._subscribe()
        for contract in service.says:
            self._nats.publisher(
                f"{contract.TYPE}.v{contract.VERSION}.*.*",
                schema=contract,
                title=contract.__name__,
                description=contract.__doc__,
            )
        super().__init__(
            self._nats,
            logger=None,
            specification=AsyncAPI(title=f"crossdock-{service.name}", version="0.1.0", schema_version="3.0.0"),
            asgi_routes=[("/health/live", _live), ("/health/ready", self._readiness()), ("/metrics", make_asgi_app())],
            asyncapi_path="/asyncapi",
            on_shutdown=[self._go_down],
        )

    def _broker(self) -> HubBroker:
        broker = HubBroker(
            self.settings.servers,
            name=f"crossdock-{self.service.name}",
            apply_types=False,
            logger=None,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            ping_interval=2,
            max_outstanding_pings=2,
            pending_size=64 * 1024 * 1024,
            graceful_timeout=10,
            error_cb=self._on_error,
            reconnected_cb=self._on_reconnected,
            disconnected_cb=self._on_disconnected,
            security=NatsCredentials(file) if (file := self.settings.nats_credentials) else None,
        )
        broker.server_name = self.settings.server_name
        return broker

    def _subscribe(self) -> None:
        for (name, shard), pump in self.runtime.pumps.items():
            self._subscribe_handler(name, shard, pump)
        for question in (*_QUESTIONS, *(query.name for query in self.service.queries)):
            self._subscribe_question(question)

    def _subscribe_handler(self, name: str, shard: int, pump: Any) -> None:
        _, subject = self.runtime.source(name, shard)
        subscriber = self._nats.subscriber(
            subject,
            durable=pump.durable,
            stream=JStream(pump.stream, declare=False),
            pull_sub=PullSub(batch=True, batch_size=self.settings.batch),
            ack_policy=AckPolicy.MANUAL,
            parser=parse,
            decoder=decode,
            title=pump.durable,
        )
        subscriber.__class__ = ReadySubscriber
        assert isinstance(subscriber, ReadySubscriber)
        handler = self.service.handlers.get(name)
        subscriber.feed(pump, handler.contract if handler else None)

        @subscriber
        async def consume(messages: list[Msg]) -> None:
            await self.runtime.consume(name, shard, messages)

    def _subscribe_question(self, question: str) -> None:
        @self._nats.subscriber(
            f"{self.service.name}.query.{question}.v1",
            queue=self.service.name,
            title=f"{self.service.name}-{question}",
            decoder=_raw_body,
        )
        async def answer(body: bytes) -> dict[str, Any]:
            if self.runtime.desk is None:
                return {"error": f"{self.service.name} is starting; ask again"}
            try:
                return await self.runtime.desk.answer(question, body)
            except ConnectionError as error:
                return {"error": f"the server could not be asked: {error}"}

    # -- life

    async def _start_broker(self) -> None:
        self._up = asyncio.create_task(self._bring_up())

    async def _bring_up(self) -> None:
        try:
            client = await self._nats.connect()
            await self.runtime.open(client)
            await self._nats.start()
        except Exception as error:  # noqa: BLE001  # whatever it is, the process has to end and say why
            self._say.critical("the service cannot start", exc_info=True)
            self.on_failure(error)
            self.exit()
            return
        self._say.info("up", partitions=self.runtime.shard_count, handlers=len(self.service.handlers))

    async def _go_down(self) -> None:
        if self._up is not None and not self._up.done():
            self._up.cancel()
        await self.runtime.stop()
        await self.service.effects.close()

    async def _on_error(self, error: Exception) -> None:
        if not isinstance(error, (OSError, NatsError)):
            self._say.error("connection", error=repr(error))

    async def _on_disconnected(self) -> None:
        self.runtime.disconnected()
        if not self.runtime.stopping:
            self._say.warning("disconnected from the server; trying again for ever")

    async def _on_reconnected(self) -> None:
        self._say.info("reconnected")
        self.runtime.reconnected()

    # -- web

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Health, metrics and AsyncAPI; all else goes to the service's own web interface, where it has one."""
        known = {path for path, _ in self.routes}
        if self.http is not None and scope["type"] == "http" and scope["path"] not in known:
            await self.http(scope, receive, send)
            return
        await super().__call__(scope, receive, send)

    def _readiness(self) -> Any:
        @get
        async def ready(_scope: Scope) -> AsgiResponse:
            if self.runtime.ready:
                return AsgiResponse(b'{"ready": true}', status_code=200, headers=_JSON)
            return AsgiResponse(b'{"ready": false}', status_code=503, headers=_JSON)

        return ready


_JSON = {"content-type": "application/json"}


@get
async def _live(_scope: Scope) -> AsgiResponse:
    return AsgiResponse(b'{"live": true}', status_code=200, headers=_JSON)


async def _raw_body(message: NatsMessage) -> bytes:
    return bytes(message.body)
