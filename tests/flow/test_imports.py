"""`crossdock import`: every row and every penny is accounted for, and an import may be broken off and begun again."""

import asyncio
import csv
import gzip
import os
import signal
import sys
import time
from collections import Counter
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.capture.channels.invoices.rows import COLUMNS
from services.hub.settings import ROOT
from tests.builders import unique
from tests.conftest import REAL_DATA, published
from tests.flow.house import House, order_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

REAL = REAL_DATA / "orders" / "online_retail_II_2009-2010.csv.gz"
ROWS = 1500


async def started(house: House, notes: Path, *arguments: Any) -> asyncio.subprocess.Process:
    """`crossdock import` in a process of its own; ``notes`` is where it writes how far it has got."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli.main", "import", *map(str, arguments)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={
            **os.environ,
            "CROSSDOCK_NATS_URL": house.settings.nats_url,
            "CROSSDOCK_DATA_DIR": str(notes),
            "CROSSDOCK_RULES_DIR": str(house.settings.rules_dir),
        },
    )


async def imported(house: House, notes: Path, *arguments: Any) -> Any:
    """What `crossdock import --json` says."""
    process = await started(house, notes, *arguments, "--json")
    out, error = await process.communicate()
    assert process.returncode == 0, error.decode()
    return orjson.loads(out)


async def inbox(house: House) -> int:
    """How many orders have been handed in, of whatever kind."""
    return len(await published(house.client, "CAPTURE_IN", "capture.cmd.ingest.>"))


def invoices(file: Path, *rows: str) -> Path:
    """A file of invoices with these rows."""
    file.write_text("\n".join([",".join(COLUMNS), *rows, ""]))
    return file


async def test_rows_that_are_wrong_are_named_and_the_rest_adds_up(house: House, tmp_path: Path) -> None:
    n = unique("9")
    file = invoices(
        tmp_path / "invoices.csv",
        f"{n}1,10002,TEA CUP,3,2010-01-04 09:00:00,1.25,13085.0,United Kingdom",
        f"{n}1,POST,POSTAGE,1,2010-01-04 09:00:00,4.50,13085.0,United Kingdom",
        f"{n}2,10002,TEA CUP,many,2010-01-04 09:00:00,1.25,13085.0,United Kingdom",
        f"{n}2,10002,TEA CUP,2,2010-01-04 09:00:00,free,13085.0,United Kingdom",
        f"{n}3,10002,damages,-5,2010-01-04 09:00:00,0,,United Kingdom",
        f"{n}4,10002,TEA CUP,1,yesterday,1.25,13085.0,United Kingdom",
        f"C{n}5,10002,TEA CUP,-2,2010-01-05 09:00:00,1.25,13085.0,United Kingdom",
        f"C{n}6,10002,TEA CUP,-9,2010-01-05 09:00:00,1.25,13085.0,United Kingdom",
        f"A{n}7,B,Adjust bad debt,1,2010-01-05 09:00:00,-100.00,,United Kingdom",
        f"{n}8,10002,TEA CUP,1,2010-01-05 09:00:00,1.25,13085.0,Atlantis",
    )

    said = await imported(house, tmp_path, file, "--channel", "retail", "--products", "--stock-at", "BER")

    assert (said["rows"], said["adds_up"]) == (10, True)
    assert said["lines"] == {
        "cancellation": 1,
        "order:charge": 1,
        "order:physical": 2,
        "rejected:correction-of-the-books": 1,
        "rejected:no-earlier-sale": 1,
        "rejected:stock-adjustment": 1,
        "rejected:unreadable": 3,
        "rounding": 0,
    }
    assert Decimal(said["money"]) == Decimal("-104.25")
    assert sum(map(Decimal, said["amounts"].values())) == Decimal(said["money"])
    named = {one["line"]: one["reason"] for one in said["rejections"]}
    assert named == {
        4: "unreadable",
        5: "unreadable",
        6: "stock-adjustment",
        7: "unreadable",
        9: "no-earlier-sale",
        10: "correction-of-the-books",
    }
    assert (said["orders"], said["cancellations"], said["handed_in_now"]) == (2, 1, 3)
    assert (await house.hears("order-cancelled", f"retail:{n}1"))["amount_minor"] > 0
    assert await house.holds(f"retail:{n}8") == ["address-incomplete"]
    assert await house.stock("10002") == (4, 1, 1, 0)  # one of three ships, the order to nowhere keeps its piece


async def test_the_rejected_rows_are_written_to_a_file_and_shown_to_people(house: House, tmp_path: Path) -> None:
    row = "2010-01-04 09:00:00,1.25,13085.0,United Kingdom"
    file = invoices(tmp_path / "bad.csv", f"7,10002,TEA CUP,x,{row}", f"A8,B,Adjust,1,{row}")

    process = await started(house, tmp_path, file, "--channel", "retail", "--rejected", tmp_path / "rejected.csv")
    out, _ = await process.communicate()

    said = out.decode()
    assert process.returncode == 1  # nothing of it was taken
    assert "line 2: invoice 7: unreadable" in said
    assert "rows and money add up" in said
    with (tmp_path / "rejected.csv").open() as lines:
        assert [(r["line"], r["reason"]) for r in csv.DictReader(lines)] == [
            ("2", "unreadable"),
            ("3", "correction-of-the-books"),
        ]


@pytest.mark.parametrize(
    ("content", "channel", "status", "words"),
    [
        ("Invoice,Quantity\n1,2\n", "retail", 1, "neither JSON lines nor a CSV file with the columns Invoice"),
        ("{}\n", "telex", 2, "no channel 'telex' is set up in channels.toml; known: brief, business"),
    ],
)
async def test_a_file_or_channel_that_is_none_is_refused(
    house: House, tmp_path: Path, content: str, channel: str, status: int, words: str
) -> None:
    file = tmp_path / "file.csv"
    file.write_text(content)

    process = await started(house, tmp_path, file, "--channel", channel)
    _, error = await process.communicate()

    assert process.returncode == status
    assert words in " ".join(error.decode().split())


def killed_at_first_note(pid: int, folder: Path) -> Path:
    """Kill a process once it has noted how far it is: from a thread, for the services keep this one's loop busy."""
    deadline = time.monotonic() + 30
    while not (notes := list(folder.glob("*.json"))):
        assert time.monotonic() < deadline, "the import noted nothing"
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
    return notes[0]


