"""The web interface that orders come in by: what it takes, what it refuses and how it says so, and what is kept."""

from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr

from services.capture import app as capture
from services.capture.edge import Edge
from services.capture.formats import FORMATS
from services.capture.inbox import ORIGINALS, HandedIn
from services.capture.rules import Channels
from services.hub.process import Web
from tests.builders import unique
from tests.conftest import published
from tests.flow.house import House, order_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


def problem(answer: httpx.Response, status: int) -> str:
    """The detail of a refusal, as RFC 9457 has it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["title"]
    return str(body["detail"])


async def inbox(house: House, order_id: str) -> list[dict[str, Any]]:
    """The messages in capture's inbox about an order."""
    found = [orjson.loads(m.data) for m in await published(house.client, "CAPTURE_IN", "capture.cmd.ingest.>")]
    return [one for one in found if one["order_id"] == order_id]


@pytest.fixture
def edge(house: House) -> Any:
    """Capture's edge with other settings: ``edge(max_body_bytes=10)``, asked without a socket."""

    def made(**fields: Any) -> httpx.AsyncClient:
        settings = house.settings.model_copy(update=fields)
        app = Edge(
            Channels.load(settings.rules_dir, FORMATS), house.running["capture"].app.runtime, settings, HandedIn()
        )
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://edge")

    return made


async def test_what_is_taken_lies_in_the_inbox_byte_for_byte(house: House) -> None:
    made = order_of(("A", 1), note="Grüße  aus 東京")
    body = b"\n " + orjson.dumps(orjson.loads(made.model_dump_json()), option=orjson.OPT_INDENT_2) + b"\n"

    answer = await house.web.post("/webhooks/web", content=body)

    assert answer.status_code == 202
    assert answer.json().keys() == {"order_id", "message_id", "sequence"}
    (message,) = await inbox(house, f"web:{made.order_id}")
    assert message["body"].encode() == body
    assert message["source"] == "webhook"


@pytest.mark.parametrize("body", [b"", b"{", b"order", b'{"order_id": "\xff"}'])
async def test_what_is_no_json_is_refused(house: House, body: bytes) -> None:
    assert problem(await house.web.post("/webhooks/web", content=body), 400).startswith("$: ")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], ["$: a JSON object is needed"]),
        (7, ["$: a JSON object is needed"]),
        ({"order_id": 7}, ["$.order_id: a non-empty string is needed"]),
        (
            {"order_id": "1"},
            ["$.placed_at: Field required", "$.lines: Field required", "$.total_minor: Field required"],
        ),
        (
            {"lines": [{"line_id": "1", "sku": "A", "quantity": 0, "unit_price_minor": "x"}]},
            ["$.lines[0].quantity: Input should be greater than 0", "$.lines[0].unit_price_minor: "],
        ),
        ({"currency": "euro"}, ["$.currency: "]),
        ({"placed_at": "2026-03-02 09:30"}, ["$.placed_at: "]),
    ],
)
async def test_json_that_is_no_order_is_refused_and_each_field_is_named(
    house: House, body: Any, words: list[str]
) -> None:
    whole = orjson.loads(order_of(("A", 1)).model_dump_json())
    sent = whole | body if isinstance(body, dict) and "order_id" not in body else body

    for path in ("/webhooks/web", "/v1/orders"):
        detail = problem(await house.web.post(path, content=orjson.dumps(sent)), 422)
        for word in words:
            assert word in detail


async def test_an_order_of_more_lines_than_a_decision_takes_is_refused(house: House) -> None:
    most = order_of(*[("A", 1)] * 701)

    detail = problem(await house.hands_in(most), 422)

    assert detail == "$.lines: 701 lines; an order of web may have 700"


async def test_an_order_of_as_many_lines_as_a_decision_takes_gets_its_label(house: House) -> None:
    skus = [await house.sells(weight_g=1, BER=100) for _ in range(3)]

    order_id = await house.sold(*[(skus[n % 3], 1) for n in range(300)])

    assert len((await house.labelled(order_id))["lines"]) == 300
    await house.rest()
    assert [await house.stock(sku) for sku in skus] == [(100, 100, 0, 0)] * 3


