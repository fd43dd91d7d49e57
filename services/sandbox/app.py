"""The sandbox as one application: every API under its name, the fault proxy before them, an administrator's paths.

``/sandbox/faults`` (GET, PUT), ``/sandbox/<api>/state`` (GET), ``/sandbox/<api>`` (POST: make orders, stock, news).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from services.sandbox.amazon import Amazon
from services.sandbox.api import Api, Refusal, body_of, route, said
from services.sandbox.dhl import Dhl
from services.sandbox.easypost import EasyPost, SecondEasyPost, ThirdEasyPost
from services.sandbox.faults import FaultProxy, Faults
from services.sandbox.fedex import Fedex
from services.sandbox.hooks import Hooks
from services.sandbox.profile import PROFILES, Fault, Profile
from services.sandbox.shopify import Shopify
from services.sandbox.ups import Ups
from services.sandbox.usps import Usps
from services.sandbox.woocommerce import WooCommerce

SHOPS: tuple[type[Any], ...] = (Shopify, WooCommerce, Amazon)
CARRIERS: tuple[type[Any], ...] = (EasyPost, SecondEasyPost, ThirdEasyPost, Ups, Fedex, Dhl, Usps)
APIS = (*SHOPS, *CARRIERS)
_ONLY = {"orders": ("shop", SHOPS), "track": ("carrier", CARRIERS), "move": ("carrier", CARRIERS)}
"""What only a shop, or only a carrier, can be asked to make."""


class FaultsWanted(BaseModel):
    """What an administrator asks of the fault proxy; what is absent stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: str | None = None
    """``none``, ``flaky`` or ``storm``."""
    seed: int | None = None
    share: float | None = None
    hang_s: float | None = None
    latency_s: float | None = None
    retry_after_s: float | None = None
    down: set[str] | None = None
    """APIs that are down until this is said anew."""
    hanging: set[str] | None = None
    """APIs that answer nothing until this is said anew."""
    next: dict[str, list[Fault | None]] | None = None
    """What goes wrong with the very next requests to an API; null: nothing."""


class Sandbox:
    """The application; `asgi` is what uvicorn runs."""

    def __init__(self, profile: Profile = PROFILES["none"]) -> None:
        self.apis: dict[str, Api] = {kind.name: kind() for kind in APIS}
        self.faults = Faults(self.apis, profile)
        self.hooks: Hooks | None = None
        for name, api in self.apis.items():
            api.emit = partial(self._emit, name)
        admin = [
            Route("/faults", self._get_faults),
            route("/faults", self._put_faults, "PUT"),
            route("/{api}/state", self._state),
            route("/{api}", self._set_up, "POST"),
        ]
        mounts = [Mount(f"/{name}", routes=api.routes()) for name, api in self.apis.items()]
        inner = Starlette(routes=[Mount("/sandbox", routes=admin), *mounts], lifespan=self._live)
        self.asgi = FaultProxy(inner, self.faults)

    @asynccontextmanager
    async def _live(self, _app: Starlette) -> AsyncIterator[None]:
        self.hooks = Hooks(self.faults)
        yield
        await self.hooks.close()

    def _emit(self, api: str, url: str, body: bytes, headers: dict[str, str]) -> None:
        if self.hooks is not None and url:
            self.hooks.emit(api, (url, body, headers))

    async def _get_faults(self, _request: Request) -> Response:
        outcomes = dict(self.hooks.outcomes) if self.hooks else {}
        return said(self.faults.describe() | {"webhook_outcomes": outcomes})

    async def _put_faults(self, request: Request) -> Response:
        try:
            wanted = FaultsWanted.model_validate_json(await request.body() or b"{}")
        except ValidationError as error:
            raise Refusal(422, {"error": error.errors(include_url=False, include_context=False)}) from None
        if wanted.profile is not None and wanted.profile not in PROFILES:
            raise Refusal(422, {"error": f"no profile {wanted.profile}; there are: {', '.join(PROFILES)}"})
        unknown = ((wanted.down or set()) | (wanted.hanging or set()) | set(wanted.next or ())) - self.apis.keys()
        if unknown:
            raise Refusal(422, {"error": f"no API {', '.join(sorted(unknown))}; there are: {', '.join(self.apis)}"})
        self._apply(wanted)
        return await self._get_faults(request)

    def _apply(self, wanted: FaultsWanted) -> None:
        base = PROFILES[wanted.profile] if wanted.profile else self.faults.profile
        given = wanted.model_dump(include={"seed", "share", "hang_s", "latency_s", "retry_after_s"}, exclude_none=True)
        if wanted.profile or given:
            kept = {} if "seed" in given else {"seed": self.faults.profile.seed}
            self.faults.use(Profile.model_validate(base.model_dump() | kept | given))
        if wanted.down is not None:
            self.faults.down = wanted.down
        if wanted.hanging is not None:
            self.faults.hanging = wanted.hanging
        for api, script in (wanted.next or {}).items():
            self.faults.script[api] += script

    def _api(self, request: Request) -> Api:
        name = request.path_params["api"]
        if name not in self.apis:
            raise Refusal(404, {"error": f"no API {name}; there are: {', '.join(self.apis)}"})
        return self.apis[name]

    async def _state(self, request: Request) -> Response:
        return said(self._api(request).state())

    async def _set_up(self, request: Request) -> Response:
        api, wanted = self._api(request), await body_of(request, {"error": "a JSON object is wanted"})
        for word in wanted.keys() & _ONLY.keys():
            what, those = _ONLY[word]
            if not isinstance(api, those):
                names = ", ".join(one.name for one in those)
                raise Refusal(422, {"error": f"{word}: {api.name} is no {what}; these are: {names}"})
        try:
            return said(api.set_up(wanted))
        except ValueError as error:
            raise Refusal(422, {"error": str(error)}) from None
        except (KeyError, TypeError) as error:
            raise Refusal(422, {"error": f"{type(error).__name__}: {error}"}) from None
