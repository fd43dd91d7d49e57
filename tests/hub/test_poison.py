"""One poison message harms nobody (rule 8)."""

import signal

import pytest

from services.cli.client import Client
from services.hub.commit import Message, OversizeError, check_size
from services.hub.settings import Settings
from tests.conftest import Run, published, until
from tests.hub import tally
from tests.hub.commands import adjustment, document, is_settled, letters, pieces, put, receipt, settled, write
from tests.hub.mortal import start


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"\xff\x00 no json", "Invalid JSON"),
        (b"", "Invalid JSON"),
        (b'{"owner": "main", "sku": "S", "location_id": "X", "quantity": -1}', "quantity"),
        (b'{"owner": "main", "sku": "S"}', "location_id"),
    ],
)
async def test_what_cannot_be_decoded_becomes_a_dead_letter_that_says_why(
    body: bytes, says: str, client: Client, run: Run
) -> None:
    await run(tally.service())

    await client.tell(receipt("A"))
    await put(client, body)
    await client.tell(receipt("B"))
    await settled(client, "receive")

    assert [await pieces(client, sku) for sku in "AB"] == [1, 1]
    (letter,) = await letters(client)
    assert letter["error"] == "UndecodableError"
    assert says in letter["detail"]


async def test_a_decision_that_fails_leaves_no_trace_and_its_neighbours_go_on(client: Client, run: Run) -> None:
    await run(tally.service())

    await client.tell(adjustment("added", delta=1))
    await client.tell(adjustment("fails", delta=100))
    await client.tell(adjustment("added", delta=1))
    await settled(client, "adjust")

    assert await pieces(client) == 2
    (letter,) = await letters(client)
    assert letter["error"] == "KeyError"
    assert "tally.py" in letter["traceback"]


async def test_a_message_that_kills_its_process_is_found_out_and_all_others_are_handled_once(
    settings: Settings, client: Client, run: Run
) -> None:
    await (await run(tally.service())).stop()
    for number in range(20):
        await client.tell(adjustment("kills" if number in {7, 13} else "added", sku=f"S{number}"))

    deaths = 0
    process = await start(settings, "never")
    while not await is_settled(client, "adjust"):
        if process.returncode is not None:
            assert process.returncode == -signal.SIGKILL
            deaths += 1
            process = await start(settings, "never")
        await until(lambda p=process: p.returncode is not None or is_settled(client, "adjust"))

    assert 4 <= deaths <= 9
    assert [await pieces(client, f"S{n}") for n in range(20)] == [0 if n in {7, 13} else 1 for n in range(20)]
    assert {letter["error"] for letter in await letters(client)} == {"CrashedError"}
    assert len(await letters(client)) == 2
    process.kill()
    await process.wait()


async def test_a_message_in_hand_while_the_process_was_killed_from_outside_is_not_blamed(
    settings: Settings, client: Client, run: Run
) -> None:
    await (await run(tally.service())).stop()
    for number in range(10):
        await client.tell(receipt(f"S{number}"))
    for _ in range(4):
        process = await start(settings, "before commit")
        await process.wait()

    await run(tally.service())
    await settled(client, "receive")

    assert await letters(client) == []
    assert [await pieces(client, f"S{n}") for n in range(10)] == [1] * 10


async def test_a_document_too_large_for_the_server_becomes_a_dead_letter_and_the_connection_stays(
    client: Client, run: Run
) -> None:
    running = await run(tally.service())

    await client.tell(adjustment("swells", sku="A", delta=3000))
    await client.tell(adjustment("swells", sku="B", delta=900))
    await client.tell(adjustment("swells", sku="C", delta=900))
    await settled(client, "adjust")

    (letter,) = await letters(client)
    assert letter["error"] == "OversizeError"
    assert "it may have 1998848" in letter["detail"]
    assert running.app.runtime._client is not None
    assert running.app.runtime._client.stats["reconnects"] == 0
    for sku in "BC":
        found = await document(client, sku)
        assert found is not None
        assert len(found["filler"]) == 900_000


async def test_what_the_server_refuses_is_bisected_down_to_the_message_at_fault(client: Client, run: Run) -> None:
    await run(tally.service())
    config = (await client.calls.api("STREAM.INFO.INVENTORY"))["config"]
    answer = await client.calls.api("STREAM.UPDATE.INVENTORY", {**config, "max_msg_size": 100_000})
    assert "error" not in answer

    for number in range(30):
        await client.tell(adjustment("swells", sku=f"S{number}", delta=500 if number == 17 else 1))
    await settled(client, "adjust")

    (letter,) = await letters(client)
    assert letter["error"] == "RefusedError"
    assert '"sku":"S17"' in letter["body"]
    found = [n for n in range(30) if await document(client, f"S{n}")]
    assert found == [n for n in range(30) if n != 17]


def test_a_subject_too_long_is_refused_before_it_reaches_the_server() -> None:
    with pytest.raises(OversizeError, match="longer than"):
        check_size(Message("inventory.state." + "x" * 2000, b""), 1 << 20)


async def test_a_message_as_large_as_the_inbox_takes_still_fits_into_its_dead_letter(client: Client, run: Run) -> None:
    await run(tally.service())
    body = b"x" * 1_990_000

    await put(client, body, headers=b"ce-id: big\r\nx-own: " + b"%" * 7000 + b"\r\n")
    await client.order(receipt("A"))

    (letter,) = await until(lambda: published(client, "INVENTORY", "inventory.dead.>"))
    assert letter.data == body
    too_large = await client.calls.one([], b"inventory.cmd.receive-stock.v1.0.0", b"", b"x" * 2_050_000, timeout_s=5)
    assert b"maximum" in too_large.data


async def test_headers_of_the_hubs_own_do_nothing_in_the_inbox(client: Client, run: Run) -> None:
    await run(tally.service())
    forged = b"crossdock-attempt: x\r\ncrossdock-key: INVENTORY_IN-99\r\ncrossdock-subject: a.b\r\n"

    for number in range(3):
        await put(client, receipt(f"S{number}").encode(), headers=forged + b"ce-id: %d\r\n" % number)
    await put(client, b"{}", headers=forged)
    await settled(client, "receive")

    assert [await pieces(client, f"S{n}") for n in range(3)] == [1, 1, 1]
    (letter,) = await letters(client)
    assert (letter["letter_id"], letter["attempts"]) == ("INVENTORY_IN-4", 1)


async def test_a_retried_message_whose_handler_is_gone_becomes_a_dead_letter(client: Client, run: Run) -> None:
    await run(tally.service())

    await write(client, "inventory.retry.gone.0", b"{}", headers=b"crossdock-key: INVENTORY_IN-1\r\n")

    (letter,) = await until(lambda: letters(client))
    assert letter["handler"] == "gone"
    assert "no handler of this name" in letter["detail"]
