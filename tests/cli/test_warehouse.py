"""`crossdock warehouse`, on the floor."""

from pathlib import Path

import pytest

from tests.cli.conftest import Crossdock, RunningHub, eventually


@pytest.fixture
def fulfilment(hub: RunningHub, crossdock: Crossdock, sku: str) -> str:
    """A labelled fulfilment of two pieces; its id."""
    order = hub.order((sku, 2))
    eventually(lambda: "label-bought" in crossdock("orders", "show", order).out)
    return f"{order}/1"


def test_a_fulfilment_is_packed_in_parcels_that_say_what_is_in_them(crossdock: Crossdock, fulfilment: str) -> None:
    assert crossdock("warehouse", "picked", fulfilment).status == 0
    for wrong, word in (("heavy", "write GRAMS"), ("900:1x2", "LENGTHxWIDTHxHEIGHT"), ("900::1", "LINE=PIECES")):
        said = crossdock("warehouse", "packed", fulfilment, "--parcel", wrong)
        assert (said.status, word in said.error) == (2, True)
    assert "have to hold all of it" in crossdock("warehouse", "packed", fulfilment, "--parcel", "900::1=1").error

    said = crossdock("warehouse", "packed", fulfilment, "--parcel", "500:300x200x100:1=1", "--parcel", "600::1=1")

    assert said.status == 0
    eventually(lambda: crossdock("warehouse", "shipped", fulfilment).status == 0)
    assert "1100 g in 2 parcels" in crossdock("orders", "show", fulfilment.removesuffix("/1")).out


def test_bins_are_loaded_from_a_file_and_listed(crossdock: Crossdock, tmp_path: Path, sku: str) -> None:
    file = tmp_path / "bins.csv"
    file.write_text(f"sku,bins\n{sku},A-1-2 Z-9\n")
    assert "bins of 1 SKUs at BER" in crossdock("warehouse", "bins", "BER", file).out
    listed = eventually(lambda: crossdock("warehouse", "bins", "BER", "--json").json)
    assert [one["bins"] for one in listed if one["sku"] == sku] == [["A-1-2", "Z-9"]]
    file.write_text("sku,place\n")
    assert "the columns are sku and bins" in crossdock("warehouse", "bins", "BER", file).error


def test_a_step_that_a_fulfilment_has_not_is_refused(crossdock: Crossdock, fulfilment: str) -> None:
    said = crossdock("warehouse", "step", fulfilment, "gift-wrap")
    assert (said.status, "its steps are: none" in said.error) == (1, True)


def test_where_nothing_waits_no_wave_is_planned(crossdock: Crossdock) -> None:
    said = crossdock("warehouse", "wave", "LON")
    assert (said.status, "nothing waits to be picked at LON" in said.error) == (3, True)
    assert "0 waiting at LON" in crossdock("warehouse", "queue", "LON").out
    assert crossdock("warehouse", "waves", "LON", "--json").json == []
    assert "LON has no wave w9" in crossdock("warehouse", "pick-list", "LON", "w9").error
    for command in ("release-wave", "close-wave"):
        assert "wave w9 of LON is not known" in crossdock("warehouse", command, "LON", "w9").error
