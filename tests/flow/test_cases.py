"""Parcel trouble, from the carrier's word to the replacement's label or the money."""

from datetime import UTC, datetime, timedelta

import pytest

from crossdock_contracts.cases import CloseCaseV1, DecideCaseV1, FileClaimV1, OpenCaseV1, ReceiveCaseGoodsV1
from crossdock_contracts.returns import InspectedLine
from crossdock_contracts.shipping import ConfirmShippedV1
from crossdock_contracts.tracking import TrackingUpdateV1
from crossdock_contracts.values import Money
from services.cli.orders import gather
from tests.builders import later
from tests.conftest import until
from tests.flow.house import House, about

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def shipped(house: House, sku: str, quantity: int, **fields: object) -> tuple[str, dict]:
    order_id = await house.sold((sku, quantity), **fields)
    fulfilment = await house.labelled(order_id)
    await house.ships(fulfilment)
    await house.hears("order-completed", order_id)
    await until(lambda: house.document("returns", "sold", order_id))
    return order_id, fulfilment


async def test_a_lost_parcel_is_sent_once_more_as_an_order_with_nothing_to_pay(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id, fulfilment = await shipped(house, sku, 2)
    lost = TrackingUpdateV1(**about(fulfilment), status="exception", code="lost", occurred_at=later(days=2))
    await house.tells(lost)
    opened = await house.hears("case-opened", order_id)
    assert (opened["kind"], opened["lines"][0]["quantity"]) == ("lost", 2)
    case = {"owner": "main", "order_id": order_id, "case_id": opened["case_id"]}

    await house.tells(DecideCaseV1(**case, action="reship", decided_by="agent-1"))
    with pytest.raises(RuntimeError, match="decided-already"):
        await house.tells(DecideCaseV1(**case, action="refund"))

    replacement = f"{order_id}~1"
    bought = await house.labelled(replacement)
    assert (bought["ship_to"], bought["lines"][0]["quantity"]) == (fulfilment["ship_to"], 2)
    await house.ships(bought)
    await house.hears("order-completed", replacement)
    await house.rest()
    assert await house.stock(sku) == (1, 0, 0, 0)
    assert await house.said("payment-refunded", order_id) == []
    first, second = await gather(house.client, "main", order_id), await gather(house.client, "main", replacement)
    assert f"as {replacement}" in " ".join(entry["decision"] for entry in first["timeline"])
    assert f"sends goods of {order_id} once more" in second["timeline"][0]["decision"]
    assert first["standing"]["returns case 1"]["status"] == "decided"


@pytest.mark.parametrize("method", ["token", "prepaid"])
async def test_a_parcel_that_was_sent_back_is_paid_back_once_and_its_goods_are_restocked(
    house: House, method: str
) -> None:
    sku = await house.sells(BER=5)
    payment = {"method": method, "token": "tok_1" if method == "token" else "", "reference": "paid-1"}
    order_id, fulfilment = await shipped(house, sku, 2, payment=payment)
    await house.tells(OpenCaseV1(**about(fulfilment), kind="returned-to-sender", opened_by="desk"))
    assert await house.tells(OpenCaseV1(**about(fulfilment), kind="returned-to-sender")) == []
    case = {"owner": "main", "order_id": order_id, "case_id": "1"}

    await house.tells(DecideCaseV1(**case, action="refund"))
    await house.tells(FileClaimV1(**case, amount=Money(amount_minor=490, currency="EUR")))
    back = (InspectedLine(line_id="1", quantity=2, disposition="restock"),)
    await house.tells(ReceiveCaseGoodsV1(**case, location_id="BER", lines=back))
    refunded = await house.hears("payment-refunded", order_id)
    await house.rest()

    assert (refunded["refund_id"], refunded["amount"]["amount_minor"]) == ("case:1/1", 2000)
    assert await house.stock(sku) == (5, 0, 0, 0)
    with pytest.raises(RuntimeError, match=r"not-done: .*the carrier has not answered the claim"):
        await house.tells(CloseCaseV1(**case))
    await house.tells(CloseCaseV1(**case, force=True, note="the carrier went out of business"))
    assert (await house.hears("case-closed", order_id))["left"] == ["the carrier has not answered the claim"]


async def test_a_lost_parcel_that_turns_up_warns_and_pays_nothing(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id, fulfilment = await shipped(house, sku, 1)
    await house.tells(TrackingUpdateV1(**about(fulfilment), status="exception", occurred_at=later(days=1)))
    await house.tells(TrackingUpdateV1(**about(fulfilment), status="exception", code="lost", occurred_at=later(days=2)))
    await house.hears("case-opened", order_id)
    await house.tells(TrackingUpdateV1(**about(fulfilment), status="delivered", occurred_at=later(days=3)))

    found = await house.hears("case-parcel-delivered", order_id)
    await house.rest()
    assert (found["kind"], found.get("decided", [])) == ("lost", [])
    assert await house.said("refund-requested", order_id) == []


async def test_a_claim_whose_deadline_is_near_is_reminded_of_at_once(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 1))
    fulfilment = await house.labelled(order_id)
    await house.picks(fulfilment)
    await house.packs(fulfilment)
    long_ago = datetime.now(UTC) - timedelta(days=25)
    await house.tells(ConfirmShippedV1(**about(fulfilment), shipped_at=long_ago))
    await until(lambda: house.document("returns", "sold", order_id))

    await house.tells(OpenCaseV1(**about(fulfilment), kind="damaged"))

    assert (await house.hears("claim-due", order_id))["case_id"] == "1"
