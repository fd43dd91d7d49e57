"""What the tests of the hub send to the tally, and how they see that it is through."""

from typing import Any
from uuid import uuid4

import orjson

from crossdock_contracts.inventory import AdjustStockV1, ReceiveStockV1
from services.cli.client import Client
from tests.conftest import until


def receipt(sku: str = "S", quantity: int = 1) -> ReceiveStockV1:
    """Pieces arrive."""
    return ReceiveStockV1(owner="main", sku=sku, location_id="X", quantity=quantity)


def adjustment(reason: str, sku: str = "S", delta: int = 1, note: str = "") -> AdjustStockV1:
    """The tally is to do what the reason says."""
    return AdjustStockV1(owner="main", sku=sku, location_id="X", delta=delta, reason=reason, note=note)


async def put(client: Client, body: bytes, handler: str = "receive-stock", headers: bytes = b"") -> None:
    """Put bytes into the inbox as any sender could."""
    subject = f"inventory.cmd.{handler}.v1.0.0".encode()
    await client.calls.one([], subject, headers or b"ce-id: %s\r\n" % uuid4().hex.encode(), body, timeout_s=5)


async def write(client: Client, subject: str, body: bytes, headers: bytes = b"Nats-Rollup: sub\r\n") -> int:
    """Write into the service's own stream, behind its back; the sequence."""
    answer = await client.calls.one([], subject.encode(), headers, body, timeout_s=5)
    return int(orjson.loads(answer.data)["seq"])


async def pieces(client: Client, sku: str = "S") -> int:
    """How many pieces the tally counts."""
    found = await document(client, sku)
    return int(found["pieces"]) if found else 0


async def has_pieces(client: Client, sku: str, wanted: int) -> bool:
    """The tally counts so many pieces."""
    return await pieces(client, sku) == wanted


async def document(client: Client, sku: str = "S") -> dict[str, Any] | None:
    """The tally of a SKU as it stands."""
    found: dict[str, Any] | None = (await client.ask("inventory", "tally", sku=sku))["answer"]
    return found


async def is_settled(client: Client, handler: str, stream: str = "INVENTORY_IN", service: str = "inventory") -> bool:
    """Every message for this handler has been acknowledged."""
    info: dict[str, Any] = await client.calls.api(f"CONSUMER.INFO.{stream}.{service}-{handler}-0")
    request = orjson.dumps({"last_by_subj": info["config"]["filter_subject"]})
    last = await client.calls.one([], f"$JS.API.DIRECT.GET.{stream}".encode(), b"", request, timeout_s=5)
    seq = int((last.headers or {}).get("Nats-Sequence", "0"))
    return bool(info["num_ack_pending"] == 0 and info["ack_floor"]["stream_seq"] >= seq)


async def settled(client: Client, *handlers: str, timeout_s: float = 30) -> None:
    """Wait until every message for these handlers has been acknowledged."""
    for handler in handlers:
        await until(lambda handler=handler: is_settled(client, handler), timeout_s)


async def letters(client: Client) -> list[dict[str, Any]]:
    """The open dead letters of the tally."""
    return [letter async for letter in client.pages("inventory", "letters", "letters", every_owner=True)]
