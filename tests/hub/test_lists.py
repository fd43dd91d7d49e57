"""Lists of documents: read a page at a time; and timers that stand in the list of one thing and are about another."""

from datetime import timedelta

from crossdock_contracts import subjects
from services.cli.client import Client
from services.hub.decision import Timer
from services.hub.documents import Reader
from services.hub.outbox import Outbox
from tests.builders import NOW
from tests.conftest import Run
from tests.hub import tally
from tests.hub.commands import write


class Errand(Timer, service="inventory", kind="errand", key=("place", "who"), home="who"):
    """Stands in the list of a place, and is about somebody."""

    place: str
    who: str


def test_a_timer_is_heard_in_the_partition_of_what_it_is_about() -> None:
    outbox = Outbox("inventory", 0, by_owner=False, partitions=64, pools=1)
    errands = [Errand(place="BER", who=f"{n}", due_at=NOW + timedelta(hours=1)) for n in range(20)]

    targets = [outbox.document(one, one.subject, None, "").headers.decode() for one in errands]

    for one, headers in zip(errands, targets, strict=True):
        shard = subjects.partition("main", one.who, 64)
        assert f"Nats-Schedule-Target: inventory.due.errand.{shard}.main.BER.{one.who}\r\n" in headers
    assert len({one.subject.rpartition(".")[0] for one in errands}) == 1


async def test_a_long_list_is_read_page_by_page_up_to_its_limit(client: Client, run: Run) -> None:
    await run(tally.service())
    names = [f"S{n:04}" for n in range(1, 1101)]
    for name in names:
        document = tally.Tally(sku=name, pieces=1)
        await write(client, document.subject, document.encode(), headers=b"")
    reader = Reader(client.calls, "INVENTORY", [tally.Tally])

    found = await reader.scan("inventory.state.tally.main.", 5000)
    first = await reader.scan("inventory.state.tally.main.", 700)

    assert [entry.document.sku for entry in found.values()] == names
    assert list(first) == list(found)[:700]
