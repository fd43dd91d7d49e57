"""What Etsy's ledger says was paid back, asked for by polls."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from services.hub.effects import PermanentError
from tests.adapters.channels.etsy import BEGIN, SHOP, etsy, listed
from tests.adapters.outside import answer


async def test_receipts_that_something_was_paid_back_of_are_found_by_the_ledger(tmp_path: Path) -> None:
    async with etsy(tmp_path) as (api, house, server):
        house.receipt(7, updated=-5000, status="partially refunded")
        house.receipt(8, updated=-5000)
        house.payments = {"31": 7, "32": 7}
        sale = {"created_timestamp": BEGIN + 10, "ledger_type": "PAYMENT_GROSS", "payment_adjustments": []}
        back = [{"payment_adjustment_id": 1, "payment_id": 31}, {"payment_adjustment_id": 2, "payment_id": 32}]
        house.ledger = [*[sale] * 100, {**sale, "ledger_type": "REFUND_GROSS", "payment_adjustments": back}]
        assert await listed(api) == [7]
        asked = [dict(parse_qsl(urlsplit(one.path).query)) for one in server.heard if "ledger-entries" in one.path]
        assert [(one["min_created"], one["offset"]) for one in asked[:2]] == [(str(BEGIN), "0"), (str(BEGIN), "100")]
        assert all(one["limit"] == "100" for one in asked)
        assert f"GET {SHOP}/payments?payment_ids=31%2C32" in server.called
        first, *others = [(int(one["min_created"]), int(one["max_created"])) for one in asked[1:]]
        assert [begin for begin, _ in others] == [end for _, end in [first, *others]][:-1]


async def test_a_shop_without_a_ledger_is_polled_all_the_same_and_one_that_is_refused_says_why(tmp_path: Path) -> None:
    async with etsy(tmp_path) as (api, house, server):
        house.receipt(7)
        for wrong, why in (
            (answer(404, {"error": "no account"}), ""),
            (answer(403, {"error": "no scope"}), "no scope"),
        ):
            server.always = lambda request, say=wrong: say if "ledger" in request.path else house(request)
            if why:
                with pytest.raises(PermanentError, match=why):
                    await listed(api)
            else:
                assert await listed(api) == [7]
