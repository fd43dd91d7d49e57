"""What was mended in a payload, and what letters that died of the same have in common."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.hub.edits import changes, closed, opened, shown
from services.hub.letters import reason

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, min_size=1, max_size=2).map(json.dumps)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_opened_and_not_touched_is_closed_to_what_it_was(value: Any) -> None:
    assert closed(opened(value), value) == value


@given(VALUES, VALUES)
def test_two_payloads_differ_in_some_place_unless_they_say_the_same(before: Any, after: Any) -> None:
    found = changes(json.dumps(before).encode(), json.dumps(after).encode())

    assert bool(found) == (json.dumps(opened(before)) != json.dumps(opened(after))) or before == after


def test_a_change_within_text_that_holds_json_has_a_path_of_its_own() -> None:
    before = json.dumps({"body": '{"lines": [{"sku": "A"}, {"sku": "B"}], "n": 12345678901234567890123}'})
    value = opened(json.loads(before))
    value["body"]["lines"][1]["sku"] = "C"
    after = json.dumps(closed(value, json.loads(before)))

    (change,) = changes(before.encode(), after.encode())

    assert (change.path, change.before, change.after) == ("$.body.lines[1].sku", '"B"', '"C"')
    assert isinstance(json.loads(after)["body"], str)
    assert "12345678901234567890123" in after


def test_bytes_that_are_no_json_differ_as_a_whole() -> None:
    (change,) = changes(b"\xff{", b"{}")

    assert (change.path, change.before, change.after) == ("$", "\\xff{", "{}")
    assert shown("no json") == "no json"


@pytest.mark.parametrize(
    ("said", "others"),
    [
        ("$.lines[0].sku: unknown SKU 'A-1'", "$.lines[12].sku: unknown SKU 'B'"),
        ("order web:1001 is not known", "order web:78123 is not known"),
        ("after 40 attempts: dhl is down", "after 41 attempts: dhl is down"),
    ],
)
def test_a_reason_leaves_out_what_differs_from_letter_to_letter(said: str, others: str) -> None:
    assert reason(said) == reason(others)
    assert reason(said) != reason("$.placed_at: Field required")


def test_a_reason_keeps_the_path_of_what_is_wrong() -> None:
    assert reason("$.placed_at: Field required") == "$.placed_at: Field required"
    assert reason("$.lines[3].sku: missing") == "$.lines[#].sku: missing"
