"""Requests to EasyPost for one account, and what of it stands under the hub's keys."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

import httpx
from pydantic import BaseModel

from services.hub.effects import PermanentError, TransientError
from services.hub.http import Answer, Http, StatusError, as_bytes
from services.shipping.carriers.easypost.build import reference
from services.shipping.carriers.easypost.parse import plain

_MOST = 20_000


class HasId(Protocol):
    """What EasyPost makes has an id."""

    @property
    def id(self) -> str:
        """Its own, and unique."""


T = TypeVar("T", bound=BaseModel)


class Account:
    """An account. Ids of what was made are remembered for the newest keys; others are found by their reference."""

    def __init__(self, http: Http, name: str, names: Mapping[str, str]) -> None:
        self.http = http
        self.name = name
        self._names = names
        self._ids: dict[str, str | None] = {}
        """By reference; none: one may have been made, and it is not known which."""

    def carrier(self, code: str) -> str:
        """What EasyPost calls a carrier."""
        return self._names.get(code, code)

    def is_carrier(self, code: str, said: str) -> bool:
        """EasyPost means this carrier."""
        return plain(self.carrier(code)) == plain(said)

    async def get(self, operation: str, path: str, shape: type[T], **request: Any) -> T:
        """Read something."""
        return await self.http.send(operation, "GET", path, read=_as(shape), **request)

    async def post(self, operation: str, path: str, shape: type[T], body: Any = None, *, safe: bool = False) -> T:
        """Do something."""
        return await self.http.send(operation, "POST", path, read=_as(shape), json=body or {}, safe=safe)

    async def find(self, path: str, shape: type[T]) -> T | None:
        """Look something up; none if there is no such thing.

        Raises:
            TransientError: it cannot be looked up just now.
        """
        try:
            return await self.get("look-up", path, shape)
        except StatusError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            msg = f"{self.name}: {path} cannot be looked up: {error}"
            raise TransientError(msg) from error

    async def fetch(self, url: str) -> bytes:
        """A file, which lies in a public store: the key is not shown there."""
        return await self.http.send("fetch", "GET", url, read=as_bytes, auth=None, follow_redirects=True)

    async def made(self, kind: str, key: str, shape: type[T], body: Any) -> T:
        """What stands under a key: what an earlier try made, or a new one.

        Raises:
            UnknownError: it is not known whether one was made.
        """
        name = reference(key)
        known = self._ids.get(name)
        if known:
            return await self.get(kind, f"/{kind}/{known}", shape)
        doubtful = name in self._ids
        self._keep(name, None)  # until there is an answer, and if there is none
        try:
            made = await self.post(kind, f"/{kind}", shape, body)
        except (TransientError, PermanentError):
            if not doubtful:
                self._ids.pop(name, None)
            raise
        if doubtful:  # there may be two: what the reference leads to is what later look-ups will find
            made = await self.find(f"/{kind}/{name}", shape) or made
        self._keep(name, _id(made))
        return made

    async def standing(self, kind: str, key: str, shape: type[T]) -> T | None:
        """What was made under a key before; none if nothing was, as far as can be seen."""
        name = reference(key)
        found = await self.find(f"/{kind}/{self._ids.get(name) or name}", shape)
        self._keep(name, _id(found) if found is not None else None)
        return found

    def _keep(self, name: str, known: str | None) -> None:
        self._ids.pop(name, None)
        self._ids[name] = known
        if len(self._ids) > _MOST:
            del self._ids[next(iter(self._ids))]


def _id(made: Any) -> str:
    thing: HasId = made
    return thing.id


def _as(shape: type[T]) -> Callable[[Answer], T]:
    def read(answer: Answer) -> T:
        return shape.model_validate_json(answer.content)

    return read
