"""What the server's answer to a write means for whoever wrote."""

from collections.abc import Mapping
from enum import Enum, auto
from http import HTTPStatus
from typing import Any

_CONFLICT = {10071, 10164}
_INCOMPLETE = {10176, 10210}
_AGAIN = {10008, 10009, 10004}
_STORAGE = {10023, 10047, 10077, 10028}


class Verdict(Enum):
    """How a write ended."""

    DONE = auto()
    CONFLICT = auto()
    """A subject had changed: read anew, decide again."""
    INCOMPLETE = auto()
    """The batch did not reach the stream whole: try again, but a message in it may be at fault."""
    UNKNOWN = auto()
    """No answer, or none that tells: settled by the next guarded write."""
    REFUSED = auto()
    """A message in it is at fault."""
    STORAGE = auto()
    """The server cannot write."""


class StorageError(RuntimeError):
    """The server cannot write to its disk: nothing is believed of it before it has been started anew."""


def verdict_of(error: Mapping[str, Any]) -> Verdict:
    """What an error that the server answered means."""
    code = error.get("err_code")
    if code in _CONFLICT:
        return Verdict.CONFLICT
    if code in _INCOMPLETE:
        return Verdict.INCOMPLETE
    if code in _AGAIN or error.get("code") == HTTPStatus.SERVICE_UNAVAILABLE:
        return Verdict.UNKNOWN
    if code in _STORAGE or "no space" in str(error.get("description")):
        return Verdict.STORAGE
    return Verdict.REFUSED
