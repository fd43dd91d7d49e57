"""Streams and consumers are made by one idempotent step that never goes back and never loses data."""

import pytest

from services.cli.client import Client
from services.hub import streams
from services.hub.streams import Layout, ProvisionError, own_stream, provision_consumer, provision_stream
from services.hub.wire import status
from tests.conftest import Run
from tests.hub import tally
from tests.hub.commands import put, receipt, settled


async def config(client: Client, name: str) -> dict[str, object]:
    found = await client.calls.api(f"STREAM.INFO.{name}")
    return dict(found["config"])  # type: ignore[call-overload]  # JSON


async def test_provisioning_twice_changes_nothing(client: Client) -> None:
    await provision_stream(client.calls, own_stream("inventory", Layout()))
    before = await config(client, "INVENTORY")
    await provision_stream(client.calls, own_stream("inventory", Layout()))
    assert await config(client, "INVENTORY") == before


async def test_an_older_revision_is_never_applied(client: Client) -> None:
    newer = own_stream("inventory", Layout())
    newer |= {
        "max_msgs_per_subject": -1,
        "metadata": {**newer["metadata"], "crossdock.revision": "99"},
        "max_age": 10**18,
    }
    await client.calls.api("STREAM.CREATE.INVENTORY", newer)

    await provision_stream(client.calls, own_stream("inventory", Layout()))

    assert (await config(client, "INVENTORY"))["max_age"] == 10**18


async def test_a_newer_revision_is_applied(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    await provision_stream(client.calls, own_stream("inventory", Layout()))
    monkeypatch.setattr(streams, "REVISION", streams.REVISION + 1)
    newer = own_stream("inventory", Layout()) | {"duplicate_window": 7_000_000_000}

    await provision_stream(client.calls, newer)

    assert (await config(client, "INVENTORY"))["duplicate_window"] == 7_000_000_000


async def test_subjects_that_were_taken_once_are_taken_on(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    await provision_stream(client.calls, own_stream("inventory", Layout()))
    monkeypatch.setattr(streams, "REVISION", streams.REVISION + 1)
    other = own_stream("inventory", Layout()) | {"subjects": ["inventory.evt.>", "inventory.new.>"]}

    await provision_stream(client.calls, other)

    found = await config(client, "INVENTORY")
    assert {"inventory.dead.>", "inventory.new.>"} <= set(found["subjects"])  # type: ignore[call-overload]  # JSON


async def test_a_service_of_an_older_version_leaves_a_newer_ones_commands_in_the_inbox(
    client: Client, run: Run
) -> None:
    older = tally.service()
    del older.handlers["transfer"]
    await (await run(older)).stop()
    await (await run(tally.service())).stop()

    older = tally.service()
    del older.handlers["transfer"]
    await run(older)

    found = await config(client, "INVENTORY_IN")
    assert "inventory.cmd.transfer-stock.*.0.*" in found["subjects"]  # type: ignore[operator]  # JSON


@pytest.mark.parametrize(
    "subject",
    ["inventory.cmd.no-such-command.v1.0.0", "inventory.cmd.receive-stock.v1.7.0", "inventory.cmd.receive-stock"],
)
async def test_a_command_that_nobody_would_take_is_refused_at_once(subject: str, client: Client, run: Run) -> None:
    await run(tally.service())

    answer = await client.calls.one([], subject.encode(), b"", receipt().encode(), timeout_s=5)

    assert status(answer) == "503"


@pytest.mark.parametrize(
    ("layout", "variable"), [(Layout(partitions=4), "CROSSDOCK_PARTITIONS=1"), (Layout(pools=4), "CROSSDOCK_POOLS=1")]
)
async def test_shards_stay_as_they_were_chosen(layout: Layout, variable: str, client: Client) -> None:
    await provision_stream(client.calls, own_stream("inventory", Layout()))
    with pytest.raises(ProvisionError, match=variable):
        await provision_stream(client.calls, own_stream("inventory", layout))


async def test_a_consumer_keeps_its_place_when_it_is_provisioned_again(client: Client, run: Run) -> None:
    first = await run(tally.service())
    await put(client, receipt().encode())
    await settled(client, "receive")
    await first.stop()

    declared = streams.consumer("inventory-receive-0", "inventory.cmd.receive-stock.*.0.*", ack_wait_s=9, replicas=1)
    await provision_consumer(client.calls, "INVENTORY_IN", declared)

    info = await client.calls.api("CONSUMER.INFO.INVENTORY_IN.inventory-receive-0")
    assert info["ack_floor"]["stream_seq"] == 1


async def test_an_inbox_takes_nothing_that_could_wipe_or_forge(client: Client, run: Run) -> None:
    await run(tally.service())
    subject = b"inventory.cmd.receive-stock.v1.0.0"
    for headers in (
        b"Nats-Rollup: all\r\n",
        b"Nats-Rollup: sub\r\n",
        b"Nats-Schedule: @at 2030-01-01T00:00:00Z\r\nNats-Schedule-Target: inventory.cmd.x\r\n",
        b"Nats-TTL: 1s\r\n",
        b"Nats-Batch-Id: b\r\nNats-Batch-Sequence: 1\r\nNats-Batch-Commit: 1\r\n",
    ):
        answer = await client.calls.one([], subject, headers, receipt().encode(), timeout_s=5)
        assert b'"error"' in answer.data, headers
