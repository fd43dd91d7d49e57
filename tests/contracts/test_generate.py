from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
import pytest
from pydantic import Field, create_model

from crossdock_contracts.base import Value
from crossdock_contracts.generate import BreakingError, changes, compare, main, name_of, schema_of, write
from crossdock_contracts.registry import everything
from crossdock_contracts.samples import sample_of
from services.hub.settings import ROOT

PUBLISHED = ROOT / "contracts"
CAPTURED = "capture.evt.order-captured.v1"
INGEST = "capture.cmd.ingest.v1"


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class MoreColours(StrEnum):
    RED = "red"
    BLUE = "blue"
    GREEN = "green"


class Place(Value):
    city: str = ""


class Town(Value):
    """A place of which there is more to tell."""

    city: str = ""
    mayor: str = ""


class Street(Value):
    city: int = 0


def schema(**fields: Any) -> dict[str, Any]:
    """JSON Schema of a message with these fields: a type, or a type and its default."""
    typed = {name: field if isinstance(field, tuple) else (field, ...) for name, field in fields.items()}
    return create_model("Sale", __base__=Value, **typed).model_json_schema()


def breaking(old: dict[str, Any], new: dict[str, Any], *, command: bool) -> list[str]:
    return [text for breaks, text in changes(old, new, command=command) if breaks]


BREAKS_BOTH = {
    "a field that had to be there is gone": (schema(a=str, b=str), schema(a=str), "$.b is gone"),
    "an optional field is gone": (schema(a=str, b=(str, "")), schema(a=str), "$.b is gone"),
    "a field has another name": (schema(a=(str, "")), schema(b=(str, "")), "$.a is gone"),
    "a new field has to be there": (schema(a=str), schema(a=str, b=str), "$.b is required now"),
    "an optional field has to be there": (schema(a=(str, "")), schema(a=str), "$.a is required now"),
    "a type is another": (schema(a=int), schema(a=str), "$.a(type) was 'integer' and is 'string'"),
    "a type inside a list is another": (schema(a=list[int]), schema(a=list[str]), "$.a[](type) was 'integer'"),
    "a type in a map is another": (schema(a=dict[str, int]), schema(a=dict[str, str]), "$.a(additionalProperties)"),
    "a list is now one": (schema(a=list[int]), schema(a=int), "$.a(type) was 'array'"),
    "null is no longer taken": (schema(a=int | None), schema(a=int), "$.a had anyOf="),
    "null may come": (schema(a=int), schema(a=int | None), "$.a had anyOf="),
    "a value of an enumeration is gone": (schema(a=MoreColours), schema(a=Colour), "$.a can no longer be 'green'"),
    "a literal is gone": (schema(a=Literal["x", "y", "z"]), schema(a=Literal["x", "y"]), "$.a can no longer be 'z'"),
    "a minimum rose": (schema(a=Annotated[int, Field(ge=0)]), schema(a=Annotated[int, Field(ge=1)]), "$.a(minimum)"),
    "a text got a limit": (schema(a=str), schema(a=Annotated[str, Field(max_length=9)]), "$.a had maxLength=None"),
    "a text got a pattern": (schema(a=str), schema(a=Annotated[str, Field(pattern="^x$")]), "$.a had pattern=None"),
    "a limit is gone": (schema(a=Annotated[str, Field(max_length=9)]), schema(a=str), "$.a had maxLength=9"),
    "a list may not be empty": (schema(a=list[int]), schema(a=Annotated[list[int], Field(min_length=1)]), "minItems"),
    "a default is another": (schema(a=(int, 5)), schema(a=(int, 6)), "$.a meant 5 where it was left out and means 6"),
    "a field of a part is gone": (schema(a=Town), schema(a=Place), "$.a.mayor is gone"),
    "a field of a part is another": (schema(a=Place), schema(a=Street), "$.a.city(type) was 'string'"),
    "a field of a listed part is gone": (schema(a=list[Town]), schema(a=list[Place]), "$.a[].mayor is gone"),
    "a field of a part that may be none is gone": (schema(a=Town | None), schema(a=Place | None), "mayor is gone"),
    "the default of a part is another": (schema(a=(Town, Town())), schema(a=(Town, Town(mayor="x"))), "$.a meant"),
    "a field that is named like a keyword is another": (schema(title=str), schema(title=int), "$.title(type) was"),
    "a field that is named like a keyword is gone": (schema(title=(str, "")), schema(), "$.title is gone"),
}  # fmt: skip

BREAKS_READERS = {
    "a field may be missing": (schema(a=str), schema(a=(str, "")), "$.a was always there and may be missing"),
    "an enumeration has a further value": (schema(a=Colour), schema(a=MoreColours), "$.a can also be 'green'"),
}

HARMLESS = {
    "nothing": (schema(a=str), schema(a=str)),
    "another text of documentation": (schema(a=str), schema(a=Annotated[str, Field(description="what it is")])),
    "an optional field": (schema(a=str), schema(a=str, b=(str, ""))),
    "an optional field that is named like a keyword": (schema(a=str), schema(a=str, title=(str, ""))),
    "an optional part": (schema(a=str), schema(a=str, b=(Place | None, None))),
    "an optional field of a part": (schema(a=Place), schema(a=Town)),
    "an optional field of a listed part": (schema(a=list[Place]), schema(a=list[Town])),
    "an optional field of a part that may be none": (schema(a=(Place | None, None)), schema(a=(Town | None, None))),
    "an optional field of a part with a default": (schema(a=(Place, Place())), schema(a=(Town, Town()))),
}


