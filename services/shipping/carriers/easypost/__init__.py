"""EasyPost, which speaks for many carriers.

A label is bought in two steps: a shipment is created, which costs nothing, under a reference made of our key; then one
of its rates is bought. A shipment can be bought once only, so a label is never bought twice as long as a key has one
shipment: the id is remembered, a shipment whose creation was not answered is looked up by its reference, and where two
may have come to be, the one that the reference leads to is the one that is bought.

API v2: https://docs.easypost.com/docs. Rights: an API key. Limits: by load, and 5 requests a second to lists; it says
429.
"""

from services.shipping.carriers.easypost.adapter import URL, EasyPost

__all__ = ["URL", "EasyPost"]
