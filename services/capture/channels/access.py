"""A channel that does not take our key: a matter of set-up, and no answer to what it was told."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from services.hub.effects import TransientError
from services.hub.http import StatusError

_AGAIN_S = 5.0


@contextmanager
def with_our_key(channel: str) -> Iterator[None]:
    """What is told waits until the key is taken, rather than be refused for good: nothing was done.

    Raises:
        TransientError: the channel says that we are nobody it knows (401).
    """
    try:
        yield
    except StatusError as error:
        if error.status != HTTPStatus.UNAUTHORIZED:
            raise
        msg = f"{channel} does not take our key; see to the secrets channel.{channel}.…: {error}"
        raise TransientError(msg, _AGAIN_S) from error
