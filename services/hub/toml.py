"""Rules in TOML files and lists: read once, checked in full, errors that say where."""

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

Shape = TypeVar("Shape")
_SAID = {"extra_forbidden": "there is no such key", "missing": "it is missing"}
"""What is wrong, by pydantic's word for it."""


class RulesError(ValueError):
    """A rules file is missing or wrong; the text names the file, the place in it, and what is wrong."""


def load_toml(file: Path, shape: type[Shape]) -> Shape:
    """Read a TOML file as this type.

    Raises:
        RulesError: it is missing, no TOML, or not of this shape.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        msg = f"rules file {file} is missing; CROSSDOCK_RULES_DIR names the folder of rules"
        raise RulesError(msg) from None
    except OSError as error:
        msg = f"{str(file)[:200]}: {error.strerror}"
        raise RulesError(msg) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{file}: not TOML: {error}"
        raise RulesError(msg) from None
    return checked(content, shape, str(file))


def checked(content: Any, shape: type[Shape], file: str, at: str = "") -> Shape:
    """What stands in a file, at some place in it, as this type.

    Raises:
        RulesError: it is not of this shape.
    """
    try:
        found: Shape = TypeAdapter(shape).validate_python(content)
    except ValidationError as error:
        wrong = error.errors(include_url=False)
        places = (".".join(filter(None, [at, _place(content, one["loc"])])) for one in wrong)
        problems = "; ".join(f"{place}: {_wrong(one)}" for place, one in zip(places, wrong, strict=True))
        msg = f"{file}: {problems}"
        raise RulesError(msg) from None
    return found


def _place(content: Any, path: tuple[int | str, ...]) -> str:
    """Where something stands: keys, and for an entry of a list its name if it has one, else its number, from 1."""
    said: list[str] = []
    for key in path:
        try:
            content = content[key]
        except (KeyError, IndexError, TypeError):
            content = None
        named = isinstance(key, int) and isinstance(content, dict) and isinstance(content.get("name"), str)
        said.append(repr(content["name"]) if named else str(key + 1 if isinstance(key, int) else key))
    return ".".join(said)


def _wrong(problem: Any) -> str:
    """What is wrong, and with what where that is short."""
    if problem["type"] in _SAID:
        return _SAID[problem["type"]]
    given = problem["input"]
    return f"{problem['msg']}" + (f"; {given!r} stands there" if isinstance(given, (str, int, float)) else "")


def load_lines(file: Path) -> list[str]:
    """The lines of a list; empty ones and those that begin with # are left out.

    Raises:
        RulesError: it is missing, or no text.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        msg = f"list {file} is missing, which a rules file in the same folder names"
        raise RulesError(msg) from None
    except UnicodeDecodeError as error:
        msg = f"{file}: no text in UTF-8: {error}"
        raise RulesError(msg) from None
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
