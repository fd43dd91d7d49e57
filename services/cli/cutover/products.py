"""``products.csv``: products, kits and listings; the same file that `crossdock products import` takes."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from crossdock_contracts.products import MapListingV1
from services.capture.channels.sheet import Problem, Sheet
from services.cli import feed
from services.cli.client import Client
from services.cli.cutover.part import Entry, Standing
from services.products.state import ListingRecord


class ProductsPart:
    """The products and listings of a load."""

    def __init__(self, file: Path, owner: str) -> None:
        self.sheet = Sheet(file.name)
        self._owner = owner
        self._columns: list[str] = []
        self._rows: list[feed.Row] = []
        self._listed: dict[int, MapListingV1] = {}
        try:
            self._columns, self._rows = feed.read(file)
        except feed.FileError as error:
            self.sheet.wrong(1, "", str(error).removeprefix("1: "))
        except csv.Error as error:
            self.sheet.wrong(1, "", f"it cannot be read as CSV: {error}; mend the quotes")
        except UnicodeDecodeError as error:
            self.sheet.wrong(1, "", f"it is not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8")
        self.entries: list[Entry] = []

    @property
    def listings(self) -> dict[tuple[str, str], str]:
        """The SKU that each listing of the file stands for."""
        return {(one.channel, one.listing_id): one.sku for one in self._listed.values()}

    async def check(self, client: Client | None) -> feed.Known:
        """Hold the file against what the hub knows, if it can be asked; what is known with the file."""
        asked = feed.known_to(client, self._owner, self._columns, self._rows) if client else None
        known = await asked if asked else feed.trusting(self._owner, self._columns, self._rows)
        found = feed.held_against(known, self._owner, self._columns, self._rows)
        for one in found.wrong:
            self.sheet.wrong(one.line, "", one.problem)
        self._listed = dict(found.listings)
        first: dict[tuple[str, str], tuple[int, MapListingV1]] = {}
        for line, command in found.listings:
            before, same = first.setdefault((command.channel, command.listing_id), (line, command))
            if same != command:
                text = f"{command.listing_id} of {command.channel} stands on line {before} already, and differently"
                self.sheet.wrong(line, "listing_id", text)
        self.entries = [Entry((row.line,)) for row in self._rows]
        return known

    async def standing(self, client: Client) -> list[Standing]:
        """Which lines say what the hub has already."""
        found = await self._against(client)
        pending = {command.sku for _, command in (*found.new, *found.changed)}
        lines = {row.line: row for row in self._rows}
        unmapped = await self._unmapped(client)
        return [
            Standing(
                there=entry.lines[0] not in unmapped
                and (lines[entry.lines[0]].is_listing_only or lines[entry.lines[0]].sku not in pending)
            )
            for entry in self.entries
        ]

    async def hand_in(self, client: Client, entries: Sequence[Entry]) -> list[Problem]:
        """Have products and listings carried out, kits after their components."""
        if not entries:
            return []
        found = await self._against(client)
        wanted = {line for entry in entries for line in entry.lines}
        unmapped = await self._unmapped(client)
        found.listings = [one for one in found.listings if one[0] in wanted & unmapped]
        return [Problem(self.sheet.file, one.line, "", one.problem) for one in await feed.hand_in(client, found)]

    async def _against(self, client: Client) -> feed.Feed:
        known = await feed.known_to(client, self._owner, self._columns, self._rows)
        return feed.held_against(known, self._owner, self._columns, self._rows)

    async def _unmapped(self, client: Client) -> set[int]:
        """Lines whose listing the hub has not, or has otherwise."""
        names = {line: ListingRecord.at(self._owner, one.channel, one.listing_id) for line, one in self._listed.items()}
        found = await client.documents(ListingRecord, names.values())
        return {line for line, one in self._listed.items() if not _is_mapped(found.get(names[line]), one)}


def _is_mapped(record: ListingRecord | None, command: MapListingV1) -> bool:
    return record is not None and (record.sku, record.quantity) == (command.sku, command.quantity)


async def listed(client: Client, owner: str, listings: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The SKUs that the hub knows listings of channels to stand for."""
    names = {ListingRecord.at(owner, *one): one for one in listings}
    found = await client.documents(ListingRecord, names)
    return {names[name]: record.sku for name, record in found.items()}
