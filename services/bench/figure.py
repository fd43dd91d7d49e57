"""A figure: what was measured, how often, and what it is held against."""

from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import Any


class Better(StrEnum):
    """Which way a figure improves."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured quantity; its value is the median of its samples."""

    name: str
    unit: str
    samples: tuple[float, ...]
    goal: float | None = None
    better: Better = Better.HIGHER
    floor: float | None = None
    """The same work without decoding and decisions, in the same unit."""
    note: str = ""
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """The median."""
        return median(self.samples)

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; none where there is no goal."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.better is Better.HIGHER else self.value <= self.goal

    def as_json(self) -> dict[str, Any]:
        """The figure as an object."""
        return {
            "unit": self.unit,
            "value": rounded(self.value),
            "min": rounded(min(self.samples)),
            "median": rounded(self.value),
            "max": rounded(max(self.samples)),
            "repeats": len(self.samples),
            "goal": self.goal,
            "better": self.better.value,
            "reached": self.reached,
            "floor": None if self.floor is None else rounded(self.floor),
            "note": self.note,
            "detail": self.detail,
        }


def rounded(value: float) -> float:
    """Four significant digits, all of those before the point."""
    for bound, digits in ((1000.0, 0), (100.0, 1), (10.0, 2)):
        if abs(value) >= bound:
            return round(value, digits)
    return round(value, 3)


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of them lies, for instance 0.99; the nearest one that was measured."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class BenchError(RuntimeError):
    """A measurement cannot be made, or the work was not done; the text says what is wrong."""
