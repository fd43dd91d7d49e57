"""How channels let the hub in: secrets, and tokens that they are exchanged for.

Where a channel does not, what was to be told waits, and goes out once the credentials are seen to: it is no refusal of
what was told.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from services.hub.effects import TransientError
from services.hub.http import Http, StatusError
from services.hub.secrets import Secrets
from services.hub.tokens import Token

NOT_LET_IN_S = 60.0
"""How long until it is tried again, where a channel does not let the hub in."""


class Keys:
    """The secrets of one channel, looked up each time that they are used: they may be changed at any time."""

    def __init__(self, channel: str, secrets: Secrets) -> None:
        self._channel = channel
        self._secrets = secrets

    def __getitem__(self, name: str) -> str:
        """The secret ``channel.<channel>.<name>``.

        Raises:
            TransientError: it is not set.
        """
        return self._secrets.needed(f"channel.{self._channel}.{name}", NOT_LET_IN_S)

    def has(self, name: str) -> bool:
        """It is set."""
        return bool(self._secrets.one(f"channel.{self._channel}.{name}"))


async def exchanged(http: Http, path: str, **request: Any) -> Token:
    """A token of OAuth 2.0 (RFC 6749, 5.1); ``request`` is httpx's.

    Raises:
        TransientError: there is none just now, or it is refused.
    """
    return (await granted(http, path, **request))[0]


Granted = tuple[Token, str]
"""A token, and the refresh token that came with it; empty: none did."""


async def granted(
    http: Http, path: str, method: str = "POST", read: Callable[[httpx.Response], Granted] | None = None, **request: Any
) -> Granted:
    """The same, with the refresh token; ``read`` is for what does not answer as OAuth 2.0 has it.

    Raises:
        TransientError: there is none just now, or it is refused.
    """
    headers = {"Accept": "application/json", **request.pop("headers", {})}
    try:
        return await http.send("token", method, path, read=read or _granted, safe=True, headers=headers, **request)
    except StatusError as error:
        msg = f"{http.adapter}: no access token: {error}; see to the secrets of channel.{http.adapter}"
        raise TransientError(msg, NOT_LET_IN_S) from error


def _granted(answer: httpx.Response) -> Granted:
    content = answer.json()
    token = Token(content["access_token"], float(content.get("expires_in") or 3600))
    return token, str(content.get("refresh_token") or "")


class Renewed:
    """Access tokens of a channel that hands out a new refresh token with each of them.

    The newest is used; the one that is set, ``channel.<channel>.refresh-token``, where the newest is refused.
    """

    def __init__(self, keys: Keys, exchange: Callable[[str], Awaitable[Granted]]) -> None:
        self._keys = keys
        self._exchange = exchange
        self._newest = ("", "")
        """The refresh token that is set, and the newest one that it was exchanged for."""

    async def __call__(self) -> Token:
        """A new access token.

        Raises:
            TransientError: there is none just now, or it is refused.
        """
        known = self._keys["refresh-token"]
        newest = self._newest[1] if self._newest[0] == known else known
        try:
            token, renewed = await self._exchange(newest)
        except TransientError:
            if newest == known:
                raise
            self._newest = (known, known)
            token, renewed = await self._exchange(known)
        self._newest = (known, renewed or newest)
        return token
