"""Dead letters are entities (rule 9)."""

import gzip
from base64 import b64decode
from functools import partial

import orjson
import pytest

from crossdock_contracts import subjects
from crossdock_contracts.inventory import ReceiveStockV1
from crossdock_contracts.operations import DiscardDeadLetterV1, ReplayDeadLetterV1
from services.cli.client import Client, RefusedError
from services.hub.decision import Decision, States
from services.hub.service import Service
from tests.conftest import Run, published, until
from tests.hub import tally
from tests.hub.commands import adjustment, has_pieces, letters, pieces, put, receipt, settled

RAW = b'{"owner":"main","sku":"S","location_id":"X","quantity":2,"note":"\xc3\xbc \xf0\x9f\x93\xa6","x":[1, 2 ]}'


def two_handlers(*, healthy: bool) -> Service:
    """A service in which one of the two handlers of a receipt fails."""

    def other(states: States, message: ReceiveStockV1, now: object) -> Decision:
        del now
        if not healthy:
            msg = "a bug"
            raise RuntimeError(msg)
        found = tally.tally(states, message.model_copy(update={"sku": "OTHER"}))
        return Decision(writes=[found.model_copy(update={"pieces": found.pieces + message.quantity})])

    hub = tally.service()
    hub.on(ReceiveStockV1, other, name="other", remember=True)
    return hub


replay = partial(ReplayDeadLetterV1, owner="main", requested_by="desk 1", note="mended")
discard = partial(DiscardDeadLetterV1, owner="main", requested_by="desk 1", note="of no use")


async def test_a_letter_keeps_the_payload_byte_for_byte_and_all_that_is_known(client: Client, run: Run) -> None:
    await run(two_handlers(healthy=False))
    await put(client, RAW, headers=b"ce-id: m-1\r\nce-correlationid: main/web:1\r\n")
    await settled(client, "receive", "other")

    (stored,) = await published(client, "INVENTORY", "inventory.dead.>")
    (letter,) = await letters(client)

    assert stored.data == RAW
    assert letter["headers"]["ce-id"] == "m-1"
    assert letter["order"] == "main/web:1"
    assert (letter["handler"], letter["error"], letter["detail"]) == ("other", "RuntimeError", "a bug")
    assert letter["subject"] == "inventory.cmd.receive-stock.v1.0.0"
    assert letter["letter_id"] == "INVENTORY_IN-1"
    assert letter["attempts"] == 1
    (event,) = await published(client, "INVENTORY", "inventory.evt.message-dead-lettered.>")
    assert orjson.loads(event.data)["letter_id"] == "INVENTORY_IN-1"


async def test_a_replay_reaches_the_handler_that_failed_and_no_other(client: Client, run: Run) -> None:
    first = await run(two_handlers(healthy=False))
    await put(client, RAW)
    await settled(client, "receive", "other")
    await first.stop()
    await run(two_handlers(healthy=True))

    (letter,) = await letters(client)
    await client.order(replay(letter_id=letter["letter_id"], handler="other"), service="inventory")
    await until(lambda: has_pieces(client, "OTHER", 2))

    assert await pieces(client, "S") == 2, "the receipt was counted once, by the handler that took it at first"
    assert await letters(client) == []
    (audit,) = await published(client, "INVENTORY", "inventory.evt.dead-letter-replayed.>")
    assert orjson.loads(audit.data)["requested_by"] == "desk 1"


async def test_a_replay_hands_over_the_same_bytes(client: Client, run: Run) -> None:
    await run(two_handlers(healthy=False))
    await put(client, RAW, headers=b"ce-id: m-1\r\nx-own: kept\r\n")
    await settled(client, "receive", "other")
    (letter,) = await letters(client)

    await client.order(replay(letter_id=letter["letter_id"], handler="other"), service="inventory")

    (retried,) = await published(client, "INVENTORY", "inventory.retry.other.>")
    assert retried.data == RAW
    assert (retried.headers or {})["x-own"] == "kept"
    assert (retried.headers or {})["ce-id"] == "m-1"