async def test_an_import_that_was_killed_goes_on_where_it_stopped_and_one_that_is_repeated_changes_nothing(
    house: House, tmp_path: Path
) -> None:
    sku = await house.sells(BER=5000)
    orders = [order_of((sku, 1), order_id=unique("imp")) for _ in range(1300)]
    file = tmp_path / "orders.jsonl"
    file.write_bytes(b"\n".join(one.model_dump_json(exclude_defaults=True).encode() for one in orders))
    before = len(await house.said("order-captured"))

    process = await started(house, tmp_path, file, "--channel", "web")
    note = await asyncio.to_thread(killed_at_first_note, process.pid, tmp_path / "imports")
    await process.communicate()
    reached = orjson.loads(note.read_bytes())["steps"]
    await house.rest()
    handed_in = await inbox(house)
    said = await imported(house, tmp_path, file, "--channel", "web")

    assert 0 < reached < len(orders)
    assert await inbox(house) - handed_in == len(orders) - reached
    assert said["handed_in_now"] == len(orders) - reached
    captured = [one["order_id"] for one in await house.said("order-captured")][before:]
    assert sorted(captured) == sorted(f"web:{one.order_id}" for one in orders)

    again = await imported(house, tmp_path, file, "--channel", "web")
    elsewhere = await imported(house, tmp_path / "new", file, "--channel", "web")

    assert (again["handed_in_now"], elsewhere["handed_in_now"]) == (0, len(orders))
    assert again["in_the_hub"] == elsewhere["in_the_hub"] == said["in_the_hub"]
    assert len(await house.said("order-captured")) == before + len(orders)
    assert await house.stock(sku) == (5000, 1300, 0, 0)


async def test_an_import_that_was_killed_before_its_first_order_does_not_receive_stock_twice(
    house: House, tmp_path: Path
) -> None:
    skus = [unique("C") for _ in range(450)]
    row = "2,2010-01-04 09:00:00,1.25,13085.0,United Kingdom"
    file = invoices(tmp_path / "many.csv", *(f"{unique('8')},{sku},TEA CUP,{row}" for sku in skus))
    arguments = (file, "--channel", "retail", "--products", "--stock-at", "BER")

    process = await started(house, tmp_path, *arguments)
    note = await asyncio.to_thread(killed_at_first_note, process.pid, tmp_path / "imports")
    await process.communicate()
    note.write_bytes(orjson.dumps({"receipts": 0, "steps": 0}))  # as if it had died before it could write down more
    said = await imported(house, tmp_path, *arguments)

    assert (said["orders"], said["handed_in_now"]) == (450, 450)
    received = Counter(entry["sku"] for entry in await house.said("stock-moved") if entry["kind"] == "received")
    assert {received[sku] for sku in skus} == {1}


@pytest.mark.skipif(not REAL.exists(), reason=f"the real file does not lie beside the project: {REAL}")
async def test_a_slice_of_the_real_file_adds_up_to_the_penny(house: House, tmp_path: Path) -> None:
    file = tmp_path / "slice.csv.gz"
    with gzip.open(REAL, "rt", encoding="utf-8-sig") as real, gzip.open(file, "wt") as out:
        out.writelines(islice(real, 1 + ROWS))
    with gzip.open(file, "rt") as lines:
        rows = list(csv.DictReader(lines))
    invoices = {row["Invoice"] for row in rows}

    said = await imported(house, tmp_path, file, "--channel", "retail", "--products", "--stock-at", "ROT")

    assert said["rows"] == ROWS == sum(said["lines"].values())
    assert said["adds_up"] is True
    money = sum((int(row["Quantity"]) * Decimal(row["Price"]) for row in rows), Decimal(0))
    assert Decimal(said["money"]) == money == sum(map(Decimal, said["amounts"].values()))
    kinds = Counter("C" if i.startswith("C") else "order" for i in invoices)
    assert said["orders"] <= kinds["order"]
    assert said["lines"]["order:physical"] > 0.9 * ROWS
    assert said["lines"]["order:charge"] > 0
    there = {i: await house.status(f"retail:{i}") for i in invoices if not i.startswith(("C", "A"))}
    assert sum(1 for status in there.values() if status) == said["orders"]
    assert set(there.values()) <= {"open", "held", "paused", "cancelled", "completed", ""}
