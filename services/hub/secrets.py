"""Secrets by name, such as ``channel.shop.webhook``: from a folder of files, or from the environment.

A file holds one secret a line and is read anew when it changes, so that a secret is rotated without a restart: the new
one is added, the other side told of it, the old one taken out. The name of an environment variable is
``CROSSDOCK_SECRET_`` and the name in capitals, its dots and hyphens as underscores; blanks separate several secrets.
"""

import os
import re
import time
from pathlib import Path

from services.hub.adapter import TransientError

_LOOK_AGAIN_S = 1.0


class Secrets:
    """Where secrets are kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._read: dict[str, tuple[float, float, tuple[str, ...]]] = {}
        """By name: when it was looked at, when the file had changed, what it held."""

    def all(self, name: str) -> tuple[str, ...]:
        """Every secret that holds now, the newest first; none where none is set."""
        found = self._from_file(name)
        return found or tuple(os.environ.get(variable(name), "").split())

    def one(self, name: str) -> str:
        """The secret to use; empty where none is set."""
        return next(iter(self.all(name)), "")

    def needed(self, name: str, retry_after_s: float | None = None) -> str:
        """The secret to use.

        Raises:
            TransientError: none is set; it is worth another try so much later.
        """
        found = self.one(name)
        if not found:
            raise TransientError(self.missing(name), retry_after_s)
        return found

    def missing(self, name: str) -> str:
        """What to do about a secret that is not set."""
        where = f"the file {self._folder / name}" if self._folder else f"the file {name} in CROSSDOCK_SECRETS_DIR"
        return f"no secret {name} is set: write it to {where}, or into {variable(name)}"

    def _from_file(self, name: str) -> tuple[str, ...]:
        if self._folder is None:
            return ()
        now = time.monotonic()
        looked_at, changed_at, lines = self._read.get(name, (-_LOOK_AGAIN_S, 0.0, ()))
        if now - looked_at < _LOOK_AGAIN_S:
            return lines
        file = self._folder / name
        try:
            stamp = file.stat().st_mtime
            if stamp != changed_at:
                lines = tuple(line.strip() for line in file.read_text().splitlines() if line.strip())
        except OSError:
            stamp, lines = 0.0, ()
        self._read[name] = (now, stamp, lines)
        return lines


def variable(name: str) -> str:
    """The environment variable of a secret."""
    return "CROSSDOCK_SECRET_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
