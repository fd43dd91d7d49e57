"""Keys that are shown with each request."""

import base64
from collections.abc import Callable, Generator

import httpx


class KeyAuth(httpx.Auth):
    """Shows a key in a header; it is looked up anew for each request, so that it is rotated without a restart."""

    def __init__(self, key: Callable[[], str], header: str = "Authorization") -> None:
        self._key = key
        self._header = header

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Called by httpx for each request.

        Raises:
            TransientError: as looking it up does, where there is none.
        """
        request.headers[self._header] = self._key()
        yield request


def basic(user: str, password: str = "") -> str:
    """User and password, as ``Authorization`` shows them (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
