"""Subjects: where each message stands, and how keys become subject tokens."""

import re
import unicodedata
from hashlib import sha256
from zlib import crc32

_SAFE = re.compile(r"[A-Za-z0-9_-]+").fullmatch
_UNSAFE = re.compile(rb"[^A-Za-z0-9_-]")
_MAX_TOKEN_BYTES = 128


def token(text: str) -> str:
    """One subject token for any text: NFC-normalised, escaped as ``=XX`` bytes, hashed when long, never empty.

    Two texts share a token only if they are the same after NFC normalisation (or collide in SHA-256).
    """
    if len(text) <= _MAX_TOKEN_BYTES and _SAFE(text):
        return text
    if not text:
        return "="
    raw = unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")
    escaped = _UNSAFE.sub(lambda match: b"=%02X" % match.group()[0], raw)
    if len(escaped) > _MAX_TOKEN_BYTES:
        return "=h" + sha256(raw).hexdigest()
    return escaped.decode("ascii")


def key(*parts: str) -> str:
    """Key of an entity: the owner first, then what identifies it, each an escaped token."""
    return ".".join(map(token, parts))


def partition(owner: str, entity: str, partitions: int) -> int:
    """The partition of an entity, 0 to ``partitions - 1``; the same on every machine, for ever."""
    if partitions <= 1:
        return 0
    text = unicodedata.normalize("NFC", f"{owner}\0{entity}")
    return crc32(text.encode("utf-8", "surrogatepass")) % partitions


def pool(owner: str, pools: int) -> int:
    """The inventory pool of an owner, 0 to ``pools - 1``: all stock of one owner is in one pool."""
    return partition(owner, "", pools)


def message(type_: str, version: int, *, partition: int = 0, pool: int = 0) -> str:
    """Subject of an event or command, for instance ``capture.evt.order-captured.v1.0.0``."""
    return f"{type_}.v{version}.{partition}.{pool}"


def state(service: str, kind: str, *parts: str) -> str:
    """Subject of a state document."""
    return f"{service}.state.{kind}.{key(*parts)}"


def timer(service: str, kind: str, *parts: str) -> str:
    """Subject under which a timer waits."""
    return f"{service}.timer.{kind}.{key(*parts)}"


def stream(service: str) -> str:
    """Name of the stream that a service alone writes."""
    return service.upper().replace("-", "_")


def inbox(service: str) -> str:
    """Name of the stream that outsiders write to ask something of a service."""
    return f"{stream(service)}_IN"
