"""What runs the services in containers fits them: names, settings, files, the message server's configuration."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.cli.supervisor import ALL
from services.hub.server import binary
from services.hub.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
NATS_CONF = ROOT / "deploy" / "nats" / "nats.conf"
SETTING = re.compile(r"CROSSDOCK_[A-Z_]*[A-Z]")


@pytest.fixture(scope="module")
def containers() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    return found


def test_every_service_has_a_container_that_runs_it_alone(containers):
    commands = {name: one["command"] for name, one in containers.items() if name != "nats"}
    assert commands == {name: ["run", name] for name in ALL}


def test_all_containers_are_of_one_image(containers):
    assert len({one["image"] for one in containers.values()}) == 1
    assert {one["build"]["dockerfile"] for one in containers.values()} == {"deploy/Dockerfile"}


def test_only_the_edge_is_published_and_only_on_loopback(containers):
    published = {name: one["ports"] for name, one in containers.items() if "ports" in one}
    assert published == {"capture": ["127.0.0.1:8080:8080"]}


def test_every_container_is_checked_comes_back_and_may_finish(containers):
    for name, one in containers.items():
        assert "/health" in one["healthcheck"]["test"][-1], name
        assert one["restart"] == "unless-stopped", name
        assert int(one["stop_grace_period"].removesuffix("s")) > 10, name  # what a service takes to stop, at most


def test_services_wait_for_the_server_that_they_are_told_of(containers):
    for name in ALL:
        assert containers[name]["depends_on"] == {"nats": {"condition": "service_healthy"}}
        assert containers[name]["environment"]["CROSSDOCK_NATS_URL"] == "nats://nats:4222"


@pytest.mark.parametrize("file", ["compose.yaml", "deploy/Dockerfile"])
def test_settings_that_are_set_exist(file):
    known = {f"CROSSDOCK_{name.upper()}" for name in Settings.model_fields}
    assert set(SETTING.findall((ROOT / file).read_text(encoding="utf-8"))) <= known


def test_the_image_takes_what_there_is_and_is_not_run_by_root():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert [name for line in copied for name in line.split() if not (ROOT / name).exists()] == []
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)[-1] == "crossdock"


def test_the_image_holds_the_same_versions_as_are_tested():
    def pins(file: str) -> set[str]:
        return set(re.findall(r"^(\S+==\S+)", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE))

    assert pins("deploy/constraints.txt")
    assert pins("deploy/constraints.txt") <= pins("constraints.txt")


def test_the_server_takes_its_configuration_and_writes_through():
    checked = subprocess.run([binary(), "-t", "-c", NATS_CONF], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert re.search(r"^\s*sync_interval: always\b", NATS_CONF.read_text(encoding="utf-8"), re.MULTILINE)
