"""Notifications of Amazon's: whose they are, and which order they point to."""

from typing import Any

import orjson
import pytest

from services.capture.channels import Heard, Hook, SignatureError, Topic
from services.capture.channels.amazon import Amazon
from tests.builders import NOW

NOTICE = {
    "NotificationType": "ORDER_CHANGE",
    "Payload": {"OrderChangeNotification": {"AmazonOrderId": "112-1", "OrderChangeType": "OrderStatusChange"}},
    "NotificationMetadata": {"NotificationId": "n-1"},
}


@pytest.mark.parametrize(
    "body",
    [NOTICE, {"detail-type": "ORDER_CHANGE", "detail": NOTICE}, {"Message": orjson.dumps(NOTICE).decode()}],
    ids=["sqs", "eventbridge", "sns"],
)
def test_a_notification_points_to_its_order_in_whatever_envelope(body: dict[str, Any]) -> None:
    assert Amazon().heard(Hook({}, orjson.dumps(body))) == Heard(Topic.POINTER, "112-1", "n-1")


def test_other_notifications_are_not_acted_upon() -> None:
    other = NOTICE | {"NotificationType": "LISTINGS_ITEM_STATUS_CHANGE"}
    assert Amazon().heard(Hook({}, orjson.dumps(other))).topic is Topic.OTHER
    assert Amazon().heard(Hook({}, b"[1]")).topic is Topic.OTHER


def test_a_notification_carries_a_key_of_ours() -> None:
    hook = Hook({"x-api-key": "old"}, orjson.dumps(NOTICE))
    Amazon().check(hook, ["new", "old"], NOW)
    with pytest.raises(SignatureError):
        Amazon().check(hook, ["new"], NOW)
    with pytest.raises(SignatureError, match="x-api-key is missing"):
        Amazon().check(Hook({}, b"{}"), ["new", ""], NOW)
