"""One outside system, as the hub calls it, and the ways in which a call fails."""

from typing import Any, Protocol


class TransientError(Exception):
    """Out of order or out of reach; it is certain that nothing was done."""

    def __init__(self, detail: str, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class ThrottledError(TransientError):
    """Asked to come more slowly, or about to be: it is not out of order, and its circuit stays as it is."""


class CircuitOpenError(TransientError):
    """It fails every time, and was not called."""


class PermanentError(Exception):
    """Refused; the same call will be refused again."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class UnknownError(Exception):
    """Sent, but no answer came: it may have been done."""


class LostError(UnknownError):
    """Sent, but no answer came, and nothing that the adapter can ask tells what became of it: somebody has to look."""


class Adapter(Protocol):
    """One outside system, as the hub calls it."""

    name: str

    async def call(self, operation: str, key: str, request: Any) -> Any:
        """Do it, once for each key.

        Raises:
            TransientError, PermanentError, UnknownError: as their texts say.
        """

    async def look_up(self, operation: str, key: str, request: Any) -> Any | None:
        """What was done under this key; none if nothing was: it never arrived, or was refused, and is made again.

        Raises:
            TransientError: it cannot be looked up just now.
            PermanentError: the look-up itself was refused, never the call: that says nothing of it.
            UnknownError: it was done, and what it brought cannot be had just now.
            LostError: nothing can tell.
        """
