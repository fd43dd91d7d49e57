"""`crossdock locations`."""

from typing import Any

from tests.cli.conftest import Crossdock


def standing(crossdock: Crossdock, name: str = "LYS") -> Any:
    found = crossdock("locations", "list", "--json").json
    return next(one for one in found if one["location_id"] == name)


def test_list_tells_how_locations_stand(crossdock: Crossdock) -> None:
    said = crossdock("locations", "list")
    assert said.status == 0
    assert "Berlin warehouse" in said.out
    assert "Europe/Berlin" in said.out
    assert standing(crossdock)["daily_capacity"] is None


def test_a_location_is_closed_and_opened_by_hand(crossdock: Crossdock) -> None:
    said = crossdock("locations", "close", "LYS", "--until", "2099-01-01", "--reason", "strike", "--by", "operator")
    assert (said.status, said.out.strip()) == (
        0,
        "LYS is closed until 2099-01-01T00:00, as many fulfilments a day as configured (strike) by operator",
    )
    assert standing(crossdock)["closed"] is True
    assert "closed until 2099-01-01T00:00 (strike)" in crossdock("locations", "list").out
    assert "LYS is open" in crossdock("locations", "open", "LYS").out
    assert standing(crossdock)["closed"] is False


def test_a_capacity_is_set_and_given_back_by_hand(crossdock: Crossdock) -> None:
    assert "LYS is open, 40 fulfilments a day" in crossdock("locations", "capacity", "LYS", "40").out
    assert standing(crossdock)["daily_capacity"] == 40
    assert crossdock("locations", "capacity", "LYS").status == 0
    assert standing(crossdock)["daily_capacity"] is None


def test_a_wrong_command_is_refused_with_what_there_is(crossdock: Crossdock) -> None:
    said = crossdock("locations", "close", "MOON")
    assert said.status == 3
    assert "no-such-location: locations.toml has BER, LON, LYS, ROT" in said.error
    assert crossdock("locations", "open", "MOON").status == 3
    assert crossdock("locations", "close", "LYS", "--until", "2001-01-01").status == 1
    assert crossdock("locations", "capacity", "LYS", "--", "-1").status == 2
