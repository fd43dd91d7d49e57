"""`crossdock dead`: what could not be processed is listed, shown, mended and replayed, or thrown away."""

import asyncio
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
    return [one["letter_id"] for one in crossdock("dead", "list", "--json").json]


def test_list_tells_what_died_and_why(crossdock: Crossdock, letter: str, order_id: str) -> None:
    said = crossdock("dead", "list", "--service", "capture")

    assert letter in said.out
    assert "UnmappableError" in said.out
    assert f"main/{order_id}" in said.out
    assert crossdock("dead", "list", "--service", "routing", "--json").json == []


def test_show_holds_payload_and_reason(crossdock: Crossdock, letter: str) -> None:
    shown = crossdock("dead", "show", letter)
    found = crossdock("dead", "show", letter, "--json").json

    assert found["body"].startswith('{"owner":"main"')
    assert "$.placed_at: Field required" in found["detail"]
    assert found["traceback"].startswith("Traceback")
    assert found["detail"] in shown.out.replace("\n", "")
    assert (found["service"], found["handler"], found["subject"]) == ("capture", "ingest", "capture.cmd.ingest.v1.0.0")


def test_a_letter_that_is_replayed_as_it_was_dies_again(crossdock: Crossdock, letter: str) -> None:
    died_at = crossdock("dead", "show", letter, "--json").json["died_at"]

    assert "1 replayed" in crossdock("dead", "replay", letter, "--by", "tester").out

    eventually(lambda: crossdock("dead", "show", letter, "--json").out.count("died_at"))
    assert crossdock("dead", "show", letter, "--json").json["died_at"] > died_at


def test_a_letter_that_is_mended_becomes_an_order(
    crossdock: Crossdock, letter: str, order_id: str, sku: str, tmp_path: Path
) -> None:
    order = order_of((sku, 1), order_id=order_id.partition(":")[2]).model_dump_json()
    mended = tmp_path / "mended.json"
    command = IngestV1(owner="main", channel="web", order_id=order_id, body=order, received_at=datetime.now(UTC))
    mended.write_bytes(command.encode())

    done = crossdock("dead", "replay", letter, "--body", mended, "--json")

    assert done.json == {"replayed": [letter]}
    eventually(lambda: crossdock("orders", "show", order_id).status == 0)
    assert letter not in listed(crossdock)


def test_all_letters_are_replayed_at_once(crossdock: Crossdock, letter: str, tmp_path: Path) -> None:
    mended = tmp_path / "mended.json"
    mended.write_text("{}")

    refused = crossdock("dead", "replay", "all", "--body", mended)
    done = crossdock("dead", "replay", "all", "--service", "capture", "--json")

    assert (refused.status, refused.error.strip()) == (2, "error: a mended payload is for one letter, not for all")
    assert letter in done.json["replayed"]
    assert crossdock("dead", "replay", "all", "--service", "routing", "--json").json == {"replayed": []}


def test_a_letter_is_thrown_away_with_a_reason(crossdock: Crossdock, letter: str) -> None:
    unsaid = crossdock("dead", "discard", letter)
    done = crossdock("dead", "discard", letter, "--note", "a test")

    assert unsaid.status == 2
    assert "--note" in unsaid.error
    assert (done.status, done.out.strip()) == (0, f"discarded: {letter}")
    assert letter not in listed(crossdock)
    assert crossdock("dead", "discard", letter, "--note", "again").status == 3


@pytest.mark.parametrize("command", ["show", "replay"])
def test_a_letter_that_is_not_there_is_not_found(crossdock: Crossdock, command: str) -> None:
    said = crossdock("dead", command, "CAPTURE_IN-0")

    assert (said.status, said.error.strip()) == (3, "error: there is no open dead letter CAPTURE_IN-0")
