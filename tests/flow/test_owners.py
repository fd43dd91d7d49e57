"""The questions that every service answers, asked across owners."""

import pytest

from crossdock_contracts.capture import IngestV1
from crossdock_contracts.operations import DiscardDeadLetterV1, ReplayDeadLetterV1
from services.cli.client import RefusedError
from tests.builders import NOW, unique
from tests.conftest import until
from tests.flow.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_documents_and_timelines_are_shown_to_their_owner_only(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 1))
    await house.rest()
    seen: dict[str, int] = {"main": 0, "other": 0}
    for service, running in house.running.items():
        for kind in running.app.service.documents:
            for owner in seen:
                asked = {"owner": owner, "kind": kind.KIND}
                seen[owner] += len((await house.client.ask(service, "documents", **asked))["documents"])
                told = await house.client.ask(service, "timeline", **asked, key=[order_id])
                seen[owner] += len(told["events"]) + (told["document"] is not None)
    assert seen["main"] > 10
    assert seen["other"] == 0


async def test_dead_letters_are_shown_to_their_owner_and_moved_by_nobody_else(house: House) -> None:
    order_id = f"web:{unique()}"
    await house.client.tell(IngestV1(owner="main", channel="web", order_id=order_id, body="{}", received_at=NOW))
    about = {"order": f"main/{order_id}"}

    async def letters(**fields: object) -> list[dict[str, str]]:
        return list((await house.client.ask("capture", "letters", **about, **fields))["letters"])

    (letter,) = await until(lambda: letters(owner="main"))
    assert await letters(owner="other") == []
    assert await letters(owner="other", every_owner=True) == [letter]
    named = {"owner": "other", "letter_id": letter["letter_id"], "handler": letter["handler"]}
    for command in (ReplayDeadLetterV1(**named), DiscardDeadLetterV1(**named, note="mine now")):
        with pytest.raises(RefusedError, match="no-such-dead-letter"):
            await house.client.order(command, service="capture")
    assert await letters(owner="main") == [letter]
    await house.client.order(DiscardDeadLetterV1(**{**named, "owner": "main"}, note="a test"), service="capture")
    assert await letters(owner="main") == []
