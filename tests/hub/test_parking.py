"""Waiting is parking (rule 7)."""

from datetime import datetime, timedelta
from pathlib import Path

from nats.aio.msg import Msg

from crossdock_contracts.operations import ReplayDeadLetterV1
from services.cli.client import Client
from services.hub.decision import Decision, Later, Timer
from services.hub.failures import Failures
from services.hub.inputs import Handler, Input
from services.hub.outbox import Outbox
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


def pause(attempt: int, later: Later) -> float:
    """Seconds that a message is parked for."""
    settings = Settings(_env_file=None)  # type: ignore[call-arg]  # pydantic-settings' own
    outbox = Outbox("inventory", 0, by_owner=False, partitions=1, pools=1)
    raw = Msg(_client=None, subject="inventory.retry.x.0", reply="$JS.ACK.S.C.1.1.1.1.0", data=b"", headers={})  # type: ignore[arg-type]
    source = Input(Handler("x", "inventory", Timer, lambda *_: Decision()), raw)
    source.attempt = attempt
    parked = Failures(outbox, settings).park(source, later, NOW)
    at = parked.extra[0].headers.decode().split("@at ")[1].split("\r")[0]
    return (datetime.fromisoformat(at) - NOW).total_seconds()


def test_what_the_other_side_asks_for_never_quickens_the_hubs_own_pace() -> None:
    assert pause(0, Later("down", not_before_s=30.0)) >= 30
    assert pause(6, Later("down", not_before_s=5.0)) >= 2 * 2**6
    assert pause(30, Later("down", not_before_s=5.0)) >= 900


def test_what_waits_for_another_message_waits_briefly_first_and_through_an_outage_of_hours() -> None:
    behind = [pause(attempt, Later("the order is not known here yet", 0.5)) for attempt in range(40)]

    assert behind[0] < 1
    assert sum(behind) > timedelta(hours=6).total_seconds()


async def all_counted(client: Client, *skus: str) -> bool:
    return all([await pieces(client, sku) == 1 for sku in skus])
