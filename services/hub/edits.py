"""What a payload looks like to whoever mends it, and what was mended.

A payload often holds another one as text, as a captured webhook does: such a string is gone into as if it stood open.
"""

import json
from typing import Any

from crossdock_contracts.operations import PayloadChange

_MOST_CHANGES = 100
_CHARS = 300
_ABSENT: Any = object()


def opened(value: Any) -> Any:
    """A value with every string that holds a JSON object or list replaced by what it holds."""
    if isinstance(value, dict):
        return {name: opened(one) for name, one in value.items()}
    if isinstance(value, list):
        return [opened(one) for one in value]
    inner = inside(value)
    return value if inner is None else opened(inner)


def closed(value: Any, like: Any) -> Any:
    """An opened value, closed again where the original held text; text that says the same stays as it was."""
    if isinstance(like, str) and not isinstance(value, str):
        inner = inside(like)
        if inner is not None and value == opened(inner):
            return like
        return written(closed(value, inner))
    if isinstance(value, dict):
        known = like if isinstance(like, dict) else {}
        return {name: closed(one, known.get(name)) for name, one in value.items()}
    if isinstance(value, list):
        known_list = like if isinstance(like, list) else []
        return [closed(one, known_list[n] if n < len(known_list) else None) for n, one in enumerate(value)]
    return value


def inside(value: Any) -> Any:
    """The object or list that a string holds as JSON; none: it is no string, or holds none."""
    if not isinstance(value, str) or value.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        found = json.loads(value)
    except ValueError:
        return None
    return found or None


def written(value: Any) -> str:
    """A value as JSON; numbers too large for other writers stay what they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def shown(body: str) -> str:
    """A payload as people read it: indented, what it holds as text opened; what is no JSON as it is."""
    try:
        return json.dumps(opened(json.loads(body)), ensure_ascii=False, indent=2)
    except ValueError:
        return body


def changes(before: bytes, after: bytes) -> list[PayloadChange]:
    """Where two payloads differ, place by place; bytes that are no JSON differ as a whole."""
    try:
        old, new = opened(json.loads(before)), opened(json.loads(after))
    except ValueError:
        texts = (body.decode("utf-8", "backslashreplace")[:_CHARS] for body in (before, after))
        return [PayloadChange(path="$", before=next(texts), after=next(texts))]
    found: list[PayloadChange] = []
    _compare("$", old, new, found)
    return found[:_MOST_CHANGES]


def _compare(path: str, old: Any, new: Any, found: list[PayloadChange]) -> None:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in [*old, *(name for name in new if name not in old)]:
            _compare(f"{path}.{name}", old.get(name, _ABSENT), new.get(name, _ABSENT), found)
    elif isinstance(old, list) and isinstance(new, list):
        for n in range(max(len(old), len(new))):
            one, other = (of[n] if n < len(of) else _ABSENT for of in (old, new))
            _compare(f"{path}[{n}]", one, other, found)
    elif type(old) is not type(new) or old != new:
        found.append(PayloadChange(path=path, before=_said(old), after=_said(new)))


def _said(value: Any) -> str:
    return "" if value is _ABSENT else written(value)[:_CHARS]
