"""`crossdock demo`, in a process of its own, and the audit of the stopped hub that it left."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from services.hub.settings import ROOT
from tests.cli.conftest import commands, environment

KEYS = {
    "orders",
    "captured",
    "held",
    "rejected",
    "split",
    "kits",
    "amended",
    "on_terms",
    "from_lots",
    "cases",
    "replaced",
    "waves",
    "short_picked",
    "picked_up",
    "duplicates_ignored",
    "reserved",
    "backordered",
    "routed",
    "allocated",
    "labelled",
    "cancelled",
    "dead_letters",
    "lost",
    "oversold_units",
    "double_reservations",
    "double_labels",
    "elapsed_s",
    "orders_per_s",
    "latency_ms_p50",
    "latency_ms_p99",
}


def test_the_demo_tells_what_came_of_its_orders_and_leaves_a_sound_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.cli.main", "demo", "--orders", "40", "--json", "--keep"],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr.decode()
    result = orjson.loads(done.stdout)
    assert result.keys() >= KEYS
    assert result["orders"] == 40
    assert result["captured"] + result["rejected"] + result["cancelled_before"] == 40
    assert result["labelled"] > 0
    nothing = ("dead_letters", "lost", "oversold_units", "double_reservations", "double_labels")
    assert [result[name] for name in nothing] == [0] * len(nothing)
    assert 0 < result["latency_ms_p50"] <= result["latency_ms_p99"] <= 1000 * result["elapsed_s"]
    (kept,) = re.findall(r"CROSSDOCK_DATA_DIR=(\S+)", done.stderr.decode())

    audited = commands(Path(kept), monkeypatch, capsys)("verify", "--json")
    shutil.rmtree(kept)

    assert audited.status == 0
    assert audited.json["checks"][0]["checked"] >= result["captured"]


def test_the_demo_draws_a_table_for_people(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.cli.main", "demo", "--orders", "10", "--seed", "7"],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr.decode()
    said = done.stdout.decode()
    assert "10 orders, seed 7" in said
    assert "count" not in said.partition("latency_ms_p50")[0]  # the heading: some are seconds
    assert "every-ingested-message-is-accounted-for" in said
    assert "violated" not in said
