"""Stock of listings that eBay's Inventory API does not know, against a real HTTP server with an account behind it."""

from pathlib import Path
from typing import Any

import pytest

from services.hub.effects import TransientError
from tests.adapters.channels.ebay_house import ebay, failed, said, told
from tests.adapters.channels.speaking import levels, problems
from tests.adapters.outside import Outside, Request, Say

REVISE = "ReviseInventoryStatus"


def asked(server: Outside, name: str) -> list[Request]:
    return [one for one in server.heard if one.headers.get("x-ebay-api-call-name") == name]


def refusing(house: Any, server: Outside, name: str, say: Say, *, what: str = "") -> None:
    """Have a call refused, or where it is about ``what``."""

    def other(request: Request) -> Say:
        this = request.headers.get("x-ebay-api-call-name") == name and what.encode() in request.body
        return say if this else house(request)

    server.always = other


async def test_listings_are_written_four_at_a_time_and_gone_through_once(tmp_path: Path) -> None:
    async with ebay(tmp_path, marketplace="EBAY_DE") as (api, _, server):
        for _ in range(2):
            found = problems((await api.call("stock", "k", levels(A=7, S=5, V1=0, V2=2, **{"15": 1}))).levels)
            assert found == {"A": "", "S": "", "V1": "", "V2": "", "15": ""}
        first, second = asked(server, REVISE)[:2]
        assert told(first) == [("11", "", "5"), ("14", "", "5"), ("13", "V1", "0"), ("13", "V2", "2")]
        assert told(second) == [("15", "", "1")]
        heads = ("x-ebay-api-iaf-token", "x-ebay-api-siteid", "x-ebay-api-compatibility-level", "content-type")
        assert [first.headers[one] for one in heads] == ["e1", "77", "1451", "text/xml"]
        assert (first.method, first.path) == ("POST", "/ws/api.dll")
        assert (len(asked(server, "GetSellerList")), len(asked(server, "GetUserPreferences"))) == (5, 1)
        assert b"<IncludeVariations>true</IncludeVariations>" in asked(server, "GetSellerList")[0].body
        bulk = [one.json["requests"] for one in server.heard if one.path.endswith("bulk_update_price_quantity")]
        assert [one["sku"] for one in bulk[0]] == ["A"]


async def test_what_no_listing_has_is_asked_of_the_inventory(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, house, server):
        house.listings = []
        found = problems((await api.call("stock", "k", levels(C=3, S=5))).levels)
        assert found == {"C": "", "S": "25702 not found"}
        await api.call("stock", "k", levels(C=4))
        assert (len(asked(server, "GetSellerList")), asked(server, REVISE)) == (1, [])


async def test_nothing_left_is_not_told_where_ebay_would_end_the_listing(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, house, server):
        house.hides = False
        found = problems((await api.call("stock", "k", levels(S=0, V1=3))).levels)
        assert (found["V1"], "out-of-stock option" in found["S"]) == ("", True)
        house.hides = True
        assert problems((await api.call("stock", "k", levels(S=0))).levels) == {"S": ""}
        assert [told(one) for one in asked(server, REVISE)] == [[("13", "V1", "3")], [("11", "", "0"), ("14", "", "0")]]


async def test_a_listing_that_is_refused_keeps_no_other_back(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, house, server):
        no = failed(REVISE, 291, "You are not allowed to revise ended listings.", ack="PartialFailure")
        refusing(house, server, REVISE, no, what="<SKU>V1<")
        found = problems((await api.call("stock", "k", levels(V1=1, V2=2, **{"15": 3}))).levels)
        assert found == {"V1": "291 You are not allowed to revise ended listings.", "V2": "", "15": ""}
        assert told(asked(server, REVISE)[-1]) in (
            [("13", "V2", "2")],
            [("15", "", "3")],
            [("13", "V2", "2"), ("15", "", "3")],
        )


@pytest.mark.parametrize(
    ("say", "seconds"),
    [
        (failed(REVISE, 21917053, "IAF token supplied is expired."), 60.0),
        (failed(REVISE, 518, "Your application has exceeded usage limit on this call"), 900.0),
        (failed(REVISE, 10007, "Internal error to the application.", kind="SystemError"), None),
    ],
)
async def test_what_is_wrong_with_ebay_or_the_account_is_told_later(
    tmp_path: Path, say: bytes, seconds: float | None
) -> None:
    async with ebay(tmp_path) as (api, house, server):
        refusing(house, server, REVISE, say)
        with pytest.raises(TransientError) as failure:
            await api.call("stock", "k", levels(S=5))
        assert failure.value.retry_after_s == seconds


async def test_listings_that_cannot_be_gone_through_keep_no_offer_back(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, house, server):
        refusing(house, server, "GetSellerList", failed("GetSellerList", 37, "Input data is invalid."))
        found = problems((await api.call("stock", "k", levels(A=4, S=5))).levels)
        assert (found["A"], "37: Input data" in found["S"]) == ("", True)
        refusing(house, server, "GetSellerList", said("GetSellerList", "<ItemArray>"))
        assert problems((await api.call("stock", "k", levels(A=4, S=5))).levels) == {"A": ""}
        with pytest.raises(TransientError, match="cannot be read"):
            await api.call("stock", "k", levels(S=5))
