"""`crossdock dead`: what could not be processed is listed, shown, mended and replayed, or thrown away."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crossdock_contracts.capture import IngestV1
from services.cli.client import connected
from services.hub.settings import settings
from tests.builders import unique
from tests.cli.conftest import Crossdock, eventually
from tests.flow.house import order_of


async def tell(body: str, order_id: str) -> int:
    """Put a payload into capture's inbox past the edge; its sequence."""
    async with connected(settings()) as client:
        command = IngestV1(owner="main", channel="web", order_id=order_id, body=body, received_at=datetime.now(UTC))
        return await client.tell(command)


@pytest.fixture
def order_id() -> str:
    """An order of the test's own."""
    return unique("web:dead")


@pytest.fixture
def letter(crossdock: Crossdock, order_id: str) -> str:
    """A payload that cannot become an order lies among the dead letters; the letter's id."""
    crossdock("dead", "list")
    settings.cache_clear()
    seq = asyncio.run(tell('{"order_id": "[/b]", "lines": []}', order_id))
    letter_id = f"CAPTURE_IN-{seq}"
    eventually(lambda: crossdock("dead", "show", letter_id).status == 0)
    return letter_id


def listed(crossdock: Crossdock) -> list[Any]:
    """The open letters."""
    return [one["letter_id"] for one in crossdock("dead", "list", "--each", "--json").json]


def test_list_counts_letters_by_what_they_died_of(crossdock: Crossdock, letter: str) -> None:
    said = crossdock("dead", "list", "--service", "capture")
    (group,) = [
        one
        for one in crossdock("dead", "list", "--reason", "placed_at", "--handler", "ingest", "--json").json
        if one["letter_id"] == letter
    ]

    assert "UnmappableError" in said.out
    assert (group["service"], group["handler"], group["error"]) == ("capture", "ingest", "UnmappableError")
    assert group["count"] >= 1
    assert group["first"] <= group["last"]
    assert crossdock("dead", "list", "--service", "routing", "--json").json == []
    assert crossdock("dead", "list", "--reason", "no such reason", "--json").json == []


def test_each_letter_is_listed_with_its_order_and_reason(crossdock: Crossdock, letter: str, order_id: str) -> None:
    said = crossdock("dead", "list", "--each", "--service", "capture")
    (mine,) = crossdock("dead", "list", "--each", "--order", order_id, "--json").json

    assert letter in said.out
    assert f"main/{order_id}" in said.out
    assert mine["letter_id"] == letter
    assert "body" not in mine
    assert crossdock("dead", "list", "--each", "--order", order_id, "--before", mine["died_at"], "--json").json == []
    assert crossdock("dead", "list", "--before", "yesterday").status == 2


def test_show_holds_payload_and_reason(crossdock: Crossdock, letter: str) -> None:
    shown = crossdock("dead", "show", letter)
    found = crossdock("dead", "show", letter, "--json").json

    assert found["body"].startswith('{"owner":"main"')
    assert "$.placed_at: Field required" in found["detail"]
    assert found["traceback"].startswith("Traceback")
    assert "$.placed_at: Field required" in shown.out
    assert '"order_id": "[/b]"' in shown.out, "what the payload holds as text stands open"
    assert (found["service"], found["handler"], found["subject"]) == ("capture", "ingest", "capture.cmd.ingest.v1.0.0")


def test_a_replay_tells_how_many_failed_again_and_why(crossdock: Crossdock, letter: str) -> None:
    died_at = crossdock("dead", "show", letter, "--json").json["died_at"]

    said = crossdock("dead", "replay", letter, "--by", "tester")
    done = crossdock("dead", "replay", letter, "--json").json

    assert "1 replayed" in said.out
    assert "0 handled, 1 failed again, 0 wait for a later attempt" in said.out
    assert "1 failed again: capture/ingest UnmappableError" in said.out
    assert (done["replayed"], done["failed_again"], done["gone"], done["refused"]) == (1, 1, 0, {})
    assert crossdock("dead", "show", letter, "--json").json["died_at"] > died_at


