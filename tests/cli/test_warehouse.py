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


def test_a_pick_of_a_line_that_the_fulfilment_has_not_is_refused(crossdock: Crossdock, fulfilment: str) -> None:
    said = crossdock("warehouse", "picked", fulfilment, "--line", "9=1")
    assert (said.status, "has no line 9; it has 1" in said.error) == (2, True)
    assert "short" not in crossdock("orders", "show", fulfilment.removesuffix("/1")).out


def test_bins_are_loaded_from_a_file_and_listed(crossdock: Crossdock, tmp_path: Path, sku: str) -> None:
    file = tmp_path / "bins.csv"
    file.write_text(f"sku,bins\n{sku},A-1-2 Z-9\n")
    assert "bins of 1 SKU at BER" in crossdock("warehouse", "bins", "BER", file).out
    listed = eventually(lambda: crossdock("warehouse", "bins", "BER", "--json").json)
    assert [one["bins"] for one in listed if one["sku"] == sku] == [["A-1-2", "Z-9"]]
    file.write_text("sku,place\n")
    assert "the columns are sku and bins" in crossdock("warehouse", "bins", "BER", file).error


def test_a_step_that_a_fulfilment_has_not_is_refused(crossdock: Crossdock, fulfilment: str) -> None:
    said = crossdock("warehouse", "step", fulfilment, "gift-wrap")
    assert (said.status, "its steps are: none" in said.error) == (3, True)


def test_where_nothing_waits_no_wave_is_planned(crossdock: Crossdock) -> None:
    said = crossdock("warehouse", "wave", "BER")
    assert (said.status, "nothing waits to be picked at BER" in said.error) == (3, True)
    assert "0 waiting at BER" in crossdock("warehouse", "queue", "BER").out
    assert crossdock("warehouse", "waves", "BER", "--json").json == []
    assert "BER has no wave w9" in crossdock("warehouse", "pick-list", "BER", "w9").error
    for command in ("release-wave", "close-wave"):
        assert "wave w9 of BER is not known" in crossdock("warehouse", command, "BER", "w9").error


def test_a_wave_is_planned_printed_picked_and_closed(
    hub: RunningHub, crossdock: Crossdock, tmp_path: Path, sku: str
) -> None:
    assert crossdock("stock", "receive", sku, "LON", 5).status == 0
    file = tmp_path / "bins.csv"
    file.write_text(f"sku,bins\n{sku},S-1-2\n")
    crossdock("warehouse", "bins", "LON", file)
    to = {"name": "Customer 1", "line1": "Street 1", "city": "London", "postcode": "W1D 1NU", "country": "GB"}
    name = f"{hub.order((sku, 2), ship_to=to)}/1"
    eventually(lambda: name in crossdock("warehouse", "queue", "LON").out)

    (planned,) = crossdock("warehouse", "wave", "LON", "--json").json
    wave = planned["body"]["wave_id"]

    assert wave in crossdock("warehouse", "waves", "LON").out
    assert crossdock("warehouse", "release-wave", "LON", wave, "--by", "floor").status == 0
    listed = crossdock("warehouse", "pick-list", "LON", wave).out
    assert ("S-1-2" in listed, "2 → 1" in listed, "not released" in listed) == (True, True, False)
    lines = crossdock("warehouse", "pick-list", "LON", wave, "--csv").out.splitlines()
    assert lines == [
        "bin,sku,title,position,fulfilment,line,quantity,note",
        f"S-1-2,{sku},Article,1,{name},1,2,",
    ]
    assert crossdock("warehouse", "picked", name).status == 0
    assert crossdock("warehouse", "pick-list", "LON", wave, "--json").json["fetches"] == []
    assert "0 not picked" in crossdock("warehouse", "close-wave", "LON", wave).out


def test_a_purchase_is_settled_either_by_its_tracking_number_or_as_not_made(
    crossdock: Crossdock, fulfilment: str
) -> None:
    for wrong in ((), ("--tracking", "1Z9", "--not-bought")):
        said = crossdock("warehouse", "settle-label", fulfilment, *wrong)
        assert (said.status, "either --tracking NUMBER or --not-bought" in said.error) == (2, True)
    said = crossdock("warehouse", "settle-label", fulfilment, "--not-bought")
    assert "no purchase of it waits for somebody to look" in said.error
