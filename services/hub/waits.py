"""What waits for the outside, as operators see it: messages that are parked, and timers that await an operation."""

from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from nats.aio.msg import Msg
from pydantic import BaseModel

from services.hub.decision import Awaiting
from services.hub.inputs import ATTEMPT_HEADER, SUBJECT_HEADER, WAIT_HEADER, WHY_HEADER, Handler

PARKED = "parked"


class Waiting(BaseModel):
    """Something that waits."""

    waits_for: tuple[str, ...]
    """Operations of outside systems, ``adapter:operation``; none: it waits for its time alone."""
    handler: str
    """Whose it is: a handler's name, or a timer's kind."""
    about: str
    """``owner/order`` that it belongs to, or whatever tells it from others."""
    attempts: int = 0
    due_at: str
    """When it is tried again, at the latest."""
    why: str = ""

    @property
    def owner(self) -> str:
        """Whose it is."""
        return self.about.partition("/")[0]

    @property
    def adapters(self) -> tuple[str, ...]:
        """The outside systems that it waits for."""
        return tuple(dict.fromkeys(name.partition(":")[0] for name in self.waits_for))


def awaiting(handlers: Iterable[Handler]) -> Mapping[str, type[Awaiting]]:
    """The timers of a service that await the outside, by kind."""
    contracts = (one.contract for one in handlers)
    return {one.KIND: one for one in contracts if isinstance(one, type) and issubclass(one, Awaiting)}


def read_waiting(stored: Msg, kinds: Mapping[str, type[Awaiting]]) -> Waiting | None:
    """What waits, from its message; none where it was withdrawn."""
    headers = stored.headers or {}
    schedule = headers.get("Nats-Schedule", "").removeprefix("@at ")
    if not schedule or not stored.data:
        return None
    space, name = headers["Nats-Subject"].split(".")[1:3]
    waits_for = tuple(filter(None, headers.get(WAIT_HEADER, "").split(",")))
    if space == PARKED:
        about = unquote(headers.get("ce-correlationid", "") or headers.get("ce-subject", ""))
        _, origin, kind, *_ = headers[SUBJECT_HEADER].split(".")
        if not about and origin == "due" and kind in kinds:
            about = _about(kinds[kind].decode(stored.data))
        attempts, why = int(headers.get(ATTEMPT_HEADER, "0")), unquote(headers.get(WHY_HEADER, ""))
        return Waiting(waits_for=waits_for, handler=name, about=about, attempts=attempts, due_at=schedule, why=why)
    timer = kinds[name].decode(stored.data)
    return Waiting(waits_for=waits_for, handler=name, about=_about(timer), due_at=schedule, why=timer.why)


def _about(timer: Awaiting) -> str:
    fields = timer.KEY[:2] if "order_id" in timer.KEY else timer.KEY
    return "/".join(str(getattr(timer, field)) for field in fields)
