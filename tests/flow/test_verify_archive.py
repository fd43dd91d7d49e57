"""The audit over a hub whose events have moved to the archive: it finds the same as before."""

import pytest

from crossdock_contracts import subjects
from services.hub.archive import BUCKET, name_of, pack
from services.hub.janitor import Janitor
from services.hub.objects import ObjectStore
from services.verify.checks import audit
from services.verify.facts import SERVICES, Facts, gather
from services.verify.reading import Streams
from tests.conftest import published
from tests.flow.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT_ONCE = 1e-9
"""An age, in days, that everything has."""


async def found(house: House) -> tuple[Facts, dict[str, list[str]]]:
    """What an audit reads, and the violations that it finds."""
    facts = await gather(Streams(house.client.connection, house.client.calls))
    return facts, {check.name: check.violations for check in audit(facts) if not check.ok}


async def archive_of(house: House) -> ObjectStore:
    archive = ObjectStore(house.client.connection, house.client.calls, BUCKET)
    await archive.open()
    return archive


async def clean(house: House) -> None:
    """One round of every service's janitor, for which every event is old."""
    settings = house.settings.model_copy(update={"keep_events_days": AT_ONCE})
    for name, running in house.running.items():
        desk = running.app.runtime.desk
        assert desk is not None
        await Janitor(name, house.client.calls, desk.reader, await archive_of(house), settings).clean()


async def test_the_audit_is_the_same_from_the_archive_even_if_a_stretch_was_archived_twice(house: House) -> None:
    sku = await house.sells(BER=10)
    shipped = await house.sold((sku, 2))
    await house.ships(await house.labelled(shipped))
    await house.cancels(await house.sold((sku, 1)))
    await house.hears("order-completed", shipped)
    await house.rest()
    before, broken = await found(house)
    assert broken == {}

    stretch = (await published(house.client, "INVENTORY", "inventory.evt.>"))[:2]
    first, last = (int((one.headers or {})["Nats-Sequence"]) for one in stretch)
    await (await archive_of(house)).put(name_of("INVENTORY", first, last), pack(stretch))
    assert await found(house) == (before, {})  # the process died before it could purge what it had archived

    await clean(house)

    for service in SERVICES:
        assert await published(house.client, subjects.stream(service), f"{service}.evt.>") == []
    after, broken = await found(house)
    assert broken == {}
    assert (after.ledger, after.moved, after.captured_at) == (before.ledger, before.moved, before.captured_at)
