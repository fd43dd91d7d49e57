"""What an API says where it refuses, in the shapes that are common; and without the secrets that it may repeat."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

import httpx
import orjson

Explain = Callable[[httpx.Response], tuple[str, str]]
"""Reads the code and the text of a refusal."""

_CODES = ("code", "errorCode", "error_code", "errorId", "type")
_TEXTS = ("message", "detail", "error_description", "longMessage", "description", "title", "moreInfo", "text")
_INSIDE = ("error", "errors", "fault", "response", "messages", "detail", "output", "message", "errorMessage")
_WORDS = ("error", "errors", "fault")
_LONGEST = 500
_DEEPEST = 5
_SECRET = re.compile(r"authorization|token|secret|password|api-?key|signature|cookie", re.IGNORECASE)
_SHORTEST_SECRET = 6


def explained(answer: httpx.Response) -> tuple[str, str]:
    """The API's own code and message, wherever in a JSON body they stand; else the status and how the body begins."""
    fallback = f"http-{answer.status_code}"
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        text = re.sub(r"<[^>]*>|\s+", " ", answer.content[:4096].decode(errors="replace"))
        return fallback, " ".join(text.split())[:_LONGEST]
    code, text = _found(body, 0)
    return code or fallback, text[:_LONGEST]


def _found(value: Any, depth: int) -> tuple[str, str]:
    """The first code and text in here; several errors are joined."""
    if depth > _DEEPEST:
        return "", ""
    if isinstance(value, str):
        return "", value
    if isinstance(value, list):
        found = [_found(one, depth + 1) for one in value]
        return next((code for code, _ in found if code), ""), "; ".join(
            dict.fromkeys(text for _, text in found if text)
        )
    if not isinstance(value, Mapping):
        return "", ""
    code, text = _first(value, _CODES), _first(value, _TEXTS)
    word = _first(value, _WORDS)
    if text:  # {"error": "invalid_grant", "error_description": "…"}, as OAuth 2.0 has it
        code = code or word
    else:
        text = word
    for name in _INSIDE:
        if isinstance(value.get(name), dict | list):
            inner_code, inner_text = _found(value[name], depth + 1)
            code, text = inner_code or code, _joined(text, inner_text)
    if not code and not text:  # {"address": ["is missing"]}
        text = "; ".join(
            f"{name}: {_found(one, depth + 1)[1]}" for name, one in value.items() if _found(one, depth + 1)[1]
        )
    return code, text


def _joined(text: str, more: str) -> str:
    return f"{text}; {more}" if text and more and more not in text else text or more


def _first(value: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(one) for name in names if isinstance(one := value.get(name), str | int) and str(one)), "")


def without_secrets(text: str, request: httpx.Request) -> str:
    """The text without whatever the request proved itself with."""
    for name, value in _shown(request):
        if not _SECRET.search(name):
            continue
        scheme, _, rest = value.partition(" ")
        secrets = {value, rest}
        if scheme.lower() == "basic":
            try:
                secrets.update(b64decode(rest).decode(errors="replace").split(":", 1))
            except Base64Error:
                continue
        for secret in sorted(secrets, key=len, reverse=True):
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, "[secret]")
    return text


def _shown(request: httpx.Request) -> Iterator[tuple[str, str]]:
    """What a request says by name: in its headers, its address, and its body, where that is a form or JSON."""
    yield from request.headers.items()
    yield from request.url.params.multi_items()
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/x-www-form-urlencoded"):
        yield from parse_qsl(request.content.decode(errors="replace"))
    elif kind.startswith("application/json"):
        content = orjson.loads(request.content or b"null")
        if isinstance(content, dict):
            yield from ((name, value) for name, value in content.items() if isinstance(value, str))
