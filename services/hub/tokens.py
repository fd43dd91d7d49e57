"""Access tokens that expire: fetched once for all callers, ahead of time, and once more where one is refused."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx

from services.hub.effects import TransientError, UnknownError

_AHEAD_S = 60.0


@dataclass(frozen=True, slots=True)
class Token:
    """An access token."""

    value: str = field(repr=False)
    """A secret: never logged."""
    lasts_s: float = float("inf")


FetchToken = Callable[[], Awaitable[Token]]
"""Gets a new token. What it raises reaches the callers that wait for it."""


def unauthorised(response: httpx.Response) -> bool:
    """An answer says that the token is not good any more, as most APIs do: with 401."""
    return response.status_code == HTTPStatus.UNAUTHORIZED


class TokenAuth(httpx.Auth):
    """Shows a token with each request; one that is refused with 401 is made again once, with a new token.

    ``refused`` tells of an answer, whose body has been read, that its token was: some APIs do not say 401.
    """

    def __init__(
        self,
        fetch: FetchToken,
        header: str = "Authorization",
        scheme: str = "Bearer ",
        refused: Callable[[httpx.Response], bool] = unauthorised,
    ) -> None:
        self._fetch = fetch
        self._header = header
        self._scheme = scheme
        self._refused = refused
        self._token: Token | None = None
        self._stale_at = 0.0
        self._fetching: asyncio.Task[Token] | None = None

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Called by httpx for each request.

        Raises:
            TransientError: no token could be had just now; the request was not taken.
            PermanentError: as the house that hands out tokens says.
        """
        token = await self._current()
        request.headers[self._header] = self._scheme + token.value
        response = yield request
        if response.is_error:
            await response.aread()
        if self._refused(response):
            token = await self._current(refused=token)
            request.headers[self._header] = self._scheme + token.value
            yield request

    async def _current(self, refused: Token | None = None) -> Token:
        token = self._token
        if token is not None and token is not refused and time.monotonic() < self._stale_at:
            return token
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._renew())
            self._fetching.add_done_callback(self._fetched)
        return await asyncio.shield(self._fetching)

    async def _renew(self) -> Token:
        try:
            self._token = await self._fetch()
        except UnknownError as error:  # of what it was wanted for, nothing was done
            raise TransientError(str(error)) from error
        self._stale_at = time.monotonic() + max(self._token.lasts_s - _AHEAD_S, self._token.lasts_s / 2)
        return self._token

    def _fetched(self, task: asyncio.Task[Token]) -> None:
        self._fetching = None
        if not task.cancelled():
            task.exception()  # its callers have it; where none is left, nobody misses it
