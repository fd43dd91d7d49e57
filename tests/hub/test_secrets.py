"""Secrets by name: from files that may change while the hub runs, or from the environment."""

import os
from pathlib import Path

import pytest

from services.hub import secrets
from services.hub.secrets import Secrets, variable

NAME = "channel.shop-1.webhook"


def test_a_secret_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert variable(NAME) == "CROSSDOCK_SECRET_CHANNEL_SHOP_1_WEBHOOK"
    assert Secrets(None).all(NAME) == ()
    monkeypatch.setenv(variable(NAME), "new old")
    assert Secrets(None).all(NAME) == ("new", "old")
    assert Secrets(None).one(NAME) == "new"


def test_a_file_is_read_anew_when_it_changes_and_goes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable(NAME), "of the environment")
    monkeypatch.setattr(secrets, "_LOOK_AGAIN_S", 0.0)
    kept = Secrets(tmp_path)
    file = tmp_path / NAME
    file.write_text("old\n")
    os.utime(file, (1, 1))
    assert kept.all(NAME) == ("old",)
    file.write_text("new\n\n  old \n")
    os.utime(file, (2, 2))
    assert kept.all(NAME) == ("new", "old")
    file.unlink()
    assert kept.all(NAME) == ("of", "the", "environment")


def test_what_is_missing_says_where_to_put_it(tmp_path: Path) -> None:
    assert Secrets(tmp_path).missing(NAME) == (
        f"no secret {NAME} is set: write it to the file {tmp_path / NAME}, or into {variable(NAME)}"
    )