async def test_a_mended_payload_is_handed_over_and_the_audit_says_so(client: Client, run: Run) -> None:
    await run(tally.service())
    await client.tell(adjustment("fails"))
    await settled(client, "adjust")
    (letter,) = await letters(client)

    mended = adjustment("added", delta=7).encode().decode()
    await client.order(replay(letter_id=letter["letter_id"], handler="adjust", body=mended), service="inventory")

    (audit,) = await published(client, "INVENTORY", "inventory.evt.dead-letter-replayed.>")
    said = orjson.loads(audit.data)
    assert said["edited"] is True
    assert {(one["path"], one["before"], one["after"]) for one in said["mended"]} == {
        ("$.reason", '"fails"', '"added"'),
        ("$.delta", "1", "7"),
    }
    assert gzip.decompress(b64decode(said["original"])) == adjustment("fails").encode(), "nothing of it is lost"
    await until(lambda: has_pieces(client, "S", 7))


async def test_a_mended_payload_that_its_handler_cannot_read_is_refused(client: Client, run: Run) -> None:
    await run(tally.service())
    await client.tell(adjustment("fails"))
    await settled(client, "adjust")
    (letter,) = await letters(client)
    wrong = adjustment("added").encode().decode().replace('"delta":1', '"delta":"x"')

    with pytest.raises(RefusedError, match=r"payload-invalid: \$\.delta: Input should be a valid integer"):
        await client.order(
            replay(letter_id=letter["letter_id"], handler="adjust", body=wrong),
            service="inventory",
        )

    assert await letters(client) == [letter]


async def test_a_letter_that_died_again_since_it_was_looked_at_is_not_touched(client: Client, run: Run) -> None:
    await run(tally.service())
    await client.tell(adjustment("fails"))
    await settled(client, "adjust")
    (first,) = await letters(client)
    await client.order(replay(letter_id=first["letter_id"], handler="adjust"), service="inventory")
    (second,) = await until(lambda: letters(client))

    for command in (replay, discard):
        with pytest.raises(RefusedError, match=r"no open dead letter .* as it was looked at"):
            await client.order(
                command(letter_id=first["letter_id"], handler="adjust", seq=first["seq"]), service="inventory"
            )

    assert await letters(client) == [second]


async def test_a_letter_that_fails_again_is_open_again(client: Client, run: Run) -> None:
    await run(tally.service())
    await client.tell(adjustment("fails"))
    await settled(client, "adjust")
    (first,) = await letters(client)

    await client.order(replay(letter_id=first["letter_id"], handler="adjust"), service="inventory")

    (second,) = await until(lambda: letters(client))
    assert second["letter_id"] == first["letter_id"]
    assert second["seq"] > first["seq"]


async def test_a_letter_is_closed_once(client: Client, run: Run) -> None:
    await run(tally.service())
    await client.tell(adjustment("fails"))
    await settled(client, "adjust")
    (letter,) = await letters(client)

    await client.order(discard(letter_id=letter["letter_id"], handler="adjust"), service="inventory")

    assert await letters(client) == []
    with pytest.raises(RefusedError, match="no open dead letter"):
        await client.order(replay(letter_id=letter["letter_id"], handler="adjust"), service="inventory")
    (audit,) = await published(client, "INVENTORY", "inventory.evt.dead-letter-discarded.>")
    said = orjson.loads(audit.data)
    assert (said["note"], said["error"]) == ("of no use", "KeyError")
    assert gzip.decompress(b64decode(said["original"])) == adjustment("fails").encode()


async def test_a_command_on_another_partitions_subject_becomes_a_dead_letter(client: Client, run: Run) -> None:
    await run(tally.service(), partitions=2)
    right = subjects.partition("main", "S", 2)

    for partition in (right, 1 - right):
        subject = subjects.message(ReceiveStockV1.TYPE, 1, partition=partition)
        await client.calls.one([], subject.encode(), b"", receipt(quantity=5).encode(), timeout_s=5)

    (letter,) = await until(lambda: letters(client))
    assert letter["error"] == "MisdirectedError"
    assert letter["partition"] == 1 - right
    assert "send it again on the subject" in letter["detail"]
    await until(lambda: has_pieces(client, "S", 5))
