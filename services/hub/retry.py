"""Trying again in place: a few times, longer apart each time, and not before the other side wants it."""

import asyncio
from collections.abc import Awaitable, Callable
from random import uniform
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

T = TypeVar("T")

_FIRST_S, _LONGEST_S = 0.05, 0.5
_JITTER = wait_random_exponential(_FIRST_S, max=_LONGEST_S)


async def repeated(
    attempt: Callable[[], Awaitable[T]],
    *,
    attempts: int,
    worth: Callable[[BaseException], bool],
    again: Callable[[], None],
) -> T:
    """Make a call, at most so many times, as long as its error is worth another; ``again`` is told of each.

    What goes well at once, as nearly all does, is not charged for tenacity's machinery.
    """
    try:
        return await attempt()
    except Exception as error:
        if attempts <= 1 or not worth(error):
            raise
        wait_s = _asked(error)
    again()
    await asyncio.sleep(max(uniform(0, _FIRST_S), wait_s))  # noqa: S311  # spreads calls; it guards nothing
    return await AsyncRetrying(
        retry=retry_if_exception(worth),
        stop=stop_after_attempt(attempts - 1),
        wait=_pause,
        before_sleep=lambda _: again(),
        reraise=True,
    )(attempt)


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return max(_JITTER(state), _asked(error))


def _asked(error: BaseException | None) -> float:
    return getattr(error, "retry_after_s", None) or 0.0
