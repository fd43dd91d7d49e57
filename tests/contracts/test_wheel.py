"""The contracts are a wheel of their own: an integrator installs it without the services."""

import re
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

import crossdock_contracts

SOURCE = Path(crossdock_contracts.__file__).parent
OUTSIDE = """
import sys
sys.path[:0] = [sys.argv[1]]
from crossdock_contracts import capture, envelope, generate, samples
order = samples.sample_of(capture.OrderCapturedV1)
assert capture.OrderCapturedV1.decode(order.encode()) == order
assert generate.schema_of(capture.OrderCapturedV1)["$id"]
headers = envelope.Envelope.of(order, message_id="1", time=order.captured_at).to_headers()
print(envelope.Envelope.from_headers(headers).subject)
"""


def needed_by(name: str) -> set[str]:
    """The distributions that pip would install for one, and itself; extras left out."""
    wanted = [one for one in distribution(name).requires or [] if "extra ==" not in one]
    names = {re.split(r"[\s<>=!~;\[]", one)[0] for one in wanted}
    return {name}.union(*map(needed_by, names))


def install(name: str, folder: Path) -> None:
    """Make the top-level modules of a distribution importable from a folder."""
    tops = {file.parts[0] for file in distribution(name).files or [] if file.suffix in {".py", ".so"}}
    for top in tops - {".."}:
        (folder / top).symlink_to(distribution(name).locate_file(top))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and what it declares to need, and nothing else."""
    folder = tmp_path_factory.mktemp("site")
    (folder / SOURCE.name).symlink_to(SOURCE)
    for name in needed_by("crossdock-contracts") - {"crossdock-contracts"}:
        install(name, folder)
    return folder


def python(environment: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Run a program that sees nothing but the standard library and a folder."""
    command = [sys.executable, "-I", "-S", "-W", "error", "-c", program, str(environment)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=environment)


def test_the_wheel_asks_for_pydantic_and_orjson_only() -> None:
    declared = {re.split(r"[<>=]", one)[0] for one in distribution("crossdock-contracts").requires or []}
    assert declared == {"pydantic", "orjson"}


def test_messages_are_written_and_read_where_the_services_are_not_installed(environment: Path) -> None:
    done = python(environment, OUTSIDE)
    assert (done.stdout, done.stderr) == ("main/web:1001\n", "")


def test_there_the_services_and_the_broker_cannot_be_imported(environment: Path) -> None:
    for name in ("services", "nats", "faststream"):
        done = python(environment, f"import sys; sys.path[:0] = [sys.argv[1]]; import {name}")
        assert f"No module named '{name}'" in done.stderr


def test_every_module_of_the_wheel_can_be_imported_alone(environment: Path) -> None:
    modules = sorted(file.stem for file in SOURCE.glob("*.py") if file.stem != "__init__")
    each = "; ".join(f"import crossdock_contracts.{name}" for name in modules)
    done = python(environment, f"import sys; sys.path[:0] = [sys.argv[1]]; {each}; print(len(sys.modules) > 0)")
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_the_wheel_says_that_it_is_typed() -> None:
    assert (SOURCE / "py.typed").exists()
