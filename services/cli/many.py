"""Many commands carried out: in their order, some hundred on their way at a time, each until it is answered."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson

from crossdock_contracts.base import Command
from services.cli.client import Answer, Client, NoServiceError, SilentError, UnreachableError, read_answer

_ON_THE_WAY = 400
"""Commands that have not been answered yet."""
_AGAIN_S = 30.0
"""One that was not answered for so long is sent again."""
_PAUSE_S = 0.2
_CATCH_UP_S = 1.0
"""What was not sent for so long because nobody answered is not made up for by a burst."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A command, and where it goes."""

    command: Command
    service: str = ""
    """Of a command that every service takes."""
    shard: int | None = None
    """The partition or pool that takes it, where it is not that of its entity."""
    weight: int = 1
    """So much of the rate it takes."""


async def order_all(client: Client, commands: Sequence[Command], *, timeout_s: float = 60.0) -> list[Answer]:
    """Have commands carried out; what became of each, in their order.

    Raises:
        UnreachableError: it is not certain that all were stored.
        NoServiceError: some are stored, but were not carried out in time.
    """
    found: dict[int, Answer] = {}
    await order_each(client, map(Errand, commands), found.__setitem__, timeout_s=timeout_s)
    return [found[number] for number in range(len(commands))]


async def order_each(
    client: Client,
    errands: Iterable[Errand],
    told: Callable[[int, Answer], None],
    *,
    rate: float = 0.0,
    timeout_s: float,
    at_once: int = _ON_THE_WAY,
) -> None:
    """Have commands carried out, their weight at most so much a second (0: as fast as it goes); ``told`` hears of each.

    What is not answered is sent again under the same id, which is safe: the hub remembers it.

    Raises:
        UnreachableError: it is not certain that all were stored.
        NoServiceError: some are stored, but were not carried out in time.
    """
    desk = _Desk(client, timeout_s)
    turn = asyncio.Semaphore(at_once)
    loop = asyncio.get_running_loop()
    due = loop.time()

    async def carry_out(number: int, errand: Errand) -> None:
        try:
            answer = await desk.order(number, errand)
        finally:
            turn.release()
        told(number, answer)

    subscription = await client.connection.subscribe(f"{desk.inbox}.*", cb=desk.receive)
    try:
        async with asyncio.TaskGroup() as group:
            for number, errand in enumerate(errands):
                await turn.acquire()
                if rate:
                    await asyncio.sleep(due - loop.time())
                    due = max(due, loop.time() - _CATCH_UP_S) + errand.weight / rate
                group.create_task(carry_out(number, errand))
    except* (UnreachableError, NoServiceError) as errors:
        raise errors.exceptions[0] from None
    finally:
        await subscription.unsubscribe()


class _Desk:
    """Sends commands whose answers come to one inbox."""

    def __init__(self, client: Client, timeout_s: float) -> None:
        self.inbox = client.connection.new_inbox()
        self._client = client
        self._timeout_s = timeout_s
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}

    async def receive(self, message: Any) -> None:
        """An answer has come."""
        found = self._waiting.get(message.subject.rpartition(".")[2])
        if found is not None and not found.done():
            found.set_result(orjson.loads(message.data))

    async def order(self, number: int, errand: Errand) -> Answer:
        """Send a command until it is answered; the answer.

        Raises:
            UnreachableError: it is not certain that it was stored.
            NoServiceError: it is stored, but was not carried out in time.
        """
        self._waiting[str(number)] = answered = asyncio.get_running_loop().create_future()
        message = self._client.message(
            errand.command,
            service=errand.service,
            shard=errand.shard,
            reply=f"{self.inbox}.{number}",
            identity=uuid4().hex,
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                return read_answer(await self._answer(message, answered))
        except TimeoutError:
            who = errand.service or errand.command.SERVICE
            msg = f"commands that are stored will be carried out; {who} did not answer in time"
            raise NoServiceError(msg) from None
        finally:
            del self._waiting[str(number)]

    async def _answer(
        self, message: tuple[bytes, bytes, bytes], answered: asyncio.Future[dict[str, Any]]
    ) -> dict[str, Any]:
        while True:
            try:
                await self._client.store(message)
            except SilentError:
                if self._client.connection.is_closed:
                    raise
                await asyncio.sleep(_PAUSE_S)
                continue
            done, _ = await asyncio.wait({answered}, timeout=_AGAIN_S)
            if done:
                return answered.result()
