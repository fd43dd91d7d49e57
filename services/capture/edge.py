"""The web interface that orders come in by. An order is acknowledged once its raw bytes are durable, and not before."""

import secrets
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from crossdock_contracts.base import LONGEST_ID
from crossdock_contracts.channels import FetchOrderV1
from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import Challenged, Heard, Hook, SignatureError, Topic, UnmappableError, hooks_of
from services.capture.inbox import HandedIn, Inbox
from services.capture.rules import Channel, Channels, UnknownChannelError
from services.hub.metrics import HTTP
from services.hub.runtime import Runtime
from services.hub.secrets import Secrets
from services.hub.settings import Settings
from services.hub.web import JSON, ProblemError, acknowledged, body_of, no_route, url_of

_BELOW = "/webhooks/"
_WEBHOOKS = f"{_BELOW}{{channel}}"
_ORDERS = "/v1/orders"


class Edge:
    """Takes orders over HTTP into capture's inbox.

    FastAPI describes what is taken, and answers all else. What hands in an order does not go through it: its layers,
    of which none is needed here, cost as much as to check the order's signature and to store it.
    """

    def __init__(self, channels: Channels, runtime: Runtime, settings: Settings, handed_in: HandedIn) -> None:
        self._channels = channels
        self._handed_in = handed_in
        self._settings = settings
        self._inbox = Inbox(runtime, settings)
        self._secrets = Secrets(settings.secrets_dir)
        self._token = settings.api_token.get_secret_value()
        self.web = FastAPI(title="Crossdock", version="0.1.0", docs_url="/docs", redoc_url=None)
        self.web.add_exception_handler(HTTPException, _no_route)
        self._describe(_WEBHOOKS, "A channel hands in an order, in its own format.")
        self._describe(_ORDERS, "Hand in an order in the hub's own format.")
        self.web.get(_WEBHOOKS, summary="A channel asks whether the address is ours.")(self._answer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = _taking(scope)
        if path:
            response = await self._taken(Request(scope, receive), path)
            await response(scope, receive, send)
        else:
            await self.web(scope, receive, send)

    def _describe(self, path: str, summary: str) -> None:
        schema = {"requestBody": {"content": {"application/json": {"schema": OrderInput.model_json_schema()}}}}
        answers: dict[int | str, dict[str, Any]] = {
            200: {"description": "A webhook that nothing is done on, such as a test of the address."},
            202: {"description": "Durable in capture's inbox; what became of it is told by its events."},
            400: {"description": "Not JSON."},
            401: {"description": "No valid token, or no valid signature of the channel."},
            404: {"description": "No such channel."},
            413: {"description": "Too large."},
            422: {"description": "JSON, but not an order; the detail names each field."},
            503: {"description": "The server is away; try again after Retry-After."},
        }

        @self.web.post(path, summary=summary, status_code=202, responses=answers, openapi_extra=schema)
        async def take(request: Request) -> Response:
            return await self._taken(request, path)

    async def _taken(self, request: Request, path: str) -> Response:
        """The answer to an order that is handed in."""
        try:
            channel = self._channel(
                _name_of(request) if path == _WEBHOOKS else request.query_params.get("channel", "web")
            )
            if path == _ORDERS or hooks_of(channel.format) is None:
                self._check_token(request)
                response = await self._take(channel, await self._body(request), request, path)
            else:
                response = await self._hear(channel, await self._body(request), request)
        except ProblemError as problem:
            response = problem.response()
        HTTP.labels(path, str(response.status_code)).inc()
        return response

    async def _answer(self, request: Request) -> Response:
        try:
            response = self._challenged(self._channel(_name_of(request)), request)
        except ProblemError as problem:
            response = problem.response()
        HTTP.labels(_WEBHOOKS, str(response.status_code)).inc()
        return response

    def _challenged(self, channel: Channel, request: Request) -> Response:
        tokens = self._secrets.all(f"channel.{channel.name}.verification")
        answer = None
        if isinstance(channel.format, Challenged):
            try:
                url = url_of(request, self._settings).partition("?")[0]
                answer = channel.format.answer(request.query_params, tokens, url)
            except SignatureError as error:
                raise ProblemError(401, "Unauthorized", str(error)) from None
        if answer is None:
            raise ProblemError(405, "Method Not Allowed", "webhooks are handed in by POST")
        return Response(orjson.dumps(answer), media_type=JSON)

    def _check_token(self, request: Request) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._token and not secrets.compare_digest(given.encode(), self._token.encode()):
            raise ProblemError(401, "Unauthorized", "send the header 'Authorization: Bearer <CROSSDOCK_API_TOKEN>'")

    async def _body(self, request: Request) -> bytes:
        return await body_of(request, self._settings.max_body_bytes)

    def _channel(self, name: str) -> Channel:
        try:
            return self._channels[name]
        except UnknownChannelError as error:
            raise ProblemError(404, "Unknown channel", str(error)) from None

    async def _take(self, channel: Channel, body: bytes, request: Request, path: str) -> Response:
        """An order as the channel has it."""
        order_id = channel.key(_order_id(channel, body))
        if len(order_id) > LONGEST_ID:
            raise ProblemError(422, "Not an order", f"{order_id[:80]}…: an order id may have {LONGEST_ID} characters")
        if path == _ORDERS or channel.format.name == "native":
            _check(channel, body)
        return await self._ingest(channel, order_id, body, request, "api" if path == _ORDERS else "webhook")

    async def _hear(self, channel: Channel, body: bytes, request: Request) -> Response:
        """A webhook in the channel's own way: signed; and about an order, or only pointing to one, or neither."""
        hook = Hook(headers=dict(request.headers), body=body, url=url_of(request, self._settings))
        hooks = hooks_of(channel.format)
        assert hooks is not None
        name = f"channel.{channel.name}.webhook"
        secrets_ = self._secrets.all(name)
        if not secrets_:
            raise ProblemError(401, "Unauthorized", self._secrets.missing(name))
        try:
            hooks.check(hook, secrets_, datetime.now(UTC))
        except SignatureError as error:
            raise ProblemError(401, "Unauthorized", str(error)) from None
        heard = _heard(channel, hook)
        match heard.topic:
            case Topic.OTHER:
                return Response(orjson.dumps({"ignored": "nothing is done on this"}), 200, media_type=JSON)
            case Topic.POINTER:
                return await self._fetch(channel, heard)
        order_id = channel.key(heard.order_id)
        return await self._ingest(channel, order_id, heard.body or body, request, "webhook")

    async def _fetch(self, channel: Channel, heard: Heard) -> Response:
        command = FetchOrderV1(
            owner=channel.config.owner,
            channel=channel.name,
            order_id=channel.key(heard.order_id),
            channel_order_id=heard.order_id,
            received_at=datetime.now(UTC),
            source="webhook",
        )
        return await acknowledged(self._inbox.put(command))

    async def _ingest(self, channel: Channel, order_id: str, body: bytes, request: Request, source: str) -> Response:
        content_type = request.headers.get("content-type", JSON)
        response = await acknowledged(self._inbox.ingest(channel, order_id, body, source, content_type))
        if channel.config.api:  # which lists it, too
            self._handed_in.note(channel.name, body)
        return response


def _taking(scope: Scope) -> str:
    """The path by which a request hands in an order; empty where it does something else."""
    path = scope["path"]
    if scope["method"] != "POST":
        return ""
    if path == _ORDERS:
        return _ORDERS
    return _WEBHOOKS if path.startswith(_BELOW) and path.count("/") == 2 and path != _BELOW else ""  # noqa: PLR2004  # a channel, and nothing below it


def _name_of(request: Request) -> str:
    return str(request.scope["path"]).removeprefix(_BELOW)


def _no_route(request: Request, error: Exception) -> Response:
    where = f"{request.method} {request.url.path}; orders: POST /v1/orders or /webhooks/<channel>; all that is: /docs"
    return no_route(where, error)


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


def _heard(channel: Channel, hook: Hook) -> Heard:
    """What a webhook is about. One that cannot be read is taken in all the same: it becomes a dead letter, as it is."""
    hooks = hooks_of(channel.format)
    assert hooks is not None
    try:
        heard = hooks.heard(hook)
        if len(channel.key(heard.order_id)) <= LONGEST_ID:
            return heard
    except UnmappableError:
        pass
    return Heard(Topic.ORDER, f"unread-{sha256(hook.body).hexdigest()[:16]}", body=hook.body)


def _check(channel: Channel, body: bytes) -> None:
    try:
        order = channel.format.read(body)
    except UnmappableError as error:
        raise ProblemError(422, "Not an order", str(error)) from None
    if len(order.lines) > channel.config.most_lines:
        detail = f"$.lines: {len(order.lines)} lines; an order of {channel.name} may have {channel.config.most_lines}"
        raise ProblemError(422, "Not an order", detail)
