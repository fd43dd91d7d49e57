"""What commands print stays as it is."""

import pytest

from services.cli.output import as_table, console


def test_ids_with_colons_are_not_taken_for_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    as_table("Case 1 of web:o2: lost", ("order",), [["web:o2: [x]"]])
    console.print("web:o2: [x]")

    said = capsys.readouterr().out
    assert "web:o2: lost" in said
    assert said.count("web:o2: [x]") == 2
