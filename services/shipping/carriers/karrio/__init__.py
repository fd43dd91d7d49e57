"""UPS, FedEx, DHL Express and USPS, each with the account that one has with it, through karrio.

karrio knows what each carrier is asked and what its answers mean. It is synchronous, sends with urllib without a
time-out and without looking at certificates, and takes a refusal and an outage for the same. So only what it builds and
reads is used: each call runs in a thread of its account's own, and whatever karrio wants sent goes out through the
hub's client (`wire`), which bounds it, checks who answers, and classes what becomes of it.

None of these carriers sells once for each key. What became of a purchase whose answer was lost is found out where the
carrier lets one ask (`connectors`); where nothing can tell, the parcel waits for somebody to look.

Needs ``crossdock[carriers]``. https://github.com/karrioapi/karrio
"""

from services.shipping.carriers.karrio.adapter import Karrio
from services.shipping.carriers.karrio.connectors import CONNECTORS
from services.shipping.carriers.karrio.shape import Connector

__all__ = ["CONNECTORS", "Connector", "Karrio"]
