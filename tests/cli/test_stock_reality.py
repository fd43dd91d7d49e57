"""`crossdock stock count …`, `availability`, `limit`, `reorder`, `snapshot`."""

from pathlib import Path

import pytest

from tests.builders import unique
from tests.cli.conftest import Crossdock, RunningHub, eventually


def test_a_count_is_planned_submitted_and_approved(crossdock: Crossdock, sku: str) -> None:
    count = unique("C-")
    assert f"count {count} is open at BER: {sku}" in crossdock("stock", "count", "plan", count, "BER", sku).out
    assert count in crossdock("stock", "count", "list").out

    said = crossdock("stock", "count", "submit", count, f"{sku}=3", "--by", "night shift")
    assert f"to be approved: {sku}: counted 3, expected 10, by stock-control" in said.out
    assert f"{sku} at BER: counted -7, now 3" in crossdock("stock", "count", "approve", count, "--by", "desk").out

    shown = crossdock("stock", "count", "show", count)
    assert "applied" in shown.out
    assert [name for name in ("count-opened", "count-variance-found", "count-applied") if name in shown.out] == [
        "count-opened", "count-variance-found", "count-applied",
    ]  # fmt: skip
    assert crossdock("stock", "count", "show", count, "--json").json["document"]["counted_by"] == "night shift"
    assert count not in [one["count_id"] for one in crossdock("stock", "count", "list", "--json").json]


def test_a_count_can_be_planned_for_later_and_rejected(crossdock: Crossdock, sku: str) -> None:
    count = unique("C-")
    assert crossdock("stock", "count", "plan", count, "BER", sku, "--at", "2099-01-01T06:00").status == 0
    row = next(one for one in crossdock("stock", "count", "list", "--json").json if one["count_id"] == count)
    assert row["due_at"].startswith("2099-01-01T06:00:00")
    assert "is rejected" in crossdock("stock", "count", "reject", count).out
    again = crossdock("stock", "count", "submit", count, f"{sku}=3")
    assert (again.status, "count is rejected" in again.error) == (1, False)
    assert f"count {count} is rejected; only open counts take figures" in again.error


def test_availability_tells_the_nearest_locations_first(crossdock: Crossdock, sku: str) -> None:
    crossdock("stock", "receive", sku, "LYS", 4)

    said = crossdock("stock", "availability", sku, "--country", "FR", "--postcode", "69007", "--channel", "web")

    assert "available to promise: 14, 14 of them for web; distances from the buyer's postcode" in said.out
    assert said.out.index("LYS") < said.out.index("BER")
    (found,) = crossdock("stock", "availability", sku, "--json").json
    assert (found["promisable"], found["for_channel"], found["near"]) == (14, None, "")
    assert crossdock("stock", "availability", "NONE").status == 3


def test_a_limit_keeps_pieces_from_a_channel(crossdock: Crossdock, hub: RunningHub, sku: str) -> None:
    assert crossdock("stock", "limit", sku, "marketplace", "--buffer", 4, "--share", 50).status == 0
    (found,) = crossdock("stock", "availability", sku, "--channel", "marketplace", "--json").json
    assert found["for_channel"] == 5

    hub.order((sku, 7), channel="marketplace")
    stock = eventually(
        lambda: [s for s in crossdock("stock", "list", "--json").json if s["sku"] == sku and s["waiting"]]
    )
    assert stock[0]["waiting"] == 2
    assert crossdock("stock", "limit", sku, "marketplace", "--as-configured").out.strip() == (
        f"{sku} for marketplace: goes by stock.toml"
    )
    assert "there is no channel telex in channels.toml; known: " in crossdock("stock", "limit", sku, "telex").error
    assert crossdock("stock", "limit", sku, "marketplace", "--share", 101).status == 2


def test_a_reorder_point_tells_that_a_sku_is_low(crossdock: Crossdock, sku: str) -> None:
    assert crossdock("stock", "reorder", sku, "--at", 10, "--up-to", 30).out.strip() == (
        f"low: 10 of {sku} are left; reorder 20"
    )
    assert crossdock("stock", "reorder", sku, "--at", 10, "--up-to", 30).out.strip() == (
        f"{sku}: low at 10, filled up to 30"
    )


def test_a_snapshot_of_a_location_that_the_hub_is_master_of_is_refused(
    crossdock: Crossdock, sku: str, tmp_path: Path
) -> None:
    file = tmp_path / "stock.csv"
    file.write_text(f"sku,on_hand\n{sku},3\n")

    said = crossdock("stock", "snapshot", "BER", file, "--as-of", "2026-01-01T06:00")

    assert said.status == 1
    assert "not-the-master: the hub is master of BER's stock" in said.error


@pytest.mark.parametrize(
    ("content", "words"),
    [("sku\nA\n", "has no column on_hand"), ("sku,on_hand\nA,few\n", "line 2"), ("sku,on_hand\nA,-1\n", "line 2")],
)
def test_a_file_that_is_no_snapshot_says_where(crossdock: Crossdock, tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "stock.csv"
    file.write_text(content)
    said = crossdock("stock", "snapshot", "BER", file, "--as-of", "2026-01-01T06:00")
    assert (said.status, words in said.error) == (2, True)
    assert "Traceback" not in said.error


def test_what_is_no_figure_of_a_count_is_wrong_usage(crossdock: Crossdock) -> None:
    said = crossdock("stock", "count", "submit", "C", "MUG")
    assert said.status == 2
    assert "'MUG' is not SKU=pieces" in said.error
