"""The generic webhook: the hub's own format, signed as Standard Webhooks has it."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from services.capture.channels import Hook, SignatureError, Topic, UnmappableError
from services.capture.channels.signed import Signed
from tests.builders import order_input

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four.").decode()
OTHER = base64.b64encode(b"another one of the same.").decode()
BODY = order_input("7").model_dump_json().encode()


def hook(secret: str = SECRET, body: bytes = BODY, at: datetime = NOW, **headers: str) -> Hook:
    signature = Webhook(secret).sign("msg_1", at, body.decode())
    given = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    return Hook(given | {name.replace("_", "-"): value for name, value in headers.items()}, body)


def test_a_webhook_is_believed_that_was_signed_lately_with_one_of_the_secrets() -> None:
    Signed().check(hook(), [SECRET], NOW)
    Signed().check(hook(), [OTHER, SECRET], NOW)
    Signed().check(hook(at=NOW - timedelta(minutes=5)), [SECRET], NOW)


def test_a_sender_may_sign_with_two_secrets_while_one_takes_the_others_place() -> None:
    both = f"{hook(OTHER).headers['webhook-signature']} {hook().headers['webhook-signature']}"
    Signed().check(hook(webhook_signature=both), [SECRET], NOW)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (hook(OTHER), "no signature matches"),
        (Hook(hook().headers, BODY + b" "), "no signature matches"),
        (Hook(hook().headers, b"\xff"), "not UTF-8"),
        (hook(webhook_id="msg_2"), "no signature matches"),
        (hook(webhook_signature="v1,ÿ v2"), "no signature matches"),
        (hook(webhook_timestamp="1e9"), "webhook-timestamp"),
        (hook(webhook_timestamp="9" * 30), "webhook-timestamp"),
        (hook(webhook_signature=""), "it is not signed"),
        (Hook({}, BODY), "it is not signed"),
        (hook(at=NOW - timedelta(minutes=5, seconds=1)), "signed at 2026-03-02T09:24:59"),
        (hook(at=NOW + timedelta(minutes=6)), "signed at 2026-03-02T09:36:00"),
    ],
)
def test_a_webhook_that_was_not_is_refused(wrong: Hook, told: str) -> None:
    with pytest.raises(SignatureError, match=told):
        Signed().check(wrong, [SECRET], NOW)


def test_it_brings_an_order_in_the_hubs_own_format() -> None:
    heard = Signed().heard(hook())
    assert (heard.topic, heard.order_id, heard.delivery_id) == (Topic.ORDER, "7", "msg_1")
    assert Signed().read(heard.body) == order_input("7")
    with pytest.raises(UnmappableError, match="order_id"):
        Signed().heard(hook(body=b"{}"))
