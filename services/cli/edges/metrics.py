"""What a hub has counted of its calls to the outside."""

from collections import Counter
from dataclasses import dataclass, field

import httpx
from prometheus_client.parser import text_string_to_metric_families

from services.cli.supervisor import Hub, address


@dataclass(slots=True)
class Calls:
    """Counters of all processes together."""

    results: Counter[str] = field(default_factory=Counter)
    """HTTP calls by how they ended."""
    failed: Counter[str] = field(default_factory=Counter)
    """Those that did not do what they were to, by adapter and operation."""
    retries: int = 0
    openings: int = 0
    """How often circuits opened."""

    @property
    def failures(self) -> int:
        """Calls that did not do what they were to."""
        return sum(self.results.values()) - self.results["done"]


async def calls_of(hub: Hub) -> Calls:
    """Read the counters of a hub that runs. What a process counted that has ended since is not in them."""
    found = Calls()
    async with httpx.AsyncClient(timeout=20) as web:
        for worker in hub.workers:
            text = (await web.get(f"{address(hub.settings.http_host, worker.port)}/metrics")).text
            for family in text_string_to_metric_families(text):
                for sample in family.samples:
                    _count(found, sample.name, sample.labels, int(sample.value))
    return found


def _count(found: Calls, name: str, labels: dict[str, str], value: int) -> None:
    match name:
        case "crossdock_http_calls_total":
            found.results[labels["result"]] += value
            if labels["result"] != "done":
                found.failed[f"{labels['adapter']} {labels['operation']} {labels['result']}"] += value
        case "crossdock_retries_total":
            found.retries += value
        case "crossdock_circuit_openings_total":
            found.openings += value
