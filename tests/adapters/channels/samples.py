"""Payloads that were recorded elsewhere, and payloads with something changed at random."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.capture.channels import Format, UnmappableError
from services.hub.settings import ROOT

DATA = ROOT.parent / "shared" / "data"
_ODD: tuple[Any, ...] = (
    None, True, "", "x", "NaN", "1e999", -1, 0, 1.5, 10**19, "2026-13-45", [], {}, [None], {"a": 1}, "\u0000", "🧦",
    "-0.005",
)  # fmt: skip


def files(*folders: str, pattern: str = "*.json") -> list[Path]:
    """The recorded payloads in these folders; the test is skipped where they are not there."""
    found = [path for folder in folders for path in sorted((DATA / folder).rglob(pattern))]
    if not found:
        pytest.skip(f"the recorded payloads are not there: {DATA}")
    return found


def broken(sample: Any, seed: int) -> Any:
    """The sample with one to three of its parts replaced by something odd, left out, or doubled."""
    chance = random.Random(seed)
    copy = orjson.loads(orjson.dumps(sample))
    for _ in range(chance.randint(1, 3)):
        places = list(_places(copy))
        if not places:
            return copy
        holder, key = chance.choice(places)
        what = chance.random()
        if what < 0.2:
            del holder[key]
        elif what < 0.3 and isinstance(holder, list):
            holder.append(holder[key])
        else:
            holder[key] = chance.choice(_ODD)
    return copy


def _places(part: Any) -> Iterator[tuple[Any, Any]]:
    pairs = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in list(pairs):
        yield part, key
        yield from _places(value)


def stands_anything(reader: Format, sample: Any, seed: int, dumps: Callable[[Any], bytes] | None = None) -> None:
    """See to it that a broken sample gives an order, or a refusal that says something, and nothing else."""
    try:
        body = (dumps or orjson.dumps)(broken(sample, seed))
    except TypeError:  # an integer beyond what JSON of this library can say
        return
    for read in (reader.read, reader.order_id):
        reason = "an order"
        try:
            read(body)
        except UnmappableError as error:
            reason = str(error)
        assert reason
