"""Waiting is parking (rule 7)."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nats.aio.msg import Msg

from crossdock_contracts.operations import ReplayDeadLetterV1
from services.cli import quiet
from services.cli.client import Client
from services.hub.decision import Decision, Failed, Later, Outcome, Timer
from services.hub.failures import Failures
from services.hub.inputs import Handler, Input, NewerVersionError
from services.hub.outbox import Outbox
from services.hub.plan import Staged
from services.hub.settings import Settings
from tests.builders import NOW
from tests.conftest import Run, published, until
from tests.hub import tally
from tests.hub.commands import adjustment, letters, pieces, settled


async def test_hundreds_that_wait_do_not_stall_those_behind_them(client: Client, run: Run, tmp_path: Path) -> None:
    await run(tally.service())
    for number in range(600):
        await client.tell(adjustment("waits", sku=f"W{number}", note=str(tmp_path / "file")))

    await client.order(adjustment("added", sku="A", delta=4))
    assert await pieces(client, "A") == 4

    (tmp_path / "file").touch()
    await until(lambda: all_counted(client, "W0", "W1", "W599"))
    assert await letters(client) == []


async def test_what_is_parked_survives_its_process(client: Client, run: Run, tmp_path: Path) -> None:
    first = await run(tally.service())
    await client.tell(adjustment("waits", note=str(tmp_path / "file")))
    await settled(client, "adjust")
    await first.stop()
    (tmp_path / "file").touch()

    await run(tally.service())

    await until(lambda: all_counted(client, "S"))


async def test_what_was_parked_too_often_becomes_a_dead_letter(client: Client, run: Run, tmp_path: Path) -> None:
    await run(tally.service(), park_attempts=2)

    await client.tell(adjustment("waits", note=str(tmp_path / "file")))

    (letter,) = await until(lambda: letters(client))
    assert letter["error"] == "GaveUpError"
    assert "the file is not there" in letter["detail"]
    assert letter["attempts"] == 3


async def test_a_replay_after_giving_up_has_all_its_attempts_again(client: Client, run: Run, tmp_path: Path) -> None:
    await run(tally.service(), park_attempts=2)
    await client.tell(adjustment("waits", note=str(tmp_path / "file")))
    (letter,) = await until(lambda: letters(client))

    replay = ReplayDeadLetterV1(owner="main", letter_id=letter["letter_id"], handler="adjust")
    await client.order(replay, service="inventory")
    await until(lambda: published(client, "INVENTORY", "inventory.parked.>"))
    (tmp_path / "file").touch()

    await until(lambda: all_counted(client, "S"))


def parked(attempt: int, later: Later, *, since: datetime = NOW, **of: Any) -> Staged:
    """What becomes of a message that is to wait once more."""
    settings = Settings(_env_file=None)  # type: ignore[call-arg]  # pydantic-settings' own
    outbox = Outbox("inventory", 0, by_owner=False, partitions=1, pools=1)
    raw = Msg(_client=None, subject="inventory.retry.x.0", reply="$JS.ACK.S.C.1.1.1.1.0", data=b"", headers={})  # type: ignore[arg-type]
    source = Input(Handler("x", "inventory", Timer, lambda *_: Decision()), raw)
    source.attempt, source.since = attempt, since
    for name, value in of.items():
        setattr(source, name, value)
    return Failures(outbox, settings).park(source, later, NOW)


def pause(attempt: int, later: Later, **of: Any) -> float:
    """Seconds that a message is parked for."""
    at = parked(attempt, later, **of).extra[0].headers.decode().split("@at ")[1].split("\r")[0]
    return (datetime.fromisoformat(at) - NOW).total_seconds()


def test_what_the_other_side_asks_for_never_quickens_the_hubs_own_pace() -> None:
    assert pause(0, Later("down", not_before_s=30.0)) >= 30
    assert pause(6, Later("down", not_before_s=5.0), outcome=AWAY) >= 2 * 2**6
    assert pause(30, Later("down", not_before_s=5.0), outcome=AWAY) >= 900


BEHIND = Later("the order is not known here yet", 0.5)
AWAY = Failed("connection refused")


def test_what_waits_for_another_message_is_tried_every_few_seconds_and_what_waits_for_the_outside_is_left_alone() -> (
    None
):
    assert pause(0, BEHIND) < 1
    assert pause(4, BEHIND) >= 8
    assert all(15 <= pause(attempt, BEHIND) <= 21 for attempt in (5, 12, 2000))
    assert 360 <= pause(40, BEHIND, since=NOW - timedelta(hours=1)) <= 504, "a tenth of what it has waited"
    assert pause(12, BEHIND, outcome=AWAY) >= 900
    assert pause(12, Later("version 7 is not known", 60.0), fault=NewerVersionError("7")) >= 900


@pytest.mark.parametrize("outcome", [None, AWAY], ids=["within", "outside"])
def test_however_often_it_is_tried_a_message_waits_through_an_outage_of_hours(outcome: Outcome | None) -> None:
    assert parked(40, BEHIND, since=NOW - timedelta(hours=6), outcome=outcome).outcome == "parked"
    assert parked(2000, BEHIND, since=NOW - timedelta(hours=6), outcome=outcome).outcome == "parked"
    assert parked(39, BEHIND, since=NOW - timedelta(hours=10), outcome=outcome).outcome == "parked"
    assert parked(40, BEHIND, since=NOW - timedelta(hours=10), outcome=outcome).outcome == "dead"


async def test_who_waits_for_the_hub_in_vain_is_told_what_is_parked_and_why(
    client: Client, run: Run, tmp_path: Path
) -> None:
    await run(tally.service())
    await client.tell(adjustment("waits", note=str(tmp_path / "file")))
    await settled(client, "adjust")

    with pytest.raises(
        quiet.BusyError, match=r"inventory adjust of .*tried \d+ times, again by .*the file is not there"
    ):
        await quiet.wait(client, timeout_s=0)


async def all_counted(client: Client, *skus: str) -> bool:
    return all([await pieces(client, sku) == 1 for sku in skus])
