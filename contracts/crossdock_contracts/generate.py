"""JSON Schemas and samples of every contract, and what has changed against those that were published.

``python -m crossdock_contracts.generate FOLDER`` writes ``FOLDER/schemas`` and ``FOLDER/samples``. It refuses to
write over a published schema what would break it: such a change needs a new major version.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

import crossdock_contracts
from crossdock_contracts import registry
from crossdock_contracts.base import Contract
from crossdock_contracts.samples import sample_of

_DOCUMENTATION = {"title", "description", "examples", "$id", "$schema"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between a contract and what was published of it."""

    contract: str
    breaking: bool
    text: str

    def __str__(self) -> str:
        kind = "breaks it within its major version" if self.breaking else "is new; run `make generate`"
        return f"{self.contract}: {self.text}: {kind}"


def name_of(contract: type[Contract]) -> str:
    """Type with version, the name of its files."""
    return f"{contract.TYPE}.v{contract.VERSION}"


def schema_of(contract: type[Contract]) -> dict[str, Any]:
    """JSON Schema (2020-12) of a message's body."""
    schema = contract.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:crossdock:{name_of(contract)}",
        **schema,
    }


def _plain(schema: Any, definitions: dict[str, Any]) -> Any:
    """A schema with its references put in place, and without documentation."""
    if isinstance(schema, list):
        return [_plain(one, definitions) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        rest = {k: v for k, v in schema.items() if k != "$ref"}
        return _plain({**target, **rest}, definitions)
    kept = {k: v for k, v in schema.items() if k not in _DOCUMENTATION and k not in {"$defs", "properties", "default"}}
    plain = {k: _plain(v, definitions) for k, v in kept.items()}
    if "properties" in schema:  # names of fields, which may be those of keywords: ``title``
        plain["properties"] = {name: _plain(one, definitions) for name, one in schema["properties"].items()}
    return {**plain, "default": schema["default"]} if "default" in schema else plain


def changes(old: dict[str, Any], new: dict[str, Any], *, command: bool) -> Iterator[tuple[bool, str]]:
    """What has changed from one schema to another: whether it breaks those who go by the old one, and what it is.

    A new optional field is compatible. So is, in a command, a field that is no longer required and a further value of
    an enumeration: who sends by the old schema is still understood. All else breaks somebody.
    """
    before = _plain(old, old.get("$defs", {}))
    after = _plain(new, new.get("$defs", {}))
    yield from _changes(before, after, "$", command=command)


def _changes(old: Any, new: Any, at: str, *, command: bool) -> Iterator[tuple[bool, str]]:
    if old == new:
        return
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for before, after in zip(old, new, strict=True):
            yield from _changes(before, after, at, command=command)
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _keyword(key, old, new, at, command=command)
    else:
        yield True, f"{at} was {old!r} and is {new!r}"


def _keyword(
    key: str, old: dict[str, Any], new: dict[str, Any], at: str, *, command: bool
) -> Iterator[tuple[bool, str]]:
    if key == "properties":
        yield from _properties(old.get(key, {}), new.get(key, {}), at, command=command)
    elif key == "required":
        before, after = set(old.get(key, [])), set(new.get(key, []))
        for name in sorted((before - after) & set(new.get("properties", {}))):
            yield not command, f"{at}.{name} was always there and may be missing"
        for name in sorted(after - before):
            yield True, f"{at}.{name} is required now"
    elif key == "default" and key not in old:
        return  # it had to be there before: ``required`` tells that it does not any more
    elif key not in old or key not in new:
        yield True, f"{at} had {key}={old.get(key)!r} and has {new.get(key)!r}"
    elif key == "enum":
        yield from _enum(old[key], new[key], at, command=command)
    elif key == "default":
        if not _is_kept(old[key], new[key]):
            yield True, f"{at} meant {old[key]!r} where it was left out and means {new[key]!r}"
    else:
        yield from _changes(old[key], new[key], f"{at}({key})" if key != "items" else f"{at}[]", command=command)


def _is_kept(old: Any, new: Any) -> bool:
    """A default is what it was; that of a value with fields may have got further ones."""
    if isinstance(old, dict) and isinstance(new, dict) and old:
        return all(name in new and _is_kept(one, new[name]) for name, one in old.items())
    return bool(old == new)


def _properties(old: dict[str, Any], new: dict[str, Any], at: str, *, command: bool) -> Iterator[tuple[bool, str]]:
    for name in sorted(old.keys() - new.keys()):
        yield True, f"{at}.{name} is gone"
    for name in sorted(new.keys() - old.keys()):
        yield False, f"{at}.{name} is new"
    for name in sorted(old.keys() & new.keys()):
        yield from _changes(old[name], new[name], f"{at}.{name}", command=command)


def _enum(old: list[Any], new: list[Any], at: str, *, command: bool) -> Iterator[tuple[bool, str]]:
    for value in sorted(set(old) - set(new)):
        yield True, f"{at} can no longer be {value!r}"
    for value in sorted(set(new) - set(old)):
        yield not command, f"{at} can also be {value!r}"


def compare(schemas: Path) -> list[Difference]:
    """Differences between the contracts and the schemas that were published in a folder."""
    found: list[Difference] = []
    contracts = {name_of(contract): contract for contract in registry.everything()}
    published = {file.name.removesuffix(".json"): file for file in sorted(schemas.glob("*.json"))}
    gone = sorted(published.keys() - contracts.keys())
    found += [Difference(name, breaking=True, text="the contract is gone") for name in gone]
    for name, contract in sorted(contracts.items()):
        if name not in published:
            found.append(Difference(name, breaking=False, text="the contract"))
            continue
        old, new = orjson.loads(published[name].read_bytes()), schema_of(contract)
        differences = list(changes(old, new, command=contract.KIND == "cmd"))
        found += [Difference(name, breaking, text) for breaking, text in differences]
        if not differences and old != orjson.loads(orjson.dumps(new)):
            found.append(Difference(name, breaking=False, text="its documentation"))
    return found


class BreakingError(RuntimeError):
    """A published major version would be broken; the text names each change."""


def write(folder: Path) -> int:
    """Write schemas and samples; how many files changed.

    Raises:
        BreakingError: a published major version would be broken; nothing is written.
    """
    schemas, samples = folder / "schemas", folder / "samples"
    broken = [str(difference) for difference in compare(schemas) if difference.breaking]
    if broken:
        raise BreakingError("\n".join([*broken, "publish the change as a new major version (see upcasts.py)"]))
    count = 0
    for contract in registry.everything():
        for place, content in ((schemas, schema_of(contract)), (samples, orjson.loads(sample_of(contract).encode()))):
            place.mkdir(parents=True, exist_ok=True)
            file = place / f"{name_of(contract)}.json"
            text = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
            if not file.exists() or file.read_bytes() != text:
                file.write_bytes(text)
                count += 1
    return count


def main() -> int:
    """Entry point."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(crossdock_contracts.__file__).parents[1]
    try:
        changed = write(folder)
    except BreakingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{changed} files changed in {folder}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
