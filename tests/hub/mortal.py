"""A process that runs the tally and kills itself at one step: ``python -m tests.hub.mortal SETTINGS STEP DESK``."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from services.hub import wire
from services.hub.app import HubApp
from services.hub.commit import Committer
from services.hub.rounds import Rounds
from services.hub.settings import Settings
from services.hub.wire import Calls
from tests.hub import tally


def die(*_: Any, **__: Any) -> NoReturn:
    """End as a power cut does."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def before_commit() -> None:
    """Die with the batch laid out and nothing of it sent."""
    Committer._send = die  # type: ignore[assignment, method-assign]


def half_sent(signal_number: int) -> None:
    """Die, or be suspended, when a part of the batch has reached the server."""
    original = Calls.one

    async def one(calls: Calls, frames: list[bytes], *args: Any, **more: Any) -> Any:
        if frames:
            await wire.send(calls._client, frames)
            await calls._client.flush()
            os.kill(os.getpid(), signal_number)
            frames = []
        return await original(calls, frames, *args, **more)

    Calls.one = one  # type: ignore[method-assign]


def after(owner: Any, method: str) -> None:
    """Die right after a method has done its work."""
    original = getattr(owner, method)

    async def then_die(*args: Any, **more: Any) -> NoReturn:
        await original(*args, **more)
        die()

    setattr(owner, method, then_die)


def after_second_commit() -> None:
    """Die once the answer of a call has been committed, before its message is acknowledged."""
    original = Committer._send
    batches = 0

    async def send(*args: Any) -> Any:
        nonlocal batches
        answer = await original(*args)
        batches += 1
        if batches == 2:
            die()
        return answer

    Committer._send = send  # type: ignore[method-assign]


STEPS: dict[str, Callable[[], None]] = {
    "before commit": before_commit,
    "half sent": lambda: half_sent(signal.SIGKILL),
    "suspended within a batch": lambda: half_sent(signal.SIGSTOP),
    "after commit": lambda: after(Committer, "_send"),
    "after acknowledgement": lambda: after(Rounds, "_acknowledge"),
    "before the call": lambda: setattr(tally.FileDesk, "call", die),
    "after the call": lambda: after(tally.FileDesk, "call"),
    "after the answer was committed": after_second_commit,
    "never": lambda: None,
}


async def dies(settings: Settings, step: str, desk: Path | None = None) -> None:
    """Run the tally in a process of its own that kills itself at a step; returns when it is dead."""
    process = await start(settings, step, desk)
    async with asyncio.timeout(30):
        assert await process.wait() == -signal.SIGKILL


async def start(settings: Settings, step: str, desk: Path | None = None) -> asyncio.subprocess.Process:
    """Start the tally in a process of its own that does something to itself at a step."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.hub.mortal", settings.model_dump_json(), step, str(desk or "")
    )


async def main(settings: Settings, desk: str) -> None:
    """Run until the step."""
    app = HubApp(tally.service(tally.FileDesk(Path(desk)) if desk else None), settings)
    async with app.start_lifespan_context():
        await asyncio.Event().wait()


if __name__ == "__main__":
    STEPS[sys.argv[2]]()
    asyncio.run(main(Settings.model_validate_json(sys.argv[1]), sys.argv[3]))
