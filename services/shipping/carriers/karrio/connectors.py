"""The carriers that karrio speaks for here."""

from services.shipping.carriers.karrio import dhl_express, fedex, ups, usps
from services.shipping.carriers.karrio.shape import Connector

CONNECTORS: dict[str, Connector] = {
    "ups": ups.CONNECTOR,
    "fedex": fedex.CONNECTOR,
    "dhl-express": dhl_express.CONNECTOR,
    "usps": usps.CONNECTOR,
}
