"""A file of products and listings: read line by line, held against what the hub knows, handed in."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from crossdock_contracts import gtin
from crossdock_contracts.base import Command
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.products import MapListingV1, Product, UpsertProductV1
from services.cli.client import Client
from services.cli.many import order_all
from services.hub.decision import Document, States
from services.products.decide.product import upsert_product
from services.products.state import Barcode, ProductRecord

_PLAIN = (
    "title",
    "weight_g",
    "hs_code",
    "origin_country",
    "hazmat_class",
    "track_lot",
    "track_expiry",
    "track_serial",
    "category",
    "tax_class",
    "active",
)
_DIMENSIONS = ("length_mm", "width_mm", "height_mm")
_COST = ("cost_minor", "cost_currency")
_PRODUCT = (*_PLAIN, "barcodes", "variant", "components", *_DIMENSIONS, *_COST)
_LISTING = ("channel", "listing_id", "listing_quantity")
COLUMNS = ("sku", *_PRODUCT, *_LISTING)
"""All columns that a file may have."""


class FileError(ValueError):
    """A file whose head is not one of products; the text says what is wrong with it."""


class CellError(ValueError):
    """A cell that cannot be read; the text names its column."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file: its filled cells by column."""

    line: int
    cells: dict[str, str]

    @property
    def sku(self) -> str:
        """The SKU that it is about; empty where it names none."""
        return self.cells.get("sku", "")

    @property
    def is_listing_only(self) -> bool:
        """It says nothing of the product itself."""
        return "listing_id" in self.cells and not any(column in self.cells for column in _PRODUCT)


class Wrong(BaseModel):
    """A line that cannot be handed in, and why."""

    line: int
    problem: str


@dataclass(slots=True)
class Feed:
    """What a file comes to."""

    new: list[tuple[int, UpsertProductV1]] = field(default_factory=list)
    changed: list[tuple[int, UpsertProductV1]] = field(default_factory=list)
    unchanged: int = 0
    listings: list[tuple[int, MapListingV1]] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)


def read(file: Path) -> tuple[list[str], list[Row]]:
    """The columns of a file, and its lines; blank ones are left out.

    Raises:
        FileError: it has a column that is not known, or none of SKUs.
    """
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        columns = [name.strip() for name in reader.fieldnames or ()]
        unknown = [name for name in columns if name not in COLUMNS]
        if unknown or "sku" not in columns:
            problem = f"unknown columns {', '.join(map(repr, unknown))}" if unknown else "no column sku"
            msg = f"1: {problem}; known are {', '.join(COLUMNS)}"
            raise FileError(msg)
        reader.fieldnames = columns
        rows = [Row(reader.line_num, _filled(row)) for row in reader]
    return columns, [row for row in rows if row.cells]


def _filled(row: dict[str | Any, Any]) -> dict[str, str]:
    """The cells with something in them; what stands behind the last column counts as one, so that it is told."""
    cells = {name: value.strip() for name, value in row.items() if name and value and value.strip()}
    return cells | ({"": "cells behind the last column"} if row.get(None) else {})


def _said(columns: list[str], row: Row) -> dict[str, Any]:
    """What a line says of its product: an empty cell says that there is none, a column that is not there says nothing.

    Raises:
        CellError: a cell cannot be read.
    """
    if "" in row.cells:
        msg = "it has more cells than the file has columns"
        raise CellError(msg)
    cells = row.cells
    said: dict[str, Any] = {name: cells.get(name) for name in _PLAIN if name in columns}
    if "barcodes" in columns:
        said["barcodes"] = cells.get("barcodes", "").split()
    if "variant" in columns:
        said["variant"] = dict(_pairs("variant", cells.get("variant", ""), "colour=blue; size=M"))
    if "components" in columns:
        pairs = _pairs("components", cells.get("components", ""), "MUG=1; PLATE=2")
        said["components"] = [{"sku": sku, "quantity": quantity} for sku, quantity in pairs]
    if any(name in columns for name in _DIMENSIONS):
        given = {name: cells[name] for name in _DIMENSIONS if name in cells}
        said["dimensions"] = given or None
    if any(name in columns for name in _COST):
        named = {"cost_minor": "amount_minor", "cost_currency": "currency"}
        said["cost"] = {named[name]: cells[name] for name in _COST if name in cells} or None
    return said


def _pairs(column: str, text: str, example: str) -> Iterator[tuple[str, str]]:
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, equals, value = (piece.strip() for piece in part.rpartition("="))
        if not (name and equals and value):
            msg = f"{column}: {part!r} cannot be read; write it like {example}"
            raise CellError(msg)
        yield name, value


def _product(said: dict[str, Any], sku: str, known: Product | None) -> Product:
    """The product as it is from now on: what the file does not say of it stays as it is."""
    kept = known.model_dump(exclude_defaults=True) if known else {}
    fields = {name: value for name, value in (kept | said).items() if value is not None and value != ""}
    return Product.model_validate(fields | {"sku": sku})


def _explained(error: ValidationError | CellError) -> str:
    if isinstance(error, CellError):
        return str(error)
    names = {"dimensions.": "", "cost.amount_minor": "cost_minor", "cost.currency": "cost_currency"}
    found = []
    for problem in error.errors(include_url=False):
        where = ".".join(map(str, problem["loc"]))
        for old, new in names.items():
            where = where.replace(old, new)
        found.append(f"{where}: {problem['msg']}")
    return "; ".join(dict.fromkeys(found))


