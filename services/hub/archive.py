"""The archive: events, and payloads that came in, that are too old for their streams: gzipped lines of JSON."""

import gzip
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator, Collection
from typing import Any

import orjson
from nats.aio.msg import Msg

from services.hub.objects import ObjectStore
from services.hub.wire import Calls

BUCKET = "archive"


def name_of(stream: str, first: int, last: int) -> str:
    """Name of the object that holds a stretch of a stream; names sort as the stretches do."""
    return f"{stream}/{first:020}-{last:020}.jsonl.gz"


def pack(messages: list[Msg]) -> bytes:
    """Messages as an object of the archive; the same messages make the same bytes."""
    lines = [
        orjson.dumps(
            {
                "seq": int((message.headers or {})["Nats-Sequence"]),
                "subject": (message.headers or {})["Nats-Subject"],
                "headers": {k: v for k, v in (message.headers or {}).items() if not k.startswith("Nats-")},
                "body": orjson.Fragment(body),
            }
        )
        for message in messages
        if (body := _in_one_line(message.data)) is not None
    ]
    return gzip.compress(b"\n".join(lines), mtime=0)


def _in_one_line(body: bytes) -> bytes | None:
    """A body without line breaks; none: it is no JSON, and its dead letter holds it."""
    if body[:1] == b"{" and b"\n" not in body and b"\r" not in body and body[-1:] == b"}":
        return body
    try:
        return orjson.dumps(orjson.loads(body))
    except orjson.JSONDecodeError:
        return None


async def names(archive: ObjectStore, calls: Calls, stream: str) -> list[str]:
    """Names of the objects that hold this stream, in order.

    Raises:
        DisconnectedError: the server could not be asked.
    """
    info: dict[str, Any] = await calls.api(
        f"STREAM.INFO.{archive.stream}", {"subjects_filter": f"$O.{archive.bucket}.M.*"}, timeout_s=10
    )
    subjects = (info.get("state") or {}).get("subjects") or {}
    found = (urlsafe_b64decode(subject.rpartition(".")[2]).decode() for subject in subjects)
    return sorted(name for name in found if name.startswith(f"{stream}/"))


async def read_archive(
    archive: ObjectStore, calls: Calls, stream: str, only: Collection[int] | None = None
) -> AsyncIterator[dict[str, Any]]:
    """The archived events of a stream in order, each once: ``seq``, ``subject``, ``headers``, ``body``.

    ``only`` are sequences of those that are wanted, where that is not all: objects that hold none are not read.

    A stretch that was archived and not purged any more, for the process died, is archived again with what follows it.

    Raises:
        DisconnectedError: the server could not be asked.
        CorruptObjectError: an object is not what was archived.
    """
    last = 0
    for name in await names(archive, calls, stream):
        if only is not None and not any(map(_stretch(name).__contains__, only)):
            continue
        content = await archive.get(name)
        for line in gzip.decompress(content or gzip.compress(b"")).splitlines():
            event = orjson.loads(line)
            if event["seq"] > last:
                last = event["seq"]
                if only is None or last in only:
                    yield event


def _stretch(name: str) -> range:
    """The sequences that an object is named for."""
    first, last = name.rpartition("/")[2].removesuffix(".jsonl.gz").split("-")
    return range(int(first), int(last) + 1)