def test_a_letter_that_is_mended_in_a_file_becomes_an_order(
    crossdock: Crossdock, letter: str, order_id: str, sku: str, tmp_path: Path
) -> None:
    order = order_of((sku, 1), order_id=order_id.partition(":")[2]).model_dump_json()
    mended = tmp_path / "mended.json"
    command = IngestV1(owner="main", channel="web", order_id=order_id, body=order, received_at=datetime.now(UTC))
    mended.write_bytes(command.encode())

    done = crossdock("dead", "edit", letter, "--file", mended, "--by", "tester", "--json").json

    assert done["replayed"] == letter
    assert {"$.body.placed_at", "$.body.lines[0]"} <= {one["path"] for one in done["changes"]}
    eventually(lambda: crossdock("orders", "show", order_id).status == 0)
    assert letter not in listed(crossdock)


def test_a_letter_that_is_mended_place_by_place_becomes_an_order(
    crossdock: Crossdock, letter: str, order_id: str, sku: str
) -> None:
    order = order_of((sku, 1), order_id=order_id.partition(":")[2]).model_dump(mode="json")
    sets = [f"--set=body.{name}={json.dumps(value)}" for name, value in order.items()]

    said = crossdock("dead", "edit", letter, *sets, "--note", "the shop forgot it")

    assert "$.body.placed_at nothing →" in said.out
    eventually(lambda: crossdock("orders", "show", order_id).status == 0)


def test_a_letter_is_mended_in_the_operators_editor(
    crossdock: Crossdock, letter: str, order_id: str, sku: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = order_of((sku, 1), order_id=order_id.partition(":")[2]).model_dump(mode="json")
    editor = tmp_path / "editor"
    editor.write_text(
        f"#!{sys.executable}\nimport json, pathlib, sys\nfile = pathlib.Path(sys.argv[1])\n"
        f"text = json.loads(file.read_text())\ntext['body'] = json.loads({json.dumps(order)!r})\n"
        "file.write_text(json.dumps(text))\n"
    )
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.setenv("VISUAL", str(editor))

    assert crossdock("dead", "edit", letter).status == 0

    eventually(lambda: crossdock("orders", "show", order_id).status == 0)


@pytest.mark.parametrize(
    ("sets", "status", "said"),
    [
        (["received_at=never"], 1, "$.received_at: Input should be a valid datetime"),
        (["body.lines[7].sku=X"], 2, "there is no such place in the payload"),
        (["body"], 2, "write PATH=VALUE"),
        (["..=1"], 2, "no path such as"),
        (["channel=web"], 1, "nothing was changed"),
    ],
)
def test_a_payload_that_is_mended_wrongly_is_not_sent(
    crossdock: Crossdock, letter: str, sets: list[str], status: int, said: str
) -> None:
    refused = crossdock("dead", "edit", letter, *(f"--set={one}" for one in sets))

    assert refused.status == status
    assert said in refused.error
    assert letter in listed(crossdock)


def test_all_letters_of_a_kind_are_replayed_at_once(crossdock: Crossdock, letter: str) -> None:
    unsaid = crossdock("dead", "replay")
    done = crossdock("dead", "replay", "--all", "--reason", "placed_at", "--rate", 500, "--json").json

    assert unsaid.status == 2
    assert "say --all" in unsaid.error
    assert done["replayed"] >= 1
    assert letter in listed(crossdock), "it died again"
    assert sum(one["count"] for one in done["failures"]) == done["failed_again"]
    assert crossdock("dead", "replay", "--all", "--service", "routing", "--json").json["replayed"] == 0


def test_a_letter_is_thrown_away_with_a_reason(crossdock: Crossdock, letter: str) -> None:
    unsaid = crossdock("dead", "discard", letter)
    done = crossdock("dead", "discard", letter, "--note", "a test")

    assert unsaid.status == 2
    assert "--note" in unsaid.error
    assert (done.status, done.out.partition(" in ")[0]) == (0, "1 discarded")
    assert letter not in listed(crossdock)
    assert crossdock("dead", "discard", letter, "--note", "again").status == 3


def test_letters_of_a_kind_are_thrown_away_at_once(crossdock: Crossdock, letter: str, order_id: str) -> None:
    done = crossdock("dead", "discard", "--all", "--order", order_id, "--note", "a test", "--json").json

    assert done["discarded"] == 1
    assert letter not in listed(crossdock)


@pytest.mark.parametrize("command", ["show", "replay", "edit"])
def test_a_letter_that_is_not_there_is_not_found(crossdock: Crossdock, command: str) -> None:
    said = crossdock("dead", command, "CAPTURE_IN-0")

    assert (said.status, said.error.strip()) == (3, "error: there is no open dead letter CAPTURE_IN-0")
