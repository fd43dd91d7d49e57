"""Orders as CSV, a row for each line: for shops that hand in files.

The columns are those of `columns`; which of them are there, and in which order, does not matter, save for those that
are needed. Rows of an order share their ``order_id`` and need not stand together. What is said of the order as a whole
stands on each of its rows, or on one.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from pydantic import ValidationError

from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import UnmappableError
from services.capture.channels.columns import (
    AMOUNTS,
    COLUMNS,
    LINE,
    LINE_AT,
    LISTS,
    MOMENTS,
    NEEDED,
    ORDER,
    ORDER_AT,
    SECRET,
)
from services.capture.channels.reading import Payload, found_id
from services.capture.channels.sheet import CellError, Problem, Row, Sheet, minor, moment, parse, pieces

_NEEDED = tuple(name for name in NEEDED if name != "channel")
_SHOWN = 10
"""Problems that a refusal names."""


class Rows(Payload):
    """The rows of one order, as they stand in their file."""

    order_id: str
    rows: tuple[Row, ...]


class Csv:
    """Reads files of orders: UTF-8, a comma between cells, the names of the columns in the first line.

    What `split` gives are the rows of an order as they are, ``{"order_id": "7", "rows": [{"line": 2, "cells": {…}}]}``:
    so one that is wrong does not keep the others from being taken in, and is named by line and column when it is read.
    """

    name = "csv"

    def order_id(self, body: bytes) -> str:
        """The shop's id of the order in a payload.

        Raises:
            UnmappableError: there is none, or more than one order.
        """
        return found_id(self._one(body), "order_id")

    def read(self, body: bytes) -> OrderInput:
        """The order whose rows `split` gave, or the only one of a file.

        Raises:
            UnmappableError: it is not one; the text names each cell that is wrong by line and column.
        """
        found, sheet = Rows.of(self._one(body)), Sheet("")
        if not found.rows:
            msg = "$.rows: an order has at least one row"
            raise UnmappableError(msg)
        for row in found.rows:
            sheet.lacks(row, ("order_id",))
        order = order_of(sheet, found.rows)
        if order is None or sheet.problems:
            raise UnmappableError(_told(sheet.problems))
        return order

    def split(self, body: bytes) -> list[bytes]:
        """The orders of a file, each with its rows.

        Raises:
            UnmappableError: the file as a whole cannot be read; the text names lines and columns.
        """
        if _is_json(body):
            return [body]
        sheet = parse("", body, COLUMNS, _NEEDED)
        if sheet.problems or not sheet.rows:
            raise UnmappableError(_told(sheet.problems) or "line 2: the file has no rows; hand in at least one order")
        grouped: dict[tuple[str, int], list[Row]] = {}
        for row in sheet.rows:
            order_id = row["order_id"]
            grouped.setdefault((order_id, 0 if order_id else row.line), []).append(row)
        return [_body(order_id, rows) for (order_id, _), rows in grouped.items()]

    def _one(self, body: bytes) -> bytes:
        found = self.split(body)
        if len(found) != 1:
            msg = f"the file has {len(found)} orders; hand in each by itself, or import the file"
            raise UnmappableError(msg)
        return found[0]


def _is_json(body: bytes) -> bool:
    return body.lstrip()[:1] in (b"{", b"[")


def _body(order_id: str, rows: list[Row]) -> bytes:
    return orjson.dumps({"order_id": order_id, "rows": [{"line": row.line, "cells": row.cells} for row in rows]})


def _told(problems: Sequence[Problem]) -> str:
    shown = [f"line {one.line}{f', {one.column}' if one.column else ''}: {one.text}" for one in problems[:_SHOWN]]
    left = len(problems) - len(shown)
    return "; ".join(shown) + (f"; and {left} more" if left else "")


def order_of(sheet: Sheet, rows: Sequence[Row]) -> OrderInput | None:
    """The order that rows make; none where something is wrong with it, which the sheet is told."""
    before = len(sheet.problems)
    head = _head(sheet, rows)
    currency = head["currency"][1] if "currency" in head else ""
    content: dict[str, Any] = {}
    for column, (line, text) in head.items():
        _put(sheet, content, ORDER[column], column, line, text, currency)
    lines: list[dict[str, Any]] = []
    content["lines"] = lines
    seen: dict[str, int] = {}
    for row in rows:
        sheet.lacks(row, ("line_id", "quantity", "unit_price"))
        first = seen.setdefault(row["line_id"], row.line)
        if first != row.line:
            text = f"line {row['line_id']} of {row['order_id']} stands on line {first} already; leave one of the two"
            sheet.wrong(row.line, "line_id", text)
        lines.append({})
        for column in LINE.keys() & row.cells.keys():
            _put(sheet, lines[-1], LINE[column], column, row.line, row[column], currency)
    for column in ("placed_at", "currency", "total", "payment_method"):
        if column not in head:
            sheet.wrong(rows[0].line, column, "it is empty on every row of the order; fill it on one")
    if len(sheet.problems) > before:
        return None
    try:
        return OrderInput.model_validate(content)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_context=False, include_input=False):
            sheet.wrong(*_where(problem["loc"], head, rows), problem["msg"])
        return None


def _head(sheet: Sheet, rows: Sequence[Row]) -> dict[str, tuple[int, str]]:
    """What rows say of their order: on which line, and what. What they say differently is told."""
    head: dict[str, tuple[int, str]] = {}
    for row in rows:
        for column in ORDER:
            if text := row[column]:
                line, said = head.setdefault(column, (row.line, text))
                if said != text:
                    told = "it differs" if column in SECRET else f"{text!r} is {said!r}"
                    problem = f"{told} on line {line}, which is of the same order; say the same on both"
                    sheet.wrong(row.line, column, problem)
    return head


def _put(
    sheet: Sheet, into: dict[str, Any], path: tuple[str, ...], column: str, line: int, text: str, currency: str
) -> None:
    """Have a cell stand where it belongs in the order; what cannot be read is told."""
    *outer, name = path
    for step in outer:
        into = into.setdefault(step, {})
    try:
        if column in AMOUNTS:
            into[name] = minor(text, currency)
        elif column in MOMENTS:
            into[name] = moment(text)
        elif column in LISTS:
            into[name] = [one.strip() for one in text.split(";") if one.strip()]
        else:
            into[name] = pieces(text) if column == "quantity" else text
    except CellError as error:
        sheet.wrong(line, column, str(error))


def _where(path: tuple[Any, ...], head: dict[str, tuple[int, str]], rows: Sequence[Row]) -> tuple[int, str]:
    """Line and column of what stands there in an order."""
    if len(path) > 1 and path[0] == "lines":
        return rows[path[1]].line, LINE_AT.get(tuple(path[2:]), "")
    column = ORDER_AT.get(tuple(path), "")
    return head.get(column, (rows[0].line, ""))[0], column
