"""Files that cannot be read are told of in one line."""

from pathlib import Path

import pytest
import typer

from services.cli.waves import _read_bins
from services.hub.toml import RulesError, load_toml


def test_rules_that_are_a_folder_or_no_text_are_told_of(tmp_path: Path) -> None:
    junk = tmp_path / "junk.toml"
    junk.write_bytes(b"\xff\xfe")
    for wrong in (tmp_path, junk, tmp_path / ("x" * 3000)):
        with pytest.raises(RulesError):
            load_toml(wrong, dict[str, str])


def test_bins_that_are_no_text_are_told_of(tmp_path: Path) -> None:
    junk = tmp_path / "junk.csv"
    junk.write_bytes(b"\xff\xfesku,bins")
    for wrong in (tmp_path, junk):
        with pytest.raises(typer.Exit):
            _read_bins(wrong, "BER", "main")
