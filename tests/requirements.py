"""``python -m tests.requirements [EXTRA…]``: what the project asks for, one a line, to be pinned.

The contracts are left out: they are part of the project, and on no index.
"""

import sys
import tomllib
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def requirements(*extras: str) -> list[str]:
    """Requirements of both packages and of building them, with those of some extras."""
    found: set[str] = set()
    for file in (_ROOT / "pyproject.toml", _ROOT / "contracts" / "pyproject.toml"):
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        found.update(content["build-system"]["requires"], content["project"]["dependencies"])
        for extra in extras:
            found.update(content["project"].get("optional-dependencies", {}).get(extra, ()))
    for one in [one for one in found if one.startswith("crossdock[")]:  # an extra that takes in others
        found |= set(requirements(*one.removeprefix("crossdock[").removesuffix("]").split(",")))
    return sorted(one for one in found if not one.startswith(("crossdock-contracts", "crossdock[")))


if __name__ == "__main__":
    sys.stdout.write("".join(f"{one}\n" for one in requirements(*sys.argv[1:])))
