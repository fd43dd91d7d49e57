"""What products answers when it is asked."""

from datetime import datetime

from pydantic import BaseModel

from crossdock_contracts import gtin
from crossdock_contracts.products import Product
from services.hub.decision import States
from services.hub.service import Question
from services.products.state import Barcode, ProductRecord


class ProductsQuestion(Question):
    """The products with these SKUs or barcodes."""

    codes: list[str]


class FoundProduct(BaseModel):
    """A product, and what it was found by."""

    code: str
    product: Product
    kits: tuple[str, ...] = ()
    """Active kits that it is a component of."""


def products(states: States, question: ProductsQuestion, _now: datetime) -> list[FoundProduct]:
    """Each product that is known, by SKU first and else by barcode."""
    owner, codes = question.owner, list(dict.fromkeys(question.codes))
    found = dict(zip(codes, states.get_all(ProductRecord, [(owner, code) for code in codes]), strict=True))
    scanned = [code for code in codes if found[code] is None and not gtin.problem(code)]
    barcodes = states.get_all(Barcode, [(owner, gtin.padded(code)) for code in scanned])
    skus = {code: one.sku for code, one in zip(scanned, barcodes, strict=True) if one is not None and one.sku}
    found |= dict(zip(skus, states.get_all(ProductRecord, [(owner, sku) for sku in skus.values()]), strict=True))
    return [FoundProduct(code=code, product=one.product, kits=one.kits) for code, one in found.items() if one]
