"""Chores that go on beside a service's decisions, in the one process that holds its first partition."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from services.hub.log import logger
from services.hub.wire import DisconnectedError

if TYPE_CHECKING:
    from services.hub.runtime import Runtime

_REST_S = 1.0
"""Between the end of a chore and its next beginning."""


async def go_on(chore: "Callable[[Runtime], Awaitable[None]]", runtime: "Runtime") -> None:
    """See to a chore until this is cancelled; whatever ends it, it is begun anew."""
    log = logger(service=runtime.service.name)
    while True:
        try:
            await chore(runtime)
        except DisconnectedError as error:
            log.warning("a chore waits for the server", detail=str(error))
        except Exception:  # whatever it is, the chore is begun anew
            log.exception("a chore failed; it is begun anew")
        await asyncio.sleep(_REST_S)
