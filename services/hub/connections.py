"""Connections of one adapter: requests and answers are httpx's, and aiohttp carries them.

httpx's own way of sending costs three times as much: 1.0 ms of CPU a call in pools of four connections, 10 ms in one
of 64, for httpcore goes through the whole pool with each request; 0.35 ms here (64 at a time, against a server that
answers after 50 ms; httpx 0.28, httpcore 1.0, aiohttp 3.14).
"""

import asyncio
import re
import selectors
from collections.abc import Mapping
from functools import cache, partial
from types import EllipsisType
from typing import Any
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from aiohttp.client_proto import ResponseHandler
from yarl import URL

_HEADERS = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate", "User-Agent": "crossdock"}
_NO_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_Selector: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)
"""Windows has no poll."""
_LONGEST_HEADER = 64 * 1024
"""Some APIs put the cursor of the next page into a header."""


class Connections:
    """As many connections as are allowed, kept while they are used. No cookies are."""

    def __init__(
        self,
        at_once: int,
        *,
        base_url: str = "",
        auth: httpx.Auth | None = None,
        headers: Mapping[str, str] | None = None,
        connect_s: float = 5.0,
        pool_s: float = 5.0,
        read_s: float = 5.0,
        keep_s: float = 5.0,
    ) -> None:
        """``connect_s``: to make a connection. ``pool_s``: to wait for a free one. ``read_s``: of silence.

        ``keep_s``: an idle connection is kept for so long.
        """
        self._at_once = at_once
        self._base_url = base_url.rstrip("/")
        self._auth = auth
        self._headers = httpx.Headers(_HEADERS)
        self._headers.update(headers or {})
        self._timeout = aiohttp.ClientTimeout(connect=pool_s + connect_s, sock_connect=connect_s, sock_read=read_s)
        self._keep_s = keep_s
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | EllipsisType | None = ...,
        follow_redirects: bool = False,
        **content: Any,
    ) -> httpx.Response:
        """The answer to a request, of which whoever shows a token may make several; ``content`` is as httpx has it.

        Redirects are to be followed only by reads that carry no secret: headers go along to wherever they lead.

        Raises:
            aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError: there was no connection; nothing was sent.
            aiohttp.ClientError: it broke off, or the other side was silent.
            httpx.DecodingError: the answer is not in the encoding that it says.
            httpx.InvalidURL, httpx.LocalProtocolError, aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError: there can be
                no such request; nothing was sent.
            Exception: what showing a token raises.
        """
        every = self._headers.copy()
        url = path if "://" in path.partition("?")[0] else f"{self._base_url}/{path.removeprefix('/')}"
        try:
            every.update(headers or {})
            request = httpx.Request(method, url, headers=every, **content)
        except ValueError as error:  # what is no text of the kind that goes there
            msg = f"{method} {url.partition('?')[0]}: {error}"
            raise httpx.LocalProtocolError(msg) from error
        auth = self._auth if isinstance(auth, EllipsisType) else auth
        if auth is None:
            return await self._exchange(request, follow_redirects)
        flow = auth.async_auth_flow(request)
        try:
            request = await anext(flow)
            while True:
                answer = await self._exchange(request, follow_redirects)
                try:
                    request = await flow.asend(answer)
                except StopAsyncIteration:
                    return answer
        finally:
            await flow.aclose()

    async def _exchange(self, request: httpx.Request, follow_redirects: bool) -> httpx.Response:
        """Send a request, once, and read all of its answer."""
        session = self._session or self._open()
        # the host is told by the address, which a redirect changes
        said = [(name, value) for name, value in request.headers.multi_items() if name != "host"]
        if any(_NO_VALUE.search(value) for _, value in said):
            msg = f"a header of {request.method} {request.url.path} has a line break, or the like, in it"
            raise httpx.LocalProtocolError(msg)
        async with session.request(
            request.method,
            URL(str(request.url), encoded=True),  # as it was signed
            headers=said,
            allow_redirects=follow_redirects,
            data=await request.aread() or None,
            proxy=_proxy(request.url.scheme, request.url.host),
        ) as answer:
            content = await answer.read()
        return httpx.Response(answer.status, headers=answer.raw_headers, content=content, request=request)

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self._at_once, keepalive_timeout=self._keep_s, ssl=httpx.create_ssl_context()
        )
        factory: Any = partial(_Connection, loop=asyncio.get_running_loop())
        connector._factory = factory  # noqa: SLF001  # it can be told in no other way
        self._session = session = aiohttp.ClientSession(
            connector=connector,
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=["Content-Type"],
            auto_decompress=False,  # httpx does
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
        )
        session._retry_connection = False  # noqa: SLF001  # it would send a PUT or DELETE again that may have been heard
        return session

    async def close(self) -> None:
        """Give the connections up."""
        if self._session is not None:
            await self._session.close()


class _Connection(ResponseHandler):
    """Is not used again once something has come on it that nobody asked for: its end, or an answer.

    aiohttp would take such an answer for that to the next request, and what has come while the loop was busy it does
    not see yet.
    """

    def is_connected(self) -> bool:
        """It can be used."""
        return super().is_connected() and not self.should_close and not _has_more(self.transport)


def _has_more(transport: asyncio.Transport | None) -> bool:
    """Something can be read from it."""
    if transport is None:
        return True
    with _Selector() as ready:
        ready.register(transport.get_extra_info("socket").fileno(), selectors.EVENT_READ)
        return bool(ready.select(0))


@cache
def _proxy(scheme: str, host: str) -> str | None:
    """The proxy that the environment names for a host (``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY`` …)."""
    named = getproxies()
    found = named.get(scheme) or named.get("all")
    if not found or proxy_bypass(host):
        return None
    return found if "://" in found else f"http://{found}"
