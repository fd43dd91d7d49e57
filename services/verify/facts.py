"""What a hub's streams say, gathered from one reading of them."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import orjson

from crossdock_contracts import subjects
from services.verify.reading import Entry, Streams

SERVICES = ("capture", "payments", "inventory", "products", "routing", "shipping", "returns")

Body = dict[str, Any]
OrderKey = tuple[str, str]
"""Owner and order id."""
Place = tuple[str, str, str]
"""Owner, SKU, location."""


@dataclass(slots=True)
class Facts:
    """All that the audit goes by."""

    ingested: dict[str, tuple[int, OrderKey]] = field(default_factory=dict)
    """Orders that were handed in: sequence and order by message id."""
    answered: set[str] = field(default_factory=set)
    """Ids of messages that some event of capture was caused by."""
    letters: dict[str, dict[str, str]] = field(default_factory=dict)
    """Open dead letters: id to service and handler."""
    dead_messages: set[str] = field(default_factory=set)
    """Ids of messages that lie, or once lay, among the dead letters of capture."""
    parked: dict[str, str] = field(default_factory=dict)
    """Parked messages: key to service."""
    parked_messages: set[str] = field(default_factory=set)
    to_come: set[tuple[str, OrderKey]] = field(default_factory=set)
    """Services, and orders that a parked message or a dead letter of theirs is about."""
    open_consumers: dict[str, int] = field(default_factory=dict)
    """Consumers that have not settled everything, and how much is left."""

    orders: dict[OrderKey, Body] = field(default_factory=dict)
    payments: dict[OrderKey, Body] = field(default_factory=dict)
    accounts: dict[tuple[str, str], Body] = field(default_factory=dict)
    """Customers on terms, by owner and id."""
    workloads: dict[tuple[str, str], int] = field(default_factory=dict)
    """Fulfilments that leave a location on a day, by location and ``<day>.<stripe>``."""
    reservations: dict[OrderKey, Body] = field(default_factory=dict)
    routes: dict[OrderKey, Body] = field(default_factory=dict)
    tellings: dict[tuple[OrderKey, str], Body] = field(default_factory=dict)
    """What channels are told of orders, by order and telling."""
    shipments: dict[OrderKey, dict[str, Body]] = field(default_factory=lambda: defaultdict(dict))
    stocks: dict[tuple[str, str], Body] = field(default_factory=dict)
    waiting: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    """Pieces that lines wait for, by owner and SKU."""

    lots: dict[Place, Body] = field(default_factory=dict)
    """Lots by location of SKUs that have them."""
    inbound: dict[tuple[str, str], Body] = field(default_factory=dict)
    """What is expected, by owner and SKU."""
    transfers: dict[tuple[str, str, str], Body] = field(default_factory=dict)
    """Transfers by owner, id and SKU."""
    conditions: dict[tuple[Place, str], int] = field(default_factory=lambda: defaultdict(int))
    """Sum of the ledger by place and condition, of those that cannot be sold."""

    captured_at: dict[OrderKey, str] = field(default_factory=dict)
    labelled_at: dict[OrderKey, str] = field(default_factory=dict)
    """Of the first label; what was packed otherwise than planned gets another."""
    moved: dict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    """Sum of the ledger by owner, SKU, location."""
    ledger: list[tuple[tuple[str, str, str], int, int]] = field(default_factory=list)
    """Each entry of the ledger: where, its difference, what it says is there then."""
    shortages: set[tuple[str, str]] = field(default_factory=set)
    """SKUs of which less was found than was promised or bound."""
    taking_back: set[tuple[str, str]] = field(default_factory=set)
    """SKUs of which promises are being taken back just now."""
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Events by name."""
    events: dict[str, list[tuple[str, OrderKey, Body]]] = field(default_factory=lambda: defaultdict(list))
    """Events that must not be doubled: message id, order, body."""


_KEPT = {
    "stock-reserved",
    "stock-backordered",
    "stock-allocated",
    "payment-authorised",
    "payment-captured",
    "payment-refunded",
    "payment-voided",
    "label-bought",
    "label-voided",
    "shipment-shipped",
    "order-captured",
    "order-cancelled",
    "order-amended",
    "order-routed",
    "account-changed",
    "case-opened",
    "case-decided",
    "replacement-ordered",
}


async def gather(streams: Streams, progress: Callable[[str], None] = lambda _: None) -> Facts:
    """Read every stream of a hub.

    Raises:
        DisconnectedError: the server did not answer.
    """
    facts = Facts()
    for service in SERVICES:
        name = subjects.stream(service)
        progress(name)
        async for entry in streams.read(name, f"{service}.>"):
            _take(facts, service, entry)
        for durable, state in (await streams.pending(name) if await streams.exists(name) else {}).items():
            _open(facts, durable, state)
    inbox = subjects.inbox("capture")
    async for entry in streams.read(inbox, "capture.cmd.ingest.>", archive=False):
        body = orjson.loads(entry.body)
        identity = unquote(entry.headers.get("ce-id", "")) or f"{entry.stream}-{entry.seq}"
        facts.ingested[identity] = (entry.seq, (body["owner"], body["order_id"]))
    for service in SERVICES:
        inbox = subjects.inbox(service)
        for durable, state in (await streams.pending(inbox) if await streams.exists(inbox) else {}).items():
            _open(facts, durable, state)
    return facts