@pytest.mark.parametrize("command", [False, True], ids=["event", "command"])
@pytest.mark.parametrize("case", BREAKS_BOTH.values(), ids=BREAKS_BOTH)
def test_within_a_major_version_nothing_is_taken_away_or_changed(case: tuple[Any, Any, str], command: bool) -> None:
    old, new, said = case
    assert any(said in text for text in breaking(old, new, command=command))


@pytest.mark.parametrize("case", BREAKS_READERS.values(), ids=BREAKS_READERS)
def test_a_command_may_ask_for_less_where_an_event_may_not_tell_less(case: tuple[Any, Any, str]) -> None:
    old, new, said = case
    assert breaking(old, new, command=False) == [said]
    assert breaking(old, new, command=True) == []
    assert list(changes(old, new, command=True)) == [(False, said)]


@pytest.mark.parametrize("command", [False, True], ids=["event", "command"])
@pytest.mark.parametrize("case", HARMLESS.values(), ids=HARMLESS)
def test_an_optional_field_keeps_the_version(case: tuple[Any, Any], command: bool) -> None:
    assert breaking(*case, command=command) == []


def test_a_new_optional_field_is_named() -> None:
    assert list(changes(schema(a=Place), schema(a=Town), command=False)) == [(False, "$.a.mayor is new")]


@pytest.mark.parametrize("contract", everything(), ids=name_of)
def test_the_published_schema_and_sample_are_what_the_code_says(contract: Any) -> None:
    for folder, content in (("schemas", schema_of(contract)), ("samples", orjson.loads(sample_of(contract).encode()))):
        published = PUBLISHED / folder / f"{name_of(contract)}.json"
        expected = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        assert published.read_bytes() == expected, "run `make generate`"


@pytest.mark.parametrize("folder", ["schemas", "samples"])
def test_nothing_is_published_that_is_no_contract(folder: str) -> None:
    published = {file.name for file in (PUBLISHED / folder).iterdir()}
    assert published == {f"{name_of(contract)}.json" for contract in everything()}


@pytest.mark.parametrize("contract", everything(), ids=name_of)
def test_a_published_sample_is_read_by_its_contract(contract: Any) -> None:
    published = (PUBLISHED / "samples" / f"{name_of(contract)}.json").read_bytes()
    assert contract.decode(published) == sample_of(contract)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contracts")
    write(folder)
    return folder


@pytest.fixture
def published(written: Path, tmp_path: Path) -> Path:
    """A folder in which everything is published as it is now."""
    for part in ("schemas", "samples"):
        (tmp_path / part).mkdir()
        for file in (written / part).iterdir():
            (tmp_path / part / file.name).write_bytes(file.read_bytes())
    return tmp_path


def republish(folder: Path, name: str, **fields: Any) -> None:
    """Have a schema as if these had been its fields; a field that is none had not been there."""
    file = folder / "schemas" / f"{name}.json"
    content = orjson.loads(file.read_bytes())
    kept = {**content["properties"], **fields}
    content["properties"] = {field: one for field, one in kept.items() if one is not None}
    file.write_bytes(orjson.dumps(content))


def test_what_is_published_as_it_is_has_no_differences(published: Path) -> None:
    assert compare(published / "schemas") == []
    assert write(published) == 0


def test_a_lost_field_stops_the_generation_and_nothing_is_written(published: Path) -> None:
    republish(published, CAPTURED, coupon={"type": "string", "default": ""})
    republish(published, INGEST, source=None)
    before = {file: file.read_bytes() for file in published.rglob("*.json")}
    with pytest.raises(BreakingError, match=rf"{CAPTURED}: \$\.coupon is gone: breaks it within its major version"):
        write(published)
    assert {file: file.read_bytes() for file in published.rglob("*.json")} == before


def test_a_new_optional_field_is_written(published: Path) -> None:
    republish(published, CAPTURED, holds=None)
    (found,) = compare(published / "schemas")
    assert str(found) == f"{CAPTURED}: $.holds is new: is new; run `make generate`"
    assert write(published) == 1
    assert compare(published / "schemas") == []


def test_a_contract_that_is_gone_breaks_and_a_new_one_does_not(published: Path) -> None:
    (published / "schemas" / f"{CAPTURED}.json").rename(published / "schemas" / "capture.evt.order-dreamt.v1.json")
    gone, new = compare(published / "schemas")
    assert (gone.contract, gone.breaking, gone.text) == ("capture.evt.order-dreamt.v1", True, "the contract is gone")
    assert (new.contract, new.breaking, new.text) == (CAPTURED, False, "the contract")


def test_changed_documentation_breaks_nothing_and_is_told(published: Path) -> None:
    file = published / "schemas" / f"{CAPTURED}.json"
    file.write_bytes(orjson.dumps({**orjson.loads(file.read_bytes()), "description": "What it once meant."}))
    (found,) = compare(published / "schemas")
    assert (found.breaking, found.text) == (False, "its documentation")


def test_the_program_says_what_would_break(
    published: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["generate", str(published)])
    assert main() == 0
    assert capsys.readouterr().out == f"0 files changed in {published}\n"
    republish(published, CAPTURED, captured_at={"type": "integer"})
    assert main() == 1
    told = capsys.readouterr().err
    assert f"{CAPTURED}: $.captured_at(type) was 'integer' and is 'string'" in told
    assert "publish the change as a new major version" in told
