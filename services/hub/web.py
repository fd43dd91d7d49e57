"""What the web interfaces of services have in common: problems, bodies, and answers to what is on disk."""

from collections.abc import Awaitable

import orjson
from fastapi import Request, Response
from starlette.exceptions import HTTPException

from services.hub.inbox import InboxError
from services.hub.settings import Settings

JSON = "application/json"


class ProblemError(Exception):
    """What is wrong with a request, as RFC 9457 has it."""

    def __init__(self, status_code: int, title: str, detail: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.status_code = status_code
        self.title = title
        self.detail = detail
        self.retry_after_s = retry_after_s

    def response(self) -> Response:
        """The answer to the client."""
        body = {"type": "about:blank", "title": self.title, "status": self.status_code, "detail": self.detail}
        headers = {"retry-after": str(self.retry_after_s)} if self.retry_after_s is not None else None
        return Response(orjson.dumps(body), self.status_code, headers, media_type="application/problem+json")


async def body_of(request: Request, most_bytes: int) -> bytes:
    """The bytes of a request.

    Raises:
        ProblemError: there are more of them than are taken.
    """
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most_bytes:
            raise ProblemError(413, "Content Too Large", f"the body is larger than {most_bytes} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def url_of(request: Request, settings: Settings) -> str:
    """The address of a request, as the outside called it."""
    base = settings.public_url.rstrip("/")
    return f"{base}{request.url.path}" if base else str(request.url)


async def acknowledged(storing: Awaitable[dict[str, object]]) -> Response:
    """The answer to what is on disk.

    Raises:
        ProblemError: it is not, as far as is known.
    """
    try:
        return Response(orjson.dumps(await storing), 202, media_type=JSON)
    except InboxError as error:
        detail = f"nothing was acknowledged: {error}"
        raise ProblemError(503, "Service Unavailable", detail, retry_after_s=2) from None


def no_route(detail: str, error: Exception) -> Response:
    """Nothing is at this address, or not for this method."""
    assert isinstance(error, HTTPException)
    response = ProblemError(error.status_code, error.detail, detail).response()
    response.headers.update(error.headers or {})
    return response
