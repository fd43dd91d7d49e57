"""Streams and consumers: declared here, applied by an idempotent step that never goes back and never loses data."""

from dataclasses import dataclass
from typing import Any

from crossdock_contracts import subjects
from services.hub.wire import Calls

REVISION = 1
"""Grows with every change of a declaration below."""

SPACES = ("evt", "state", "timer", "due", "parked", "dead", "retry")
"""What a service writes to its own stream; queries and commands are not among them."""

_REVISION, _PARTITIONS, _POOLS = "crossdock.revision", "crossdock.partitions", "crossdock.pools"
_NOT_FOUND = 10059
_SECOND = 1_000_000_000


class ProvisionError(RuntimeError):
    """A stream or consumer cannot be made as declared; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What streams are made with: copies, and the shards that stay as they were chosen first."""

    replicas: int = 1
    partitions: int = 1
    pools: int = 1


def own_stream(service: str, layout: Layout) -> dict[str, Any]:
    """The stream that a service alone writes: its events, state, timers, parked messages, dead letters."""
    return _stream(subjects.stream(service), [f"{service}.{space}.>" for space in SPACES], layout) | {
        "allow_atomic": True,
        "allow_rollup_hdrs": True,
        "allow_msg_schedules": True,
    }


def inbox_stream(service: str, taken: list[str], layout: Layout, *, largest: int = -1) -> dict[str, Any]:
    """The stream that outsiders write. Plain: their headers must not be able to wipe or forge anything.

    It takes what a handler listens to and nothing else: a sender of an unknown command, or to a partition that there is
    not, learns at once that nobody takes it.
    """
    return _stream(subjects.inbox(service), taken, layout) | {"max_msg_size": largest}


def _stream(name: str, of: list[str], layout: Layout) -> dict[str, Any]:
    # No message TTL anywhere: nothing unprocessed may expire, and it costs the server a third more per message.
    return {
        "name": name,
        "subjects": of,
        "storage": "file",
        "retention": "limits",
        "max_age": 0,
        "num_replicas": layout.replicas,
        "allow_direct": True,
        "deny_delete": False,
        "duplicate_window": 2 * _SECOND,
        "metadata": {
            _REVISION: str(REVISION),
            _PARTITIONS: str(layout.partitions),
            _POOLS: str(layout.pools),
        },
    }


def consumer(durable: str, filter_subject: str, *, ack_wait_s: float, replicas: int) -> dict[str, Any]:
    """A durable that hands out each message until it is settled, however often that takes."""
    return {
        "durable_name": durable,
        "name": durable,
        "filter_subject": filter_subject,
        "ack_policy": "explicit",
        "ack_wait": int(ack_wait_s * _SECOND),
        "deliver_policy": "all",
        "max_deliver": -1,
        "max_ack_pending": 8192,
        "max_waiting": 16,
        "num_replicas": replicas,
        "metadata": {_REVISION: str(REVISION)},
    }


async def provision_stream(calls: Calls, declared: dict[str, Any]) -> None:
    """Make a stream as declared, or bring it up to it.

    Raises:
        ProvisionError: its shards differ, or the server refuses.
        DisconnectedError: the server could not be asked.
    """
    name = declared["name"]
    answer = await calls.api(f"STREAM.INFO.{name}")
    if _code(answer) == _NOT_FOUND:
        await _must(calls, f"STREAM.CREATE.{name}", declared, f"stream {name}")
        return
    standing: dict[str, Any] = _checked(answer, f"stream {name}")["config"]
    metadata = standing.get("metadata") or {}
    for shards in metadata.keys() & {_PARTITIONS, _POOLS}:
        if metadata[shards] != declared["metadata"][shards]:
            msg = (
                f"stream {name} was made with {shards} = {metadata[shards]} and is asked for "
                f"{declared['metadata'][shards]}: entities would change hands with messages in flight. Set "
                f"CROSSDOCK_{shards.rpartition('.')[2].upper()}={metadata[shards]}, or start with an empty data folder."
            )
            raise ProvisionError(msg)
    revision = int(metadata.get(_REVISION, 0))
    taken = set(standing["subjects"]) | set(declared["subjects"])  # what it took once may be in it: it goes on with it
    same = taken == set(standing["subjects"]) and standing["num_replicas"] == declared["num_replicas"]
    if revision > REVISION or (revision == REVISION and same):
        return
    wanted = {**standing, **declared, "subjects": sorted(taken), "metadata": {**metadata, **declared["metadata"]}}
    await _must(calls, f"STREAM.UPDATE.{name}", wanted, f"stream {name}")


async def provision_consumer(calls: Calls, stream: str, declared: dict[str, Any]) -> None:
    """Make a durable consumer as declared, or bring it up to it; where it had got to stays.

    Raises:
        ProvisionError: the server refuses.
        DisconnectedError: the server could not be asked.
    """
    name = declared["name"]
    answer = await calls.api(f"CONSUMER.INFO.{stream}.{name}")
    standing = answer.get("config")
    if isinstance(standing, dict):
        revision = int((standing.get("metadata") or {}).get(_REVISION, 0))
        same = all(standing.get(name) == declared[name] for name in ("filter_subject", "ack_wait"))
        if revision > REVISION or (revision == REVISION and same):
            return
    request = {"stream_name": stream, "config": declared}
    await _must(calls, f"CONSUMER.CREATE.{stream}.{name}", request, f"consumer {name} of {stream}")


def _code(answer: dict[str, Any]) -> int:
    error = answer.get("error")
    return int(error.get("err_code", 0)) if isinstance(error, dict) else 0


def _checked(answer: dict[str, Any], what: str) -> dict[str, Any]:
    if "error" in answer:
        msg = f"{what}: the server refuses: {answer['error']}"
        raise ProvisionError(msg)
    return answer


async def _must(calls: Calls, subject: str, request: dict[str, Any], what: str) -> None:
    _checked(await calls.api(subject, request, timeout_s=15), what)
