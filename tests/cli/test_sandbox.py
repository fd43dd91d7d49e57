"""`crossdock sandbox`: run, have it fail, ask it what happened."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from services.hub.settings import ROOT
from tests.cli.conftest import Crossdock, commands, environment


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[str]:
    """A sandbox in a process of its own; where it listens."""
    with subprocess.Popen(
        [sys.executable, "-m", "services.cli.main", "sandbox", "up", "--port", "0", "--orders", "3"],
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        yield said.split()[1].removesuffix("/shopify")
        process.terminate()
        assert process.wait(20) == 0


@pytest.fixture
def crossdock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Crossdock:
    """The command line, without a hub."""
    return commands(tmp_path, monkeypatch, capsys)


def test_a_sandbox_runs_fails_on_request_and_says_what_it_believes(crossdock: Crossdock, sandbox: str) -> None:
    made = crossdock("sandbox", "seed", "woocommerce", 2, "--sku", "A-1", "--stock", 9, "--url", sandbox).json
    state = crossdock("sandbox", "state", "woocommerce", "--url", sandbox).json

    assert len(made["orders"]) == 2
    assert len(state["orders"]) == 5, "three to begin with"
    assert list(state["stock"]) == ["A-1"]

    assert "profile flaky, seed 3" in crossdock("sandbox", "faults", "flaky", "--seed", 3, "--url", sandbox).out
    crossdock("sandbox", "faults", "none", "--down", "easypost", "--url", sandbox)
    assert httpx.get(f"{sandbox}/easypost/v2/shipments", auth=("k", "")).status_code == 503
    found = crossdock("sandbox", "faults", "--url", sandbox, "--json").json
    assert (found["profile"]["name"], found["down"], found["faults"]) == (
        "none",
        ["easypost"],
        {"easypost": {"outage": 1}},
    )


def test_what_the_sandbox_does_not_have_is_said(crossdock: Crossdock, sandbox: str) -> None:
    assert "no parcel 1Z" in crossdock("sandbox", "move", "ups", "delivered", "--number", "1Z", "--url", sandbox).error
    assert crossdock("sandbox", "move", "ups", "flying", "--url", sandbox).status == 1, "though there is no parcel"
    assert crossdock("sandbox", "move", "easypost", "flying", "--url", sandbox).status == 1
    assert "woocommerce is no carrier" in crossdock("sandbox", "move", "woocommerce", "created", "--url", sandbox).error
    assert "usps is no shop" in crossdock("sandbox", "seed", "usps", 3, "--url", sandbox).error
    assert "there are: shopify" in crossdock("sandbox", "state", "ebay", "--url", sandbox).error
    assert crossdock("sandbox", "faults", "worse", "--url", sandbox).status == 1
    assert crossdock("sandbox", "up", "--faults", "worse").status == 2
    assert crossdock("sandbox", "state", "shopify", "--url", "http://127.0.0.1:1").status == 4
