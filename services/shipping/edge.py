"""Where carriers tell of parcels by themselves. What they say is acknowledged once it is durable, and not before."""

from collections.abc import Mapping
from datetime import UTC, datetime

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from crossdock_contracts.envelope import event_id
from crossdock_contracts.tracking import HearCarrierV1
from services.hub.inbox import Inbox
from services.hub.metrics import HTTP
from services.hub.runtime import Runtime
from services.hub.secrets import Secrets
from services.hub.settings import Settings
from services.hub.web import ProblemError, acknowledged, body_of, no_route
from services.shipping.carriers.hooks import CarrierHooks, SignatureError, hooks_of
from services.shipping.rules.carriers import Account

BELOW = "/webhooks/carriers/"
_PATH = BELOW + "{account}"
_MOST_BYTES = 512 * 1024
"""A parcel's whole way is some kilobytes."""


class CarrierEdge:
    """Takes carriers' webhooks over HTTP into shipping's inbox, from any process that is connected."""

    def __init__(self, accounts: Mapping[str, Account], runtime: Runtime, settings: Settings) -> None:
        self._accounts = accounts
        self._inbox = Inbox(runtime, settings)
        self._secrets = Secrets(settings.secrets_dir)
        self._most = min(_MOST_BYTES, settings.max_body_bytes)
        self.web = FastAPI(title="Crossdock, carriers", docs_url=None, redoc_url=None, openapi_url=None)
        self.web.add_exception_handler(HTTPException, _nothing_here)
        self.web.post(_PATH, status_code=202)(self._take)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self.web(scope, receive, send)

    async def _take(self, request: Request) -> Response:
        try:
            response = await self._hear(str(request.path_params["account"]), request)
        except ProblemError as problem:
            response = problem.response()
        HTTP.labels(_PATH, str(response.status_code)).inc()
        return response

    async def _hear(self, name: str, request: Request) -> Response:
        account = self._accounts.get(name)
        hooks = hooks_of(account.kind) if account is not None else None
        if account is None or hooks is None:
            hearing = ", ".join(sorted(one for one, known in self._accounts.items() if hooks_of(known.kind)))
            detail = f"no account {name} is told of parcels by itself; those that are: {hearing or 'none'}"
            raise ProblemError(404, "Unknown account", detail)
        body = await body_of(request, self._most)
        self._check(name, hooks, request, body)
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise ProblemError(400, "Not UTF-8", str(error)) from None
        heard = HearCarrierV1(owner=account.owner, account=name, body=text, received_at=datetime.now(UTC))
        same = event_id(text, heard.TYPE, f"{account.owner}/{name}")
        return await acknowledged(self._inbox.put(heard, same))

    def _check(self, name: str, hooks: CarrierHooks, request: Request, body: bytes) -> None:
        secret = f"carrier.{name}.webhook"
        secrets = self._secrets.all(secret)
        if not secrets:
            raise ProblemError(401, "Unauthorized", self._secrets.missing(secret))
        try:
            hooks.check(dict(request.headers), body, secrets, path=request.url.path, now=datetime.now(UTC))
        except SignatureError as error:
            raise ProblemError(401, "Unauthorized", str(error)) from None


def _nothing_here(request: Request, error: Exception) -> Response:
    where = f"{request.method} {request.url.path}; carriers' webhooks: POST {BELOW}<account>"
    return no_route(where, error)
