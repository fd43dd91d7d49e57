"""The hub's client of web APIs: every failure is classed, so that whoever calls knows what was done and what was not.

| what happened | a call that is safe to repeat | a call that is not |
|---|---|---|
| not reached: no connection, no free one, no such name | `TransientError` | `TransientError` |
| sent, no whole answer: cut off, late, unreadable 2xx, half a refusal, 5xx, 303 | `TransientError` | `UnknownError` |
| 429, 503: asked to come later | `ThrottledError` or `TransientError`, with Retry-After | the same |
| 408, 425: not taken | `TransientError` | `TransientError` |
| 401, after the token was renewed once: not let in | `NotLetInError`, which is transient | the same |
| any other refusal | `StatusError`, which is permanent | the same |

Whoever is not let in has done nothing, and will be once somebody has seen to the credentials: it says nothing of what
was asked.

Each client has connections of its own, so that a system that hangs takes none from another.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp
import httpx
import orjson
from prometheus_client import Counter, Histogram

from services.hub.connections import Connections
from services.hub.effects import PermanentError, ThrottledError, TransientError, UnknownError
from services.hub.metrics import CALL_TIME, CALLS, RETRIES
from services.hub.quota import Quota, asked_to_wait
from services.hub.refusal import Explain, explained, without_secrets
from services.hub.retry import repeated
from services.hub.trace import traceparent

__all__ = ["Answer", "Http", "NotLetInError", "StatusError", "Timeouts", "as_bytes", "as_json"]

Answer = httpx.Response
T = TypeVar("T")

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_UNSENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)
_OURS = (httpx.InvalidURL, httpx.LocalProtocolError, aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)
_NOT_TAKEN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})
_NEVER = frozenset({HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.HTTP_VERSION_NOT_SUPPORTED})
_IDLE_S = 3.0
"""A connection that was idle for so long is not used again: many servers close theirs after five seconds, and a request
that meets that is lost, of which nobody knows whether it was heard."""
_SEEN_TO_S = 5.0
"""Who is not let in does not try again at once."""
_LATER_S = 1.0
"""A system that has enough and does not say for how long is left alone for this."""


class UnsentError(TransientError):
    """The system could not be reached; nothing was sent."""


class StatusError(PermanentError):
    """The system refused; ``code`` and ``detail`` are its own."""

    def __init__(self, code: str, detail: str, status: int, body: bytes = b"") -> None:
        super().__init__(code, detail)
        self.status = status
        self.body = body


class NotLetInError(TransientError):
    """The system does not take us for who we say we are; somebody has to see to the credentials."""

    def __init__(self, detail: str, retry_after_s: float, refusal: StatusError) -> None:
        super().__init__(detail, retry_after_s)
        self.refusal = refusal
        """What it said."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long each phase of a request may take."""

    connect_s: float = 3.0
    pool_s: float = 2.0
    """Until one of the connections is free."""
    read_s: float = 15.0
    """Silence of the other side."""
    total_s: float = 30.0
    """All of it, however slowly a request is taken or an answer drips in."""


def as_json(answer: Answer) -> Any:
    """The body as JSON; none where it is empty."""
    return orjson.loads(answer.content) if answer.content else None


def as_bytes(answer: Answer) -> bytes:
    """The body as it is."""
    return answer.content


