"""What messages a run moves: how many of which size in how many batches, listened to as they are published."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from services.cli.client import Client

SERVICES = ("payments", "inventory", "routing", "shipping")
LABELS = "labels"
"""The object store that labels are put into, as if it were a service."""
_PROTOCOL = len("NATS/1.0\r\n\r\n")
_SEPARATORS = len(": \r\n")
_BATCH_HEADERS = 80
"""Those of the batch itself, which every mover adds anew."""


@dataclass(slots=True)
class Traffic:
    """Messages by service and kind: ``payment-authorised`` for an event, ``state`` for documents, ``lease``."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    volume: Counter[tuple[str, str]] = field(default_factory=Counter)
    batches: Counter[str] = field(default_factory=Counter)
    documents: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Subjects of documents by service: a document that is written anew takes the place of what stood there."""

    def hear(self, subject: str, headers: dict[str, str], body: bytes) -> None:
        """Take down one message."""
        service, kind = _kind(subject)
        size = len(body) + _PROTOCOL + sum(len(k) + len(v) + _SEPARATORS for k, v in headers.items())
        self.counts[service, kind] += 1
        self.volume[service, kind] += size
        if kind == "state":
            self.documents[service].add(subject)
        if "Nats-Batch-Commit" in headers:
            self.batches[service] += 1

    def size(self, service: str, kind: str) -> int:
        """Mean size of these messages without the headers of the batch."""
        return max(1, self.volume[service, kind] // max(1, self.counts[service, kind]) - _BATCH_HEADERS)

    def summary(self, orders: int) -> dict[str, Any]:
        """Messages and bytes of each kind for one order, and orders for one batch."""
        found: dict[str, dict[str, Any]] = defaultdict(dict)
        for (service, kind), count in sorted(self.counts.items()):
            found[service][kind] = {"per_order": round(count / orders, 3), "bytes": self.size(service, kind)}
        for service, count in self.batches.items():
            found[service]["orders_per_batch"] = round(orders / count, 1)
        return dict(found)


def _kind(subject: str) -> tuple[str, str]:
    if subject.startswith("$O."):
        return LABELS, "state"
    service, space, name = subject.split(".")[:3]
    if space == "evt":
        return service, name
    return service, "lease" if (space, name) == ("state", "lease") else "state"


@asynccontextmanager
async def heard(client: Client) -> AsyncIterator[Traffic]:
    """What the services between captured and labelled publish meanwhile, whatever it is that they publish."""
    traffic = Traffic()

    async def hear(message: Any) -> None:
        traffic.hear(message.subject, dict(message.headers or {}), message.data)

    filters = [f"{service}.{space}.>" for service in SERVICES for space in ("evt", "state", "timer")]
    taken = [
        await client.connection.subscribe(name, cb=hear, pending_bytes_limit=1 << 30)
        for name in (*filters, f"$O.{LABELS}.>")
    ]
    yield traffic
    await client.connection.flush()
    for subscription in taken:
        await subscription.unsubscribe()
