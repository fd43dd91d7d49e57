"""`crossdock demo`, in a process of its own, and the audit of the stopped hub that it left."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from services.cli.demo import tell
from services.hub.settings import ROOT
from services.verify.check import Check
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


def test_the_demo_tells_people_what_came_of_its_orders_and_leaves_a_sound_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.cli.main", "demo", "--orders", "40", "--seed", "7", "--keep"],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        check=False,
    )

    said, errors = done.stdout.decode(), done.stderr.decode()
    assert done.returncode == 0, errors
    assert "40 orders, seed 7" in said
    assert "count" not in said.partition("latency_ms_p50")[0]  # the heading: some are seconds
    assert "every-ingested-message-is-accounted-for" in said
    assert "violated" not in said
    result = {name: float(n.replace(",", "")) for name, n in re.findall(r"(\w+) +│ +([\d.,]+) +│\n", said)}
    assert result.keys() >= KEYS
    assert result["orders"] == 40
    assert result["captured"] - result["replaced"] + result["rejected"] + result["cancelled_before"] == 40
    assert result["labelled"] > 0
    nothing = ("dead_letters", "lost", "oversold_units", "double_reservations", "double_labels")
    assert [result[name] for name in nothing] == [0] * len(nothing)
    assert 0 < result["latency_ms_p50"] <= result["latency_ms_p99"] <= 1000 * result["elapsed_s"]
    (kept,) = re.findall(r"CROSSDOCK_DATA_DIR=(\S+)", errors)

    audited = commands(Path(kept), monkeypatch, capsys)("verify", "--json")
    shutil.rmtree(kept)

    assert audited.status == 0
    assert audited.json["checks"][0]["checked"] >= result["captured"]


def test_what_the_demo_says_is_said_to_programs_with_the_audit_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    checks = [Check("nothing-is-lost", 3, ["an order"])]

    tell("3 orders", {"orders": 3, "http_answers": {"202": 3}}, checks, json=True)

    said = orjson.loads(capsys.readouterr().out)
    assert (said["orders"], said["http_answers"]) == (3, {"202": 3})
    assert said["verify"]["ok"] is False
    assert [(one["name"], one["violations"]) for one in said["verify"]["checks"]] == [("nothing-is-lost", ["an order"])]
