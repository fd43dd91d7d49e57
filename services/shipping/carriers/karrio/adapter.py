"""The adapter: one account with one carrier."""

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

from services.hub.effects import LostError, PermanentError, ThrottledError, TransientError, UnknownError
from services.hub.http import Http, Timeouts
from services.hub.log import logger
from services.shipping.carriers import not_supported
from services.shipping.carriers.answers import Answer, Label, Voided
from services.shipping.carriers.karrio import account, library
from services.shipping.carriers.karrio.shape import Connector
from services.shipping.carriers.karrio.wire import CALL, Amend, Call, Tokens
from services.shipping.carriers.requests import (
    BookPickup,
    BuyLabel,
    CancelPickup,
    GetRates,
    MakeManifest,
    TrackParcels,
    ValidateAddress,
    VoidLabel,
)

T = TypeVar("T")
THREADS = 16
_REMEMBERED = 256
_UNAUTHORISED = 401

Secret = Callable[[str], str]
"""Reads a secret by its name; empty where none is set."""


class Karrio:
    """One account with one carrier: rates, labels, voids, tracking, returns, customs, pickups, manifests.

    Its calls run in threads that no other adapter shares, those that only ask in others than those that buy. Secrets
    are read anew for each call, so that they are rotated without a restart.
    """

    def __init__(
        self,
        connector: Connector,
        secret: Secret,
        settings: Mapping[str, Any],
        *,
        name: str,
        url: str = "",
        options: Mapping[str, Any] | None = None,
        threads: int = THREADS,
        total_s: float = 18.0,
        settles_s: float = 60.0,
    ) -> None:
        """``url`` is called in place of the carrier's own address; ``options`` go with every request.

        ``settles_s`` is how long after a purchase it is believed that there is none, where the carrier `settles`.

        ``total_s`` is the longest that a message may take; shorter than what the hub waits for a call.

        Raises:
            RulesError: karrio is not installed.
        """
        library.check(connector.carrier)
        library.library()
        self.name = name
        self.most_tracked = connector.most_tracked
        self._connector = connector
        self._secret = secret
        self._settings = settings
        self._url = url
        self._options = options or {}
        times = Timeouts(read_s=min(15.0, total_s), total_s=total_s)
        self._http = Http(name, "", timeouts=times, connections=2 * threads)
        self._buyers = ThreadPoolExecutor(threads, thread_name_prefix=f"carrier-{name}")
        self._readers = ThreadPoolExecutor(threads, thread_name_prefix=f"carrier-{name}-reads")
        self._tokens = Tokens(time.monotonic)
        self._proof: dict[str, str] = {}
        self._account: account.Account | None = None
        self._settles_s = settles_s if connector.settles else 0.0
        self._sold: dict[str, Label] = {}
        self._lost: dict[str, float] = {}
        """When calls ended whose outcome is not known, or were first looked up: purchases, and pickups called off."""

    async def close(self) -> None:
        """Give connections and threads up."""
        for threads in (self._buyers, self._readers):
            threads.shutdown(wait=False, cancel_futures=True)
        await self._http.close()

    async def call(self, operation: str, key: str, request: object) -> Answer:
        """Do what is asked.

        Raises:
            TransientError, PermanentError, UnknownError: see `services.hub.effects`.
        """
        match request:
            case BuyLabel():
                amend = partial(self._connector.amend, request, key)
                try:
                    label = await self._run(operation, lambda desk: desk.buy(request, key), amend=amend)
                except (UnknownError, asyncio.CancelledError):
                    _keep(self._lost, key, time.monotonic())
                    raise
                _keep(self._sold, key, label)  # whoever could not put it away asks again, and not every carrier tells
                return label
            case VoidLabel():
                if not self._connector.voids:
                    return Voided(tracking_number=request.tracking_number)
                return await self._run(operation, lambda desk: desk.void(request))
            case GetRates() | TrackParcels() | ValidateAddress():
                return await self._run(operation, lambda desk: desk.read(request), safe=True)
            case MakeManifest() | BookPickup():
                return await self._run(operation, lambda desk: desk.hand_over(request))
            case CancelPickup():
                again = key in self._lost
                called_off = await self._run(operation, lambda desk: desk.call_off(request, asked_before=again))
                self._lost.pop(key, None)
                return called_off
            case _:
                raise not_supported(self.name, operation)

    async def look_up(self, operation: str, key: str, request: object) -> Answer | None:
        """What came of a call under this key; none if nothing did, or it may simply be made again.

        Raises:
            TransientError: it cannot be found out just now.
            LostError: nothing can tell.
        """
        match request:
            case BuyLabel() if key in self._sold:
                return self._sold[key]
            case BuyLabel():
                recover = self._connector.recover
                found = await self._run(f"{operation}-look-up", lambda desk: recover(desk, request, key), safe=True)
                if found is None:
                    self._believe(key)
                return found
            case MakeManifest() | BookPickup():
                msg = f"{self.name}: only the carrier's own pages show whether {operation} {key} was done"
                raise LostError(msg)
            case CancelPickup():  # carriers tell of no pickup: it is called off again, with that in mind
                _keep(self._lost, key, time.monotonic())
                return None
            case _:
                return None

    def _believe(self, key: str) -> None:
        """Take it that nothing was bought.

        Raises:
            ThrottledError: it is too early for that.
        """
        if key not in self._lost:
            _keep(self._lost, key, time.monotonic())
        left = self._settles_s - (time.monotonic() - self._lost[key])
        if left > 0:
            msg = f"{self.name}: nothing is found of {key}, which may still be bought; it is looked up again"
            raise ThrottledError(msg, left)
        del self._lost[key]

    def _current(self) -> account.Account:
        """The account with the secrets of now.

        Raises:
            TransientError: one is not set.
        """
        names = (*self._connector.secrets, *self._connector.optional)
        proof = {name: value for name in names if (value := self._secret(name))}
        missing = [name for name in self._connector.secrets if name not in proof]
        if missing:
            msg = f"{self.name}: no secret {', '.join(f'carrier.{self.name}.{name}' for name in missing)} is set"
            raise TransientError(msg)
        if self._account is None or proof != self._proof:
            self._proof = proof
            self._tokens.forget()
            settings = {**self._settings, **proof}
            self._account = account.Account(
                self._connector, settings, self._tokens, name=self.name, url=self._url, options=self._options
            )
        return self._account

    async def _run(
        self, operation: str, work: Callable[[account.Account], T], *, safe: bool = False, amend: Amend | None = None
    ) -> T:
        """Do something in a thread; once more, with a new token, where the token was refused.

        Raises:
            TransientError, PermanentError, UnknownError: as the hub's client says, or the carrier.
        """
        desk = self._current()
        for attempt in (1, 2):
            call = Call(self._http, operation, safe=safe, amend=amend, as_json=self._connector.as_json)
            try:
                return await self._in_thread(call, partial(work, desk))
            except PermanentError:
                stale = call.sent and call.refused is not None and call.refused.status == _UNAUTHORISED
                if attempt == 1 and stale and desk.has_tokens:
                    self._tokens.forget()
                    continue
                raise
        raise AssertionError

    async def _in_thread(self, call: Call, work: Callable[[], T]) -> T:
        context = copy_context()

        def run() -> T:
            CALL.set(call)
            return _classed(call, work, self.name)

        threads = self._readers if call.safe else self._buyers
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, context.run, run)
        except asyncio.CancelledError:
            call.give_up()
            raise


def _keep(kept: dict[str, T], key: str, value: T) -> None:
    """Keep it for a while."""
    kept[key] = value
    if len(kept) > _REMEMBERED:
        del kept[next(iter(kept))]


def _classed(call: Call, work: Callable[[], T], name: str) -> T:
    """Do it; whatever karrio raises is classed by how far it had come."""
    try:
        return work()
    except (TransientError, PermanentError, UnknownError):
        raise
    except Exception as error:
        errors = library.errors()
        if isinstance(error, errors.ParsedMessagesError):
            raise account.refusal(call, error.messages, name) from error
        told = f"{name}: {type(error).__name__}: {error} {getattr(error, 'details', None) or ''}".strip()
        if call.refused is not None:
            raise call.refused from error
        if not call.sent:
            code = "not-buildable"
            if not isinstance(error, errors.ShippingSDKError):  # karrio misses nothing: something is wrong in a program
                logger(service="shipping").exception(
                    "a request could not be built", adapter=name, operation=call.operation
                )
            raise PermanentError(code, told[:500]) from error
        raise (TransientError(told) if call.safe else UnknownError(told)) from error
