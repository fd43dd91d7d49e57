"""A CSV file as it is read: its rows, and everything that is wrong with it by line and column."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from services.hub.money import decimals

_WHOLE = re.compile(r"[0-9]{1,12}")
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]+)?")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something that is wrong with a file, and what to do."""

    file: str
    line: int
    column: str
    text: str

    def __str__(self) -> str:
        """As compilers say it: ``stock.csv:3: on_hand: '1.5' is no number of pieces``."""
        return f"{self.file}:{self.line}: {self.column}{': ' if self.column else ''}{self.text}"


class CellError(ValueError):
    """A cell that cannot be read; the text says why, and what to write."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file: its filled cells by column."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        """A cell; empty where nothing stands in it."""
        return self.cells.get(column, "")


@dataclass(slots=True)
class Sheet:
    """A file, its rows, and what is wrong with it."""

    file: str
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    columns: tuple[str, ...] = ()

    def wrong(self, line: int, column: str, text: str) -> None:
        """Something is wrong there."""
        self.problems.append(Problem(self.file, line, column, text))

    def lacks(self, row: Row, columns: Iterable[str]) -> bool:
        """Whether cells are empty that have to be filled; it is told of each."""
        empty = [column for column in columns if not row[column]]
        for column in empty:
            self.wrong(row.line, column, "it is empty; fill it")
        return bool(empty)

    def pieces(self, row: Row, column: str) -> int:
        """A number of pieces; 0 where the cell is empty, or wrong, which is told."""
        try:
            return pieces(row[column] or "0")
        except CellError as error:
            self.wrong(row.line, column, str(error))
            return 0

    def amount(self, row: Row, column: str, currency: str) -> int:
        """An amount in the minor unit of its currency; 0 where the cell is empty, or wrong, which is told."""
        try:
            return minor(row[column] or "0", currency)
        except CellError as error:
            self.wrong(row.line, column, str(error))
            return 0


def read(file: Path, columns: Iterable[str], needed: Iterable[str]) -> Sheet:
    """A file with these columns, of which some have to be there; blank lines are left out."""
    return parse(file.name, file.read_bytes(), columns, needed)


def parse(name: str, content: bytes, columns: Iterable[str], needed: Iterable[str]) -> Sheet:
    """What a file of this name contains, as `read` has it."""
    sheet, known = Sheet(name), tuple(columns)
    try:
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        _rows(sheet, ((rows.line_num, cells) for cells in rows), known, needed)
    except UnicodeDecodeError as error:
        sheet.wrong(1, "", f"it is not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8")
    except csv.Error as error:
        sheet.wrong(len(sheet.rows) + 2, "", f"it cannot be read as CSV: {error}; mend the quotes")
    return sheet


def _rows(sheet: Sheet, lines: Iterator[tuple[int, list[str]]], known: tuple[str, ...], needed: Iterable[str]) -> None:
    columns = [name.strip() for name in next(lines, (1, []))[1]]
    sheet.columns = tuple(columns)
    for name in dict.fromkeys(name for name in columns if name not in known or columns.count(name) > 1):
        problem = "it stands there twice" if name in known else f"no such column; known are {', '.join(known)}"
        sheet.wrong(1, name or "(no name)", problem)
    for name in needed:
        if name not in columns:
            sheet.wrong(1, name, "the column is not there, and has to be")
    if sheet.problems:
        return
    for line, cells in lines:
        filled = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if cell.strip()}
        if len(cells) > len(columns):
            sheet.wrong(line, "", "it has more cells than the file has columns; put texts with commas in quotes")
        elif filled:
            sheet.rows.append(Row(line, filled))


def pieces(text: str) -> int:
    """A number of pieces.

    Raises:
        CellError: it is none.
    """
    if not _WHOLE.fullmatch(text):
        msg = f"{text!r} is no number of pieces; write digits alone, such as 12"
        raise CellError(msg)
    return int(text)


def minor(text: str, currency: str) -> int:
    """An amount such as 19.99 in the minor unit of its currency.

    Raises:
        CellError: it is none, or finer than the currency.
    """
    digits = decimals(currency)
    example = f"such as {1234.567:.{digits}f}"
    if not _AMOUNT.fullmatch(text):
        msg = f"{text!r} is no amount; write it with a point and no thousands, {example}"
        raise CellError(msg)
    if len(text.partition(".")[2]) > digits:
        msg = f"{text} is finer than the minor unit of {currency}, which has {digits} decimals; write it {example}"
        raise CellError(msg)
    return int(Decimal(text).scaleb(digits))


def moment(text: str) -> datetime:
    """A moment with its offset.

    Raises:
        CellError: it is none, or has no offset.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        msg = f"{text!r} is no date and time; write it such as 2026-11-20T14:30:00+01:00"
        raise CellError(msg) from None
    if found.tzinfo is None:
        msg = f"{text} has no offset; write which, such as {found.isoformat()}+01:00, or Z for UTC"
        raise CellError(msg)
    return found
