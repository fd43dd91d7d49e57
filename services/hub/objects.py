"""Objects too large for messages, or of no interest to them: labels, original payloads, archives.

They are laid out as NATS' object store has them (ADR-20), so that any client and the `nats` tool can read them. Many
puts that come at the same time are written together as one atomic batch, which costs a few fsyncs in all instead of two
for each object.
"""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Awaitable
from datetime import UTC, datetime
from hashlib import sha256

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg

from crossdock_contracts.envelope import timestamp
from services.hub.commit import MOST_MESSAGES
from services.hub.effects import TransientError
from services.hub.streams import provision_stream
from services.hub.wire import Calls, DisconnectedError, Laid, status

CHUNK_BYTES = 128 * 1024
_PATIENCE_S = 10.0
_FEW = 8
"""So many messages cost the server less one by one than as a batch, which it stages on disk; objects of one chunk."""


class ObjectStore:
    """One bucket."""

    def __init__(self, client: Client, calls: Calls, bucket: str, replicas: int = 1) -> None:
        self.bucket = bucket
        self._client = client
        self._calls = calls
        self._replicas = replicas
        self._waiting: list[tuple[list[Laid], asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    @property
    def stream(self) -> str:
        """The stream behind the bucket."""
        return f"OBJ_{self.bucket}"

    async def open(self) -> None:
        """Make the bucket, if it is not there.

        Raises:
            ProvisionError, DisconnectedError: it cannot be made.
        """
        declared = {
            "name": self.stream,
            "subjects": [f"$O.{self.bucket}.C.>", f"$O.{self.bucket}.M.>"],
            "storage": "file",
            "discard": "new",
            "num_replicas": self._replicas,
            "allow_rollup_hdrs": True,
            "allow_direct": True,
            "allow_atomic": True,
            "metadata": {"crossdock.revision": "1"},
        }
        await provision_stream(self._calls, declared)

    async def put(self, name: str, content: bytes) -> str:
        """Store an object under a name, in place of what stood there; its SHA-256 as hexadecimal digits.

        Raises:
            TransientError: the server did not store it, as far as is known; it may be put again.
        """
        digest = sha256(content)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((self._frames(name, content, digest.digest()), done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await done
        return digest.hexdigest()

    def _frames(self, name: str, content: bytes, digest: bytes) -> list[Laid]:
        nuid = sha256(name.encode() + digest).hexdigest()[:22]  # the same content again takes the same place
        chunks = [content[i : i + CHUNK_BYTES] for i in range(0, len(content), CHUNK_BYTES)]
        meta = {
            "name": name,
            "bucket": self.bucket,
            "nuid": nuid,
            "size": len(content),
            "mtime": timestamp(datetime.now(UTC).replace(microsecond=0)),
            "chunks": len(chunks),
            "digest": f"SHA-256={urlsafe_b64encode(digest).decode()}",
            "options": {"max_chunk_size": CHUNK_BYTES},
        }
        at = f"$O.{self.bucket}.C.{nuid}".encode()
        rollup = b"Nats-Rollup: sub\r\n"
        frames = [(at, rollup if n == 0 else b"", chunk) for n, chunk in enumerate(chunks)]
        key = urlsafe_b64encode(name.encode()).decode()
        return [*frames, (f"$O.{self.bucket}.M.{key}".encode(), rollup, orjson.dumps(meta))]

    async def _write(self) -> None:
        """Write what waits, as much of it together as one batch takes, until nothing waits any more."""
        await asyncio.sleep(0)
        while self._waiting:
            frames: list[Laid] = []
            taken: list[asyncio.Future[None]] = []
            while self._waiting and (not frames or len(frames) + len(self._waiting[0][0]) <= MOST_MESSAGES):
                more, done = self._waiting.pop(0)
                frames += more
                taken.append(done)
            error = await self._send(frames)
            for done in taken:
                if done.done():
                    continue
                if error:
                    done.set_exception(TransientError(f"object store {self.bucket}: {error}"))
                else:
                    done.set_result(None)

    async def _send(self, frames: list[Laid]) -> str:
        """Write frames; what went wrong, if anything."""
        if len(frames) > _FEW or len({subject for subject, _, _ in frames}) < len(frames):
            return await self._send_together(frames)
        for part in (".C.", ".M."):  # an object is found by its metadata: that comes when its chunks are there
            of_part = [one for one in frames if part.encode() in one[0]]
            said = await asyncio.gather(*(_said(self._calls.one([], *one, timeout_s=_PATIENCE_S)) for one in of_part))
            if trouble := next(filter(None, said), ""):
                return trouble
        return ""

    async def _send_together(self, frames: list[Laid]) -> str:
        """Write frames as one batch; what went wrong, if anything."""
        return await _said(self._calls.batch(frames, timeout_s=_PATIENCE_S))

    async def get(self, name: str) -> bytes | None:
        """The object of this name, its digest checked; none if there is none.

        Raises:
            CorruptObjectError: what is stored is not what was put.
            DisconnectedError: the server could not be asked.
        """
        key = urlsafe_b64encode(name.encode()).decode()
        found = await self._calls.one(
            [], f"$JS.API.DIRECT.GET.{self.stream}.$O.{self.bucket}.M.{key}".encode(), b"", b"", timeout_s=5
        )
        if status(found) == "404":
            return None
        if status(found):
            msg = f"bucket {self.bucket}: status {status(found)}"
            raise DisconnectedError(msg)
        meta = orjson.loads(found.data)
        if meta.get("deleted"):
            return None
        request = orjson.dumps(
            {"seq": 1, "next_by_subj": f"$O.{self.bucket}.C.{meta['nuid']}", "batch": max(1, meta["chunks"])}
        )
        chunks = (
            await self._calls.many(f"$JS.API.DIRECT.GET.{self.stream}".encode(), request, timeout_s=30)
            if meta["chunks"]
            else []
        )
        content = b"".join(chunk.data for chunk in chunks)
        if f"SHA-256={urlsafe_b64encode(sha256(content).digest()).decode()}" != meta["digest"]:
            msg = f"object {name!r} in bucket {self.bucket} is not what was put there"
            raise CorruptObjectError(msg)
        return content


async def _said(asked: Awaitable[Msg]) -> str:
    """What went wrong with a write, if anything."""
    try:
        answer = await asked
    except DisconnectedError:
        return "no answer from the server"
    if status(answer):
        return f"status {status(answer)}"
    error = orjson.loads(answer.data).get("error")
    return str(error) if error else ""


class CorruptObjectError(RuntimeError):
    """A stored object does not have the digest that it was put with."""
