"""``stock.csv``: what is there of each SKU at each location as the hub takes over."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from crossdock_contracts.base import explain
from crossdock_contracts.stock import OpenStockV1
from services.capture.channels import sheet as sheets
from services.capture.channels.sheet import Problem, Row, Sheet
from services.cli.client import Client
from services.cli.cutover.part import Entry, Standing, carried_out
from services.inventory.rules import Rules
from services.inventory.state import Opening, Stock

NEEDED = ("sku", "location_id", "on_hand")
COLUMNS = (*NEEDED, "safety", "damaged")


class StockPart:
    """The opening balances of a load."""

    def __init__(self, file: Path, owner: str, rules: Rules) -> None:
        self.sheet: Sheet = sheets.read(file, COLUMNS, NEEDED)
        self.entries: list[Entry] = []
        self._owner, self._rules = owner, rules
        lines: dict[tuple[str, str], int] = {}
        for row in self.sheet.rows:
            found = self._entry(row)
            first = lines.setdefault((row["sku"], row["location_id"]), row.line)
            if first != row.line:
                text = f"{row['sku']} at {row['location_id']} stands on line {first} already; leave one of the two"
                self.sheet.wrong(row.line, "sku", text)
            elif found is not None:
                self.entries.append(found)

    def _entry(self, row: Row) -> Entry | None:
        sheet, place = self.sheet, row["location_id"]
        if sheet.lacks(row, NEEDED):
            return None
        if place not in self._rules.locations:
            known = ", ".join(sorted(self._rules.locations))
            sheet.wrong(row.line, "location_id", f"there is no location {place} in locations.toml; known: {known}")
        elif place in self._rules.wms:
            text = (
                f"the WMS of {place} is master of its stock; take over its snapshot instead: crossdock stock snapshot"
            )
            sheet.wrong(row.line, "location_id", text)
        figures = {name: sheet.pieces(row, name) for name in ("on_hand", "safety", "damaged")}
        about = {"owner": self._owner, "sku": row["sku"], "location_id": place, "reference": f"load:{sheet.file}"}
        try:
            command = OpenStockV1.model_validate(about | figures)
        except ValidationError as error:
            sheet.wrong(row.line, "", explain(error))
            return None
        amounts = {"pieces": command.on_hand, "damaged pieces": command.damaged}
        return Entry((row.line,), command, amounts)

    async def standing(self, client: Client) -> list[Standing]:
        """What stands at each place, and what it was opened with."""
        commands = [entry.command for entry in self.entries if isinstance(entry.command, OpenStockV1)]
        names = [Stock.at(self._owner, one.sku) for one in commands]
        found = await client.documents(Stock, names)
        return [_standing(found.get(name), one) for name, one in zip(names, commands, strict=True)]

    async def hand_in(self, client: Client, entries: Sequence[Entry]) -> list[Problem]:
        """Open stock."""
        return await carried_out(client, self.sheet, "on_hand", entries)


def _standing(stock: Stock | None, command: OpenStockV1) -> Standing:
    place = stock.locations.get(command.location_id) if stock else None
    if place is None:
        return Standing()
    opening = place.opening
    if opening == Opening(on_hand=command.on_hand, safety=command.safety, damaged=command.damaged):
        return Standing(there=True, amounts={"pieces": opening.on_hand, "damaged pieces": opening.damaged})
    stands = f"{place.on_hand} on hand now; take the line out of the file, and count the SKU if that is wrong"
    if opening is None:
        return Standing(conflict=f"goods were booked there before the load; {stands}")
    before = f"{opening.on_hand} on hand, {opening.safety} safety, {opening.damaged} damaged"
    return Standing(conflict=f"it was opened with {before} already; {stands}")
