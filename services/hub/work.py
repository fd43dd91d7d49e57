"""Messages that a pump hands over together."""

import asyncio


class Work:
    """Inputs that were handed over together, and when they are through."""

    __slots__ = ("done", "left")

    def __init__(self, count: int) -> None:
        self.left = count
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(self) -> None:
        """One more of them is through."""
        self.left -= 1
        if self.left <= 0 and not self.done.done():
            self.done.set_result(None)
