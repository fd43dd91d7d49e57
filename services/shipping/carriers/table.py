"""The last resort: rates from a table, labels drawn by the hub itself, nothing outside needed.

A tracking number depends on the key of the purchase alone, so the same purchase always has the same number. It ends
in a check digit by the Luhn algorithm (ISO/IEC 7812-1, annex B).
"""

from hashlib import sha256

from services.hub.effects import PermanentError
from services.shipping.carriers import BuyLabel, Label, Voided, VoidLabel, not_supported
from services.shipping.carriers.label import draw


def luhn(digits: str) -> str:
    """Check digit of a row of digits."""
    total = 0
    for n, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if n % 2 == 0 else 1)
        total += sum(divmod(value, 10))
    return str(-total % 10)


def tracking_number(prefix: str, key: str) -> str:
    """Number of a parcel: a prefix, fourteen digits, a check digit."""
    digits = str(int.from_bytes(sha256(key.encode()).digest()[:8]))[:14].zfill(14)
    return f"{prefix}{digits}{luhn(digits)}"


class TableCarrier:
    """Sells what the table has priced."""

    def __init__(self, name: str = "table", prefix: str = "XD") -> None:
        self.name = name
        self._prefix = prefix

    async def call(self, operation: str, key: str, request: object) -> Label | Voided:
        """Draw a label, or take one back.

        Raises:
            PermanentError: it is asked for something else.
        """
        if isinstance(request, VoidLabel):
            return Voided(tracking_number=request.tracking_number)
        if not isinstance(request, BuyLabel):
            raise not_supported(self.name, operation)
        number = tracking_number(self._prefix, key)
        return Label(tracking_number=number, cost=request.rate, documents=draw(request, number))

    async def look_up(self, operation: str, key: str, request: object) -> Label | Voided | None:
        """The same answer as ever; none of what is refused: it did nothing."""
        try:
            return await self.call(operation, key, request)
        except PermanentError:
            return None
