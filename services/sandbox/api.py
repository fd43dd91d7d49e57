"""What all sandboxed APIs have in common."""

from base64 import b64decode
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Handle = Callable[[Request], Awaitable[Response]]
Emit = Callable[[str, bytes, dict[str, str]], None]
"""``(url, body, headers)``: have a webhook sent, as far as the faults let it."""


class Api(Protocol):
    """One outside API."""

    name: str
    """Under which it listens: ``/<name>/…``."""
    emit: Emit

    def routes(self) -> list[Route]:
        """Its paths, below its name."""

    def refusal(self, status: int) -> Any:
        """The body, as this API writes it, of an answer with an error status."""

    def expire_tokens(self) -> None:
        """From now on no access token is valid that was handed out so far."""

    def state(self) -> dict[str, Any]:
        """What it believes."""

    def set_up(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Make orders, stock or tracking news as an administrator asks; what was made."""


class Refusal(Exception):  # noqa: N818  # an answer like any other
    """A request is answered with an error."""

    def __init__(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.content = content
        self.headers = headers


def said(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(orjson.dumps(content, default=str), status, headers, media_type="application/json")


def route(path: str, handle: Handle, *methods: str) -> Route:
    """A path whose handler may refuse."""

    async def answer(request: Request) -> Response:
        try:
            return await handle(request)
        except Refusal as refusal:
            return said(refusal.content, refusal.status, refusal.headers)

    return Route(path, answer, methods=list(methods or ("GET",)))


async def body_of(request: Request, wrong: Any) -> dict[str, Any]:
    """The JSON object of a request.

    Raises:
        Refusal: with 400 and ``wrong`` it is none.
    """
    try:
        found = orjson.loads(await request.body() or b"{}")
    except ValueError:
        raise Refusal(400, wrong) from None
    if not isinstance(found, dict):
        raise Refusal(400, wrong)
    return found


def basic(request: Request) -> tuple[str, str]:
    """User and password of a request; empty where it has none."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = b64decode(text, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return user, password


def bearer(request: Request) -> str:
    """The bearer token of a request; empty where it has none."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    return text if scheme.lower() == "bearer" else ""


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def stamp(moment: datetime | None = None) -> str:
    """A moment in UTC to the second, as most APIs write it."""
    return f"{(moment or now()).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
