"""What products answers when it is asked."""

from datetime import datetime

from pydantic import BaseModel

from crossdock_contracts import gtin
from crossdock_contracts.products import Product
from services.hub.decision import States
from services.hub.service import Question
from services.products.state import Barcode, ProductRecord


class ProductsQuestion(Question):
    """The products with these SKUs, and those with these barcodes."""

    skus: tuple[str, ...] = ()
    barcodes: tuple[str, ...] = ()


class FoundProduct(BaseModel):
    """A product, and where it is used."""

    product: Product
    kits: tuple[str, ...] = ()
    """Active kits that it is a component of."""


def products(states: States, question: ProductsQuestion, _now: datetime) -> list[FoundProduct]:
    """Each product that is known, once; what is no barcode belongs to none."""
    owner = question.owner
    codes = [gtin.padded(code) for code in question.barcodes if not gtin.problem(code)]
    barcodes = states.get_all(Barcode, [(owner, code) for code in codes])
    skus = dict.fromkeys([*question.skus, *(one.sku for one in barcodes if one is not None and one.sku)])
    found = states.get_all(ProductRecord, [(owner, sku) for sku in skus])
    return [FoundProduct(product=one.product, kits=one.kits) for one in found if one is not None]
