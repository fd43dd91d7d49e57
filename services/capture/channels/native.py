"""The hub's own order format: JSON, as `OrderInput` describes it."""

import orjson
from pydantic import ValidationError

from crossdock_contracts.base import explain
from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import UnmappableError
from services.capture.channels.reading import listed


class Native:
    """Reads the hub's own JSON."""

    name = "native"

    def order_id(self, body: bytes) -> str:
        """The channel's id of the order in a payload.

        Raises:
            UnmappableError: it is no JSON object, or has no ``order_id``.
        """
        try:
            content = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            msg = f"$: not JSON: {error}"
            raise UnmappableError(msg) from None
        found = content.get("order_id") if isinstance(content, dict) else None
        if not isinstance(found, str) or not found:
            msg = "$.order_id: a non-empty string is needed"
            raise UnmappableError(msg)
        return found

    def read(self, body: bytes) -> OrderInput:
        """The order in a payload.

        Raises:
            UnmappableError: it is not one; the text names each field that is wrong.
        """
        try:
            return OrderInput.model_validate_json(body)
        except ValidationError as error:
            raise UnmappableError(explain(error)) from None

    def split(self, body: bytes) -> list[bytes]:
        """The orders of a list, or the only one."""
        return listed(body)
