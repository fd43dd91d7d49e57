"""What a SKU is: what is said twice changes nothing, a barcode belongs to one product, a kit is made of no kits."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts import gtin
from crossdock_contracts.products import Product, ProductChangedV1, UpsertProductV1
from services.hub.decision import Decision, Document, States, changed
from services.products.decide.common import some
from services.products.state import Barcode, ProductRecord

MOST_COMPONENTS = 100
"""Different components of one kit: each becomes a line of an order."""

_Problem = tuple[str, str]
"""Reason and detail of a refusal."""


def reads_product(message: UpsertProductV1) -> Iterable[str]:
    """The documents of the product, its components and its barcodes."""
    product = message.product
    skus = [message.sku, *(part.sku for part in product.components)]
    return [
        *(ProductRecord.at(message.owner, sku) for sku in skus),
        *(Barcode.at(message.owner, gtin.padded(code)) for code in product.barcodes),
    ]


def upsert_product(states: States, message: UpsertProductV1, now: datetime) -> Decision:
    """This is the product from now on; what was captured before stays as it was captured."""
    owner, product = message.owner, message.product
    if product.sku != message.sku:
        detail = f"the command is about {message.sku}, its product is {product.sku}"
        return Decision.refused(message, "sku-differs", detail)
    known = states.get(ProductRecord, owner, message.sku)
    if known is not None and known.product == product:
        return Decision.nothing()
    record = changed(known, product=product) if known else ProductRecord(owner=owner, sku=product.sku, product=product)
    barcodes, problem = _barcodes(states, record, known)
    components, wrong = _components(states, record, known)
    if problem or wrong:
        return Decision.refused(message, *(problem or wrong or ("", "")))
    return Decision(
        writes=[record, *barcodes, *components],
        events=[ProductChangedV1(owner=owner, sku=message.sku, product=product, changed_at=now)],
    )


def _barcodes(
    states: States, record: ProductRecord, known: ProductRecord | None
) -> tuple[list[Document], _Problem | None]:
    """The barcodes that the product takes and gives up, unless one is no barcode, or another product's."""
    wrong = [problem for code in record.product.barcodes if (problem := gtin.problem(code))]
    if wrong:
        return [], ("wrong-barcode", some(wrong))
    before = {gtin.padded(code) for code in known.product.barcodes} if known else set()
    wanted = {gtin.padded(code): code for code in record.product.barcodes}
    codes = list(dict.fromkeys([*wanted, *sorted(before)]))
    standing = states.get_all(Barcode, [(record.owner, code) for code in codes])
    found = {code: one or Barcode(owner=record.owner, gtin=code) for code, one in zip(codes, standing, strict=True)}
    taken = [
        f"{wanted[code]} is the barcode of {found[code].sku}" for code in wanted if _is_of_other(found[code], record)
    ]
    if taken:
        return [], ("barcode-taken", f"{some(taken)}; a barcode belongs to one product")
    takes: list[Document] = [changed(found[code], sku=record.sku) for code in wanted if found[code].sku != record.sku]
    gives = [changed(found[code], sku="") for code in before - wanted.keys() if found[code].sku == record.sku]
    return [*takes, *gives], None


def _is_of_other(barcode: Barcode, record: ProductRecord) -> bool:
    return barcode.sku not in ("", record.sku)


def _components(
    states: States, record: ProductRecord, known: ProductRecord | None
) -> tuple[list[Document], _Problem | None]:
    """The components that hear that they are in this kit, or in it no longer, unless something is wrong with it."""
    product = record.product
    uses, used = _active_parts(product), _active_parts(known.product) if known else set()
    skus = list(dict.fromkeys([*(part.sku for part in product.components), *sorted(used)]))
    standing = states.get_all(ProductRecord, [(record.owner, sku) for sku in skus])
    found = {sku: one for sku, one in zip(skus, standing, strict=True) if one is not None}
    problem = _misplaced(record) or _wrong_parts(record, found)
    if problem:
        return [], problem
    joined: list[Document] = [changed(found[sku], kits=(*found[sku].kits, record.sku)) for sku in sorted(uses - used)]
    left = [
        changed(found[sku], kits=tuple(kit for kit in found[sku].kits if kit != record.sku))
        for sku in sorted(used - uses)
        if sku in found
    ]
    return [*joined, *left], None


def _active_parts(product: Product) -> set[str]:
    """The components that a product asks for when it is sold."""
    return {part.sku for part in product.components} if product.active else set()


def _misplaced(record: ProductRecord) -> _Problem | None:
    """What is wrong with the product as a component of others."""
    if record.kits and record.product.components:
        detail = (
            f"{record.sku} is a component of {some(list(record.kits))}; take it out of these before it becomes a kit"
        )
        return "kit-in-kit", detail
    if record.kits and not record.product.active:
        detail = f"{record.sku} is a component of {some(list(record.kits))}; change or end these first"
        return "component-in-use", detail
    return None


def _wrong_parts(record: ProductRecord, found: dict[str, ProductRecord]) -> _Problem | None:
    """What is wrong with the product's own components."""
    parts = [part.sku for part in record.product.components]
    if len(parts) > MOST_COMPONENTS:
        return "too-many-components", f"{len(parts)} components; a kit may have {MOST_COMPONENTS}"
    twice = [sku for number, sku in enumerate(parts) if sku in parts[:number]]
    if twice:
        return "component-twice", f"{some(twice)} stands in the kit more than once; name it once, with its quantity"
    kits = [sku for sku in parts if sku == record.sku or (sku in found and found[sku].product.components)]
    if kits:
        return "kit-in-kit", f"{some(kits)} is a kit itself; name its components instead"
    unknown = [sku for sku in parts if sku not in found]
    if unknown:
        return "unknown-component", f"there is no product {some(unknown)}; create it before the kit"
    ended = [sku for sku in parts if not found[sku].product.active] if record.product.active else []
    if ended:
        return "inactive-component", f"{some(ended)} is not sold any more; leave it out, or make it active first"
    return None
