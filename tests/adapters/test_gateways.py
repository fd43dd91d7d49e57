from datetime import UTC, datetime, timedelta

import pytest

from crossdock_contracts.base import Value
from crossdock_contracts.values import Money
from services.hub.decision import Done, Intent, Later, Refused
from services.hub.effects import Effects, Limits, PermanentError, UnknownError
from services.payments.gateways import Authorise, Authorised, Capture, Moved, Refund, Void
from services.payments.gateways.sandbox import SandboxGateway
from tests.builders import unique

EUROS = Money(amount_minor=1999, currency="EUR")
MOVES = {
    "capture": Capture(authorisation_id="auth_1", amount=EUROS),
    "void": Void(authorisation_id="auth_1"),
    "refund": Refund(reference="capt_1", amount=EUROS),
}


def card(token: str = "tok_1") -> Authorise:
    return Authorise(order_id="web:1", token=token, amount=EUROS)


class Line(SandboxGateway):
    """A gateway behind a bad line: the first answer is lost after the thing was done."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def call(self, operation: str, key: str, request: object) -> Authorised | Moved:
        answer = await super().call(operation, key, request)
        self.done.append(key)
        if len(self.done) == 1:
            msg = "the answer was lost"
            raise UnknownError(msg)
        return answer

    async def look_up(self, operation: str, key: str, request: object) -> Authorised | Moved | None:
        return await SandboxGateway().call(operation, key, request) if key in self.done else None


async def run(
    gateway: SandboxGateway, operation: str, request: Value, *, attempts: int = 3, resumed: bool = False
) -> object:
    """What becomes of a request by way of the hub."""
    effects = Effects(unique("payments"))
    effects.add(gateway, Limits(attempts=attempts))
    return await effects.run(Intent(gateway.name, operation, f"{operation}:main/web:1:1", request, resumed=resumed))


async def test_a_card_is_authorised_for_a_week() -> None:
    before = datetime.now(UTC)
    answer = await SandboxGateway().call("authorise", "authorise:1", card())
    assert isinstance(answer, Authorised)
    assert answer.authorisation_id.startswith("auth_")
    assert answer.expires_at is not None
    assert timedelta(0) <= answer.expires_at - before - timedelta(days=7) < timedelta(minutes=1)


@pytest.mark.parametrize(("operation", "request_"), MOVES.items(), ids=MOVES)
async def test_money_is_taken_given_up_and_given_back(operation: str, request_: Value) -> None:
    answer = await SandboxGateway().call(operation, f"{operation}:1", request_)
    assert isinstance(answer, Moved)
    assert answer.reference.startswith(f"{operation[:4]}_")


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("tok_decline", "card-declined"),
        ("tok_decline_7", "card-declined"),
        ("tok_expired", "card-expired"),
        ("tok_fraud_1", "suspected-fraud"),
    ],
)
async def test_a_token_that_asks_for_a_decline_is_declined_with_its_code(token: str, code: str) -> None:
    with pytest.raises(PermanentError, match=code) as declined:
        await SandboxGateway().call("authorise", "authorise:1", card(token))
    assert declined.value.code == code
    assert await run(SandboxGateway(), "authorise", card(token)) == Refused(code, declined.value.detail)


async def test_a_decline_does_not_repeat_the_whole_token() -> None:
    with pytest.raises(PermanentError) as declined:
        await SandboxGateway().call("authorise", "authorise:1", card("tok_decline_4242424242"))
    assert "4242" not in str(declined.value)


async def test_a_decline_whose_answer_was_lost_is_declined_again_and_does_not_wait() -> None:
    outcome = await run(SandboxGateway(), "authorise", card("tok_decline"), resumed=True)
    assert isinstance(outcome, Refused)
    assert outcome.code == "card-declined"


async def test_the_same_key_is_the_same_authorisation_and_another_key_another() -> None:
    gateway = SandboxGateway()
    first, again = [await gateway.call("authorise", "authorise:1", card()) for _ in range(2)]
    other = await gateway.call("authorise", "authorise:2", card())
    assert isinstance(first, Authorised)
    assert isinstance(again, Authorised)
    assert isinstance(other, Authorised)
    assert first.authorisation_id == again.authorisation_id != other.authorisation_id


@pytest.mark.parametrize(("operation", "request_"), MOVES.items(), ids=MOVES)
async def test_money_moves_once_for_each_key(operation: str, request_: Value) -> None:
    gateway = SandboxGateway()
    first = await gateway.call(operation, "k:1", request_)
    assert await SandboxGateway().call(operation, "k:1", request_) == first  # a restart forgets nothing
    assert await gateway.look_up(operation, "k:1", request_) == first
    assert await gateway.call(operation, "k:2", request_) != first


async def test_different_operations_never_share_a_reference() -> None:
    references = {(await SandboxGateway().call(name, "k:1", request)).reference for name, request in MOVES.items()}
    assert len(references) == len(MOVES)


@pytest.mark.parametrize(("operation", "request_"), [*MOVES.items()], ids=MOVES)
async def test_a_lost_answer_is_found_and_the_money_moves_once(operation: str, request_: Value) -> None:
    gateway = Line()
    outcome = await run(gateway, operation, request_)
    assert outcome == Done(await SandboxGateway().call(operation, f"{operation}:main/web:1:1", request_))
    assert gateway.done == [f"{operation}:main/web:1:1"]


async def test_an_answer_that_is_lost_at_the_last_attempt_is_unknown_and_no_refusal() -> None:
    outcome = await run(Line(), "authorise", card(), attempts=1)
    assert isinstance(outcome, Later)
    assert "authorise:main/web:1:1 was done is not known" in outcome.reason


async def test_the_buyers_token_is_not_shown() -> None:
    assert "secret" not in repr(Intent("sandbox", "authorise", "authorise:1", card("tok_secret")))
    assert "secret" not in str(await run(SandboxGateway(), "authorise", card("tok_fraud_secret")))
