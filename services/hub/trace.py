"""The trace that a piece of work belongs to, passed on to whoever is asked for something (W3C Trace Context)."""

from contextvars import ContextVar
from hashlib import md5
from secrets import token_hex

TRACE: ContextVar[str] = ContextVar("trace", default="")
"""Id of the trace, 32 hexadecimal digits; empty: none."""


def trace_of(correlation: str) -> str:
    """The trace of all that has to do with one thing, where whoever began it named none; empty for nothing."""
    return md5(correlation.encode(), usedforsecurity=False).hexdigest() if correlation else ""


def traceparent() -> str:
    """The header's value for a call that is made now; empty where there is no trace."""
    trace = TRACE.get()
    return f"00-{trace}-{token_hex(8)}-01" if trace else ""
