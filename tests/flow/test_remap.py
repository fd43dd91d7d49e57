"""A channel's past, read again once its mapping has been mended: through the running services, from what they kept."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import orjson
import pytest

from services.capture.channels import columns
from services.capture.channels.csv import Csv
from services.capture.decide import ingest
from services.capture.formats import FORMATS
from services.capture.rules import Channels
from services.cli.kept import Wanted
from services.cli.remap import Run, read_again
from services.hub.archive import BUCKET
from services.hub.janitor import Janitor
from services.hub.objects import ObjectStore
from services.verify.reading import Entry, Streams
from tests.builders import unique
from tests.conftest import published
from tests.flow.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEAD = (
    "order_id,placed_at,currency,line_id,sku,quantity,unit_price,total,payment_method,payment_reference,note,"
    "ship_to_name,ship_to_line1,ship_to_line2,ship_to_postcode,ship_to_city,ship_to_country"
)


async def posts(house: House, sku: str, note: str = "") -> str:
    """A shop hands in an order as CSV; its id."""
    order_id = unique("m")
    row = f"{order_id},2026-03-02T09:00:00Z,EUR,1,{sku},1,10.00,10.00,prepaid,p-1,{note},"
    row += "Anna,Street 1,Floor 4,10115,Berlin,DE"
    (body,) = Csv().split(f"{HEAD}\n{row}\n".encode())
    answer = await house.web.post("/webhooks/post", content=body)
    assert answer.status_code == 202, answer.text
    return f"post:{order_id}"


async def remapped(house: House, *orders: str, dry: bool = False) -> Run:
    channel = Channels.load(house.settings.rules_dir, FORMATS)["post"]
    run = Run(Wanted(channel, frozenset(orders)), dry, by="anna", note="second lines of addresses")
    await read_again(house.client, run, keep_ended=timedelta(days=400))
    return run


async def test_orders_that_were_misread_are_amended_from_what_was_kept_and_nothing_is_done_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(columns.ORDER, "ship_to_line2", ("ship_to", "line3"))  # which is wrong
    here, gone = await house.sells(BER=5), await house.sells()
    shipped, waiting = await posts(house, here), await posts(house, gone)
    await house.ships(await house.labelled(shipped))
    await house.hears("order-completed", shipped)
    await house.hears("stock-backordered", waiting)
    monkeypatch.undo()
    ingest.read.cache_clear()  # as a new process has read nothing

    shown = await remapped(house, dry=True)
    assert await house.said("channel-remapped") == await house.said("order-amended") == []
    run = await remapped(house)
    again = await remapped(house)

    assert shown.would == run.outcomes == {"changed": 1, "held": 1}
    assert run.differing == {"$.ship_to.line2": 2, "$.ship_to.line3": 2}
    found = {one.message.order_id: {c.path: (c.before, c.after) for c in one.differences} for one in run.readings}
    moved = {"$.ship_to.line2": ('""', '"Floor 4"'), "$.ship_to.line3": ('"Floor 4"', '""')}
    assert found == {shipped: moved, waiting: moved}
    assert (again.handed_in, again.to_look_at, again.failed) == (0, 0, {})
    amended = await house.hears("order-amended", waiting)
    assert (amended["order"]["ship_to"]["line2"], amended["requested_by"]) == ("Floor 4", "anna")
    assert (await house.status(shipped), await house.holds(shipped)) == ("completed", ["late-arrival"])
    assert len(await house.said("shipment-shipped", shipped)) == 1
    begun, ended, *_ = await house.said("channel-remapped")
    assert (begun["requested_by"], begun.get("ended_at"), ended["run_id"]) == ("anna", None, run.run_id)
    assert ended["figures"] == {"orders": 2, "handed_in": 2, "changed": 1, "held": 1}

    await house.receives(gone, "BER", 1)
    await house.ships(await house.labelled(waiting))
    await house.rest()


async def test_payloads_are_read_from_the_archive_once_they_are_too_old_for_the_inbox_and_all_of_them_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(columns.ORDER, "ship_to_line2", ("ship_to", "line3"))  # which is wrong
    order_id = await posts(house, await house.sells(), "Grüße")
    await house.hears("stock-backordered", order_id)
    await house.rest()
    monkeypatch.undo()
    ingest.read.cache_clear()
    runtime = house.running["capture"].app.runtime
    assert runtime.desk is not None
    settings = house.settings.model_copy(update={"keep_events_days": 1e-9})
    archive = ObjectStore(house.client.connection, house.client.calls, BUCKET)
    janitor = Janitor("capture", runtime.calls, runtime.desk.reader, archive, settings, runtime.service.archives)

    await janitor.clean()

    assert await published(house.client, "CAPTURE_IN", "capture.cmd.>") == []
    gone_through: list[str] = []
    read = Streams.read

    def counted(self: Streams, stream: str, *args: Any, **fields: Any) -> AsyncIterator[Entry]:
        gone_through.append(stream)
        return read(self, stream, *args, **fields)

    monkeypatch.setattr(Streams, "read", counted)
    run = await remapped(house, order_id, dry=True)
    assert (run.survey.payloads, list(run.survey.newest), run.looked_at) == (1, [order_id], 1)
    assert set(run.differing) == {"$.ship_to.line2", "$.ship_to.line3"}
    assert gone_through == ["CAPTURE_IN", "CAPTURE"]
    assert orjson.dumps(run.as_json())
