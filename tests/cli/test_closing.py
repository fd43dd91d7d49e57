"""What became of many dead letters is counted letter by letter."""

from services.cli.client import Answer
from services.cli.closing import Tally


def test_of_a_message_that_died_in_two_handlers_each_letter_is_counted_for_itself() -> None:
    letters = [{"letter_id": "ROUTING-7", "handler": handler} for handler in ("stop", "route")]
    gone = {"entity_id": "ROUTING-7", "reason": "no-such-dead-letter", "detail": "closed by somebody else"}
    events = [
        {"type": "hub.evt.command-refused", "body": gone},
        {"type": "hub.evt.dead-letter-replayed", "body": letters[1]},
    ]
    tally = Tally()
    tally.count(letters, Answer(events))
    assert (tally.closed, tally.gone) == (letters[1:], 1)
