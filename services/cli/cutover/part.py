"""What the files of a load have in common: entries that are loaded whole, and what the hub says of each."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from crossdock_contracts.base import Command
from services.capture.channels.sheet import Problem, Sheet
from services.cli.client import Client
from services.cli.many import order_all


@dataclass(frozen=True, slots=True)
class Entry:
    """Lines of a file that are loaded together, and what they come to."""

    lines: tuple[int, ...]
    command: Command | None = None
    """None: the part knows by itself what they come to."""
    amounts: Mapping[str, int] = field(default_factory=dict)
    """What the file says of it, to be added up: pieces, or minor units by currency."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the hub says of an entry."""

    there: bool = False
    conflict: str = ""
    """Why it cannot be loaded beside what is there; empty: it can, or it is there."""
    amounts: Mapping[str, int] = field(default_factory=dict)
    """What the hub has of it."""
    holds: tuple[str, ...] = ()
    """Reasons for which it is held."""


class Part(Protocol):
    """One file of a load."""

    sheet: Sheet
    entries: list[Entry]

    async def standing(self, client: Client) -> list[Standing]:
        """What the hub says of each entry."""

    async def hand_in(self, client: Client, entries: Sequence[Entry]) -> list[Problem]:
        """Have entries carried out; those that were refused."""


async def carried_out(client: Client, sheet: Sheet, column: str, entries: Sequence[Entry]) -> list[Problem]:
    """Have the commands of entries carried out; what was refused, and why."""
    wanted = [(entry.lines[0], entry.command) for entry in entries if entry.command is not None]
    answers = await order_all(client, [command for _, command in wanted])
    pairs = zip(wanted, answers, strict=True)
    return [Problem(sheet.file, line, column, answer.refusal) for (line, _), answer in pairs if answer.refusal]


def sums(amounts: Iterable[Mapping[str, int]]) -> Counter[str]:
    """What amounts come to, by what they are of."""
    found: Counter[str] = Counter()
    for one in amounts:
        found.update(one)
    return found
