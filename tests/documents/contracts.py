"""``docs/contracts.md``: every message, who says it, who hears it, what it means."""

from crossdock_contracts import registry
from crossdock_contracts.base import Contract
from tests.documents.sources import GENERATED, first_line, heard_by, services, table

_INTRODUCTION = """\
# Messages

Every message is one contract: one class, one type, one major version, one subject. Each name links to the JSON Schema
of its body; [`contracts/samples`](../contracts/samples) holds an example of each.

A subject ends with two numbers: the partition of what the message is about (its order, mostly) and the pool of its
owner. Both are `0` unless `CROSSDOCK_PARTITIONS` or `CROSSDOCK_POOLS` say otherwise, so `*` in their place is right
everywhere. How to subscribe and to send commands: [integrating.md](integrating.md).
"""
_OF_ALL = """\
Every service says and takes these. `<service>` stands for its name, for instance
`inventory.cmd.replay-dead-letter.v1.0.0`.
"""


def text() -> str:
    """The document."""
    everybody = services()
    heard = heard_by(everybody)
    said = {contract for service in everybody.values() for contract in service.says}
    parts = [GENERATED, _INTRODUCTION]
    for name in everybody:
        events = [(*_row(one), _listeners(one, said, heard)) for one in _of(name, "evt")]
        parts += [f"## {name.capitalize()}\n", table((f"{name} says", "subject", "meaning", "heard by"), events)]
        parts.append(table((f"{name} takes", "subject", "meaning"), map(_row, _of(name, "cmd"))))
    parts += ["## All services\n", _OF_ALL, table(("each says", "subject", "meaning"), map(_row, _of("hub", "evt")))]
    parts.append(table(("each takes", "subject", "meaning"), map(_row, _of("hub", "cmd"))))
    return "\n".join(part for part in parts if part)


def _of(service: str, kind: str) -> list[type[Contract]]:
    return [one for one in registry.everything() if service == one.SERVICE and kind == one.KIND]


def _listeners(contract: type[Contract], said: set[type[Contract]], heard: dict[str, list[str]]) -> str:
    if contract not in said:
        return "nobody says it yet"
    return ", ".join(heard.get(contract.TYPE, [])) or "the outside"


def _row(contract: type[Contract]) -> tuple[str, str, str]:
    name = f"{contract.TYPE}.v{contract.VERSION}"
    subject = f"{name}.*.*".replace("hub.", "<service>.", 1) if contract.SERVICE == "hub" else f"{name}.*.*"
    label = f"{contract.NAME} v{contract.VERSION}"
    return f"[{label}](../contracts/schemas/{name}.json)", f"`{subject}`", first_line(contract.__doc__)
