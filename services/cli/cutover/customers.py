"""``customers.csv``: buyers on terms, and how much they may have open."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from crossdock_contracts.payments import SetCreditLimitV1
from services.capture.channels import sheet as sheets
from services.capture.channels.sheet import Problem, Row, Sheet
from services.capture.decide.evidence import customer_id_of, normal_email, normal_phone
from services.capture.rules.customers import CustomerRules
from services.capture.state import Customer
from services.cli.client import Client
from services.cli.cutover.part import Entry, Standing, carried_out
from services.hub.money import major
from services.payments.state import Account, Book

NEEDED = ("currency", "limit")
COLUMNS = ("email", "phone", "country", "channel", "channel_customer_id", "name", "company", *NEEDED)
NO_LIMIT = "none"
_MOST_STEPS = 8
_EXAMPLES = {
    "email": "one such as anna@example.com",
    "phone": "it with + and country code, or fill country with such as DE",
}


class CustomersPart:
    """The customers on terms of a load."""

    def __init__(self, file: Path, owner: str, rules: CustomerRules, channels: frozenset[str]) -> None:
        self.sheet: Sheet = sheets.read(file, COLUMNS, NEEDED)
        self.entries: list[Entry] = []
        self._owner, self._rules, self._channels = owner, rules, channels
        lines: dict[tuple[str, str], int] = {}
        for row in self.sheet.rows:
            command = self._command(row)
            if command is None:
                continue
            first = lines.setdefault((command.customer_id, command.currency), row.line)
            if first != row.line:
                text = f"the same customer and currency stand on line {first} already; leave one of the two"
                self.sheet.wrong(row.line, "email", text)
            else:
                self.entries.append(Entry((row.line,), command, _amounts(command.currency, command.limit_minor)))

    def _command(self, row: Row) -> SetCreditLimitV1 | None:
        known = self._customer_id(row)
        if self.sheet.lacks(row, NEEDED) or not known:
            return None
        currency, limit = row["currency"], row["limit"]
        try:
            return SetCreditLimitV1(
                owner=self._owner,
                customer_id=known,
                currency=currency,
                limit_minor=None if limit == NO_LIMIT else self.sheet.amount(row, "limit", currency),
                set_by=f"load:{self.sheet.file}",
            )
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            self.sheet.wrong(row.line, str(problem["loc"][0]).removesuffix("_minor"), problem["msg"])
            return None

    def _customer_id(self, row: Row) -> str:
        """The id that the first thing which a customer is known by leads to, as with orders; empty and told: none."""
        if row["email"]:
            return self._known_by("email", row, normal_email(row["email"]), self._rules.ignore_emails)
        if row["phone"]:
            return self._known_by("phone", row, normal_phone(row["phone"], row["country"]), self._rules.ignore_phones)
        if row["channel_customer_id"] and row["channel"] in self._channels:
            return customer_id_of("channel", f"{row['channel']}:{row['channel_customer_id']}")
        text = "nothing tells who it is; fill email, phone, or channel (of channels.toml) and channel_customer_id"
        self.sheet.wrong(row.line, "email", text)
        return ""

    def _known_by(self, column: str, row: Row, value: str, ignored: tuple[str, ...]) -> str:
        if value and value not in ignored and value[value.find("@") :] not in ignored:
            return customer_id_of(column, value)
        text = f"{row[column]!r} cannot be read, or stands for nobody; write {_EXAMPLES[column]}"
        self.sheet.wrong(row.line, column, text)
        return ""

    async def standing(self, client: Client) -> list[Standing]:
        """What limit each customer has, under whatever id they stand today."""
        commands = [entry.command for entry in self.entries if isinstance(entry.command, SetCreditLimitV1)]
        ids = [one.customer_id for one in commands]
        today = await self._followed(client, Customer, ids)
        accounts = await self._followed(client, Account, list(today.values()))
        names = [Account.at(self._owner, accounts[today[one]]) for one in ids]
        found = await client.documents(Account, names)
        books = [(account.books if (account := found.get(name)) else {}) for name in names]
        return [_standing(book.get(one.currency), one) for book, one in zip(books, commands, strict=True)]

    async def _followed(self, client: Client, kind: Any, ids: list[str]) -> dict[str, str]:
        """Where ids lead since customers were merged."""
        today = {one: one for one in ids}
        for _ in range(_MOST_STEPS):
            found = await client.documents(kind, [kind.at(self._owner, one) for one in today.values()])
            merged = {one: getattr(found.get(kind.at(self._owner, now)), "same_as", "") for one, now in today.items()}
            if not any(merged.values()):
                break
            today |= {one: now for one, now in merged.items() if now}
        return today

    async def hand_in(self, client: Client, entries: Sequence[Entry]) -> list[Problem]:
        """Set limits."""
        return await carried_out(client, self.sheet, "limit", entries)


def _amounts(currency: str, limit_minor: int | None) -> dict[str, int]:
    return {"without limit": 1} if limit_minor is None else {currency: limit_minor}


def _standing(book: Book | None, command: SetCreditLimitV1) -> Standing:
    limit, wanted, currency = book.limit_minor if book else None, command.limit_minor, command.currency
    if book is not None and limit == wanted:
        return Standing(there=True, amounts=_amounts(currency, limit))
    if limit is None:
        return Standing()
    text = f"the limit is {major(limit, currency)} already; take the line out, or: crossdock customers credit"
    return Standing(conflict=text)
