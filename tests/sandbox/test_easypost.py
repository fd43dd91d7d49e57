"""EasyPost in the sandbox: what is bought is charged and remembered."""

import hashlib
import hmac
from typing import Any

import httpx
import pytest

from services.sandbox.server import Running
from tests.sandbox.test_faults import KEY, SHIPMENT, create


async def bought(web: httpx.AsyncClient) -> dict[str, Any]:
    """A shipment with the cheapest label."""
    shipment = (await create(web)).json()
    rate = min(shipment["rates"], key=lambda one: float(one["rate"]))
    answer = await web.post(f"/easypost/v2/shipments/{shipment['id']}/buy", json={"rate": rate}, auth=KEY)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def state(web: httpx.AsyncClient) -> dict[str, Any]:
    return dict((await web.get("/sandbox/easypost/state")).json())


async def test_a_label_is_bought_once_and_charged_once(web: httpx.AsyncClient) -> None:
    shipment = await bought(web)
    again = await web.post(
        f"/easypost/v2/shipments/{shipment['id']}/buy", json={"rate": shipment["selected_rate"]}, auth=KEY
    )

    assert again.status_code == 422
    assert again.json()["error"]["code"] == "SHIPMENT.POSTAGE.EXISTS"
    assert shipment["tracking_code"] == shipment["tracker"]["tracking_code"]
    assert (await web.get(shipment["postage_label"]["label_pdf_url"])).content.startswith(b"%PDF")
    assert (await web.get(shipment["postage_label"]["label_zpl_url"])).content.startswith(b"^XA")
    found = await state(web)
    assert (found["labels_bought"], found["charged_minor"], found["labels_double"]) == (1, 512, 0)


async def test_two_labels_under_one_reference_are_double(web: httpx.AsyncClient) -> None:
    first = await bought(web)
    await bought(web)
    assert (await state(web))["labels_double"] == 1

    await web.post(f"/easypost/v2/shipments/{first['id']}/refund", auth=KEY)
    await web.post(f"/easypost/v2/shipments/{first['id']}/refund", auth=KEY)

    found = await state(web)
    assert (found["labels_double"], found["labels_voided"], found["labels_open"]) == (0, 1, 1)
    assert found["refunded_minor"] == 512


async def test_what_asks_without_a_key_or_a_parcel_is_refused(web: httpx.AsyncClient) -> None:
    parcel = {"shipment": {name: value for name, value in SHIPMENT["shipment"].items() if name != "parcel"}}

    assert (await web.post("/easypost/v2/shipments", json=SHIPMENT)).status_code == 401
    assert (await web.post("/easypost/v2/shipments", json=parcel, auth=KEY)).status_code == 422
    assert (await web.post("/easypost/v2/shipments", content=b"{", auth=KEY)).status_code == 400
    assert (await web.get("/easypost/v2/shipments/shp_none", auth=KEY)).status_code == 404


async def test_an_address_without_a_street_is_not_verified(web: httpx.AsyncClient) -> None:
    address = {"address": {"city": "Berlin", "zip": "10117", "country": "DE"}}

    soft = await web.post("/easypost/v2/addresses", json=address | {"verify": True}, auth=KEY)
    strict = await web.post("/easypost/v2/addresses", json=address | {"verify_strict": True}, auth=KEY)

    assert soft.json()["verifications"]["delivery"]["success"] is False
    assert strict.json()["error"]["code"] == "ADDRESS.VERIFY.FAILURE"


async def test_shipments_are_listed_newest_first_in_pages(web: httpx.AsyncClient) -> None:
    ids = [(await create(web)).json()["id"] for _ in range(3)]

    first = (await web.get("/easypost/v2/shipments", params={"page_size": 2}, auth=KEY)).json()
    rest = (await web.get("/easypost/v2/shipments", params={"before_id": ids[1]}, auth=KEY)).json()

    assert ([one["id"] for one in first["shipments"]], first["has_more"]) == ([ids[2], ids[1]], True)
    assert ([one["id"] for one in rest["shipments"]], rest["has_more"]) == ([ids[0]], False)


async def test_news_of_a_parcel_comes_as_a_signed_webhook(
    web: httpx.AsyncClient, sandbox: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, bytes, dict[str, str]]] = []
    monkeypatch.setattr(sandbox.sandbox.apis["easypost"], "emit", lambda *webhook: sent.append(webhook))
    shipment = await bought(web)
    hook = {"url": "http://127.0.0.1:1/", "webhook_secret": "s3cret"}

    news = {"webhook": hook, "track": {"code": shipment["tracking_code"], "status": "delivered"}}
    assert (await web.post("/sandbox/easypost", json=news)).status_code == 200

    ((_, body, headers),) = sent
    digest = hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    assert headers["X-Hmac-Signature"] == f"hmac-sha256-hex={digest}"
    tracker = (await web.get(f"/easypost/v2/trackers/{shipment['tracker']['id']}", auth=KEY)).json()
    assert tracker["status"] == "delivered"
    assert [one["status"] for one in tracker["tracking_details"]] == ["pre_transit", "delivered"]
    refund = await web.post(f"/easypost/v2/shipments/{shipment['id']}/refund", auth=KEY)
    assert refund.status_code == 422, "a label that was used is not paid back"
