"""Checks of what is written by hand: links lead somewhere; the settings and tests that are named are there."""

import re
from collections.abc import Iterator
from pathlib import Path

from services.hub.settings import Settings

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_SETTING = re.compile(r"CROSSDOCK_[A-Z_]*[A-Z]")
_SECRET = "CROSSDOCK_SECRET_"
"""What the variables of secrets begin with; they are named after accounts, and no settings."""
_TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)")
_CODE = re.compile(r"```.*?```", re.DOTALL)
_ELSEWHERE = ("http://", "https://", "mailto:")


def problems(root: Path) -> list[str]:
    """What is wrong, each with the file that says it."""
    found: list[str] = []
    for file in _files(root):
        text = file.read_text(encoding="utf-8")
        name = str(file.relative_to(root))
        found += [f"{name}: the link {link} leads nowhere" for link in _dead_links(file, text)]
        found += [f"{name}: there is no test {one}" for one in _missing_tests(root, text)]
        found += [f"{name}: there is no setting {one}" for one in sorted(_settings_in(text) - settings())]
    missing = settings() - _settings_in((root / "README.md").read_text(encoding="utf-8"))
    return found + [f"README.md: the table of settings lacks {one}" for one in sorted(missing)]


def settings() -> set[str]:
    """Names of all settings, as they stand in the environment."""
    return {f"CROSSDOCK_{name.upper()}" for name in Settings.model_fields}


def _files(root: Path) -> list[Path]:
    """Every Markdown file of the project."""
    return [
        file
        for file in sorted(root.rglob("*.md"))
        if not any(part.startswith(".") for part in file.relative_to(root).parts)
    ]


def _settings_in(text: str) -> set[str]:
    return {one for one in _SETTING.findall(text) if not one.startswith(_SECRET)}


def _missing_tests(root: Path, text: str) -> Iterator[str]:
    for file, name in _TEST.findall(text):
        where = root / file
        if not where.exists() or not re.search(rf"\b(def|class) {name}\b|^{name} =", where.read_text(), re.MULTILINE):
            yield f"{file}::{name}"


def _dead_links(file: Path, text: str) -> Iterator[str]:
    for link in _LINK.findall(_CODE.sub("", text)):
        if link.startswith(_ELSEWHERE):
            continue
        path, _, anchor = link.partition("#")
        target = (file.parent / path).resolve() if path else file
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            yield link


def _anchors(file: Path) -> set[str]:
    """Anchors of a file's headings, as code hosts make them."""
    headings = re.findall(r"^#+ +(.+?)\s*$", _CODE.sub("", file.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
