"""The audit: it holds over a sound run, and names whatever has been planted into the streams."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import pytest_asyncio

from crossdock_contracts.returns import InspectedLine, InspectReturnV1, ReceiveReturnV1, RequestReturnV1
from services.cli.verify import examine, report
from services.hub.settings import ROOT
from services.verify.checks import audit
from services.verify.facts import Facts, gather
from services.verify.reading import Streams
from tests.builders import pieces
from tests.flow.house import House
from tests.flow.planted import PLANTED, Ran

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ran(house: House) -> Ran:
    """One order shipped and returned, one labelled, one cancelled; then all services stop."""
    sku = await house.sells(BER=10)
    token = {"payment": {"method": "token", "token": "tok_1"}}
    shipped = await house.sold((sku, 2), **token)
    await house.ships(await house.labelled(shipped))
    await house.hears("order-completed", shipped)
    await house.rest()
    back = {"owner": "main", "order_id": shipped, "return_id": "R-1"}
    await house.tells(RequestReturnV1(**back, lines=(pieces(),), reason="not-wanted"))
    await house.tells(ReceiveReturnV1(**back, location_id="BER", lines=(pieces(),)))
    restock = InspectedLine(line_id="1", quantity=1, disposition="restock")
    await house.tells(InspectReturnV1(**back, lines=(restock,)))
    labelled = await house.sold((sku, 1), **token)
    cancelled = await house.sold((sku, 1), **token)
    for order_id in (labelled, cancelled):
        await house.labelled(order_id)
    await house.cancels(cancelled)
    await house.hears("return-closed", shipped)
    await house.rest()
    await house.stop()
    return Ran(house, sku, shipped, labelled, cancelled)


@pytest_asyncio.fixture(loop_scope="module")
async def run(ran: Ran) -> AsyncIterator[Ran]:
    """The same, sound again when the test is over."""
    yield ran
    await ran.undo()


async def verify(house: House) -> tuple[int, Any]:
    """What `crossdock verify --json` says, and its exit status."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli.main", "verify", "--json"),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "CROSSDOCK_NATS_URL": house.settings.nats_url},
    )
    out, _ = await process.communicate()
    return process.returncode or 0, orjson.loads(out)


OF_NOTHING_HERE = {
    "accounts-match-their-orders",
    "capacity-matches-routes",
    "kits-add-up",
    "cases-are-settled-once",
    "every-call-is-seen-through",
}
"""Checks of what this run has none of; `tests/decide/test_settled.py` and `test_verify_calls.py` have some."""


async def test_a_sound_run_passes_and_every_check_has_looked_at_something(run: Ran) -> None:
    status, said = await verify(run.house)

    assert status == 0
    assert said["ok"] is True
    assert [check["violations"] for check in said["checks"]] == [[]] * len(said["checks"])
    assert {check["name"] for check in said["checks"] if not check["checked"]} == OF_NOTHING_HERE


async def test_a_violation_makes_the_command_fail_and_is_named_in_its_answer(run: Ran) -> None:
    await run.again("payment-captured", run.shipped)

    status, said = await verify(run.house)

    assert status == 1
    assert said["ok"] is False
    (failed,) = [check for check in said["checks"] if not check["ok"]]
    assert failed["name"] == "nothing-is-charged-twice"
    assert run.shipped in " ".join(failed["violations"])


@pytest.mark.parametrize("what", PLANTED)
async def test_the_audit_names(run: Ran, what: str) -> None:
    plant, check, words = PLANTED[what]
    assert await run.broken() == {}

    await plant(run)

    broken = await run.broken()
    assert check in broken
    assert words in " ".join(broken[check])


async def test_what_is_over_by_the_next_look_is_no_violation(run: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub that runs is never seen all at once: an audit looks again before it accuses."""
    await run.again("payment-captured", run.shipped)
    looks = []

    async def look(streams: Streams) -> Facts:
        looks.append(await gather(streams))
        await run.undo()
        return looks[-1]

    monkeypatch.setattr("services.cli.verify.gather", look)
    checks, _ = await examine(run.house.client)

    assert [check.name for check in audit(looks[0]) if not check.ok] == ["nothing-is-charged-twice"]
    assert report(checks)["ok"] is True
