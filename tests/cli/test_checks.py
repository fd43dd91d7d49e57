"""`crossdock contracts`, `verify`, `doctor`, `run`; and what is said where no hub runs."""

import subprocess
import sys
from pathlib import Path

import pytest

from crossdock_contracts.capture import CancelRefusedV1
from crossdock_contracts.samples import sample_of
from services.cli.supervisor import listening
from services.hub.server import binary, free_port
from tests.cli.conftest import ROOT, Crossdock, RunningHub, commands, environment, eventually
from tests.flow.house import rules_in


def test_contracts_are_listed_and_described(crossdock: Crossdock) -> None:
    rows = crossdock("contracts", "list", "--json").json
    schema = crossdock("contracts", "schema", "capture.evt.order-captured.v1").json

    assert {"capture.evt.order-captured.v1", "shipping.evt.shipment-shipped.v2"} <= {row["type"] for row in rows}
    assert "order-captured" in crossdock("contracts", "list").out
    assert "order_id" in schema["properties"]
    assert crossdock("contracts", "schema", "capture.evt.order-captured").status == 3
    assert crossdock("contracts", "schema", "capture.evt.nothing.v1").status == 3


def test_a_message_is_checked_against_its_contract(crossdock: Crossdock, tmp_path: Path) -> None:
    file = tmp_path / "message.json"
    file.write_bytes(sample_of(CancelRefusedV1).encode())
    assert crossdock("contracts", "check", file, "--type", "capture.evt.cancel-refused.v1").status == 0

    file.write_text('{"owner": "main", "order_id": ""}')
    wrong = crossdock("contracts", "check", file, "--type", "capture.evt.cancel-refused.v1", "--json")

    assert wrong.status == 1
    assert wrong.json["ok"] is False
    assert {problem.partition(":")[0] for problem in wrong.json["problems"]} == {
        "$.order_id",
        "$.cancel_id",
        "$.reason",
    }
    assert crossdock("contracts", "check", file).status == 2
    assert crossdock("contracts", "check", file, "--type", "nothing").status == 3


def test_the_contracts_are_what_has_been_published(crossdock: Crossdock, tmp_path: Path) -> None:
    assert crossdock("contracts", "check").status == 0
    assert crossdock("contracts", "check", "--folder", tmp_path / "none").status == 3


def test_verify_holds_over_the_running_hub(crossdock: Crossdock, hub: RunningHub, sku: str) -> None:
    hub.order((sku, 1))

    found = crossdock("verify", "--json")
    said = crossdock("verify")

    assert (found.status, said.status) == (0, 0)
    assert found.json["ok"] is True
    assert {"name", "ok", "checked", "violations"} == set(found.json["checks"][0])
    assert "stock-is-conserved" in said.out
    assert "violated" not in said.out


def test_doctor_finds_every_part_sound(crossdock: Crossdock) -> None:
    found = {one["check"]: one["ok"] for one in crossdock("doctor", "--json").json}

    assert found.keys() >= {"python", "nats-server", "rules: routing", "server", "backlog", "capture", "returns"}
    assert [name for name, ok in found.items() if not ok and name != "capture"] == []  # it may have dead letters
    assert "Doctor" in crossdock("doctor").out


def test_doctor_names_the_rule_that_is_wrong(
    crossdock: Crossdock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = rules_in(tmp_path)
    (rules / "channels.toml").write_text('[web]\nformat = "telex"\n')
    (rules / "routing.toml").unlink()
    monkeypatch.setenv("CROSSDOCK_RULES_DIR", str(rules))

    said = crossdock("doctor", "--json")

    assert said.status == 1
    wrong = {one["check"]: one["detail"] for one in said.json if not one["ok"]}
    assert "web.format is 'telex'; known: amazon, bigcommerce" in wrong["rules: channels"]
    assert "routing.toml" in wrong["rules: routing"]


def test_run_knows_its_services(crossdock: Crossdock) -> None:
    said = crossdock("run", "capture", "telex")

    assert said.status == 2
    assert "no service telex; there are: capture, payments" in said.error


def test_run_says_which_port_is_taken_and_what_to_do(crossdock: Crossdock, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening("127.0.0.1") as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("CROSSDOCK_HTTP_PORT", str(port))
        said = crossdock("run", "products")

    assert said.status == 1
    assert f"127.0.0.1:{port} cannot be listened at: Address already in use; set CROSSDOCK_HTTP_PORT" in said.error


@pytest.mark.parametrize("arguments", [("orders", "list"), ("verify",)])
def test_without_a_hub_the_command_says_where_it_looked_and_what_to_do(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CROSSDOCK_NATS_URL", "nats://127.0.0.1:9")

    said = commands(tmp_path, monkeypatch, capsys)(*arguments)

    assert said.status == 4
    assert "no hub at nats://127.0.0.1:9; start one with `crossdock up`, or set CROSSDOCK_NATS_URL" in said.error


def test_a_server_without_streams_is_told_from_a_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    monkeypatch.setenv("CROSSDOCK_NATS_URL", f"nats://127.0.0.1:{port}")
    crossdock = commands(tmp_path, monkeypatch, capsys)

    with subprocess.Popen([str(binary()), "-a", "127.0.0.1", "-p", str(port), "-l", str(tmp_path / "log")]) as server:
        said = eventually(lambda: answer if "no hub at" not in (answer := crossdock("verify")).error else None)
        server.kill()

    assert said.status == 4
    assert "the server does not answer, or has no streams: no answer; try again" in said.error


def test_a_wrong_setting_is_named(crossdock: Crossdock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSDOCK_PARTITIONS", "none")

    said = crossdock("orders", "list")

    assert said.status == 2
    assert "setting CROSSDOCK_PARTITIONS 'none': Input should be a valid integer" in said.error


@pytest.mark.parametrize("arguments", [("doctor",), ("orders", "list"), ("up",), ("run", "capture")])
def test_rules_that_cannot_be_read_are_told_in_words_by_a_process_that_has_just_started(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    known = environment(tmp_path / "data") | {"CROSSDOCK_NATS_URL": "nats://127.0.0.1:9"}

    said = subprocess.run(
        [sys.executable, "-m", "services.cli.main", *arguments],
        cwd=ROOT,
        env=known | {"CROSSDOCK_RULES_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "Traceback" not in said.stderr
    assert said.returncode == (4 if arguments == ("orders", "list") else 1)
    assert ("channels.toml is missing" in said.stdout + said.stderr) is (arguments != ("orders", "list"))
