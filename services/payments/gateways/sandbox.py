"""A gateway inside the process, for trying things out: it says yes, unless the token says otherwise.

Tokens that begin with ``tok_decline`` are declined, those that begin with ``tok_expired`` too, with another code. All
else is approved. What it answers depends on the key alone (but for when an authorisation expires), so the same key
always gets the same answer, as with any gateway that honours idempotency keys.
"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from services.hub.effects import PermanentError
from services.payments.gateways import Authorise, Authorised, Moved

_DECLINES = {"tok_decline": "card-declined", "tok_expired": "card-expired", "tok_fraud": "suspected-fraud"}


class SandboxGateway:
    """Approves everything but tokens that ask for a decline."""

    name = "sandbox"

    async def call(self, operation: str, key: str, request: object) -> Authorised | Moved:
        """Carry out a request.

        Raises:
            PermanentError: the token asks for a decline.
        """
        reference = f"{operation[:4]}_{sha256(key.encode()).hexdigest()[:24]}"
        if not isinstance(request, Authorise):
            return Moved(reference=reference)
        for prefix, code in _DECLINES.items():
            if request.token.startswith(prefix):
                raise PermanentError(code, f"the token {prefix}… is declined")
        return Authorised(authorisation_id=reference, expires_at=datetime.now(UTC) + timedelta(days=7))

    async def look_up(self, operation: str, key: str, request: object) -> Authorised | Moved | None:
        """The same answer as ever, as if a call that never came had come; none of a decline, which did nothing."""
        try:
            return await self.call(operation, key, request)
        except PermanentError:
            return None