async def test_what_is_at_no_address_is_a_problem_too(house: House) -> None:
    assert problem(await house.web.get("/v2/orders"), 404).startswith("GET /v2/orders; orders: POST /v1/orders")
    wrong_method = await house.web.get("/v1/orders")
    assert problem(wrong_method, 405).startswith("GET /v1/orders; ")
    assert wrong_method.headers["allow"] == "POST"
    assert problem(await house.web.get("/asyncapi/none"), 404) == "no such service in this process"


async def test_a_process_without_the_web_interface_of_orders_says_what_it_has(house: House) -> None:
    app = house.running["routing"].app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Web([app])), base_url="http://routing") as web:
        assert problem(await web.get("/v1/orders"), 404) == "see /health/ready, /metrics, /asyncapi/<service>"


async def test_a_channel_that_is_not_set_up_is_not_found(house: House) -> None:
    detail = problem(await house.hands_in(order_of(("A", 1)), channel="telex"), 404)

    assert detail == (
        "no channel 'telex' is set up in channels.toml; known: brief, business, desk, lenient, marketplace, "
        "outlet, post, retail, shopfront, social, till, web"
    )
    assert problem(await house.web.post("/v1/orders?channel=telex", content=b"{}"), 404) == detail


async def test_a_body_that_is_too_large_is_refused(house: House, edge: Any) -> None:
    async with edge(max_body_bytes=5000) as web:
        for path in ("/webhooks/web", "/v1/orders"):
            assert problem(await web.post(path, content=b"x" * 5001), 413) == "the body is larger than 5000 bytes"
    largest = house.settings.max_body_bytes
    assert problem(await house.web.post("/v1/orders", content=b" " * (largest + 1)), 413)


async def test_without_the_token_nothing_is_taken(edge: Any) -> None:
    body = order_of(("A", 1)).model_dump_json()

    async with edge(api_token=SecretStr("s3cret")) as web:
        unsaid = await web.post("/v1/orders", content=body)
        wrong = await web.post("/v1/orders", content=body, headers={"authorization": "Bearer s3cre"})
        right = await web.post("/v1/orders", content=body, headers={"authorization": "Bearer s3cret"})

    for refused in (unsaid, wrong):
        assert problem(refused, 401) == "send the header 'Authorization: Bearer <CROSSDOCK_API_TOKEN>'"
    assert right.status_code == 202


async def test_a_large_order_is_kept_whole_in_the_object_store_and_goes_on(house: House) -> None:
    sku = await house.sells(BER=1)
    made = order_of((sku, 1), tags=tuple(f"tag-{n:06}" for n in range(60_000)))
    body = made.model_dump_json().encode()
    assert 700_000 < len(body) < house.settings.max_body_bytes

    answer = await house.web.post("/webhooks/web", content=body)

    assert answer.status_code == 202
    (message,) = await inbox(house, f"web:{made.order_id}")
    assert message.get("body", "") == ""
    assert await house.running["capture"].app.service.objects[ORIGINALS].get(message["original"]) == body
    await house.hears("label-bought", f"web:{made.order_id}")


async def test_an_acknowledged_order_is_in_the_inbox_even_if_nobody_captures_it_yet(house: House) -> None:
    sku = await house.sells(BER=1)
    made = order_of((sku, 1), order_id=unique("deaf"))
    await house.stop("capture")
    deaf = capture.build(house.settings)  # its edge is open, and its handlers are not
    await deaf.runtime.open(await deaf._nats.connect())

    async with httpx.AsyncClient(transport=httpx.ASGITransport(deaf.http), base_url="http://edge") as web:
        answer = await web.post("/webhooks/web", content=made.model_dump_json())
    await deaf.runtime.stop()
    await deaf._nats.stop()

    assert answer.status_code == 202
    (message,) = await inbox(house, f"web:{made.order_id}")
    assert message["body"] == made.model_dump_json()
    assert await house.said("order-captured", f"web:{made.order_id}") == []
    await house.start("capture")
    await house.hears("label-bought", f"web:{made.order_id}")
