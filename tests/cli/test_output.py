"""What commands print stays as it is."""

from datetime import UTC, datetime

import pytest

from services.cli.output import as_table, console, counted
from services.cli.timeline.words import when


def test_ids_with_colons_are_not_taken_for_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    as_table("Case 1 of web:o2: lost", ("order",), [["web:o2: [x]"]])
    console.print("web:o2: [x]")

    said = capsys.readouterr().out
    assert "web:o2: lost" in said
    assert said.count("web:o2: [x]") == 2


def test_one_thing_is_told_as_one() -> None:
    assert [counted(n, "line") for n in (0, 1, 2000)] == ["0 lines", "1 line", "2,000 lines"]
    assert [counted(n, "line is", "lines are") for n in (1, 2)] == ["1 line is", "2 lines are"]


def test_a_time_is_told_with_its_date_where_that_is_not_todays() -> None:
    now = datetime(2026, 3, 2, 0, 1, tzinfo=UTC)
    assert when("2026-03-02T00:00:03.046+00:00", now) == "00:00:03.046"
    assert when("2026-03-01T23:59:59.999+00:00", now) == "2026-03-01 23:59:59.999"
