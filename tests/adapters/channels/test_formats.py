"""What all channels' readers have in common."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.capture.app import service
from services.capture.channels import Hook, SignatureError, UnmappableError
from services.capture.formats import FORMATS
from services.hub.settings import ROOT, Settings
from tests.adapters.channels.mutations import read_or_refuse
from tests.builders import NOW

READERS = [make() for make in FORMATS.values()]
PUSHING = [reader for reader in READERS if hasattr(reader, "check")]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "data", "items", "orders", "type", "scope", "event_type", "eventType", "entity_id"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


def named(reader: Any) -> str:
    return str(reader.name)


@pytest.mark.parametrize(("format_", "wants"), [("walmart", True), ("bigcommerce", False)])
def test_only_a_channel_that_wants_to_hear_that_orders_have_come_has_that_listened_to(
    format_: str, wants: bool, tmp_path: Path
) -> None:
    rules = shutil.copytree(ROOT / "deploy" / "rules", tmp_path / "rules")
    with (rules / "channels.toml").open("a") as file:
        file.write(f'[market]\nformat = "{format_}"\n[market.api]\nurl = "http://market"\n')
        file.write('account = { market = "us" }\n' if format_ == "walmart" else "")
    assert ("acknowledge" in service(Settings(rules_dir=rules)).handlers) is wants


def test_a_format_is_registered_by_its_name() -> None:
    assert {name: make().name for name, make in FORMATS.items()} == {name: name for name in FORMATS}


@pytest.mark.parametrize("reader", READERS, ids=named)
@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"null", b"7", b'"x"', b"[[]]", b"[" * 300 + b"]" * 300])
def test_what_is_no_order_at_all_is_refused(reader: Any, body: bytes) -> None:
    read_or_refuse(reader, body)
    with pytest.raises(UnmappableError):
        reader.read(body)


@pytest.mark.parametrize("reader", PUSHING, ids=named)
@given(
    content=ANYTHING, headers=st.dictionaries(st.sampled_from(["authorization", "x_date"]), st.text()), url=st.text()
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_pushed_is_heard_or_refused(reader: Any, content: Any, headers: dict[str, str], url: str) -> None:
    hook = Hook(headers, json.dumps(content).encode(), url)
    try:
        assert reader.heard(hook).topic
    except UnmappableError as refusal:
        told = str(refusal)
        assert told.startswith("$")
    with pytest.raises(SignatureError):
        reader.check(hook, ["secret", "key:secret"], NOW)


@pytest.mark.parametrize("reader", PUSHING, ids=named)
def test_nothing_is_believed_without_a_secret(reader: Any) -> None:
    with pytest.raises(SignatureError):
        reader.check(Hook({}, b"{}"), [], NOW)