class Known:
    """What the hub knows of products, as the lines of a file change it one after the other."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._documents: dict[str, Document | None] = {}

    def add(self, product: Product, kits: tuple[str, ...]) -> None:
        """A product as the hub has it."""
        owner = self._owner
        record = ProductRecord(owner=owner, sku=product.sku, product=product, kits=kits)
        barcodes = [Barcode(owner=owner, gtin=gtin.padded(code), sku=product.sku) for code in product.barcodes]
        self._documents |= {document.subject: document for document in (record, *barcodes)}

    def product(self, sku: str) -> Product | None:
        """A product as it stands."""
        found = self._documents.get(ProductRecord.at(self._owner, sku))
        return found.product if isinstance(found, ProductRecord) else None

    def take(self, command: UpsertProductV1) -> tuple[bool, str]:
        """Whether a command changes something, and why it would be refused; the rules are those of products."""
        decision = upsert_product(States(self._documents, strict=False), command, datetime.now(UTC))
        self._documents |= {document.subject: document for document in decision.writes}
        refusals = [event.detail for event in decision.events if isinstance(event, CommandRefusedV1)]
        return bool(decision.events), "; ".join(refusals)


async def known_to(client: Client, owner: str, columns: list[str], rows: list[Row]) -> Known:
    """What the hub knows of all that a file names."""
    skus = dict.fromkeys(row.sku for row in rows if row.sku)
    barcodes: dict[str, None] = {}
    for row in rows:
        try:
            said = _said(columns, row)
        except CellError:
            continue
        skus |= dict.fromkeys(part["sku"] for part in said.get("components", ()))
        barcodes |= dict.fromkeys(said.get("barcodes", ()))
    known, asked = Known(owner), set(skus)
    found = await ask(client, owner, list(skus), list(barcodes))
    parts = {part.sku for product, _ in found for part in product.components} - asked
    for product, kits in (*found, *await ask(client, owner, sorted(parts), [])):
        known.add(product, kits)
    return known


def trusting(owner: str, columns: list[str], rows: list[Row]) -> Known:
    """What would be known if the hub had every component that a file names and has not: what else is wrong shows."""
    known, here = Known(owner), {row.sku for row in rows}
    for row in rows:
        try:
            parts = _said(columns, row).get("components", ())
        except CellError:
            continue
        for part in parts:
            if part["sku"] not in here:
                known.add(Product(sku=part["sku"]), ())
    return known


async def ask(
    client: Client, owner: str, skus: list[str], barcodes: list[str]
) -> list[tuple[Product, tuple[str, ...]]]:
    """The products of these SKUs and barcodes that the hub has, each with the kits that it is in."""
    codes = [gtin.padded(code) for code in barcodes if not gtin.problem(code)]
    owners = await client.documents(Barcode, (Barcode.at(owner, code) for code in codes))
    wanted = dict.fromkeys([*skus, *(one.sku for one in owners.values() if one.sku)])
    found = await client.documents(ProductRecord, (ProductRecord.at(owner, sku) for sku in wanted))
    return [(record.product, record.kits) for record in found.values()]


def held_against(known: Known, owner: str, columns: list[str], rows: list[Row]) -> Feed:
    """The commands that a file comes to, and every line that is wrong."""
    feed = Feed()
    products: dict[str, tuple[int, Product]] = {}
    for row in rows:
        try:
            said = _said(columns, row)
            product = None if row.is_listing_only else _product(said, row.sku, known.product(row.sku))
            feed.listings += _listing(row, owner)
        except (CellError, ValidationError) as error:
            feed.wrong.append(Wrong(line=row.line, problem=_explained(error)))
            continue
        if product is None:
            continue
        line, before = products.setdefault(row.sku, (row.line, product))
        if before != product:
            problem = f"sku: {row.sku} stands on line {line} already, and differently"
            feed.wrong.append(Wrong(line=row.line, problem=problem))
    for line, product in sorted(products.values(), key=lambda one: bool(one[1].components)):  # kits after their parts
        command = UpsertProductV1(owner=owner, sku=product.sku, product=product)
        is_new = known.product(product.sku) is None
        is_changed, refusal = known.take(command)
        if refusal:
            feed.wrong.append(Wrong(line=line, problem=refusal))
        elif is_changed:
            (feed.new if is_new else feed.changed).append((line, command))
        else:
            feed.unchanged += 1
    feed.wrong.sort(key=lambda one: one.line)
    return feed


def _listing(row: Row, owner: str) -> list[tuple[int, MapListingV1]]:
    """The listing that a line maps, if any."""
    if not any(column in row.cells for column in _LISTING):
        return []
    fields = {"owner": owner, "sku": row.sku, "quantity": row.cells.get("listing_quantity", "1")}
    cells = {name: row.cells.get(name, "") for name in ("channel", "listing_id")}
    return [(row.line, MapListingV1.model_validate(fields | cells))]


async def hand_in(client: Client, feed: Feed) -> list[Wrong]:
    """Have everything of a file carried out, kits after their components; lines that were refused after all.

    Raises:
        NoServiceError: products does not run; what is stored is carried out once it does.
    """
    products = [*feed.new, *feed.changed]
    waves: tuple[list[tuple[int, Command]], ...] = (
        [one for one in products if not one[1].product.components],
        [one for one in products if one[1].product.components],
        [*feed.listings],
    )
    wrong: list[Wrong] = []
    for wave in waves:
        answers = await order_all(client, [command for _, command in wave])
        refused = ((line, answer.refusal) for (line, _), answer in zip(wave, answers, strict=True))
        wrong += [Wrong(line=line, problem=refusal) for line, refusal in refused if refusal]
    return sorted(wrong, key=lambda one: one.line)
