"""What karrio wants sent, sent by the hub's client.

karrio's proxies call ``karrio.lib.request``. That is replaced by `request`, which hands over to the call that the
thread works for.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock
from typing import Any

import httpx
import orjson

from services.hub.effects import PermanentError, TransientError
from services.hub.http import Answer, Http, NotLetInError, StatusError

_TOKEN_LASTS_S = 45 * 60.0
"""For those that do not say how long they last."""
_AHEAD_S = 120.0
_UNASKED = ("/proof-of-delivery", "/trackingdocuments")
"""karrio fetches pictures of signatures with what has been delivered; nobody asked for them."""


@dataclass(slots=True)
class Reply:
    """An answer as karrio's readers take it: as those of urllib."""

    code: int
    body: bytes

    def read(self) -> bytes:
        """All of the body."""
        return self.body


Amend = Callable[[str, str, dict[str, str], Any], None]
"""``(method, path, headers, body)``: writes into headers and body what karrio does not."""


class Call:
    """One request to a carrier, with all that it takes: a token first, one or several messages, their answers."""

    def __init__(
        self,
        http: Http,
        operation: str,
        *,
        safe: bool,
        amend: Amend | None = None,
        as_json: Callable[[bytes], bytes] = bytes,
    ) -> None:
        self._as_json = as_json
        self.operation = operation
        self.safe = safe
        """It may be sent again whatever became of it."""
        self.sent = False
        """Something other than a request for a token has been sent."""
        self.refused: StatusError | None = None
        """With what the last message was refused."""
        self.answer = b""
        """What the last one that was not was answered."""
        self.fetching_token = False
        self._http = http
        self._amend = amend
        self._loop = asyncio.get_running_loop()
        self._given_up = False
        self._under_way: Future[Answer] | None = None
        self._lock = Lock()

    def give_up(self) -> None:
        """Nobody waits for it any more: what is under way is broken off, and its thread let go."""
        with self._lock:
            self._given_up = True
            if self._under_way is not None:
                self._under_way.cancel()

    def send(self, method: str, url: str, headers: Mapping[str, str], content: str | bytes | None) -> Reply:
        """Send a message and wait, in a thread, for what comes of it; a refusal comes back as any answer does.

        Raises:
            TransientError, UnknownError, PermanentError: see `services.hub.http`.
        """
        if url.endswith(_UNASKED):
            code = "not-supported"
            raise PermanentError(code, url)
        headers = dict(headers)
        token = self.fetching_token
        if not token:
            if self._amend is not None:
                content = self._amended(method, url, headers, content)
            self.sent = True
        with self._lock:
            if self._given_up:
                msg = f"{self._http.adapter}: nobody waits for {self.operation} any more"
                raise TransientError(msg)
            self._under_way = asyncio.run_coroutine_threadsafe(
                self._http.send(
                    "token" if token else self.operation,
                    method,
                    url,
                    read=_as_it_is,
                    safe=token or self.safe,
                    headers=headers,
                    content=content,
                ),
                self._loop,
            )
        try:
            answer = self._under_way.result()
        except (StatusError, NotLetInError) as error:
            self.refused = error.refusal if isinstance(error, NotLetInError) else error
            return Reply(self.refused.status, self.refused.body)
        self.refused = None
        body = self._as_json(answer.content)
        if not token:
            self.answer = body
        return Reply(answer.status_code, body)

    def _amended(self, method: str, url: str, headers: dict[str, str], content: str | bytes | None) -> Any:
        assert self._amend is not None
        try:
            body = orjson.loads(content) if content else None
        except orjson.JSONDecodeError:
            return content
        self._amend(method, httpx.URL(url).path, headers, body)
        return orjson.dumps(body) if body is not None else content


def _as_it_is(answer: Answer) -> Answer:
    return answer


CALL: ContextVar[Call] = ContextVar("call")
"""The call that this thread works for."""


def request(  # the arguments of karrio's own
    *,
    url: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    data: str | bytes | None = None,
    decoder: Callable[[bytes], Any] | None = None,
    on_ok: Callable[[Reply], Any] | None = None,
    on_error: Callable[[Reply], Any] | None = None,
    **_unused: Any,
) -> Any:
    """Stands in for karrio's own way to send."""
    reply = CALL.get().send(method, url, headers or {}, data)
    decode = decoder or _text
    if reply.code < httpx.codes.BAD_REQUEST:
        return on_ok(reply) if on_ok else decode(reply.body)
    return on_error(reply) if on_error else decode(reply.body)


def one_by_one(action: Callable[[Any], Any], sequence: list[Any], **_unused: Any) -> list[Any]:
    """Stands in for karrio's ways to do several things at once: the thread that it has is all that it gets."""
    return [action(item) for item in sequence]


def forbidden(*_: Any, **__: Any) -> Any:
    """Stands in for karrio's own client.

    Raises:
        RuntimeError: always.
    """
    msg = "nothing goes out but through the hub's client"
    raise RuntimeError(msg)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("latin-1")


class Tokens:
    """The access tokens of an account, fetched once for all threads; stands in for karrio's cache."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = Lock()
        self._held: dict[str, tuple[dict[str, Any], float]] = {}

    def forget(self) -> None:
        """They are refused."""
        self._held.clear()

    def thread_safe(
        self,
        refresh_func: Callable[[], dict[str, Any]],
        cache_key: str,
        token_field: str = "access_token",  # noqa: S107  # the name of a field
        **_unused: Any,
    ) -> "_Held":
        """What karrio asks for a token."""
        return _Held(lambda: self._token(refresh_func, cache_key, token_field))

    def _token(self, fetch: Callable[[], dict[str, Any]], key: str, name: str) -> str:
        token = self._known(key, name)
        if token is not None:
            return token
        if CALL.get().fetching_token:  # one is needed to get another
            return self._fetched(fetch, key, name)
        with self._lock:
            return self._known(key, name) or self._fetched(fetch, key, name)

    def _known(self, key: str, name: str) -> str | None:
        held, until = self._held.get(key, ({}, 0.0))
        return str(held[name]) if held.get(name) and self._now() < until else None

    def _fetched(self, fetch: Callable[[], dict[str, Any]], key: str, name: str) -> str:
        call = CALL.get()
        before, call.fetching_token = call.fetching_token, True
        try:
            token = fetch()
        finally:
            call.fetching_token = before
        lasts_s = float(token.get("expires_in") or _TOKEN_LASTS_S)
        self._held[key] = token, self._now() + max(lasts_s - _AHEAD_S, lasts_s / 2)
        return str(token[name])


class _Held:
    """What karrio calls a token manager."""

    def __init__(self, get: Callable[[], str]) -> None:
        self.get_state = self.get_token = get
