"""What became of a load, by what the hub says of it, held against what the files say."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.capture.channels.sheet import Problem
from services.cli.cutover.check import Load
from services.cli.cutover.part import Entry, Part, Standing, sums
from services.cli.output import as_table, console, counted
from services.hub.money import major

_PLAIN = frozenset({"pieces", "damaged pieces", "without limit"})
"""Sums that are no money."""


@dataclass(slots=True)
class Sum:
    """One thing that is added up: what a file says of it, and what the hub has."""

    file: int = 0
    now: int = 0
    before: int = 0


@dataclass(slots=True)
class FileReport:
    """What became of one file."""

    file: str
    rows: int = 0
    loaded: int = 0
    """Rows that were not in the hub before …"""
    already: int = 0
    """… those that were …"""
    refused: int = 0
    """… and those that are not there."""
    sums: dict[str, Sum] = field(default_factory=dict)
    holds: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)

    @property
    def adds_up(self) -> bool:
        """Every row is in the hub, and the hub has of it what the file says."""
        money = all(one.file == one.now + one.before for one in self.sums.values())
        return money and not self.refused and self.rows == self.loaded + self.already


def reported(part: Part, before: Iterable[Standing], after: Iterable[Standing], refused: list[Problem]) -> FileReport:
    """What became of a file, by how its entries stood before and how they stand now."""
    told = {problem.line for problem in refused}
    found = FileReport(part.sheet.file, problems=list(refused))
    for entry, was, now in zip(part.entries, before, after, strict=True):
        rows = len(entry.lines)
        found.rows += rows
        found.holds.update(now.holds)
        _add(found.sums, entry.amounts, "file")
        _add(found.sums, now.amounts, "before" if was.there else "now")
        if not now.there:
            found.refused += rows
            if entry.lines[0] not in told:
                text = now.conflict or "it did not reach the hub; run the load again"
                found.problems.append(Problem(part.sheet.file, entry.lines[0], "", text))
        elif was.there:
            found.already += rows
        else:
            found.loaded += rows
    return found


def _add(found: dict[str, Sum], amounts: Mapping[str, int], column: str) -> None:
    for name, amount in amounts.items():
        one = found.setdefault(name, Sum())
        setattr(one, column, getattr(one, column) + amount)


def as_data(reports: list[FileReport]) -> dict[str, Any]:
    """Reports for programs; money in minor units."""
    return {
        "adds_up": all(one.adds_up for one in reports),
        "files": {
            one.file: {
                "rows": one.rows,
                "loaded_now": one.loaded,
                "there_already": one.already,
                "refused": one.refused,
                "sums": {
                    name: {"file": sum_.file, "loaded_now": sum_.now, "there_already": sum_.before}
                    for name, sum_ in one.sums.items()
                },
                "holds": dict(one.holds),
                "problems": [str(problem) for problem in one.problems],
            }
            for one in reports
        },
    }


def show(reports: list[FileReport]) -> None:
    """Print what became of each file."""
    as_table(
        "Rows",
        ("file", "rows", "loaded now", "there already", "refused"),
        ([one.file, one.rows, one.loaded, one.already, one.refused] for one in reports),
    )
    added = [
        [one.file, _of(one.file, name), *(_said(amount, name) for amount in (sum_.file, sum_.now, sum_.before))]
        for one in reports
        for name, sum_ in sorted(one.sums.items())
    ]
    if added:
        as_table("Sums", ("file", "of", "in the file", "loaded now", "there already"), added)
    for one in reports:
        for reason, count in one.holds.most_common():
            console.print(f"{one.file}: {counted(count, 'order')} held: {reason}", highlight=False)
    adds_up = all(one.adds_up for one in reports)
    said = "everything adds up" if adds_up else "it does not add up; mend what is told and run the load again"
    console.print(said, style="" if adds_up else "red")


def _of(file: str, name: str) -> str:
    return name if name in _PLAIN else f"{'limits' if file == 'customers.csv' else 'orders'} in {name}"


def _said(amount: int, name: str) -> str:
    return f"{amount:,}" if name in _PLAIN else major(amount, name).partition(" ")[0]


def planned(load: Load) -> list[dict[str, Any]]:
    """What would be loaded of each file, as it stands before."""
    rows = []
    for part in load.parts:
        standings = load.standings.get(part.sheet.file) or [Standing()] * len(part.entries)
        pairs = list(zip(part.entries, standings, strict=True))
        missing = [entry for entry, standing in pairs if not standing.there]
        rows.append(
            {
                "file": part.sheet.file,
                "rows": _rows(part.entries),
                "to_load": _rows(missing),
                "there_already": _rows(part.entries) - _rows(missing),
                "sums": dict(sums(entry.amounts for entry in missing)),
            }
        )
    return rows


def show_planned(rows: list[dict[str, Any]]) -> None:
    """Print what would be loaded."""
    as_table(
        "Would be loaded",
        ("file", "rows", "to load", "there already", "of"),
        (
            [
                row["file"],
                row["rows"],
                row["to_load"],
                row["there_already"],
                ", ".join(f"{_said(amount, name)} {_of(row['file'], name)}" for name, amount in row["sums"].items()),
            ]
            for row in rows
        ),
    )


def _rows(entries: Iterable[Entry]) -> int:
    return sum(len(entry.lines) for entry in entries)
