"""``python -m tests.documents [--write]``: compare what stands in docs with the code, or write it anew."""

import sys
from collections.abc import Callable
from pathlib import Path

from tests.documents import asyncapi, commands, contracts, metrics, prose, states

ROOT = Path(__file__).resolve().parents[2]
GENERATED: dict[str, Callable[[], str]] = {
    "docs/asyncapi.json": asyncapi.text,
    "docs/commands.md": commands.text,
    "docs/contracts.md": contracts.text,
    "docs/metrics.md": metrics.text,
    "docs/states.md": states.text,
}
"""Each generated document, and what makes it."""


def write() -> list[str]:
    """Write what differs from the code; the names of what was written."""
    stale = outdated()
    for name in stale:
        (ROOT / name).parent.mkdir(exist_ok=True)
        (ROOT / name).write_text(GENERATED[name](), encoding="utf-8")
    return stale


def outdated() -> list[str]:
    """Generated documents that do not say what the code says."""
    return [name for name, make in GENERATED.items() if _standing(ROOT / name) != make()]


def _standing(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def main() -> int:
    """Check the documents, or write the generated ones; 1 if something is wrong with them."""
    if "--write" in sys.argv[1:]:
        sys.stdout.write("".join(f"written: {name}\n" for name in write()))
    problems = [f"{name}: not what the code says; run `make generate`" for name in outdated()]
    problems += prose.problems(ROOT)
    sys.stdout.write("".join(f"{problem}\n" for problem in problems) or "documents hold\n")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
