"""All files of a load, read and held against each other, the configuration and the hub, before anything is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.capture.channels.sheet import Problem
from services.capture.formats import FORMATS
from services.capture.rules import Channels
from services.capture.rules.customers import CustomerRules
from services.cli import feed
from services.cli.client import Client
from services.cli.cutover.customers import CustomersPart
from services.cli.cutover.orders import Goods, OrdersPart
from services.cli.cutover.part import Part, Standing
from services.cli.cutover.products import ProductsPart, listed
from services.cli.cutover.stock import StockPart
from services.inventory.rules import Rules

FILES = ("products.csv", "customers.csv", "stock.csv", "orders.csv")
"""In the order in which they are loaded: each goes by those before it."""


@dataclass(slots=True)
class Load:
    """What a folder comes to."""

    owner: str
    parts: list[Part] = field(default_factory=list)
    standings: dict[str, list[Standing]] = field(default_factory=dict)
    """What the hub said of each entry before the load, by file; empty where it could not be asked."""

    @property
    def problems(self) -> list[Problem]:
        """Everything that is wrong, by file and line."""
        return [problem for part in self.parts for problem in sorted(part.sheet.problems)]


def files_of(folder: Path) -> list[Path]:
    """The files of a folder that a load takes."""
    return [file for name in FILES if (file := folder / name).is_file()]


async def checked(folder: Path, owner: str, rules_dir: Path, client: Client | None) -> Load:
    """Read a folder and find everything that is wrong with it; without a hub, all but what only that can tell.

    Raises:
        RulesError: the configuration cannot be read.
    """
    load, catalogue = Load(owner), _Catalogue(owner, client)
    channels = Channels.load(rules_dir, FORMATS)
    for file in files_of(folder):
        match file.name:
            case "products.csv":
                products = ProductsPart(file, owner)
                catalogue.learn(await products.check(client), products.listings)
                load.parts.append(products)
            case "customers.csv":
                names = frozenset(channels.names)
                load.parts.append(CustomersPart(file, owner, CustomerRules.load(rules_dir), names))
            case "stock.csv":
                stock = StockPart(file, owner, Rules.load(rules_dir))
                await catalogue.check_stock(stock)
                load.parts.append(stock)
            case _:
                orders = OrdersPart(file, owner, channels)
                await catalogue.check_goods(orders)
                load.parts.append(orders)
    for part in load.parts if client else ():
        standings = await part.standing(client) if client else []
        load.standings[part.sheet.file] = standings
        for entry, standing in zip(part.entries, standings, strict=True):
            if standing.conflict:
                part.sheet.wrong(entry.lines[0], "", standing.conflict)
    return load


class _Catalogue:
    """Products and listings that are known from ``products.csv`` and from the hub."""

    def __init__(self, owner: str, client: Client | None) -> None:
        self._owner, self._client = owner, client
        self._known = feed.Known(owner)
        self._listings: dict[tuple[str, str], str] = {}

    def learn(self, known: feed.Known, listings: dict[tuple[str, str], str]) -> None:
        """What ``products.csv`` says."""
        self._known, self._listings = known, dict(listings)

    async def _look_up(self, client: Client, skus: Sequence[str]) -> None:
        wanted = [sku for sku in dict.fromkeys(skus) if sku and self._known.product(sku) is None]
        for product, kits in await feed.ask(client, self._owner, wanted, []):
            self._known.add(product, kits)

    async def check_stock(self, part: StockPart) -> None:
        """See that stock is of products that are known, and are no kits."""
        if self._client is None:
            return
        rows = [row for row in part.sheet.rows if row["sku"]]
        await self._look_up(self._client, [row["sku"] for row in rows])
        for row in rows:
            product = self._known.product(row["sku"])
            if product is None:
                part.sheet.wrong(row.line, "sku", _unknown(row["sku"]))
            elif product.components:
                parts = ", ".join(f"{one.quantity} × {one.sku}" for one in product.components)
                text = f"{row['sku']} is a kit and has no stock of its own; name its components instead: {parts}"
                part.sheet.wrong(row.line, "sku", text)

    async def check_goods(self, part: OrdersPart) -> None:
        """See that what orders are for is known."""
        if self._client is None:
            return
        wanted = {(one.channel.name, one.listing_id) for one in part.goods if one.listing_id}
        found = await listed(self._client, self._owner, sorted(wanted - self._listings.keys()))
        self._listings = found | self._listings
        await self._look_up(self._client, [self._sku(one) for one in part.goods])
        for one in part.goods:
            sku = self._sku(one)
            if not sku:
                text = f"no SKU is mapped to {one.listing_id} of {one.channel.name}; map it in products.csv"
                part.sheet.wrong(one.line, "listing_id", text)
            elif self._known.product(sku) is None:
                part.sheet.wrong(one.line, "listing_id" if one.listing_id else "sku", _unknown(sku))

    def _sku(self, goods: Goods) -> str:
        """The SKU that a row is about, as capture finds it; empty where nothing says so."""
        sku = self._listings.get((goods.channel.name, goods.listing_id), "") if goods.listing_id else ""
        return sku or goods.sku or (goods.listing_id if goods.channel.config.listing_is_sku else "")


def _unknown(sku: str) -> str:
    return f"there is no product {sku}, neither in products.csv nor in the hub; add it to products.csv"
