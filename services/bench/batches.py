"""Many messages into streams, by the shortest way: atomic batches, or pipelined publishes where a stream is plain."""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice

import orjson

from services.bench.figure import BenchError
from services.hub.commit import MOST_MESSAGES
from services.hub.wire import Calls, Laid, status

_PATIENCE_S = 30.0
_WINDOW = 500


def chunks(messages: Iterable[Laid], size: int) -> Iterator[list[Laid]]:
    """Messages, some at a time."""
    rest = iter(messages)
    while chunk := list(islice(rest, size)):
        yield chunk


async def write(calls: Calls, messages: Iterable[Laid], size: int = MOST_MESSAGES) -> int:
    """Write messages of one stream in atomic batches; how many there were.

    Raises:
        BenchError: the server refuses a batch.
    """
    count = 0
    for chunk in chunks(messages, size):
        await _batch(calls, chunk)
        count += len(chunk)
    return count


async def _batch(calls: Calls, messages: list[Laid]) -> None:
    answer = await calls.batch(messages, timeout_s=_PATIENCE_S)
    _check(status(answer), answer.data)


async def publish(calls: Calls, messages: Iterable[Laid]) -> None:
    """Publish messages one by one, some hundred under way, each stored before this returns.

    Raises:
        BenchError: one was not stored.
    """
    for chunk in chunks(messages, _WINDOW):
        answers = await asyncio.gather(*(calls.one([], *message, timeout_s=_PATIENCE_S) for message in chunk))
        for answer in answers:
            _check(status(answer), answer.data)


def _check(said: str, body: bytes) -> None:
    content = {"error": f"status {said}"} if said else orjson.loads(body)
    if "seq" not in content:
        msg = f"the server did not store messages: {content.get('error')}"
        raise BenchError(msg)
