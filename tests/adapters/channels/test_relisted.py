"""What is listed anew under the same SKU: its levels go to what it is now, without asking for everything each time."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from services.capture.channels.etsy import stock as etsy_stock
from tests.adapters.channels.etsy import etsy
from tests.adapters.channels.flipkart_house import flipkart
from tests.adapters.channels.speaking import levels, problems, speaking
from tests.adapters.channels.tiktok_house import tiktok
from tests.adapters.outside import Request, Say, answer, outside


async def test_an_article_that_woocommerce_has_made_anew_is_found_again(tmp_path: Path) -> None:
    here = {"id": 7}

    def house(request: Request) -> Say:
        if request.method == "GET":
            return answer(200, [{"id": here["id"], "sku": "A", "type": "simple"}])
        (one,) = request.json["update"]
        error = {} if one["id"] == here["id"] else {"error": {"code": "invalid_id", "message": "Invalid ID."}}
        return answer(200, {"update": [{"id": one["id"], **error}]})

    async with outside(always=house) as server, speaking("woocommerce", tmp_path, server.url) as api:
        assert problems((await api.call("stock", "k", levels(A=4))).levels) == {"A": ""}
        here["id"] = 9
        assert "Invalid ID" in problems((await api.call("stock", "k", levels(A=4))).levels)["A"]
        assert problems((await api.call("stock", "k", levels(A=4))).levels) == {"A": ""}


async def test_a_product_that_tiktok_does_not_show_any_more_is_looked_for_again(tmp_path: Path) -> None:
    async with tiktok(tmp_path) as (api, house, server):
        await api.call("stock", "k", levels(S1=4))
        gone = house.stock.pop("1")
        assert "no product" in problems((await api.call("stock", "k", levels(S1=4))).levels)["S1"]
        house.stock["1"] = gone
        assert problems((await api.call("stock", "k", levels(S1=3))).levels) == {"S1": ""}
        assert len([one for one in server.heard if "products/search" in one.path]) == 2


async def test_a_product_that_flipkart_refuses_is_looked_up_again(tmp_path: Path) -> None:
    async with flipkart(tmp_path) as (api, house, server):
        refused = {"A": {"status": "FAILURE", "errors": [{"code": "X", "description": "no such product"}]}}
        server.always = lambda request: answer(200, refused) if "inventory" in request.path else house(request)
        assert "no such product" in problems((await api.call("stock", "k", levels(A=4))).levels)["A"]
        server.always = house
        assert problems((await api.call("stock", "k", levels(A=4))).levels) == {"A": ""}
        assert len([one for one in server.called if one.startswith("GET /sellers/listings/v3/A")]) == 2


async def test_listings_of_etsy_are_not_all_gone_through_for_each_sku_that_is_in_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with etsy(tmp_path) as (api, _, server):
        for _ in range(3):
            found = problems((await api.call("stock", "k", levels(A=4, nope=1))).levels)
            assert found == {"A": "", "nope": "no listing of the shop has it"}
        looks = [one for one in server.heard if urlsplit(one.path).path.endswith("/listings")]
        assert len(looks) == 3  # one of each state
        monkeypatch.setattr(etsy_stock, "_LATELY_S", 0.0)
        assert problems((await api.call("stock", "k", levels(A=4, nope=1))).levels) == {"A": ""}
        monkeypatch.setattr(etsy_stock, "_ANEW_S", 0.0)
        await api.call("stock", "k", levels(nope=1))
        assert len([one for one in server.heard if urlsplit(one.path).path.endswith("/listings")]) == 6
