"""``docs/asyncapi.json``: what FastStream says of every service, in one AsyncAPI 3 document.

FastStream's own documents repeat each schema; this one refers to those of the contracts. What concerns nobody outside a
service is left out: its timers, its retries, its web routes (those are in `/docs` of a running hub, as OpenAPI).
"""

from typing import Any

import orjson

from crossdock_contracts import registry
from crossdock_contracts.generate import name_of
from services.hub.app import HubApp
from services.hub.queries import DocumentsQuestion, LettersQuestion, TimelineQuestion, WaitingQuestion
from tests.documents.sources import apps

_CONTRACTS = {one.__name__: name_of(one) for one in registry.everything()}
_QUESTIONS = {
    "documents": DocumentsQuestion,
    "timeline": TimelineQuestion,
    "letters": LettersQuestion,
    "waiting": WaitingQuestion,
}
_PUBLIC = {"evt", "cmd", "query"}


def text() -> str:
    """The document."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for app in apps().values():
        described: dict[str, Any] = app.schema.to_specification().to_jsonable()
        said = described["components"]["messages"]
        public = {name: one for name, one in described["channels"].items() if _is_public(one)}
        for name, channel in public.items():
            named = {key: _message(app, name, said[_last(one["$ref"])]) for key, one in channel["messages"].items()}
            messages |= {message["name"]: message for message in named.values()}
            channels[name] = _channel(channel, {key: message["name"] for key, message in named.items()})
        operations |= {name: one for name, one in described["operations"].items() if name in public}
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Crossdock",
            "version": "0.1.0",
            "description": "What the services hear, say and answer. docs/integrating.md tells how to take part.",
        },
        "defaultContentType": "application/json",
        "servers": {"hub": {"host": "127.0.0.1:4222", "protocol": "nats"}},
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }
    return orjson.dumps(
        document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    ).decode()


def _is_public(channel: dict[str, Any]) -> bool:
    tokens = (channel.get("address") or "").split(".")
    return len(tokens) > 1 and tokens[1] in _PUBLIC


def _channel(channel: dict[str, Any], messages: dict[str, str]) -> dict[str, Any]:
    kept = {key: value for key, value in channel.items() if key in {"address", "description"}}
    return kept | {"messages": {key: {"$ref": f"#/components/messages/{name}"} for key, name in messages.items()}}


def _message(app: HubApp, channel: str, described: dict[str, Any]) -> dict[str, Any]:
    """A message by the name of its contract or question."""
    questions = _QUESTIONS | {query.name: query.question for query in app.service.queries}
    question = questions.get(channel.removeprefix(f"{app.service.name}-"))
    if question is not None:
        return {"name": question.__name__, "payload": question.model_json_schema()}
    contract = _last(described["payload"]["$ref"])
    return {
        "name": contract,
        "correlationId": {"location": "$message.header#/ce-correlationid"},
        "payload": {"$ref": f"../contracts/schemas/{_CONTRACTS[contract]}.json"},
    }


def _last(reference: str) -> str:
    return reference.rpartition("/")[2]
