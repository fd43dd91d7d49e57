"""Dead letters as the command line finds them: by filters, and counted by reason."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from pydantic import ValidationError

from crossdock_contracts import subjects
from crossdock_contracts.base import explain
from services.cli.client import Client
from services.cli.output import errors
from services.cli.supervisor import ALL
from services.hub.documents import Reader
from services.hub.letters import BULKY, Letter, Stored, check, letter_subject, read_letter
from services.hub.wire import DisconnectedError, status

_PAGE, _PAGE_BYTES = 500, 8 * 1024 * 1024
"""Letters that are read at a time, and bytes."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which letters are meant; what is empty leaves none out."""

    service: str = ""
    handler: str = ""
    reason: str = ""
    """Class of the error, or a part of what was said, in any case of letters."""
    order: str = ""
    """``channel:id``, or ``owner/channel:id``."""
    before: datetime | None = None
    """Those that died before this moment."""

    def take(self, letter: dict[str, Any]) -> bool:
        """Whether this letter is among them."""
        wanted, said = self.reason.casefold(), (letter["error"], letter["reason"], letter["detail"])
        return (
            self.handler in ("", letter["handler"])
            and self.order in ("", letter["order"], letter["order"].partition("/")[2])
            and (self.before is None or datetime.fromisoformat(letter["died_at"]) < self.before)
            and any(wanted in text.casefold() for text in said)
        )


async def letters(
    client: Client,
    filters: Filters = Filters(),  # frozen
    *,
    letter_id: str = "",
    whole: bool = False,
) -> list[dict[str, Any]]:
    """Open dead letters, each with the name of its service, the oldest of each service first.

    They are read from where they stand: a service that does not run has them as well, and one that runs is busy enough.
    ``whole``: with payload, headers and traceback.
    """
    found: list[dict[str, Any]] = []
    for service in (name for name in ALL if filters.service in ("", name)):
        try:
            async for letter in _standing_letters(client, service, letter_id):
                shown = letter.shown(brief=not whole).model_dump(exclude=set() if whole else BULKY)
                if filters.take(shown):
                    found.append({"service": service, **shown})
        except DisconnectedError:
            errors.print(
                f"{service} has never run here, or its stream does not answer: of it no dead letters are shown"
            )
    return found


async def _standing_letters(client: Client, service: str, letter_id: str) -> AsyncIterator[Stored]:
    """Open dead letters of one service.

    Raises:
        DisconnectedError: its stream does not answer.
    """
    reader, name = Reader(client.calls, subjects.stream(service), ()), subjects.token(letter_id) if letter_id else "*"
    after = 0
    while page := await reader.messages(f"{service}.dead.*.{name}", after, _PAGE, most_bytes=_PAGE_BYTES):
        for message in page:
            if (letter := read_letter(message)) is not None:
                yield letter
        after = int((page[-1].headers or {})["Nats-Sequence"])


async def named(client: Client, letter_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Letters by their ids, in brief; one id may be that of several handlers' letters."""
    return [one for letter_id in letter_ids for one in await letters(client, letter_id=letter_id)]


async def stored(client: Client, letter: dict[str, Any]) -> tuple[Letter, bytes] | None:
    """A letter, and its payload byte for byte, from where it stands; none: it was closed meanwhile.

    Raises:
        DisconnectedError: the server does not answer.
    """
    stream = subjects.stream(letter["service"])
    subject = letter_subject(letter["service"], letter["handler"], letter["letter_id"])
    found = await client.calls.one([], f"$JS.API.DIRECT.GET.{stream}.{subject}".encode(), b"", b"", timeout_s=10)
    if status(found) not in {"", "404"}:
        raise DisconnectedError(status(found))
    read = None if status(found) else read_letter(found)
    return None if read is None else (read.shown(), found.data)


def problem(letter: Letter, body: str) -> str:
    """What is wrong with a mended payload by the contract of its subject; empty: nothing, as far as is known here."""
    space = letter.subject.split(".")[1]
    try:
        if space not in {"evt", "cmd"}:
            orjson.loads(body)
            return ""
        check(letter.subject.rpartition(".v")[0], letter.subject, body)
    except ValidationError as error:
        return explain(error)
    except (ValueError, LookupError) as error:
        return str(error)
    return ""


def groups(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Letters counted by service, handler and reason, the most frequent first."""
    counted: dict[tuple[str, ...], dict[str, Any]] = {}
    for letter in found:
        names = ("service", "handler", "error", "reason")
        one = counted.setdefault(
            tuple(letter[name] for name in names),
            {name: letter[name] for name in names} | {"count": 0, "first": letter["died_at"], "last": ""},
        )
        one["count"] += 1
        one["first"], one["last"] = min(one["first"], letter["died_at"]), max(one["last"], letter["died_at"])
        one["letter_id"] = letter["letter_id"]
    return sorted(counted.values(), key=lambda one: -one["count"])


def in_order(found: Sequence[dict[str, Any]], verb: str) -> Iterator[str]:
    """The figures of one run, line by line, for people."""
    for one in groups(found):
        yield f"{one['count']:,} {verb}: {one['service']}/{one['handler']} {one['error']}: {one['reason']}"
