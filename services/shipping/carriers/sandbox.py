"""A carrier inside the process, for trying things out.

It sells labels as the table does, and refuses as real ones do: parcels to a postcode that begins with ``REFUSE`` are
not taken.
"""

from services.hub.effects import PermanentError
from services.shipping.carriers import BuyLabel, Label, Voided
from services.shipping.carriers.table import TableCarrier


class SandboxCarrier(TableCarrier):
    """Sells labels, but not to everywhere."""

    def __init__(self) -> None:
        super().__init__("sandbox", "SB")

    async def call(self, operation: str, key: str, request: object) -> Label | Voided:
        """Draw a label, or take one back.

        Raises:
            PermanentError: the parcel goes where the sandbox does not deliver.
        """
        if isinstance(request, BuyLabel) and request.ship_to.postcode.upper().startswith("REFUSE"):
            code = "not-served"
            raise PermanentError(code, f"no delivery to {request.ship_to.postcode}")
        return await super().call(operation, key, request)