def _open(facts: Facts, durable: str, state: dict[str, int]) -> None:
    left = state["open"] + state["waiting"]
    if left:
        facts.open_consumers[durable] = left


def _take(facts: Facts, service: str, entry: Entry) -> None:
    space, kind = entry.subject.split(".", 3)[1:3]
    match space:
        case "evt":
            _event(facts, service, entry)
        case "state" | "timer" if entry.body:
            _document(facts, service, kind, entry)
        case "dead":
            _letter(facts, service, kind, entry)
        case "parked":
            facts.parked[entry.headers.get("crossdock-key", str(entry.seq))] = service
            facts.parked_messages.add(unquote(entry.headers.get("ce-id", "")))
            _to_come(facts, service, entry)


def _event(facts: Facts, service: str, entry: Entry) -> None:
    _, _, name, version, *_ = entry.subject.split(".")
    if name == "shipment-shipped" and version == "v1":  # the same message as its v2
        return
    body = orjson.loads(entry.body)
    facts.counts[name] += 1
    identity = unquote(entry.headers.get("ce-id", ""))
    cause = unquote(entry.headers.get("ce-causationid", ""))
    key = (body.get("owner", "main"), body.get("order_id", ""))
    if service == "capture":
        facts.answered.add(cause)
        if name == "message-dead-lettered":
            facts.dead_messages.add(cause)
    if name in _KEPT:
        facts.events[name].append((identity, key, body))
    if name == "order-captured":
        facts.captured_at[key] = entry.headers.get("ce-time", "")
    elif name == "label-bought":
        facts.labelled_at.setdefault(key, entry.headers.get("ce-time", ""))
    elif name == "stock-moved":
        where = (key[0], body["sku"], body["location_id"])
        facts.moved[where] += body["delta"]
        facts.ledger.append((where, body["delta"], body["on_hand"]))
        _condition(facts, where, body)
    elif name == "shortage-recorded":
        facts.shortages.add((key[0], body["sku"]))


def _condition(facts: Facts, where: Place, body: Body) -> None:
    """What an entry of the ledger says of pieces that cannot be sold."""
    came = body.get("to_condition") or ("damaged" if body["kind"] == "written-off" else "")
    for condition, by in ((came, body["quantity"]), (body.get("from_condition", ""), -body["quantity"])):
        if condition not in ("", "sellable"):
            facts.conditions[where, condition] += by


def _document(facts: Facts, service: str, kind: str, entry: Entry) -> None:
    if kind in {"lease", "guard", "done"}:
        return
    body = orjson.loads(entry.body)
    owner = body.get("owner", "main")
    key = (owner, body.get("order_id", ""))
    if service == "inventory":
        _stock(facts, kind, key, body)
        return
    match service, kind:
        case "capture", "telling":
            facts.tellings[key, body["telling_id"]] = body
        case "capture", "order":
            facts.orders[key] = body
        case "payments", "payment":
            facts.payments[key] = body
        case "payments", "account":
            facts.accounts[owner, body["customer_id"]] = body
        case "routing", "workload":
            facts.workloads[body["location_id"], f"{body['day']}.{body.get('stripe', '0')}"] = body.get(
                "fulfilments", 0
            )
        case "routing", "route":
            facts.routes[key] = body
        case "shipping", "shipment":
            facts.shipments[key][body["fulfilment_id"]] = body


def _stock(facts: Facts, kind: str, key: OrderKey, body: Body) -> None:
    owner = key[0]
    match kind:
        case "reservation":
            facts.reservations[key] = body
        case "stock":
            facts.stocks[owner, body["sku"]] = body
        case "waiting":
            facts.waiting[owner, body["sku"]] += body["quantity"]
        case "shortfall" if body.get("status", "settled") != "settled":
            facts.taking_back.add((owner, body["sku"]))
        case "lots":
            facts.lots[owner, body["sku"], body["location_id"]] = body
        case "inbound":
            facts.inbound[owner, body["sku"]] = body
        case "transfer":
            facts.transfers[owner, body["transfer_id"], body["sku"]] = body


def _letter(facts: Facts, service: str, handler: str, entry: Entry) -> None:
    if "crossdock-dead-error" in entry.headers:
        facts.letters[entry.headers["crossdock-key"]] = {"service": service, "handler": handler}
        _to_come(facts, service, entry)


def _to_come(facts: Facts, service: str, entry: Entry) -> None:
    """A message that is tried again, by itself or by an operator: the order that it is about."""
    try:
        body = orjson.loads(entry.body)
    except orjson.JSONDecodeError:  # a dead letter of just that
        return
    if isinstance(body, dict) and body.get("order_id"):
        facts.to_come.add((service, (body.get("owner", "main"), body["order_id"])))


def seconds_between(start: str, end: str) -> float:
    """Seconds from one RFC 3339 moment to another."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
