"""EasyPost's webhooks: who signed them, and what they say of a parcel.

https://support.easypost.com/hc/en-us/articles/39826034964237-Webhook-HMAC-Validation
"""

import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from unicodedata import normalize

from pydantic import ValidationError

from services.shipping.carriers.answers import Tracked
from services.shipping.carriers.easypost.parse import tracked
from services.shipping.carriers.easypost.payload import Event, Tracker
from services.shipping.carriers.hooks import SignatureError, is_any_of

WINDOW = timedelta(minutes=5)
_PREFIX = "hmac-sha256-hex="


def check(
    headers: Mapping[str, str], body: bytes, secrets: Iterable[str], *, path: str, now: datetime, method: str = "POST"
) -> None:
    """See that EasyPost sent this, with any of these secrets, so that one can be replaced by another without a gap.

    Signed are time stamp, method, path and body (``x-hmac-signature-v2``); for accounts that were set up before there
    was that, the body alone (``x-hmac-signature``). Header names are in lower case.

    Raises:
        SignatureError: it is not signed so, not for this path, or not now.
    """
    said, signed = headers.get("x-hmac-signature-v2", ""), body
    if said:
        stamp, signed_path = headers.get("x-timestamp", ""), headers.get("x-path", "")
        if signed_path != path:
            msg = f"signed for {signed_path!r}, received at {path!r}"
            raise SignatureError(msg)
        if abs(now - _moment(stamp)) > WINDOW:
            msg = f"signed at {stamp}, which is more than {WINDOW} from now"
            raise SignatureError(msg)
        signed = f"{stamp}{method}{signed_path}".encode() + body
    else:
        said = headers.get("x-hmac-signature", "")
    made = [hmac.new(normalize("NFKD", one).encode(), signed, "sha256").hexdigest() for one in secrets if one]
    if not is_any_of(made, said.removeprefix(_PREFIX).strip().lower()):
        msg = "no signature" if not said else "the signature is of none of the secrets"
        raise SignatureError(msg)


def _moment(stamp: str) -> datetime:
    try:
        moment = parsedate_to_datetime(stamp)
    except ValueError:
        msg = f"time stamp {stamp!r} is none"
        raise SignatureError(msg) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def heard(body: bytes) -> list[Tracked]:
    """What a webhook says of a parcel; nothing: it is about something else.

    Raises:
        ValueError: it is not what EasyPost sends.
    """
    try:
        event = Event.model_validate_json(body)
        if not event.description.startswith("tracker."):
            return []
        return [tracked(Tracker.model_validate(event.result))]
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        msg = f"$.{'.'.join(str(step) for step in first['loc'])}: {first['msg']}"
        raise ValueError(msg) from None
