"""A running hub, and the command line beside it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from services.cli import output
from services.cli.main import main
from services.hub.settings import ROOT, settings
from tests.builders import unique
from tests.flow.house import order_of
from tests.nats import short_folder


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and its exit status."""

    status: int
    out: str
    error: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return orjson.loads(self.out)


Crossdock = Callable[..., Said]
Files = Callable[..., Path]


@dataclass(frozen=True, slots=True)
class RunningHub:
    """A hub in a process tree of its own."""

    url: str
    folder: Path

    def order(self, *lines: tuple[str, int], channel: str = "web", **fields: Any) -> str:
        """Hand in an order over HTTP; its id."""
        made = order_of(*lines, **fields)
        answer = httpx.post(f"{self.url}/webhooks/{channel}", content=made.model_dump_json(), timeout=20)
        assert answer.status_code == 202, answer.text
        return f"{channel}:{made.order_id}"


def environment(folder: Path) -> dict[str, str]:
    """The environment of a hub in this folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CROSSDOCK_")}
    return kept | {"CROSSDOCK_DATA_DIR": str(folder), "CROSSDOCK_HTTP_PORT": "0", "COLUMNS": "240"}


@pytest.fixture(scope="package")
def hub() -> Iterator[RunningHub]:
    """`crossdock up`, once for all tests of the command line."""
    with short_folder() as name:
        folder = Path(name) / "data"
        process = subprocess.Popen(
            [sys.executable, "-m", "services.cli.main", "up"],
            cwd=ROOT,
            env=environment(folder) | {"CROSSDOCK_LOG_LEVEL": "error"},
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert "Crossdock is up" in said
            yield RunningHub(said.split("POST ")[1].split("/v1/orders")[0], folder)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0


@pytest.fixture
def crossdock(hub: RunningHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Crossdock:
    """Runs a command of the command line against the hub: ``said = crossdock("stock", "list")``."""
    return commands(hub.folder, monkeypatch, capsys)


def commands(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Crossdock:
    """Runs commands against the hub in a folder, in this process."""
    for name, value in environment(folder).items():
        monkeypatch.setenv(name, value)
    for console in (output.console, output.errors):  # they took the width of this process when they were made
        monkeypatch.setattr(console, "_width", None)

    def run(*arguments: str | Path | int) -> Said:
        settings.cache_clear()
        monkeypatch.setattr(sys, "argv", ["crossdock", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        finally:
            settings.cache_clear()
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return run


def eventually(ask: Callable[[], Any]) -> Any:
    """Ask until the answer is not empty; the hub is asked, so no pause is needed."""
    for _ in range(200):
        if found := ask():
            return found
    raise AssertionError(ask)


@pytest.fixture
def sku(crossdock: Crossdock, tmp_path: Path) -> str:
    """A SKU of the test's own, ten pieces of it in Berlin."""
    name = unique("CLI-")
    file = tmp_path / "product.csv"
    file.write_text(f"sku,title,weight_g\n{name},Article,300\n")
    assert crossdock("products", "import", file).status == 0
    assert crossdock("stock", "receive", name, "BER", 10).status == 0
    return name


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A folder with these files: ``files(stock=["sku,…", "A,…"])``."""
    folder = tmp_path / "opening"
    folder.mkdir()

    def write(**content: list[str]) -> Path:
        for name, lines in content.items():
            (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
        return folder

    return write
