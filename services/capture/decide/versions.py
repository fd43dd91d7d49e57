"""Which of two copies of an order is the newer, by the version or update time that its source gave each."""

import re
from datetime import UTC, datetime

_NUMBER = re.compile(r"\d+")


def is_older(version: str, than: str) -> bool:
    """Whether a version is certainly older than another.

    Times compare as moments whatever their offsets, anything else piece by piece, digits as numbers: 9 < 10,
    v1.9 < v1.10. Where one is missing, or one is a time and the other is not, nobody can tell.
    """
    if not version or not than:
        return False
    mine, other = _read(version), _read(than)
    return type(mine) is type(other) and mine < other  # type: ignore[operator]  # of one type they compare


def _read(version: str) -> datetime | tuple[tuple[int, int, str], ...]:
    text = version.strip()
    try:
        moment = None if text.isdecimal() else datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None:
        return tuple(_pieces(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _pieces(text: str) -> list[tuple[int, int, str]]:
    found, start = [], 0
    for match in _NUMBER.finditer(text):
        found += [(1, 0, text[start : match.start()]), (0, int(match.group()), "")]
        start = match.end()
    return [*found, (1, 0, text[start:])]
