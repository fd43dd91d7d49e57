"""The web interface that orders come in by. An order is acknowledged once its raw bytes are durable, and not before."""

import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from crossdock_contracts import subjects
from crossdock_contracts.base import LONGEST_ID
from crossdock_contracts.capture import IngestV1, OrderInput
from crossdock_contracts.envelope import Envelope
from services.capture.rules import Channel, Channels, UnknownChannelError, UnmappableError
from services.hub.effects import TransientError
from services.hub.metrics import HTTP
from services.hub.runtime import Runtime
from services.hub.settings import Settings
from services.hub.wire import DisconnectedError, status

ORIGINALS = "originals"
_INLINE_BYTES = 256 * 1024
"""Larger payloads go to the object store, and the message names them."""
_PUBLISH_TIMEOUT_S = 5.0
_NO_ANSWER = "the message server did not answer"


class ProblemError(Exception):
    """What is wrong with a request, as RFC 9457 has it."""

    def __init__(self, status_code: int, title: str, detail: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.status_code = status_code
        self.title = title
        self.detail = detail
        self.retry_after_s = retry_after_s

    def response(self) -> Response:
        """The answer to the client."""
        body = {"type": "about:blank", "title": self.title, "status": self.status_code, "detail": self.detail}
        headers = {"retry-after": str(self.retry_after_s)} if self.retry_after_s is not None else None
        return Response(orjson.dumps(body), self.status_code, headers, media_type="application/problem+json")


class Edge:
    """Takes orders over HTTP into capture's inbox."""

    def __init__(self, channels: Channels, runtime: Runtime, settings: Settings) -> None:
        self._channels = channels
        self._runtime = runtime
        self._settings = settings
        self._token = settings.api_token.get_secret_value()
        self.web = FastAPI(title="Crossdock", version="0.1.0", docs_url="/docs", redoc_url=None)
        self.web.add_exception_handler(HTTPException, _no_route)
        self._route("/webhooks/{channel}", "A channel hands in an order, in its own format.", self._from_path)
        self._route("/v1/orders", "Hand in an order in the hub's own format.", self._from_query)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self.web(scope, receive, send)

    def _route(self, path: str, summary: str, channel_of: Any) -> None:
        schema = {"requestBody": {"content": {"application/json": {"schema": OrderInput.model_json_schema()}}}}
        answers: dict[int | str, dict[str, Any]] = {
            202: {"description": "Durable in capture's inbox; what became of it is told by its events."},
            400: {"description": "Not JSON."},
            401: {"description": "No valid token."},
            404: {"description": "No such channel."},
            413: {"description": "Too large."},
            422: {"description": "JSON, but not an order; the detail names each field."},
            503: {"description": "The server is away; try again after Retry-After."},
        }

        @self.web.post(path, summary=summary, status_code=202, responses=answers, openapi_extra=schema)
        async def take(request: Request) -> Response:
            try:
                self._check_token(request)
                response = await self._take(channel_of(request), await self._body(request), request, path)
            except ProblemError as problem:
                response = problem.response()
            HTTP.labels(path, str(response.status_code)).inc()
            return response

    def _from_path(self, request: Request) -> str:
        return str(request.path_params["channel"])

    def _from_query(self, request: Request) -> str:
        return request.query_params.get("channel", "web")

    def _check_token(self, request: Request) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._token and not secrets.compare_digest(given.encode(), self._token.encode()):
            raise ProblemError(401, "Unauthorized", "send the header 'Authorization: Bearer <CROSSDOCK_API_TOKEN>'")

    async def _body(self, request: Request) -> bytes:
        most = self._settings.max_body_bytes
        chunks, size = [], 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > most:
                raise ProblemError(413, "Content Too Large", f"the body is larger than {most} bytes")
            chunks.append(chunk)
        return b"".join(chunks)

    async def _take(self, name: str, body: bytes, request: Request, path: str) -> Response:
        try:
            channel = self._channels[name]
        except UnknownChannelError as error:
            raise ProblemError(404, "Unknown channel", str(error)) from None
        order_id = channel.key(_order_id(channel, body))
        if len(order_id) > LONGEST_ID:
            raise ProblemError(422, "Not an order", f"{order_id[:80]}…: an order id may have {LONGEST_ID} characters")
        if path == "/v1/orders" or channel.format.name == "native":
            _check(channel, body)
        identity = uuid4().hex
        command = await self._command(channel, order_id, body, request, identity, path)
        seq = await self._publish(command, identity)
        answer = {"order_id": order_id, "message_id": identity, "sequence": seq}
        return Response(orjson.dumps(answer), 202, media_type="application/json")

    async def _command(
        self, channel: Channel, order_id: str, body: bytes, request: Request, identity: str, path: str
    ) -> IngestV1:
        original = ""
        if len(body) > _INLINE_BYTES:
            original = f"{channel.config.owner}/{channel.name}/{identity}"
            try:
                await self._runtime.service.put_object(ORIGINALS, original, body)
            except TransientError as error:
                raise _away(str(error)) from None
        return IngestV1(
            owner=channel.config.owner,
            channel=channel.name,
            order_id=order_id,
            original=original,
            body="" if original else body.decode(),
            received_at=datetime.now(UTC),
            content_type=request.headers.get("content-type", "application/json"),
            source="api" if path == "/v1/orders" else "webhook",
        )

    async def _publish(self, command: IngestV1, identity: str) -> int:
        """Write to the inbox; the sequence, once it is on disk."""
        envelope = Envelope.of(command, message_id=identity, time=command.received_at)
        headers = "".join(f"{name}: {value}\r\n" for name, value in envelope.to_headers().items())
        subject = subjects.message(
            command.TYPE,
            command.VERSION,
            partition=subjects.partition(command.owner, command.order_id, self._settings.partitions),
            pool=subjects.pool(command.owner, self._settings.pools),
        )
        try:
            answer = await self._runtime.calls.one(
                [], subject.encode(), headers.encode(), command.encode(), timeout_s=_PUBLISH_TIMEOUT_S
            )
        except (DisconnectedError, AssertionError):
            raise _away(_NO_ANSWER) from None
        content = {} if status(answer) else orjson.loads(answer.data)
        if "seq" not in content:
            raise _away(str(content.get("error", "the message server has no inbox for it yet")))
        return int(content["seq"])


def _no_route(request: Request, error: Exception) -> Response:
    """Nothing is at this address, or not for this method."""
    assert isinstance(error, HTTPException)
    detail = f"{request.method} {request.url.path}; orders: POST /v1/orders or /webhooks/<channel>; all that is: /docs"
    response = ProblemError(error.status_code, error.detail, detail).response()
    response.headers.update(error.headers or {})
    return response


def _away(detail: str) -> ProblemError:
    return ProblemError(503, "Service Unavailable", f"nothing was acknowledged: {detail}", retry_after_s=2)


def _order_id(channel: Channel, body: bytes) -> str:
    try:
        body.decode("utf-8")
        content = orjson.loads(body)
    except ValueError as error:
        raise ProblemError(400, "Not JSON", f"$: {error}") from None
    try:
        return channel.format.order_id(body)
    except UnmappableError as error:
        detail = str(error) if isinstance(content, dict) else "$: a JSON object is needed"
        raise ProblemError(422, "Not an order", detail) from None


def _check(channel: Channel, body: bytes) -> None:
    try:
        order = channel.format.read(body)
    except UnmappableError as error:
        raise ProblemError(422, "Not an order", str(error)) from None
    if len(order.lines) > channel.config.most_lines:
        detail = f"$.lines: {len(order.lines)} lines; an order of {channel.name} may have {channel.config.most_lines}"
        raise ProblemError(422, "Not an order", detail)
