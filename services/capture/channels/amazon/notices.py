"""ORDER_CHANGE notifications, as Amazon hands them over by EventBridge or SQS."""

from collections.abc import Sequence
from typing import Any

from services.capture.channels import Heard, Hook, SignatureError, Topic
from services.capture.channels.reading import json_of
from services.capture.channels.signing import any_matches

_ORDERS = frozenset({"ORDER_CHANGE", "ORDER_STATUS_CHANGE"})


def check(hook: Hook, secrets: Sequence[str]) -> None:
    """See to it that our EventBridge sent this: Amazon signs nothing, so the API destination carries a key.

    Raises:
        SignatureError: the header ``x-api-key`` is none of the keys.
    """
    given = hook.headers.get("x-api-key", "")
    if not given:
        msg = "the header x-api-key is missing: give the API destination's connection an API key of that name"
        raise SignatureError(msg)
    any_matches(given, secrets)


def heard(hook: Hook) -> Heard:
    """Which order a notification is about.

    Raises:
        UnmappableError: it is not JSON.
    """
    notice = _unwrapped(json_of(hook.body))
    metadata = _inside(notice, "NotificationMetadata") or _inside(notice, "notificationMetadata")
    delivery = str(_inside(metadata, "NotificationId") or _inside(metadata, "notificationId") or "")
    kind = _inside(notice, "NotificationType") or _inside(notice, "notificationType")
    payload = _inside(notice, "Payload") or _inside(notice, "payload")
    change = _inside(payload, "OrderChangeNotification") or _inside(payload, "OrderStatusChangeNotification")
    found = _inside(change, "AmazonOrderId")
    if kind not in _ORDERS or not isinstance(found, str) or not found:
        return Heard(Topic.OTHER, delivery_id=delivery)
    return Heard(Topic.POINTER, order_id=found, delivery_id=delivery)


def _unwrapped(content: Any) -> Any:
    """A notification without the envelope of EventBridge (``detail``) or of SNS (``Message``)."""
    if isinstance(content, dict) and isinstance(content.get("detail"), dict):
        return content["detail"]
    if isinstance(content, dict) and isinstance(content.get("Message"), str):
        return json_of(content["Message"].encode())
    return content


def _inside(content: Any, name: str) -> Any:
    return content.get(name) if isinstance(content, dict) else None