class Http:
    """The client of one adapter."""

    def __init__(
        self,
        adapter: str,
        base_url: str,
        *,
        auth: httpx.Auth | None = None,
        headers: Mapping[str, str] | None = None,
        timeouts: Timeouts | None = None,
        connections: int = 64,
        quota: Quota | None = None,
        explain: Explain = explained,
        refuses: Callable[[Answer], bool] = lambda _: False,
        attempts: int = 2,
    ) -> None:
        """``attempts``: how often a call is sent that may be repeated, or that did not go out, before it has failed.

        ``refuses``: whether the system refuses with an answer of 5xx, and nothing was done.
        """
        self.adapter = adapter
        self.quota = quota or Quota()
        self._timeouts = times = timeouts or Timeouts()
        self._explain = explain
        self._refuses = refuses
        self._attempts = attempts
        self._connections = Connections(
            connections,
            base_url=base_url,
            auth=auth,
            headers=headers,
            connect_s=times.connect_s,
            pool_s=times.pool_s,
            read_s=times.read_s,
            keep_s=_IDLE_S,
        )

    @property
    def timeout_s(self) -> float:
        """How long a request may take."""
        return self._timeouts.total_s

    async def close(self) -> None:
        """Give the connections up."""
        await self._connections.close()

    async def send(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        read: Callable[[Answer], T] = as_json,
        safe: bool | None = None,
        **request: Any,
    ) -> T:
        """Send a request; ``request`` is httpx's: ``json``, ``data``, ``content``, ``params``, ``headers``, ``auth``.

        ``operation`` names it in metrics. ``read`` makes of a 2xx what is returned; a `ValueError`, `TypeError` or
        `LookupError` that it raises says that the answer is no whole one. ``safe``: it may be sent again whatever
        became of it; as the method says if none is given.

        Raises:
            TransientError, UnknownError, StatusError: as the module says.
            PermanentError: it could not be sent at all, as it is.
        """
        repeatable = method in _SAFE if safe is None else safe

        def worth_another(error: BaseException) -> bool:
            patient = isinstance(error, TransientError) and (error.retry_after_s or 0.0) <= _LATER_S
            return patient and (repeatable or isinstance(error, UnsentError))

        async def attempt() -> T:
            async with self.quota.turn(self.adapter, operation):
                return await self._measured(operation, method, path, read, request, repeatable=repeatable)

        return await repeated(
            attempt,
            attempts=self._attempts,
            worth=worth_another,
            again=RETRIES.labels(self.adapter, operation).inc,
        )

    async def _measured(
        self,
        operation: str,
        method: str,
        path: str,
        read: Callable[[Answer], T],
        request: dict[str, Any],
        *,
        repeatable: bool,
    ) -> T:
        started, result = time.perf_counter(), "unknown"
        try:
            answer = await self._sent(method, path, request, repeatable=repeatable)
            self.quota.heard(operation, answer.headers)
            read_answer = self._read(operation, answer, read, repeatable=repeatable)
            result = "done"
        except PermanentError:
            result = "permanent"
            raise
        except TransientError:
            result = "transient"
            raise
        finally:
            seconds, count = _metrics(self.adapter, operation, result)
            seconds.observe(time.perf_counter() - started)
            count.inc()
        return read_answer

    async def _sent(self, method: str, path: str, request: dict[str, Any], *, repeatable: bool) -> Answer:
        about = f"{self.adapter}: {method} {path.partition('?')[0]}"
        trace = traceparent()
        if trace:
            request = {**request, "headers": {"traceparent": trace, **(request.get("headers") or {})}}
        try:
            async with asyncio.timeout(self._timeouts.total_s):
                return await self._connections.request(method, path, **request)
        except _UNSENT as error:
            msg = f"{about}: not reached: {_said(error)}"
            raise UnsentError(msg) from error
        except _OURS as error:
            code = "unsendable"
            raise PermanentError(code, f"{about}: {_said(error)}") from error
        except (aiohttp.ClientError, httpx.HTTPError) as error:
            what = f"{about}: {_said(error)}"
            raise _lost(what, repeatable=repeatable) from error
        except TimeoutError as error:
            what = f"{about}: no whole answer within {self._timeouts.total_s} s"
            raise _lost(what, repeatable=repeatable) from error

    def _read(self, operation: str, answer: Answer, read: Callable[[Answer], T], *, repeatable: bool) -> T:
        status = answer.status_code
        about = f"{self.adapter}: {answer.request.method} {answer.request.url.path}: {status}"
        if answer.is_success:
            try:
                return read(answer)
            except (ValueError, TypeError, LookupError) as error:
                what = f"{about}, and its body cannot be read: {_said(error)}"
                raise _lost(what, repeatable=repeatable) from error
        code, detail = self._explain(answer)
        detail = without_secrets(detail, answer.request)
        about = f"{about} {detail}".rstrip()
        wait = asked_to_wait(answer.headers)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = _LATER_S if wait is None else wait
            self.quota.close(operation, wait)
            raise ThrottledError(about, wait)
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            self.quota.close(operation, wait or 0.0)
            raise TransientError(about, wait)
        if status == HTTPStatus.UNAUTHORIZED:
            msg = f"{about}: it does not let the hub in: see to the secrets of {self.adapter}"
            refusal = StatusError(code, detail, status, answer.content)
            raise NotLetInError(msg, max(wait or 0.0, _SEEN_TO_S), refusal)
        if status in _NOT_TAKEN:
            raise TransientError(about, wait)
        failed = status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in _NEVER and not self._refuses(answer)
        if failed or status < HTTPStatus.OK or status == HTTPStatus.SEE_OTHER:  # which sends on to what became of it
            raise _lost(about, wait, repeatable=repeatable)
        if _is_broken(answer):
            what = f"{about}, and its body is no whole JSON"
            raise _lost(what, repeatable=repeatable)
        if code == f"http-{status}":  # it names none: it may not have been the API that was asked
            detail = f"{answer.request.method} {answer.request.url.path}: {detail}".rstrip(": ")
        raise StatusError(code, detail, status, answer.content)


@cache
def _metrics(adapter: str, operation: str, result: str) -> tuple[Histogram, Counter]:
    return CALL_TIME.labels(adapter, operation), CALLS.labels(adapter, operation, result)


def _is_broken(answer: Answer) -> bool:
    """A refusal of which only a part came: its code, by which callers go, may be in the rest."""
    if not answer.content or "json" not in answer.headers.get("content-type", ""):
        return False
    try:
        orjson.loads(answer.content)
    except ValueError:
        return True
    return False


def _lost(what: str, wait_s: float | None = None, *, repeatable: bool) -> TransientError | UnknownError:
    return TransientError(what, wait_s) if repeatable else UnknownError(what)


def _said(error: Exception) -> str:
    return f"{type(error).__name__} {error}".rstrip()
