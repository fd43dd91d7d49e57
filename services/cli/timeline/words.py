"""Words that the lines of a timeline are made of."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.hub.money import major

Body = dict[str, Any]

Lines = dict[str, Callable[[Body], str]]
"""What an event decided, in one line, by its name."""


def pieces(lines: list[Body]) -> str:
    """Pieces of lines: ``2 × MUG, 1 × PLATE``."""
    return ", ".join(f"{line['quantity']} × {line.get('sku') or 'line ' + line['line_id']}" for line in lines)


def money(amount: Body) -> str:
    """An amount: ``29.90 EUR``."""
    return major(amount["amount_minor"], amount["currency"])


def by(name: str | None) -> str:
    """Who did it, if that is known."""
    return f" by {name}" if name else ""


def when(moment: str, now: datetime) -> str:
    """The time of an event, as it is said in its headers (ISO 8601, UTC); its date, too, where that is not today's."""
    return moment[11:23] if moment[:10] == f"{now:%Y-%m-%d}" else f"{moment[:10]} {moment[11:23]}"


def day(body: Body) -> str:
    """The day on which something is expected."""
    return str(body["expected_at"])[:10] if body.get("expected_at") else "at no known date"
