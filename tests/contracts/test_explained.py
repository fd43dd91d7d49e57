"""What is wrong with a message, in words."""

import pytest
from pydantic import ValidationError

from crossdock_contracts.base import explain
from crossdock_contracts.handed_in import OrderInput


def test_a_list_whose_only_entry_is_wrong_is_not_also_called_too_short() -> None:
    with pytest.raises(ValidationError) as raised:
        OrderInput.model_validate({"lines": [{"line_id": "1", "quantity": 0}]})

    told = explain(raised.value)

    assert "$.lines[0].quantity: Input should be greater than 0" in told
    assert "$.lines:" not in told


def test_a_list_that_is_empty_is_called_too_short() -> None:
    with pytest.raises(ValidationError) as raised:
        OrderInput.model_validate({"lines": []})

    assert "$.lines: " in explain(raised.value)
